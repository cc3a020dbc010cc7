/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/field.h"

/*
 * Lines of a lease file. Pure conversion between text and lease, no file access. Each line comes with its
 * length; input lines have no newline, written lines end with one.
 */

/* What the header says about the rows below it. */
struct csv_layout {
	const struct lease_fields *fields;
	unsigned n_columns; /* columns in each row of the file */
	unsigned n_known;   /* how many of them, from the left, are known */
	bool older;         /* known columns are missing */
	bool newer;         /* has unknown columns, which are discarded */
};

/*
 * Parses a header. -E_INVAL if it is not the header of a lease file of this family; *reterr_why then gives the
 * reason.
 */
int csv_read_header(int family, const char *line, size_t len, struct csv_layout *ret, const char **reterr_why);
/* True if the text is the beginning of a header, that is, if the first write to the file was cut short. */
bool csv_is_torn_header(int family, const char *text, size_t len);
/* Returns 0, or -E_INVAL with the reason in row->why. The row's lease points into the row. */
int csv_read_row(const struct csv_layout *layout, const char *line, size_t len, struct lease_row *row);

#define CSV_HEADER_MAX 256
/* Writes the header into `buf` of CSV_HEADER_MAX bytes; returns its length. */
size_t csv_write_header(int family, char *buf);
/* Returns an upper bound for the length of the lease's row. */
size_t csv_row_bound(const struct lease *lease);
/* Writes a row and returns the position after it. `deleted` marks the lease as deleted. */
char *csv_write_row(int family, const struct lease *lease, bool deleted, char *p);
