/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "db/db.h"
#include "lease/lease.h"
#include "lease/sql_clock.h"

/*
 * The columns of the tables lease4 and lease6. Which columns there are, and in which order, is the table of lease file
 * columns (lease/field.h): their names are the same. Here is what a database needs besides.
 *
 * A lease is an array of values in this order: those of a row that is read, and those that a statement writes. Both
 * look the same, so the version of a lease is computed from either.
 */
#define SQL_COLUMNS_MAX 18

unsigned sql_column_count(int family);
/* The types of the columns, as in struct db_stmt; SQL_COLUMNS_MAX + 1 bytes with the NUL. */
void sql_column_types(int family, char *ret);
/* Adds "address, hwaddr, ..." as they are read. */
void sql_columns_add_read(struct str *out, int family, enum db_kind kind);
/* Adds the names alone. */
void sql_columns_add_names(struct str *out, int family);
/* Adds "$1, $2, ..." as they are written, or "c1, c2, ..." if `from` is 'c'. */
void sql_columns_add_values(struct str *out, int family, enum db_kind kind, char from);
/* Adds "hwaddr = $2, ..." or "hwaddr = c2, ..." for all but the address, which is the first. */
void sql_columns_add_set(struct str *out, int family, enum db_kind kind, char from);
/* Adds "hwaddr = excluded.hwaddr, ...", the same for ON CONFLICT. */
void sql_columns_add_set_excluded(struct str *out, int family);
/* Adds "$1 AS c1, ...", and "hwaddr = c2, ..." to change leases as those say. */
void sql_columns_add_numbered(struct str *out, int family, enum db_kind kind);
void sql_columns_add_set_numbered(struct str *out, int family);

/* The version of a lease: 16 hexadecimal digits here and in SQL. */
#define SQL_VERSION_LEN 16

/* Adds the expression that computes it in the database. */
void sql_columns_add_version(struct str *out, int family, enum db_kind kind);
uint64_t sql_version(int family, const struct db_value *v);

/* The latest time that a column `expire` holds; what is later is stored as this. */
int64_t sql_time_max(enum db_kind kind);

/*
 * Fills v, of SQL_COLUMNS_MAX, with what is to be written. Bytes are borrowed from the lease, or are in buf of
 * SQL_PUT_ROOM.
 */
#define SQL_PUT_ROOM (LEASE_HOSTNAME_MAX + 1)
void sql_put(const struct lease *lease, enum db_kind kind, const struct sql_clock *clock, struct db_value *v,
	     char *buf);
/*
 * Reads a row. The lease borrows the row's bytes, and strings copied to `buf` of SQL_GET_ROOM. Returns NULL, or on
 * failure the name of the column that is invalid.
 */
#define SQL_GET_ROOM (LEASE_HOSTNAME_MAX + LEASE_CONTEXT_MAX + 2)
const char *sql_get(struct db_row *row, int family, const struct sql_clock *clock, struct lease *ret, char *buf);
