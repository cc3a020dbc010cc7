/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * One process per file. The lock is an OFD lock on a companion, PATH.lock: the kernel drops it when
 * the process dies, whatever the way, so nothing stale can remain; what the companion says (a process
 * id) is for people.
 */

/* The descriptor to keep; -E_BUSY when somebody has it, -E_AGAIN if that is this process; *reterr (malloc'd) says who.
 */
int lockfile_take(const char *path, char **reterr);
/* Whether PATH.lock is still the file that fd has locked: somebody may have removed the directory. */
bool lockfile_is_held(const char *path, int fd);
