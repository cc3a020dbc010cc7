/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Lease file cleanup: of `previous` and then `copy` the last row of each address goes to `output`,
 * which becomes `finish` and in the end `previous`; see leftover.h for what each name means to a
 * server. Killed at any moment nothing is lost, and the next run goes on. What is removed is removed
 * after its successor and the directory are on stable storage.
 */
struct lfc_files {
	int family;
	const char *previous, *copy, *output, *finish;
};

struct lfc_result {
	uint64_t rows, bad; /* read */
	uint64_t leases;    /* written */
};

/* System calls, so that tests can stop or fail each. */
struct lfc_sys {
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fsync)(int fd);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
};
extern const struct lfc_sys lfc_sys_real;

enum lfc_state {
	LFC_NOTHING, /* nothing to clean up: there is no copy */
	LFC_COPY,    /* to be processed, then rotated */
	LFC_FINISH,  /* processed by a run that was interrupted: to be rotated */
};
enum lfc_state lfc_state(const struct lfc_files *files);
/* Make `finish`. On failure *reterr (malloc'd) says why, and everything is as it was. */
int lfc_process(const struct lfc_files *files, const struct lfc_sys *sys, struct lfc_result *ret, char **reterr);
/* Put `finish` in the place of the others. */
int lfc_rotate(const struct lfc_files *files, const struct lfc_sys *sys, char **reterr);
