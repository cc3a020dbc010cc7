/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Restricts a file to one process. The lock is an OFD lock on a companion, PATH.lock: the kernel releases it
 * when the process dies, however that happens, so no stale lock can remain; the content of the companion (a
 * process ID) is for people.
 */

/*
 * Returns the descriptor to keep; -E_BUSY if another process holds the lock, -E_AGAIN if this one does; *reterr
 * (malloc'd) names the holder. what is the kind of file for that, "lease file".
 */
int lockfile_take(const char *what, const char *path, char **reterr);
/* True if PATH.lock is still the file locked through fd; someone may have removed the directory. */
bool lockfile_is_held(const char *path, int fd);
