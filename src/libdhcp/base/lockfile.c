/* SPDX-License-Identifier: MPL-2.0 */
/* Uses OFD locks, because a classic lock is lost when any descriptor of the file is closed. */
#include "base/lockfile.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Preserves errno. */
static void explain(char **reterr, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void explain(char **reterr, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(reterr, fmt, ap) < 0)
		*reterr = NULL;
	va_end(ap);
	errno = saved;
}

static int lock(const char *what, const char *path, int fd, char **reterr)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char pid[24] = "", why[FILE_WHY_MAX];

	if (fcntl(fd, F_OFD_SETLK, &fl) == 0) {
		int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

		if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) < 0)
			errno = 0; /* a full disk does not matter here */
		return 0;
	}
	/* EACCES comes from a security module, not from another server. */
	if (errno != EAGAIN) {
		explain(reterr, "cannot lock %s.lock: %s", path, file_why(path, W_OK, why));
		return -E_SYS;
	}
	if (pread(fd, pid, sizeof(pid) - 1, 0) < 0)
		pid[0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	if (strtol(pid, NULL, 10) == getpid()) {
		explain(reterr, "the %s %s is still in use by this server, for requests under way", what, path);
		return -E_AGAIN;
	}
	explain(reterr, "the %s %s is in use by another server, process %s", what, path, *pid ? pid : "unknown");
	errno = EBUSY;
	return -E_BUSY;
}

int lockfile_take(const char *what, const char *path, char **reterr)
{
	char *name, why[FILE_WHY_MAX];
	int fd, err;

	if (asprintf(&name, "%s.lock", path) < 0)
		return -E_NOMEM;
	fd = file_open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0) {
		explain(reterr, "cannot open the lock file %s: %s", name, file_why(name, W_OK, why));
		err = -E_SYS;
	} else {
		err = lock(what, path, fd, reterr);
	}
	free(name);
	if (err < 0 && fd >= 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
	}
	return err < 0 ? err : fd;
}

bool lockfile_is_held(const char *path, int fd)
{
	struct stat ours, there;
	char *name;
	bool same;

	if (asprintf(&name, "%s.lock", path) < 0)
		return false;
	same = fstat(fd, &ours) == 0 && stat(name, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
	free(name);
	return same;
}
