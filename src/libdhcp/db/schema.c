/* SPDX-License-Identifier: MPL-2.0 */
#include "db/schema.h"

const struct db_schema db_schemas[DB_KIND_N] = { [DB_PGSQL] = { 34, 0 }, [DB_MYSQL] = { 35, 0 } };

bool db_schema_check(enum db_kind kind, int64_t major, int64_t minor, struct str *why)
{
	const struct db_schema *expected = &db_schemas[kind];

	if (major == expected->major && minor == expected->minor)
		return true;
	if (major < 0)
		str_add(why, "it has no schema: create it with kea-admin db-init");
	else
		str_addf(why, "its schema has version %lld.%lld, expected %lld.%lld%s", (long long)major,
			 (long long)minor, (long long)expected->major, (long long)expected->minor,
			 major < expected->major ? ": upgrade it with kea-admin db-upgrade" : "");
	return false;
}
