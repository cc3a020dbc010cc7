/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Lease file cleanup: copies the last row of each address in `previous` and then `copy` to `output`, which is
 * renamed to `finish` and finally to `previous`; leftover.h says what each name means to a server. A cleanup
 * killed at any moment loses nothing, and the next run continues. A file is removed only once its successor and
 * the directory are on stable storage.
 */
struct lfc_files {
	int family;
	const char *previous, *copy, *output, *finish;
};

struct lfc_result {
	uint64_t rows, bad; /* rows read */
	uint64_t leases;    /* leases written */
};

/* System calls; tests replace them to interrupt or fail each one. */
struct lfc_sys {
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fsync)(int fd);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
};
extern const struct lfc_sys lfc_sys_real;

#define LFC_HISTORY_MAX (1U << 20) /* MiB that a history may have, see archive.h */

enum lfc_state {
	LFC_NOTHING, /* nothing to clean up: there is no copy */
	LFC_COPY,    /* copy has to be processed, then rotated */
	LFC_FINISH,  /* processed by an interrupted run: has to be rotated */
};
enum lfc_state lfc_state(const struct lfc_files *files);
/* Creates `finish`. On failure, *reterr (malloc'd) gives the reason and the files are unchanged. */
int lfc_process(const struct lfc_files *files, const struct lfc_sys *sys, struct lfc_result *ret, char **reterr);
/* Replaces the other files with `finish`. */
int lfc_rotate(const struct lfc_files *files, const struct lfc_sys *sys, char **reterr);
