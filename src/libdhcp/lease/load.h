/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/csv.h"

#include <sys/types.h>

/* What reading one lease file found. */
struct load_result {
	bool exists;
	bool needs_rewrite; /* empty, older or newer header: not to be appended to */
	bool all_kept;      /* rows that were not understood, and a torn tail, are safe elsewhere */
	bool no_newline;    /* the last row is whole except for its newline */
	off_t good_len;     /* where the last whole row ends */
	uint64_t lines;     /* all of them */
	uint64_t rows;      /* understood */
	uint64_t bad;
};

/*
 * Read a lease file row by row; a later row of an address replaces an earlier one, which is the
 * callee's part. The row's lease has `expires` set: wall times are turned into boot time here, once.
 * Rows that cannot be understood are counted, logged once and kept in FILE.bad. A file that is
 * missing is fine. Fails (and then nothing may be written to the file) when it cannot be read, is not
 * a lease file of this family, or has more than max_bad rows that cannot be understood (0: any number
 * is fine); a torn tail is none of them.
 */
typedef void load_row_fn(void *ctx, const struct lease_row *row);
int load_file(const char *path, int family, uint64_t max_bad, load_row_fn *row, void *ctx, struct load_result *ret,
	      char **reterr);

/* The two halves of it. */
struct load_source {
	int fd; /* from load_open; stays the caller's */
	const char *path;
	const char *bad_path; /* bad rows are kept there; NULL = neither kept nor logged */
	uint64_t max_bad;     /* more of them fail; 0 = none does */
};
/* A descriptor for reading; -E_NOENT, or -E_SYS with *reterr. */
int load_open(const char *path, char **reterr);
int load_source(const struct load_source *source, int family, load_row_fn *row, void *ctx, struct load_result *ret,
		char **reterr);

/* The same from memory, without logging or keeping: for tests and fuzzing. */
int load_text(const char *text, size_t len, int family, load_row_fn *row, void *ctx, struct load_result *ret,
	      const char **reterr_why);
