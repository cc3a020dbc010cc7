/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Replaces libFuzzer: runs the target on every file of its corpus, and with "-n N" (2000) on N mutated inputs.
 * Mutations come from a fixed seed ("-s SEED"), so crashes are reproducible. Given files, it runs the target on
 * these instead, whole and as they are.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096, FILES_MAX = 1024 };

static struct {
	uint8_t *data;
	size_t len;
} inputs[FILES_MAX];
static unsigned n_inputs;
static uint64_t seed = 1;

/* xorshift64* */
static uint32_t random32(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * 2685821657736338717u) >> 32);
}

/* A heap copy of exactly that length, so that a sanitizer detects any overrun. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *own = malloc(len ? len : 1);

	if (!own)
		abort();
	memcpy(own, data, len);
	(void)LLVMFuzzerTestOneInput(own, len);
	free(own);
}

static int load(const char *path)
{
	static uint8_t buf[INPUT_MAX];
	FILE *f = fopen(path, "rb");

	if (!f || n_inputs == FILES_MAX) {
		fprintf(stderr, "%s: %s\n", path, f ? "too many files" : strerror(errno));
		if (f)
			fclose(f);
		return -1;
	}
	inputs[n_inputs].len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	inputs[n_inputs].data = malloc(INPUT_MAX);
	if (!inputs[n_inputs].data)
		abort();
	memcpy(inputs[n_inputs].data, buf, inputs[n_inputs].len);
	run(buf, inputs[n_inputs].len);
	n_inputs++;
	return 0;
}

/* The whole file, of any size. */
static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t len = 0, got;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	do {
		data = realloc(data, len + INPUT_MAX);
		if (!data)
			abort();
		got = fread(data + len, 1, INPUT_MAX, f);
		len += got;
	} while (got == INPUT_MAX);
	fclose(f);
	run(data, len);
	free(data);
	return 0;
}

static int load_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int err = 0;

	if (!d) {
		fprintf(stderr, "%s: %s\n", dir, strerror(errno));
		return -1;
	}
	while (!err && (e = readdir(d))) {
		char path[4096 + 300];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		err = load(path);
	}
	closedir(d);
	return err;
}

static void change(uint8_t *buf, size_t *len)
{
	size_t at, n;

	for (unsigned times = 1 + random32() % 6; times; times--) {
		at = *len ? random32() % *len : 0;
		switch (random32() % 6) {
		case 0:
			buf[at] = (uint8_t)random32();
			break;
		case 1:
			buf[at] ^= (uint8_t)(1u << random32() % 8);
			break;
		case 2:
			*len = at;
			break;
		case 3: /* insert a byte in the middle */
			if (*len == INPUT_MAX)
				break;
			memmove(buf + at + 1, buf + at, *len - at);
			buf[at] = (uint8_t)random32();
			++*len;
			break;
		case 4: /* repeat a piece at the end */
			n = *len ? random32() % (*len - at) : 0;
			if (*len + n > INPUT_MAX)
				break;
			memcpy(buf + *len, buf + at, n);
			*len += n;
			break;
		default:
			buf[at] = (uint8_t)((const uint8_t[]){ 0, 1, 52, 53, 127, 192, 254, 255 })[random32() % 8];
		}
	}
}

static void mutate(unsigned long n)
{
	static uint8_t buf[INPUT_MAX];
	struct timespec a, b;
	double sec;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (unsigned long i = 0; i < n; i++) {
		unsigned from = random32() % n_inputs;
		size_t len = inputs[from].len;

		memcpy(buf, inputs[from].data, len);
		change(buf, &len);
		run(buf, len);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	sec = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%lu executions in %.1f s, %.0f per second\n", n, sec, (double)n / (sec > 0 ? sec : 1e-9));
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '/');
	char dir[4096];
	unsigned long n = 2000;
	int c;

	/* fuzz_packet4, perhaps with libtool's prefix: its corpus is corpus/packet4 */
	name = strstr(name ? name : argv[0], "fuzz_");
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", top ? top : ".", name ? name + 5 : "");
	while ((c = getopt(argc, argv, "d:n:s:")) != -1) {
		switch (c) {
		case 'd':
			snprintf(dir, sizeof(dir), "%s", optarg);
			break;
		case 'n':
			n = strtoul(optarg, NULL, 10);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 10) | 1;
			break;
		default:
			fprintf(stderr, "usage: %s [-d CORPUS] [-n CHANGED-INPUTS] [-s SEED] [FILE...]\n", argv[0]);
			return 2;
		}
	}
	if (optind < argc) {
		for (char **path = argv + optind; *path; path++)
			if (run_file(*path) < 0)
				return 1;
		printf("%d files\n", argc - optind);
		return 0;
	}
	if (load_all(dir) < 0)
		return 1;
	if (!n_inputs) {
		fprintf(stderr, "%s: no inputs\n", dir);
		return 1;
	}
	printf("%u inputs\n", n_inputs);
	if (n)
		mutate(n);
	for (unsigned i = 0; i < n_inputs; i++)
		free(inputs[i].data);
	return 0;
}
