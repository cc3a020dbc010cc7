/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A disk that logs all writes to it. It is a file system with one file, "disk", to put a loop device on; each
 * write and each flush goes to a log, in order of execution.
 *
 *	disklog IMAGE LOG FOLDER	mounts it at FOLDER and serves it until it is unmounted
 *
 * IMAGE is the content of the disk, of constant size. The log consists of struct event records in host byte
 * order, each with its data. A write is logged before it is answered, and a flush after all writes answered
 * before it; the time of a record is taken before execution. This talks to the kernel directly (linux/fuse.h),
 * so that nothing needs to be installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DISK 2 /* its node; the directory is 1 */
#define WRITE_MAX (1u << 20)
#define PAGE 4096u

enum { WRITE = 1, FLUSH = 2 };

struct event {
	uint64_t ns; /* CLOCK_MONOTONIC */
	uint64_t offset;
	uint32_t kind, len; /* len bytes follow */
};

static int fuse, image, journal;
static off_t size;

static void die(const char *what) __attribute__((noreturn));
static void die(const char *what)
{
	fprintf(stderr, "disklog: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void log_event(uint64_t ns, uint32_t kind, uint64_t offset, const void *data, uint32_t len)
{
	struct event event = { ns, offset, kind, len };
	struct iovec v[2] = { { &event, sizeof(event) }, { (void *)(uintptr_t)data, len } };

	if (writev(journal, v, len ? 2 : 1) != (ssize_t)(sizeof(event) + len))
		die("cannot write the log");
}

static void answer(uint64_t unique, int err, const void *data, size_t len)
{
	struct fuse_out_header head = { .len = (uint32_t)(sizeof(head) + len), .error = -err, .unique = unique };
	struct iovec v[2] = { { &head, sizeof(head) }, { (void *)(uintptr_t)data, len } };

	/* ENOENT: the requester is gone. */
	if (writev(fuse, v, len ? 2 : 1) < 0 && errno != ENOENT)
		die("cannot answer");
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == DISK ? S_IFREG | 0600 : S_IFDIR | 0700,
		.size = node == DISK ? (uint64_t)size : 0,
		.blocks = node == DISK ? (uint64_t)size / 512 : 0,
		.blksize = PAGE,
		.nlink = 1,
	};
}

static void do_init(uint64_t unique, const struct fuse_init_in *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = in->minor < FUSE_KERNEL_MINOR_VERSION ? in->minor : FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = in->max_readahead,
		.max_background = 16,
		.congestion_threshold = 12,
		.max_write = WRITE_MAX,
		.time_gran = 1,
		.flags = in->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES),
		.max_pages = WRITE_MAX / PAGE,
	};

	answer(unique, 0, &out, sizeof(out));
}

static void do_lookup(uint64_t unique, const char *name)
{
	struct fuse_entry_out out = { .nodeid = DISK, .entry_valid = 3600, .attr_valid = 3600, .attr = attr_of(DISK) };

	if (strcmp(name, "disk") == 0)
		answer(unique, 0, &out, sizeof(out));
	else
		answer(unique, ENOENT, NULL, 0);
}

static void do_read(uint64_t unique, const struct fuse_read_in *in)
{
	static char buf[WRITE_MAX];
	ssize_t n = pread(image, buf, in->size < sizeof(buf) ? in->size : sizeof(buf), (off_t)in->offset);

	answer(unique, n < 0 ? errno : 0, buf, n < 0 ? 0 : (size_t)n);
}

static void do_write(uint64_t unique, const struct fuse_write_in *in)
{
	struct fuse_write_out out = { .size = in->size };
	const void *data = in + 1;

	if (in->offset > (uint64_t)size || in->size > (uint64_t)size - in->offset) {
		answer(unique, ENOSPC, NULL, 0);
		return;
	}
	log_event(now_ns(), WRITE, in->offset, data, in->size);
	if (pwrite(image, data, in->size, (off_t)in->offset) != (ssize_t)in->size)
		die("cannot write the image");
	answer(unique, 0, &out, sizeof(out));
}

static void serve(const struct fuse_in_header *head)
{
	struct fuse_attr_out attr = { .attr_valid = 3600, .attr = attr_of(head->nodeid) };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };
	const void *body = head + 1;

	switch (head->opcode) {
	case FUSE_INIT:
		do_init(head->unique, body);
		break;
	case FUSE_LOOKUP:
		do_lookup(head->unique, body);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer(head->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(head->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		do_read(head->unique, body);
		break;
	case FUSE_WRITE:
		do_write(head->unique, body);
		break;
	case FUSE_FSYNC:
		log_event(now_ns(), FLUSH, 0, NULL, 0);
		answer(head->unique, 0, NULL, 0);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		answer(head->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(head->unique, ENOSYS, NULL, 0);
		break;
	}
}

int main(int argc, char **argv)
{
	static char buf[WRITE_MAX + 2 * PAGE] __attribute__((aligned(16)));
	char options[80];
	struct stat st;

	if (argc != 4) {
		fprintf(stderr, "usage: %s IMAGE LOG FOLDER\n", argv[0]);
		return 2;
	}
	image = open(argv[1], O_RDWR | O_CLOEXEC);
	if (image < 0 || fstat(image, &st) < 0)
		die(argv[1]);
	size = st.st_size;
	journal = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (journal < 0)
		die(argv[2]);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0)
		die("/dev/fuse");
	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	if (mount("disklog", argv[3], "fuse.disklog", MS_NOSUID | MS_NODEV, options) < 0)
		die(argv[3]);
	for (;;) {
		ssize_t n = read(fuse, buf, sizeof(buf));

		if (n < 0 && errno == ENODEV)
			return 0; /* unmounted */
		if (n < 0 && errno != EINTR && errno != ENOENT)
			die("cannot read a request");
		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			serve((const struct fuse_in_header *)(const void *)buf);
	}
}
