/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/csv.h"
#include "lease/lines.h"

#include <sys/types.h>

/* The result of reading one lease file. */
struct load_result {
	bool exists;
	bool needs_rewrite; /* empty, older or newer header: do not append */
	bool all_kept;      /* unreadable rows and a torn tail were saved elsewhere */
	bool no_newline;    /* the last row lacks only its newline */
	off_t good_len;     /* end of the last complete row */
	uint64_t lines;     /* all lines */
	uint64_t rows;      /* valid rows */
	uint64_t bad;
};

/*
 * Reads a lease file row by row. The callee replaces an earlier row of an address with a later one. The row's
 * lease has `expires` set: wall-clock times are converted to boot time here, once. Invalid rows are counted,
 * logged once and kept in FILE.bad. A missing file is fine. Fails if the file cannot be read, is not a lease
 * file of this family, or has more than max_bad invalid rows (0: no limit), not counting a torn tail; the file
 * must then not be written to.
 */
typedef void load_row_fn(void *ctx, const struct lease_row *row);
int load_file(const char *path, int family, uint64_t max_bad, load_row_fn *row, void *ctx, struct load_result *ret,
	      char **reterr);

/* The two halves of load_file(). */
struct load_source {
	int fd; /* from load_open; owned by the caller */
	const char *path;
	const char *bad_path; /* file for bad rows; NULL = neither kept nor logged */
	uint64_t max_bad;     /* more bad rows are an error; 0 = no limit */
	lines_read_fn *read;  /* instead of fd, which is then -1; NULL: none */
	void *ctx;
};
/* The index of the family of its header, -E_INVAL if it has none. A descriptor is then at its beginning again. */
int load_family(const struct load_source *source);
/* Returns a descriptor for reading; -E_NOENT, or -E_SYS with *reterr. */
int load_open(const char *path, char **reterr);
int load_source(const struct load_source *source, int family, load_row_fn *row, void *ctx, struct load_result *ret,
		char **reterr);

/* Same from memory, without logging or keeping bad rows: for tests and fuzzing. */
int load_text(const char *text, size_t len, int family, load_row_fn *row, void *ctx, struct load_result *ret,
	      const char **reterr_why);
