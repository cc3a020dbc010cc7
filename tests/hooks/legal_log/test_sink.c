/* SPDX-License-Identifier: MPL-2.0 */
/* Files are replaced when it is time to, lines are complete, and packets continue whatever happens to the disk. */
#include "legal_log/messages.h"
#include "legal_log/sentence.h"
#include "legal_log/sink.h"

#include "../../unit/suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LIMIT_S 60 /* of a wait for something that happens */
#define DAY 86400
#define JAN_30 1769774400 /* 2026-01-30 12:00:00 UTC */

static char directory[] = "/tmp/legal.XXXXXX", logged[8192];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards logged */
static atomic_int n_resumed;

/* --- the server's side --- */

static int log_is_on(const struct kea_message *message)
{
	(void)message;
	return 1;
}

static void log_line(struct kea_message *message, const char *fmt, ...) KEA_PRINTF(2, 3);
static void log_line(struct kea_message *message, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	(void)message;
	(void)pthread_mutex_lock(&lock);
	len = strlen(logged);
	va_start(ap, fmt);
	vsnprintf(logged + len, sizeof(logged) - len, fmt, ap);
	va_end(ap);
	(void)pthread_mutex_unlock(&lock);
}

static int resume(struct kea_parked *parked)
{
	(void)parked;
	n_resumed++;
	return 0;
}

static const struct kea_api api = { .log_is_on = log_is_on, .log = log_line, .resume = resume };

static void start(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	logged[0] = '\0';
	n_resumed = 0;
	kea = &api;
	(void)setenv("TZ", "UTC0", 1);
	tzset();
}

static void stop(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	ck_assert_int_eq(system(command), 0);
}

static const char *read_file(const char *name)
{
	static char text[1 << 20];
	char path[128];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "r");
	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		(void)fclose(f);
	}
	text[n] = '\0';
	return text;
}

static struct file_conf conf_of(enum file_unit unit, unsigned count)
{
	return (struct file_conf){ .directory = directory, .base = "log", .unit = unit, .count = count };
}

static const char *name_of(const struct file *file)
{
	return file->path + strlen(directory) + 1;
}

/* --- files --- */

START_TEST(days)
{
	struct file_conf conf = conf_of(FILE_DAY, 2);
	struct file file;

	file_init(&file, &conf);
	ck_assert_int_eq(file_open(&file, JAN_30), 0);
	ck_assert_str_eq(name_of(&file), "log.20260130.txt");
	ck_assert_int_eq(file_write(&file, "one\n", 4), 0);
	ck_assert_int_eq(file_rotate(&file, JAN_30 + DAY), 0);
	ck_assert_str_eq(name_of(&file), "log.20260130.txt");
	/* Midnight, not 48 hours. */
	ck_assert_int_eq(file_rotate(&file, JAN_30 + DAY + DAY / 2), 0);
	ck_assert_str_eq(name_of(&file), "log.20260201.txt");
	ck_assert_int_eq(file_write(&file, "two\n", 4), 0);
	/* A clock that goes back does not. */
	ck_assert_int_eq(file_rotate(&file, JAN_30), 0);
	ck_assert_str_eq(name_of(&file), "log.20260201.txt");
	ck_assert_int_eq(file_close(&file), 0);
	ck_assert_str_eq(read_file("log.20260130.txt"), "one\n");
	/* A file that exists is continued. */
	file_init(&file, &conf);
	ck_assert_int_eq(file_open(&file, JAN_30 + 2 * DAY), 0);
	ck_assert_int_eq(file_write(&file, "three\n", 6), 0);
	ck_assert_int_eq(file_close(&file), 0);
	ck_assert_str_eq(read_file("log.20260201.txt"), "two\nthree\n");
}
END_TEST

START_TEST(other_units)
{
	static const struct {
		enum file_unit unit;
		unsigned count;
		time_t before, after; /* since JAN_30: still the same file, another one */
		const char *first, *second;
	} rows[] = {
		{ FILE_SECOND, 10, 9, 10, "log.T00000000001769774400.txt", "log.T00000000001769774410.txt" },
		{ FILE_MONTH, 1, DAY + DAY / 2 - 1, DAY + DAY / 2, "log.20260130.txt", "log.20260201.txt" },
		{ FILE_MONTH, 12, 300 * DAY, 337 * DAY, "log.20260130.txt", "log.20270102.txt" },
		{ FILE_YEAR, 1, 335 * DAY, 336 * DAY, "log.20260130.txt", "log.20270101.txt" },
		{ FILE_DAY, 0, 5000 * DAY, -1, "log.T00000000001769774400.txt", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file_conf conf = conf_of(rows[i].unit, rows[i].count);
		struct file file;

		file_init(&file, &conf);
		ck_assert_int_eq(file_open(&file, JAN_30), 0);
		ck_assert_int_eq(file_rotate(&file, JAN_30 + rows[i].before), 0);
		ck_assert_str_eq(name_of(&file), rows[i].first);
		if (rows[i].second) {
			ck_assert_int_eq(file_rotate(&file, JAN_30 + rows[i].after), 0);
			ck_assert_str_eq(name_of(&file), rows[i].second);
		}
		ck_assert_int_eq(file_close(&file), 0);
		stop();
		ck_assert_int_eq(mkdir(directory, 0755), 0);
	}
}
END_TEST

/* Without rotation, each start has a file of its own. */
START_TEST(never)
{
	struct file_conf conf = conf_of(FILE_DAY, 0);
	struct file first, second;

	file_init(&first, &conf);
	file_init(&second, &conf);
	ck_assert_int_eq(file_open(&first, JAN_30), 0);
	ck_assert_int_eq(file_open(&second, JAN_30), 0);
	ck_assert_str_eq(name_of(&second), "log.T00000000001769774401.txt");
	(void)file_close(&first);
	(void)file_close(&second);
}
END_TEST

/* A link in the directory is not followed, and a file that cannot be opened leaves the old one in use. */
START_TEST(not_opened)
{
	struct file_conf conf = conf_of(FILE_DAY, 1);
	char path[128];
	struct file file;

	file_init(&file, &conf);
	ck_assert_int_eq(file_open(&file, JAN_30), 0);
	snprintf(path, sizeof(path), "%s/log.20260131.txt", directory);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(file_rotate(&file, JAN_30 + DAY), ELOOP);
	ck_assert_int_eq(file_write(&file, "more\n", 5), 0);
	ck_assert_int_eq(file_rotate(&file, JAN_30 + 2 * DAY), 0);
	ck_assert_str_eq(name_of(&file), "log.20260201.txt");
	(void)file_close(&file);
	ck_assert_str_eq(read_file("log.20260130.txt"), "more\n");
}
END_TEST

/* Both programs get the path of their file. */
START_TEST(programs)
{
	struct file_conf conf = conf_of(FILE_DAY, 1);
	char before[128], after[128], text[512];
	struct file file;
	FILE *f;

	snprintf(before, sizeof(before), "%s/before", directory);
	snprintf(after, sizeof(after), "%s/after it", directory);
	for (unsigned i = 0; i < 2; i++) {
		f = fopen(i ? after : before, "w");
		ck_assert_ptr_nonnull(f);
		fprintf(f, "#!/bin/sh\necho \"$#\" \"$1\" >'%s/%s.out'; mv '%s/%s.out' '%s/%s.done'\n", directory,
			i ? "after" : "before", directory, i ? "after" : "before", directory, i ? "after" : "before");
		ck_assert_int_eq(fclose(f), 0);
		ck_assert_int_eq(chmod(i ? after : before, 0755), 0);
	}
	conf.prerotate = before;
	conf.postrotate = after;
	file_init(&file, &conf);
	ck_assert_int_eq(file_open(&file, JAN_30), 0);
	ck_assert_int_eq(file_rotate(&file, JAN_30 + DAY), 0);
	for (unsigned i = 0; i < LIMIT_S * 100 && (!*read_file("before.done") || !*read_file("after.done")); i++)
		(void)usleep(10000);
	snprintf(text, sizeof(text), "1 %s/log.20260130.txt\n", directory);
	ck_assert_str_eq(read_file("before.done"), text);
	snprintf(text, sizeof(text), "1 %s/log.20260131.txt\n", directory);
	ck_assert_str_eq(read_file("after.done"), text);
	(void)file_close(&file);
}
END_TEST

/* --- text --- */

START_TEST(durations)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "0 hrs 0 mins 0 secs" },
		{ 713, "0 hrs 11 mins 53 secs" },
		{ 86399, "23 hrs 59 mins 59 secs" },
		{ 86400, "1 days 0 hrs 0 mins 0 secs" },
		{ 500000, "5 days 18 hrs 53 mins 20 secs" },
		{ 4294967294, "49710 days 6 hrs 28 mins 14 secs" },
		{ 4294967295, "infinite duration" },
	};
	char buf[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text text = { .buf = buf, .size = sizeof(buf) };

		sentence_add_duration(&text, rows[i].seconds);
		ck_assert_str_eq(buf, rows[i].text);
	}
}
END_TEST

START_TEST(times)
{
	const struct timespec when = { JAN_30, 1234567 };
	char buf[SINK_TIME_MAX], big[512];

	(void)sink_time("%Y-%m-%d %H:%M:%S %Z", &when, buf, sizeof(buf));
	ck_assert_str_eq(buf, "2026-01-30 12:00:00 UTC");
	(void)sink_time("%S.%Q%%Q%", &when, buf, sizeof(buf));
	ck_assert_int_eq(strncmp(buf, "00.001234%Q", 11), 0);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_uint_lt(sink_time(big, &when, buf, sizeof(buf)), sizeof(buf));
}
END_TEST

START_TEST(patterns)
{
	struct sink_conf conf = { .logger = "kea-dhcp4.legal-log-hooks", .pattern = "%-5p [%c] %5p %m%%\n" };
	char buf[128], small[8];

	(void)sink_format(&conf, "text", buf, sizeof(buf));
	ck_assert_str_eq(buf, "INFO  [kea-dhcp4.legal-log-hooks]  INFO text%");
	(void)sink_format(&conf, "text", small, sizeof(small));
	ck_assert_str_eq(small, "INFO  [");
	ck_assert_ptr_null(sink_check_pattern("%-5p [%c.%t] %m\n"));
	ck_assert_str_eq(sink_check_pattern("a%d"), "%d");
	ck_assert_str_eq(sink_check_pattern("a%"), "%");
	ck_assert_str_eq(sink_check_pattern("%99999999999999999999m%s"), "%s");
}
END_TEST

/* --- the queue --- */

static struct sink *new_sink(void)
{
	struct sink_conf conf = { .file = conf_of(FILE_DAY, 0), .timestamp = "T", .marks = true, .logger = "" };
	const char *why = "";
	struct sink *sink = sink_new(&conf, &why);

	ck_assert_msg(sink != NULL, "%s", why);
	return sink;
}

/* The only file. */
static const char *read_log(void)
{
	char command[128], name[256] = "";
	FILE *p;

	snprintf(command, sizeof(command), "ls '%s'", directory);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(fgets(name, sizeof(name), p));
	ck_assert_int_eq(pclose(p), 0);
	name[strcspn(name, "\n")] = '\0';
	return read_file(name);
}

START_TEST(lines)
{
	struct sink *sink = new_sink();

	ck_assert(sink_add(sink, "a", 1, NULL));
	ck_assert(sink_add(sink, "b\nc\n\rd\x7f", 7, (struct kea_parked *)sink));
	ck_assert(sink_add(sink, "", 0, (struct kea_parked *)sink));
	sink_free(sink);
	ck_assert_int_eq(n_resumed, 2);
	ck_assert_str_eq(read_log(), "T a\nT b\nT - c\nT - \\x0dd\\x7f\nT \n");
	ck_assert_ptr_nonnull(strstr(logged, "is complete"));
}
END_TEST

#define ADDERS 4
#define ENTRIES 20000

static void *add_entries(void *arg)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		char text[SINK_LINE_MAX];

		memset(text, 'x', 100);
		while (!sink_add(arg, text, 100, NULL))
			(void)usleep(100);
		(void)sink_add(arg, "y", 1, (struct kea_parked *)arg);
	}
	return NULL;
}

/* Nothing is torn, lost or left parked, from several threads and with a full queue. */
START_TEST(load)
{
	struct sink *sink = new_sink();
	pthread_t threads[ADDERS];
	char line[4096];
	unsigned n = 0;
	FILE *p;

	for (unsigned i = 0; i < ADDERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, add_entries, sink), 0);
	for (unsigned i = 0; i < ADDERS; i++)
		(void)pthread_join(threads[i], NULL);
	sink_free(sink);
	ck_assert_int_eq(n_resumed, ADDERS * ENTRIES);
	snprintf(line, sizeof(line), "cat '%s'/log.*", directory);
	p = popen(line, "r");
	ck_assert_ptr_nonnull(p);
	while (fgets(line, sizeof(line), p)) {
		if (!strcmp(line, "T y\n"))
			continue;
		n++;
		ck_assert_uint_eq(strlen(line), 103);
		ck_assert_uint_eq(strspn(line + 2, "x"), 100);
	}
	ck_assert_int_eq(pclose(p), 0);
	ck_assert_uint_eq(n, ADDERS * ENTRIES);
}
END_TEST

/* A full disk: packets continue, what is missing is logged, and the next line that fits is complete. */
START_TEST(disk_is_full)
{
	const struct rlimit small = { .rlim_cur = 10, .rlim_max = RLIM_INFINITY };
	const struct rlimit large = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
	struct sink *sink = new_sink();

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert(sink_add(sink, "0123456789", 10, (struct kea_parked *)sink));
	for (unsigned i = 0; i < LIMIT_S * 1000 && !n_resumed; i++)
		(void)usleep(1000);
	ck_assert_int_eq(n_resumed, 1);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &large), 0);
	ck_assert(sink_add(sink, "next", 4, NULL));
	sink_free(sink);
	ck_assert_ptr_nonnull(strstr(logged, "1 entries are missing in the legal log"));
	ck_assert_str_eq(read_log(), "T 01234567\nT next\n");
}
END_TEST

/* A directory that is not there is an error at load. */
START_TEST(no_directory)
{
	struct sink_conf conf = { .file = conf_of(FILE_DAY, 1), .timestamp = "T", .logger = "" };
	const char *why = "";

	conf.file.directory = "/nowhere/at/all";
	ck_assert_ptr_null(sink_new(&conf, &why));
	ck_assert_str_eq(why, "No such file or directory");
	sink_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("legal_log");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, start, stop);
	tcase_add_test(tc, days);
	tcase_add_test(tc, other_units);
	tcase_add_test(tc, never);
	tcase_add_test(tc, not_opened);
	tcase_add_test(tc, programs);
	tcase_add_test(tc, durations);
	tcase_add_test(tc, times);
	tcase_add_test(tc, patterns);
	tcase_add_test(tc, lines);
	tcase_add_test(tc, load);
	tcase_add_test(tc, disk_is_full);
	tcase_add_test(tc, no_directory);
	return suite_run(tc);
}
