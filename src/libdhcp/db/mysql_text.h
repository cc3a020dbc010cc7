/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "db/conn.h"

/*
 * The text of a group for MySQL. Values are written as numbers and hexadecimal literals, so nothing needs to be
 * escaped. Calls that have a batch are written together, at the place of the first of them: the order of different
 * works is free.
 */
#define MYSQL_TEXT_END UINT32_MAX

struct mysql_place { /* a call of the group */
	struct db_work *work;
	unsigned call;
	unsigned next; /* index of the next one in the same statement, MYSQL_TEXT_END: none */
};

struct mysql_unit { /* a statement that returns a result, and perhaps a second one */
	const struct db_stmt *stmt;
	unsigned first, last; /* indexes of places */
	unsigned n;           /* calls */
	bool is_checked;      /* followed by a statement that fails unless n rows were changed */
};

struct mysql_text {
	struct str sql;
	VEC(struct mysql_place) places;
	VEC(struct mysql_unit) units;
};

enum {
	MYSQL_TEXT_BEGINS = 1,  /* a transaction */
	MYSQL_TEXT_COMMITS = 2, /* and ends it */
	MYSQL_TEXT_IN_BATCHES = 4,
};

/* For the works from `first` to before `end`. */
void mysql_text_write(struct mysql_text *text, struct db_work *first, const struct db_work *end, unsigned flags);
void mysql_text_free(struct mysql_text *text);
