/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * The PID file names the running process; the lock on it (open file description) is what counts, so a file left
 * by a crash blocks nothing.
 */
struct pidfile;

/*
 * Returns DIRECTORY/CONFIGNAME.PROGRAM.pid in buf; the directory is $KEA_PIDFILE_DIR or the compiled-in one;
 * CONFIGNAME is the configuration's file name without directory and last extension. -E_SPACE.
 */
int pidfile_path(const char *config_file, const char *program, char *buf, size_t size);

/*
 * Writes and locks the file. -E_BUSY: a running process holds it, *ret_pid is its PID (0 = unknown); -E_SYS with
 * errno.
 */
int pidfile_take(const char *path, struct pidfile **ret, pid_t *ret_pid);
/* Writes the new PID after daemonizing. */
int pidfile_rewrite(struct pidfile *pidfile);
/* Removes the file. NULL is fine. */
void pidfile_free(struct pidfile *pidfile);
/* Returns the PID of the process that holds the file, 0 if there is none. */
pid_t pidfile_owner(const char *path);
