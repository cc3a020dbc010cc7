/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "db/db.h"

/* Databases with Kea's schema on the servers that tests/sql/run starts, for tests about reservations. */

/* Call this first; exits with a message if there are no servers. */
void hosts_db_init(void);
/* The database of a kind, without `stmts`. */
struct db_conf hosts_db_conf(int kind);
/* Deletes all reservations. */
void hosts_db_wipe(int kind);
/*
 * Runs SQL, as a user would by hand: several statements, where {x:aabb} is a value of bytes and {6:2001:db8::1} is an
 * IPv6 address. Aborts the test if it fails.
 */
void hosts_db_sql(int kind, const char *text);
/* Returns the number that a query returns. */
long hosts_db_number(int kind, const char *text);
/* Begins a transaction in which nobody else can read hosts, and ends it. */
void hosts_db_block(int kind);
void hosts_db_unblock(int kind);
