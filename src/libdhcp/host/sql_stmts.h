/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "db/db.h"

/*
 * The statements about reservations; private to host/sql*.c. Those that read return rows of three shapes, in any
 * order.
 */
enum sql_read {
	SQL_BY_ID,       /* by any of SQL_IDS identifiers, in a range of subnets */
	SQL_BY_PLACE,    /* in a range of subnets, at an address, or in DHCPv6 overlapping a prefix */
	SQL_BY_PAGE,     /* in a range of subnets, after a host_id */
	SQL_BY_HOSTNAME, /* those of them with this name */
	SQL_READS
};

enum sql_shape {
	SQL_HOSTS4,   /* hosts and options: a row for each option */
	SQL_HOSTS6,   /* hosts, addresses and prefixes: a row for each address or prefix */
	SQL_OPTIONS6, /* a row for each option, which begins with the host_id */
	SQL_SHAPES
};

/* Returns NULL if the family needs no such statement: DHCPv4 needs one for each kind of lookup, DHCPv6 two. */
const struct db_stmt *sql_read_stmt(enum sql_read what, enum sql_shape shape);
/* Parameters. Identifiers that are not needed are NULL, and so are shorter prefixes. */
#define SQL_IDS 5u      /* BY_ID: first and last subnet id, then SQL_IDS times identifier and type */
#define SQL_SHORTER 28u /* DHCPv6: BY_PLACE */
/*
 * BY_PLACE, DHCPv4: first and last subnet id, address.
 * BY_PLACE, DHCPv6: first subnet id, first and last address, then SQL_SHORTER times an address where a prefix that
 * contains all of it may begin, and the greatest length that it may then have; last subnet id.
 * BY_PAGE: the host_id before, first and last subnet id, maximum number of hosts. BY_HOSTNAME: also the name, in lower
 * case.
 */

/* Columns of the shapes. An option or place that a row does not have is NULL. */
enum {
	COL_HOST_ID,
	COL_TYPE,
	COL_IDENTIFIER,
	COL_SUBNET,
	COL_HOSTNAME,
	COL_CLASSES,
	COL_USER_CONTEXT,
	COL_AUTH_KEY,
	COL_HOST_END,
	/* SQL_HOSTS4 */
	COL_ADDRESS4 = COL_HOST_END,
	COL_NEXT_SERVER,
	COL_SERVER_HOSTNAME,
	COL_BOOT_FILE,
	COL_OPTION4, /* the first column of the option */
	/* SQL_HOSTS6 */
	COL_RESERVATION_ID = COL_HOST_END,
	COL_ADDRESS6,
	COL_PREFIX_LEN,
	COL_RESERVATION_TYPE,
	COL_EXCLUDED,
	COL_EXCLUDED_LEN,
	/* SQL_OPTIONS6 */
	COL_OPTION6 = 1,
};

/* Columns of an option, from the first one. */
enum {
	OPT_COL_ID,
	OPT_COL_CODE,
	OPT_COL_VALUE,
	OPT_COL_TEXT,
	OPT_COL_SPACE,
	OPT_COL_PERSISTENT,
	OPT_COL_CANCELLED,
	OPT_COL_CLASSES,
	OPT_COL_USER_CONTEXT,
};

/* Returns a column's name, for messages. */
const char *sql_column(enum sql_shape shape, unsigned column);

/*
 * Statements that change something. The first three parameters of all but SQL_LOCK are the host's identifier, its type
 * and the subnet id.
 */
enum sql_write {
	SQL_LOCK,        /* waits until no other transaction changes hosts; without parameters */
	SQL_ADD,         /* the host; with the parameters below */
	SQL_CHANGE,      /* same parameters */
	SQL_ADD_PLACE,   /* DHCPv6: address, length, type, excluded prefix, its length, unique */
	SQL_DROP_PLACES, /* DHCPv6 */
	SQL_ADD_OPTION,  /* code, value, text, space, persistent, cancelled, classes, user context */
	SQL_DROP_OPTIONS,
	SQL_REMOVE, /* a host without a reservation in the other family */
	SQL_CLEAR,  /* what it has in this family, if it has one in the other */
	SQL_WRITES
};
/*
 * SQL_ADD and SQL_CHANGE, DHCPv4: address, hostname, classes, next server, server hostname, boot file name, user
 * context, auth key, unique. DHCPv6: hostname, classes, user context, auth key.
 */
#define SQL_WRITE_PARAMS 12u
/* family: 0 = DHCPv4, 1 = DHCPv6. NULL if the family needs no such statement. */
const struct db_stmt *sql_write_stmt(enum sql_write what, int family);

/* Version and minor version of the schema. */
extern const struct db_stmt *const sql_version_stmt;

/* The table that all of them are in. */
const struct db_stmt *sql_stmts(unsigned *ret_n);
