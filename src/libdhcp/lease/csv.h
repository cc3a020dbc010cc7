/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/field.h"

/*
 * Lines of a lease file. Pure: text to lease and back, no file. Lines are given and written with
 * their length; a line given has no newline, a line written has one.
 */

/* What a header says about the rows that follow. */
struct csv_layout {
	const struct lease_fields *fields;
	unsigned n_columns; /* in each row of the file */
	unsigned n_known;   /* of those, the first ones we know */
	bool older;         /* it lacks columns we know */
	bool newer;         /* it has columns we do not know; they are not kept */
};

/*
 * Understand a header. -E_INVAL when it is not one of this family's lease files; *reterr_why then
 * says how it is wrong.
 */
int csv_read_header(int family, const char *line, size_t len, struct csv_layout *ret, const char **reterr_why);
/* Whether the line is the beginning of a header: a file whose very first write was cut short. */
bool csv_is_torn_header(int family, const char *text, size_t len);
/* 0, or -E_INVAL with row->why. The row's lease points into the row. */
int csv_read_row(const struct csv_layout *layout, const char *line, size_t len, struct lease_row *row);

#define CSV_HEADER_MAX 256
/* Returns the length; the buffer holds CSV_HEADER_MAX. */
size_t csv_write_header(int family, char *buf);
/* Room enough for the row of this lease. */
size_t csv_row_bound(const struct lease *lease);
/* Returns behind the row. With `deleted` the row says that the lease is gone. */
char *csv_write_row(int family, const struct lease *lease, bool deleted, char *p);
