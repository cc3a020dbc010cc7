/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "db/db.h"

/*
 * The version of Kea's tables. kea-admin creates and upgrades them; statements were written for exactly this version,
 * so others are rejected, as by Kea.
 */
struct db_schema {
	int64_t major, minor;
};

extern const struct db_schema db_schemas[DB_KIND_N];

/*
 * True if a database that reports this version can be used; else the reason and what to do are added to `why`, as in
 * "its schema has version 13.0, expected 34.0: ...". major < 0: it reports none.
 */
bool db_schema_check(enum db_kind kind, int64_t major, int64_t minor, struct str *why);
