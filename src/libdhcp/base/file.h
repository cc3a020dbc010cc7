/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdbool.h>
#include <sys/types.h>

/* Returns the last part of the path. */
const char *file_name(const char *path);
/* Returns buf with the directory of the file, "." if the path names none; cut if it is too long. */
const char *file_folder(const char *path, char buf[PATH_MAX]);

/*
 * Opens or creates a file of the server. If the server runs as root, the file is given to the owner of its
 * directory, so that the server can run as that user next time. Files with another owner or a second name keep
 * their owner. -1 with errno.
 */
int file_open(const char *path, int flags, mode_t mode);

/* Same for a descriptor; does nothing unless root owns the file and runs this process. Preserves errno. */
void file_adopt(int fd, const char *path);

/* Writes all of it, whatever interrupts. Returns false with errno. */
bool file_write(int fd, const void *data, size_t len);

/*
 * A file that is written under another name beside the one that it replaces, so that there always is a complete one:
 *
 *	ok = file_new_open(&f, path, false) && file_write(f.fd, data, len) && file_new_finish(&f);
 *	if (!ok) ... errno ..., file_new_drop(&f);
 *
 * like_old: it has the mode and owner of the file that it replaces. Otherwise, or if there is none, the mode is 0640
 * and the owner as for file_open(). path is borrowed.
 */
struct file_new {
	int fd; /* -1: not open */
	const char *path;
	char *temporary; /* NULL: there is none */
};
/* False with errno; then there is nothing to drop. */
bool file_new_open(struct file_new *f, const char *path, bool like_old);
/* Syncs it and gives it its name, which is not durable until file_sync_folder(). False with errno. */
bool file_new_finish(struct file_new *f);
/* Removes it unless it was finished. Preserves errno. */
void file_new_drop(struct file_new *f);

/* Makes the name of the file in its directory durable. Returns 0, or -1 with errno. */
int file_sync_folder(const char *path);

/*
 * Explains errno after a failed access to path and says what the administrator can do about it: the owner of the
 * file that is in the way and the command that grants access, a missing directory, a security module or a
 * service manager that forbids it. `how` is R_OK, W_OK (also for files to be created) or X_OK. Returns buf;
 * preserves errno. Slow, for messages only.
 */
#define FILE_WHY_MAX 1024
const char *file_why(const char *path, int how, char buf[FILE_WHY_MAX]);

/*
 * Raises the limit of open files to the most that this process may have: the usual limit is meant for programs that use
 * select().
 */
void file_raise_limit(void);

/* For tests: the file that names the security profile of this process. */
extern const char *file_profile_path;
