/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Preloaded into a server under test: a disk that fails on request. FAULTY is a directory; files in it control
 * what happens. Only descriptors and paths below the directory FAULTY_DISK are affected.
 *
 *	sync-once	the next fdatasync or fsync fails with EIO and removes the control file
 *	read-only	while it exists, every write and every rename or unlink fails with EROFS
 *	no-locks	locking a file fails with EACCES, as under an AppArmor profile without locks
 *	sync-ms		fdatasync takes this many milliseconds longer; the number is in the file
 *
 * Each rename or unlink is written to the file FAULTY_MARKS before it is executed: "SECONDS rename FROM TO",
 * "SECONDS unlink PATH", by CLOCK_MONOTONIC.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int __open_2(const char *path, int flags);

static void flag_path(const char *name, char path[4096])
{
	const char *folder = getenv("FAULTY");

	(void)snprintf(path, 4096, "%s/%s", folder ? folder : "/nonexistent", name);
}

static bool flag(const char *name)
{
	char path[4096];

	flag_path(name, path);
	return access(path, F_OK) == 0;
}

static bool on_disk(const char *path)
{
	const char *disk = getenv("FAULTY_DISK");

	return disk && strncmp(path, disk, strlen(disk)) == 0;
}

static bool fd_on_disk(int fd)
{
	char link[64], path[4096];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return on_disk(path);
}

static bool refused(int fd, const char *path)
{
	int saved = errno;

	if (flag("read-only") && (path ? on_disk(path) : fd_on_disk(fd))) {
		errno = EROFS;
		return true;
	}
	errno = saved;
	return false;
}

static void mark(const char *what, const char *path, const char *to)
{
	const char *marks = getenv("FAULTY_MARKS");
	int fd = marks && on_disk(path) ? open(marks, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	int saved = errno;
	struct timespec ts;

	if (fd < 0)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)dprintf(fd, "%lld.%09ld %s %s %s\n", (long long)ts.tv_sec, ts.tv_nsec, what, path, to);
	(void)close(fd);
	errno = saved;
}

static int sync_fault(int fd)
{
	char path[4096], text[16] = "";
	struct timespec pause;
	long ms;
	int in, saved = errno;

	if (!fd_on_disk(fd))
		return 0;
	flag_path("sync-ms", path);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in >= 0) {
		if (read(in, text, sizeof(text) - 1) > 0) {
			ms = strtol(text, NULL, 10);
			pause = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
			(void)nanosleep(&pause, NULL);
		}
		(void)close(in);
	}
	flag_path("sync-once", path);
	if (REAL(unlink)(path) == 0) {
		errno = EIO;
		return -1;
	}
	errno = saved;
	return 0;
}

int fdatasync(int fd)
{
	return sync_fault(fd) < 0 ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
	return sync_fault(fd) < 0 ? -1 : REAL(fsync)(fd);
}

#ifdef F_OFD_SETLK
static int fcntl_fault(int fd, int command, void *argument, int (*real)(int, int, ...))
{
	if (command == F_OFD_SETLK && fd_on_disk(fd) && flag("no-locks")) {
		errno = EACCES;
		return -1;
	}
	return real(fd, command, argument);
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return fcntl_fault(fd, command, argument, REAL(fcntl));
}

int fcntl64(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return fcntl_fault(fd, command, argument, REAL(fcntl64));
}
#endif

ssize_t write(int fd, const void *data, size_t n)
{
	return refused(fd, NULL) ? -1 : REAL(write)(fd, data, n);
}

int ftruncate(int fd, off_t len)
{
	return refused(fd, NULL) ? -1 : REAL(ftruncate)(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	return refused(fd, NULL) ? -1 : REAL(ftruncate64)(fd, len);
}

int fallocate(int fd, int mode, off_t from, off_t len)
{
	return refused(fd, NULL) ? -1 : REAL(fallocate)(fd, mode, from, len);
}

int fallocate64(int fd, int mode, off64_t from, off64_t len)
{
	return refused(fd, NULL) ? -1 : REAL(fallocate64)(fd, mode, from, len);
}

int rename(const char *from, const char *to)
{
	mark("rename", from, to);
	return refused(-1, from) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path)
{
	mark("unlink", path, "");
	return refused(-1, path) ? -1 : REAL(unlink)(path);
}

int link(const char *from, const char *to)
{
	return refused(-1, to) ? -1 : REAL(link)(from, to);
}

static bool writes(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
}

#define OPEN(name)                                               \
	int name(const char *path, int flags, ...)               \
	{                                                        \
		va_list ap;                                      \
		mode_t mode;                                     \
                                                                 \
		va_start(ap, flags);                             \
		mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0; \
		va_end(ap);                                      \
		if (writes(flags) && refused(-1, path))          \
			return -1;                               \
		return REAL(name)(path, flags, mode);            \
	}
OPEN(open)
OPEN(open64)

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}
