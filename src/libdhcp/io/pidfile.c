/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The PID file. Its lock is an OFD lock: it belongs to the open file, survives fork (daemonizing), and the
 * kernel releases it with the last descriptor, however the process ends. If a process removed a file that
 * another process has open and waits to lock, the latter would lock a file without a name; so after locking,
 * pidfile_take() checks that the name still leads to its file, and starts over if not.
 */
#include "io/pidfile.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

struct pidfile {
	char *path;
	int fd;
};

int pidfile_path(const char *config_file, const char *program, char *buf, size_t size)
{
	const char *folder = getenv("KEA_PIDFILE_DIR");
	const char *name = file_name(config_file);
	const char *dot = strrchr(name, '.');
	int len = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
	int n;

	n = snprintf(buf, size, "%s/%.*s.%s.pid", folder && folder[0] ? folder : KEA_RUN_DIR, len, name, program);
	return n < 0 || (size_t)n >= size ? -E_SPACE : 0;
}

static pid_t read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	char *end;
	long pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	errno = 0;
	pid = strtol(text, &end, 10);
	return errno || end == text || pid <= 0 || pid > INT32_MAX ? 0 : (pid_t)pid;
}

/* Returns 0, -E_BUSY or -E_SYS. */
static int lock_file(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	/* EACCES comes from a security module, not from another process. */
	return errno == EAGAIN ? -E_BUSY : -E_SYS;
}

static bool is_the_named_file(int fd, const char *path)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_dev == named.st_dev &&
	       mine.st_ino == named.st_ino;
}

static int write_pid(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	ssize_t n;

	if (ftruncate(fd, 0) < 0)
		return -E_SYS;
	n = pwrite(fd, text, (size_t)len, 0);
	if (n == len)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	return -E_SYS;
}

int pidfile_take(const char *path, struct pidfile **ret, pid_t *ret_pid)
{
	struct pidfile *pidfile;
	int fd, err, saved;

	for (int tries = 0;; tries++) {
		fd = file_open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
		if (fd < 0)
			return -E_SYS;
		err = lock_file(fd);
		if (err < 0 || is_the_named_file(fd, path))
			break;
		close(fd);
		if (tries == 100)
			return -E_BUSY;
	}
	if (err == -E_BUSY && ret_pid)
		*ret_pid = read_pid(fd);
	if (err == 0)
		err = write_pid(fd);
	if (err < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return err;
	}
	pidfile = xcalloc(1, sizeof(*pidfile));
	pidfile->path = xstrdup(path);
	pidfile->fd = fd;
	*ret = pidfile;
	return 0;
}

int pidfile_rewrite(struct pidfile *pidfile)
{
	return write_pid(pidfile->fd);
}

void pidfile_free(struct pidfile *pidfile)
{
	if (!pidfile)
		return;
	/* Remove the file before releasing the lock, and only if the name still leads to it. */
	if (is_the_named_file(pidfile->fd, pidfile->path))
		(void)unlink(pidfile->path);
	close(pidfile->fd);
	free(pidfile->path);
	free(pidfile);
}

pid_t pidfile_owner(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		pid = read_pid(fd);
	close(fd);
	return pid;
}
