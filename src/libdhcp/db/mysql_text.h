/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "db/units.h"

/*
 * The text of a group for MySQL. Values are written as numbers and hexadecimal literals, so nothing needs to be
 * escaped. Calls that have a batch are written together.
 */
struct mysql_text {
	struct str sql;
	struct db_units units;
};

enum {
	MYSQL_TEXT_BEGINS = 1,  /* a transaction */
	MYSQL_TEXT_COMMITS = 2, /* and ends it */
	MYSQL_TEXT_IN_BATCHES = 4,
};

/* True if the statement is followed by one that fails unless all its calls changed a row. */
bool mysql_text_is_checked(const struct mysql_text *text, const struct db_unit *unit);
/* For the works from `first` to before `end`. */
void mysql_text_write(struct mysql_text *text, struct db_work *first, const struct db_work *end, unsigned flags);
void mysql_text_free(struct mysql_text *text);
