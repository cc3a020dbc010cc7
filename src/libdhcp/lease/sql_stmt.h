/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "db/db.h"

/*
 * The statements of a lease store: one table for both families and both kinds of databases, expanded when a store is
 * opened.
 */
enum sql_stmt_id {
	SQL_VERSION, /* of the schema */
	SQL_CLOCK,
	SQL_SERVERS, /* that have a number, and whether it is this connection's */
	SQL_TAKE_NUMBER,
	SQL_AT,
	SQL_OF_HWADDR, /* the first leases of a client, in no order */
	SQL_OF_ID,
	SQL_COUNT_HWADDR,
	SQL_COUNT_ID,
	SQL_BEST_OF_HWADDR, /* filtered, the preferred ones first */
	SQL_BEST_OF_ID,
	SQL_PAGE,
	SQL_PAGE_WHERE,
	SQL_EXPIRED,
	SQL_RETIRED,
	SQL_NEWS,
	SQL_INSERT,
	SQL_INSERT_IF_FREE,
	SQL_UPDATE,
	SQL_UPDATE_IF,
	SQL_DELETE,
	SQL_DELETE_IF,
	SQL_TAKE,         /* changes a row or inserts one; in MySQL it only changes one, and the next follows */
	SQL_TAKE_ELSE,    /* MySQL: inserts unless SQL_TAKE changed a row; a lease that is there is a conflict */
	SQL_TAKE_ELSE_IF, /* the same, but a lease that is there is left alone */
	SQL_STMT_N
};

#define SQL_FEW 32        /* rows of SQL_OF_*: with more, SQL_BEST_OF_* decides */
#define SQL_SUBNETS_MAX 8 /* of SQL_BEST_OF_* */

/* Parameters after the columns: the version of SQL_UPDATE_IF. */
struct sql_stmts {
	struct db_stmt v[SQL_STMT_N];
	VEC(char *) kept; /* what the rows of v point to */
};

void sql_stmts_init(struct sql_stmts *stmts, int family, enum db_kind kind);
void sql_stmts_done(struct sql_stmts *stmts);
