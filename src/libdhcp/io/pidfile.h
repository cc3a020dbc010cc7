/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * The pid file says who runs; a lock on it (open file description) is the truth, so a file that a
 * crash left behind blocks nothing.
 */
struct pidfile;

/*
 * FOLDER/CONFIGNAME.PROGRAM.pid; the directory is $KEA_PIDFILE_DIR or the one compiled in; CONFIGNAME is
 * the configuration's file name without directory and last extension. -E_SPACE.
 */
int pidfile_path(const char *config_file, const char *program, char *buf, size_t size);

/*
 * Write and lock it. -E_BUSY: a running process has it, *ret_pid says which (0 = it does not say);
 * -E_SYS: errno.
 */
int pidfile_take(const char *path, struct pidfile **ret, pid_t *ret_pid);
/* After daemonising the number has changed: write it again. */
int pidfile_rewrite(struct pidfile *pidfile);
/* Removes the file. NULL is fine. */
void pidfile_free(struct pidfile *pidfile);
/* The process that holds the file: its pid, 0 if nobody does. */
pid_t pidfile_owner(const char *path);
