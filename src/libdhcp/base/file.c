/* SPDX-License-Identifier: MPL-2.0 */
/* Files shared by several users: who owns them, and why one cannot be used. Any thread. */
#include "base/file.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 64
#define PERMS 07777

const char *file_profile_path = "/proc/self/attr/current";

const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *file_folder(const char *path, char buf[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int len = !slash ? 1 : slash == path ? 1 : (int)(slash - path);

	(void)snprintf(buf, PATH_MAX, "%.*s", len, slash ? path : ".");
	return buf;
}

/* --- owners --- */

void file_adopt(int fd, const char *path)
{
	char folder[PATH_MAX];
	struct stat file, named, dir;
	int saved = errno;

	if (geteuid() != 0)
		return;
	(void)file_folder(path, folder);
	/* The owner of the directory must not gain a file from elsewhere through a link. */
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == 0 && file.st_nlink == 1 &&
	    lstat(path, &named) == 0 && named.st_ino == file.st_ino && named.st_dev == file.st_dev &&
	    stat(folder, &dir) == 0 && dir.st_uid != 0 && fchown(fd, dir.st_uid, dir.st_gid) < 0)
		errno = saved; /* a file system without owners */
	errno = saved;
}

int file_open(const char *path, int flags, mode_t mode)
{
	int fd = open(path, flags, mode);

	if (fd >= 0)
		file_adopt(fd, path);
	return fd;
}

bool file_write(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void set_owner(int fd, const char *temporary, const char *path, bool like_old)
{
	struct stat st;

	if (!like_old || stat(path, &st) < 0) {
		(void)fchmod(fd, 0640);
		file_adopt(fd, temporary);
		return;
	}
	(void)fchmod(fd, st.st_mode & 07777);
	if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) == 0)
		(void)fchmod(fd, st.st_mode & 07777);
}

/* The temporary name begins with a dot, so that programs which read all files of a directory pass over it. */
bool file_new_open(struct file_new *f, const char *path, bool like_old)
{
	const char *name = file_name(path);

	*f = (struct file_new){ .fd = -1, .path = path };
	if (asprintf(&f->temporary, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0)
		die_of_memory();
	f->fd = mkstemp(f->temporary);
	if (f->fd < 0) {
		free(f->temporary);
		f->temporary = NULL;
		return false;
	}
	set_owner(f->fd, f->temporary, path, like_old);
	return true;
}

bool file_new_finish(struct file_new *f)
{
	bool ok = fsync(f->fd) == 0;

	ok = close(f->fd) == 0 && ok;
	f->fd = -1;
	if (!ok || rename(f->temporary, f->path) < 0)
		return false;
	free(f->temporary);
	f->temporary = NULL;
	return true;
}

void file_new_drop(struct file_new *f)
{
	int saved = errno;

	if (f->fd >= 0)
		(void)close(f->fd);
	if (f->temporary)
		(void)unlink(f->temporary);
	free(f->temporary);
	*f = (struct file_new){ .fd = -1 };
	errno = saved;
}

int file_sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd, err, saved;

	if (strlen(path) >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)file_folder(path, folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = fsync(fd);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return err;
}

/* --- reasons --- */

static const char *user_name(uid_t uid, char buf[NAME_SIZE])
{
	char space[4096];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, space, sizeof(space), &found) == 0 && found)
		(void)snprintf(buf, NAME_SIZE, "%s", found->pw_name);
	else
		(void)snprintf(buf, NAME_SIZE, "%u", (unsigned)uid);
	return buf;
}

static const char *group_name(gid_t gid, char buf[NAME_SIZE])
{
	char space[4096];
	struct group entry, *found = NULL;

	if (getgrgid_r(gid, &entry, space, sizeof(space), &found) == 0 && found)
		(void)snprintf(buf, NAME_SIZE, "%s", found->gr_name);
	else
		(void)snprintf(buf, NAME_SIZE, "%u", (unsigned)gid);
	return buf;
}

static bool is_in_group(gid_t gid)
{
	gid_t groups[256];
	int n = getgroups(sizeof(groups) / sizeof(groups[0]), groups);

	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

/* Checks owner, group and mode only, as for a process without capabilities. */
static bool mode_allows(const struct stat *st, int how)
{
	unsigned bits = st->st_mode;

	if (st->st_uid == geteuid())
		bits >>= 6;
	else if (is_in_group(st->st_gid))
		bits >>= 3;
	return (bits & (unsigned)how) == (unsigned)how;
}

static void add(char *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(char *buf, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf + len, FILE_WHY_MAX - len, fmt, ap);
	va_end(ap);
}

static bool is_in_own_folder(const char *path)
{
	char folder[PATH_MAX];
	struct stat dir;

	(void)file_folder(path, folder);
	return stat(folder, &dir) == 0 && dir.st_uid == geteuid();
}

/* Names what is in the way, and one command that changes it: the least that helps. */
static void blame(char *buf, const char *path, const struct stat *st, int how)
{
	char owner[NAME_SIZE], group[NAME_SIZE], self[NAME_SIZE], ours[NAME_SIZE];
	const char *letter = how == X_OK ? "x" : how == R_OK ? "r" : "rw";

	add(buf, ": %s belongs to %s:%s with mode %04o, and the process runs as %s; try: ", path,
	    user_name(st->st_uid, owner), group_name(st->st_gid, group), (unsigned)st->st_mode & PERMS,
	    user_name(geteuid(), self));
	/*
	 * A configuration file keeps its owner; files that the server writes or that are in its directory become the
	 * server's.
	 */
	if (st->st_uid == geteuid())
		add(buf, "chmod u+%s %s", S_ISDIR(st->st_mode) && how != X_OK ? "wx" : letter, path);
	else if ((how & W_OK) || is_in_own_folder(path))
		add(buf, "chown %s %s", self, path);
	else if (is_in_group(st->st_gid))
		add(buf, "chmod g+%s %s", letter, path);
	else if (st->st_mode & ((unsigned)how << 3))
		add(buf, "chgrp %s %s", group_name(getegid(), ours), path);
	else
		add(buf, "chgrp %s %s && chmod g+%s %s", group_name(getegid(), ours), path, letter, path);
}

/* Blames the first directory above path that the process may not search, or path itself. */
static bool blame_mode(char *buf, const char *path, int how)
{
	char part[PATH_MAX];
	struct stat st;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%.*s", slash == path ? 1 : (int)(slash - path), path);
		if (stat(part, &st) < 0)
			return false;
		if (mode_allows(&st, X_OK))
			continue;
		blame(buf, part, &st, X_OK);
		return true;
	}
	if (stat(path, &st) < 0) {
		(void)file_folder(path, part);
		path = part;
		how = W_OK | X_OK;
		if (stat(path, &st) < 0)
			return false;
	}
	if (mode_allows(&st, how))
		return false;
	blame(buf, path, &st, how);
	return true;
}

/* Writes "/usr/sbin/kea-dhcp4 (enforce)" with AppArmor, "system_u:system_r:dhcpd_t:s0" with SELinux. */
static void blame_profile(char *buf)
{
	char profile[256];
	int fd = open(file_profile_path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, profile, sizeof(profile) - 1);
	char *mode;

	if (fd < 0 && errno == EACCES) {
		/* The profile in Debian's kea packages forbids reading its name. It is the name of the program. */
		len = readlink("/proc/self/exe", profile, sizeof(profile) - 1);
		profile[len < 0 ? 0 : len] = '\0';
		add(buf,
		    ": a security module confines this process, probably AppArmor with a profile that an earlier kea "
		    "package "
		    "left; the kernel log says what was denied; extend the profile in /etc/apparmor.d, or switch it "
		    "off with: "
		    "aa-disable %s",
		    profile);
	}
	if (fd >= 0)
		(void)close(fd);
	if (len <= 0 || fd < 0)
		return;
	profile[len] = '\0';
	profile[strcspn(profile, "\n")] = '\0';
	mode = strstr(profile, " (enforce)");
	if (mode) {
		*mode = '\0';
		add(buf,
		    ": the AppArmor profile \"%s\" forbids it (an earlier kea package may have left it); the kernel "
		    "log "
		    "says what was denied; extend the profile in /etc/apparmor.d, or switch it off with: aa-disable %s",
		    profile, profile);
	} else if (strchr(profile, ':')) {
		add(buf, ": the process runs in the SELinux context %s; see: ausearch -m AVC -ts recent", profile);
	}
}

static void blame_missing(char *buf, const char *path)
{
	char folder[PATH_MAX];
	struct stat st;

	(void)file_folder(path, folder);
	if (stat(folder, &st) < 0 && errno == ENOENT)
		add(buf, ": the directory %s does not exist", folder);
}

const char *file_why(const char *path, int how, char buf[FILE_WHY_MAX])
{
	int saved = errno;

	(void)snprintf(buf, FILE_WHY_MAX, "%s", strerror(saved));
	switch (saved) {
	case EACCES:
	case EPERM:
		if (geteuid() == 0 || !blame_mode(buf, path, how))
			blame_profile(buf);
		break;
	case ENOENT:
		blame_missing(buf, path);
		break;
	case EROFS:
		if (getenv("INVOCATION_ID")) /* set by systemd */
			add(buf,
			    ": the systemd unit does not open this directory; name it in a drop-in as ReadWritePaths=");
		break;
	default:
		break;
	}
	errno = saved;
	return buf;
}

void file_raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}
