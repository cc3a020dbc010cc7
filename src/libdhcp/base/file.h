/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Opens or creates a file of the server. Where root runs the server, the file belongs to the owner of its directory
 * afterwards, so that the server can be started as that user the next time. Files that have another owner already,
 * or a second name, keep theirs. -1 and errno.
 */
int file_open(const char *path, int flags, mode_t mode);

/* The same for a descriptor; does nothing unless root owns the file and runs this process. Keeps errno. */
void file_adopt(int fd, const char *path);

/* Makes the name of the file in its directory durable. 0, or -1 and errno. */
int file_sync_folder(const char *path);

/*
 * The text of errno after path could not be used, with what the administrator can do about it: who owns the file that
 * is in the way and the command that lets this process in, a directory that is missing, a security module or a service
 * manager that forbids it. `how` is R_OK, W_OK (also for files to be created) or X_OK. Returns buf; keeps errno. Slow,
 * for messages only.
 */
#define FILE_WHY_MAX 1024
const char *file_why(const char *path, int how, char buf[FILE_WHY_MAX]);

/* For tests: the file that names the profile this process is confined by. */
extern const char *file_profile_path;
