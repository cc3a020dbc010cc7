/* SPDX-License-Identifier: MPL-2.0 */
/* The SQL of reservations: Kea's tables hosts, ipv6_reservations, dhcp4_options and dhcp6_options. */
#include "host/sql_stmts.h"

#include <stddef.h>

/* --- reading ------------------------------------------------------------------------ */

#define HOST(n)                                                                                             \
	"h.host_id, h.dhcp_identifier_type, h.dhcp_identifier, h.dhcp" n "_subnet_id, h.hostname, h.dhcp" n \
	"_client_classes, h.user_context, h.auth_key"
#define HOST_TYPES "iixitttt"
#define HOST4 HOST("4") ", h.ipv4_address, h.dhcp4_next_server, h.dhcp4_server_hostname, h.dhcp4_boot_file_name"
#define HOST4_TYPES HOST_TYPES "iitt"
#define OPTION                                                                                                    \
	"o.option_id, o.code, o.value, o.formatted_value, o.space, o.persistent, o.cancelled, o.client_classes, " \
	"o.user_context"
#define OPTION_TYPES "iixttbbtt"
#define PLACE(address, excluded) \
	"r.reservation_id, " address ", r.prefix_len, r.type, " excluded ", r.excluded_prefix_len"
#define PLACE_TYPES "i6ii6i"

/* Options of hosts have scope 3. */
#define OPTIONS_OF(n) "JOIN dhcp" n "_options o ON o.host_id = h.host_id AND o.scope_id = 3"
#define HOSTS(which) "(SELECT h.* FROM hosts h WHERE " which ") h "

/*
 * No ORDER BY: the rows of a lookup are few and are sorted by whoever reads them, while a server would build a
 * temporary table for them, MariaDB even on disk.
 */
#define READ_HOSTS4(which) "SELECT " HOST4 ", " OPTION " FROM " which "LEFT " OPTIONS_OF("4")
#define READ_HOSTS6(which, address, excluded)                                                             \
	"SELECT " HOST("6") ", " PLACE(address, excluded) " FROM " which                                  \
							  "LEFT JOIN ipv6_reservations r ON r.host_id = " \
							  "h.host_id"
#define READ_OPTIONS6(which) "SELECT h.host_id, " OPTION " FROM " which OPTIONS_OF("6")

/* inet may have a prefix length, which is not part of the address. */
#define READ6_PGSQL(which) READ_HOSTS6(which, "host(r.address)", "host(r.excluded_prefix)")
#define READ6_MYSQL(which) READ_HOSTS6(which, "r.address", "r.excluded_prefix")

#define IS(id, type) "(h.dhcp_identifier = " id " AND h.dhcp_identifier_type = " type ")"
#define BY_ID(n)                                                                                              \
	HOSTS("h.dhcp" n "_subnet_id BETWEEN $1 AND $2 AND (" IS("$3", "$4") " OR " IS("$5", "$6") " OR " IS( \
		"$7", "$8") " OR " IS("$9", "$10") " OR " IS("$11", "$12") ")")
#define BY_ID_PARAMS "iixixixixixi"
#define PAGE(n, is) \
	HOSTS("h.host_id > $1 AND h.dhcp" n "_subnet_id BETWEEN $2 AND $3" is " ORDER BY h.host_id LIMIT $4")
#define BY_PAGE(n) PAGE(n, "")
#define BY_HOSTNAME(n, is) PAGE(n, " AND " is)
#define IS_NAME_PGSQL "lower(h.hostname) = $5"
#define IS_NAME_MYSQL "h.hostname = $5" /* the column's collation ignores case */
#define BY_PLACE4 HOSTS("h.dhcp4_subnet_id BETWEEN $1 AND $2 AND h.ipv4_address = $3")

#define AT(address, len) " OR (p.address = " address " AND p.prefix_len <= " len ")"
#define OVERLAPPING                                                                                                  \
	"SELECT DISTINCT p.host_id FROM ipv6_reservations p WHERE p.address BETWEEN $2 AND $3" AT("$4", "$5")        \
		AT("$6", "$7") AT("$8", "$9") AT("$10", "$11") AT("$12", "$13") AT("$14", "$15") AT("$16", "$17")    \
			AT("$18", "$19") AT("$20", "$21") AT("$22", "$23") AT("$24", "$25") AT("$26", "$27")         \
				AT("$28", "$29") AT("$30", "$31") AT("$32", "$33") AT("$34", "$35") AT("$36", "$37") \
					AT("$38", "$39") AT("$40", "$41") AT("$42", "$43") AT("$44", "$45")          \
						AT("$46", "$47") AT("$48", "$49") AT("$50", "$51") AT("$52", "$53")  \
							AT("$54", "$55") AT("$56", "$57") AT("$58", "$59")
/* PostgreSQL expects far more overlaps than there are; it must not join them with the whole table. */
#define BY_PLACE6_PGSQL                                                                                             \
	"(" OVERLAPPING " OFFSET 0) x CROSS JOIN LATERAL (SELECT h.* FROM hosts h WHERE h.host_id = x.host_id AND " \
	"h.dhcp6_subnet_id BETWEEN $1 AND $60 OFFSET 0) h "
#define BY_PLACE6_MYSQL \
	"(" OVERLAPPING ") x JOIN hosts h ON h.host_id = x.host_id AND h.dhcp6_subnet_id BETWEEN $1 AND $60 "
#define SHORTER_PARAMS_7 "6i6i6i6i6i6i6i"
#define BY_PLACE6_PARAMS "i66" SHORTER_PARAMS_7 SHORTER_PARAMS_7 SHORTER_PARAMS_7 SHORTER_PARAMS_7 "i"

#define HOSTS4_STMT(stmt, which, types)                                                                  \
	{                                                                                                \
		stmt, { READ_HOSTS4(which), READ_HOSTS4(which) }, types, HOST4_TYPES OPTION_TYPES, false \
	}
#define HOSTS6_STMT(stmt, which, types)                                                                \
	{                                                                                              \
		stmt, { READ6_PGSQL(which), READ6_MYSQL(which) }, types, HOST_TYPES PLACE_TYPES, false \
	}
#define OPTIONS6_STMT(stmt, which, types)                                                            \
	{                                                                                            \
		stmt, { READ_OPTIONS6(which), READ_OPTIONS6(which) }, types, "i" OPTION_TYPES, false \
	}

/* --- changing ----------------------------------------------------------------------- */

#define KEY(n) "dhcp_identifier = $1 AND dhcp_identifier_type = $2 AND dhcp" n "_subnet_id = $3"
#define KEY_PARAMS "xii"

#define LOCK "SELECT type FROM host_identifier_type ORDER BY type FOR UPDATE"

#define ADD4_COLUMNS                                                                                           \
	"INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, hostname, "  \
	"dhcp4_client_classes, dhcp4_next_server, dhcp4_server_hostname, dhcp4_boot_file_name, user_context, " \
	"auth_key) "
#define ADD4_PGSQL                                                                                                \
	ADD4_COLUMNS "SELECT $1::bytea, $2::smallint, $3::bigint, $4::bigint, $5::varchar, $6::varchar, "         \
		     "$7::bigint, $8::varchar, $9::varchar, $10::text, $11::varchar WHERE $12::int = 0 OR "       \
		     "$4::bigint IS NULL OR NOT EXISTS (SELECT 1 FROM hosts WHERE ipv4_address = $4::bigint AND " \
		     "dhcp4_subnet_id = $3::bigint)"
#define ADD4_MYSQL                                                                                            \
	ADD4_COLUMNS "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM (SELECT 1) one WHERE $12 = 0 " \
		     "OR $4 IS NULL OR NOT EXISTS (SELECT 1 FROM hosts WHERE ipv4_address = $4 AND "          \
		     "dhcp4_subnet_id = $3)"
/* MySQL reads a table that it updates only through a derived table. */
#define CHANGE4(number)                                                                                          \
	"UPDATE hosts SET ipv4_address = $4, hostname = $5, dhcp4_client_classes = $6, dhcp4_next_server = $7, " \
	"dhcp4_server_hostname = $8, dhcp4_boot_file_name = $9, user_context = $10, auth_key = $11 WHERE " KEY(  \
		"4") " AND ($12" number                                                                          \
		     " = 0 OR NOT EXISTS (SELECT 1 FROM (SELECT host_id FROM hosts WHERE ipv4_address = $4 "     \
		     "AND dhcp4_subnet_id = $3) o WHERE o.host_id <> hosts.host_id))"
#define ADD6                                                                                    \
	"INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id, hostname, " \
	"dhcp6_client_classes, user_context, auth_key) VALUES ($1, $2, $3, $4, $5, $6, $7)"
#define CHANGE6 \
	"UPDATE hosts SET hostname = $4, dhcp6_client_classes = $5, user_context = $6, auth_key = $7 WHERE " KEY("6")

#define ADD_PLACE_TO \
	"INSERT INTO ipv6_reservations (address, prefix_len, type, host_id, excluded_prefix, excluded_prefix_len) "
#define ADD_PLACE_FROM "FROM hosts h WHERE " KEY("6") " AND ("
#define ADD_PLACE_UNLESS(address, len)                                                                       \
	" = 0 OR NOT EXISTS (SELECT 1 FROM ipv6_reservations p JOIN hosts o ON o.host_id = p.host_id WHERE " \
	"p.address = " address " AND p.prefix_len = " len                                                    \
	" AND o.dhcp6_subnet_id = h.dhcp6_subnet_id AND o.host_id <> h.host_id))"
#define ADD_PLACE_PGSQL                                                                                               \
	ADD_PLACE_TO "SELECT $4::inet, $5::smallint, $6::smallint, h.host_id, $7::inet, $8::smallint " ADD_PLACE_FROM \
		     "$9::int" ADD_PLACE_UNLESS("$4::inet", "$5::smallint")
#define ADD_PLACE_MYSQL \
	ADD_PLACE_TO "SELECT $4, $5, $6, h.host_id, $7, $8 " ADD_PLACE_FROM "$9" ADD_PLACE_UNLESS("$4", "$5")

#define OF_HOST(n) "host_id IN (SELECT host_id FROM hosts WHERE " KEY(n) ")"
#define DROP_PLACES "DELETE FROM ipv6_reservations WHERE " OF_HOST("6")
#define DROP_OPTIONS(n) "DELETE FROM dhcp" n "_options WHERE scope_id = 3 AND " OF_HOST(n)

#define ADD_OPTION_TO(n)                                                                                              \
	"INSERT INTO dhcp" n "_options (code, value, formatted_value, space, persistent, cancelled, client_classes, " \
	"user_context, host_id, scope_id) SELECT "
#define ADD_OPTION_FROM(n) ", host_id, 3 FROM hosts WHERE " KEY(n)
#define ADD_OPTION_PGSQL(n, code)                                                               \
	ADD_OPTION_TO(n)                                                                        \
	"$4::" code ", $5::bytea, $6::text, $7::varchar, $8::boolean, $9::boolean, $10::text, " \
	"$11::text" ADD_OPTION_FROM(n)
#define ADD_OPTION_MYSQL(n) ADD_OPTION_TO(n) "$4, $5, $6, $7, $8, $9, $10, $11" ADD_OPTION_FROM(n)

#define REMOVE(n, other) "DELETE FROM hosts WHERE " KEY(n) " AND dhcp" other "_subnet_id IS NULL"
#define CLEAR4                                                                                        \
	"UPDATE hosts SET dhcp4_subnet_id = NULL, ipv4_address = NULL, dhcp4_client_classes = NULL, " \
	"dhcp4_next_server = NULL, dhcp4_server_hostname = NULL, dhcp4_boot_file_name = NULL WHERE " KEY("4")
#define CLEAR6 "UPDATE hosts SET dhcp6_subnet_id = NULL, dhcp6_client_classes = NULL WHERE " KEY("6")

/* --- the table ---------------------------------------------------------------------- */

#define READ_ID(what, shape) ((what)*SQL_SHAPES + (shape))
#define WRITE_ID(what, family) (SQL_READS * SQL_SHAPES + (what)*2 + (family))
#define VERSION_ID (SQL_READS * SQL_SHAPES + SQL_WRITES * 2)
#define STMT_N (VERSION_ID + 1)

#define BOTH(text)         \
	{                  \
		text, text \
	}

static const struct db_stmt stmts[STMT_N] = {
	[READ_ID(SQL_BY_ID, SQL_HOSTS4)] = HOSTS4_STMT("hosts4_by_id", BY_ID("4"), BY_ID_PARAMS),
	[READ_ID(SQL_BY_ID, SQL_HOSTS6)] = HOSTS6_STMT("hosts6_by_id", BY_ID("6"), BY_ID_PARAMS),
	[READ_ID(SQL_BY_ID, SQL_OPTIONS6)] = OPTIONS6_STMT("options6_by_id", BY_ID("6"), BY_ID_PARAMS),
	[READ_ID(SQL_BY_PLACE, SQL_HOSTS4)] = HOSTS4_STMT("hosts4_by_place", BY_PLACE4, "iii"),
	[READ_ID(SQL_BY_PLACE, SQL_HOSTS6)] = { "hosts6_by_place",
						{ READ6_PGSQL(BY_PLACE6_PGSQL), READ6_MYSQL(BY_PLACE6_MYSQL) },
						BY_PLACE6_PARAMS,
						HOST_TYPES PLACE_TYPES,
						false },
	[READ_ID(SQL_BY_PLACE, SQL_OPTIONS6)] = { "options6_by_place",
						  { READ_OPTIONS6(BY_PLACE6_PGSQL), READ_OPTIONS6(BY_PLACE6_MYSQL) },
						  BY_PLACE6_PARAMS,
						  "i" OPTION_TYPES,
						  false },
	[READ_ID(SQL_BY_PAGE, SQL_HOSTS4)] = HOSTS4_STMT("hosts4_page", BY_PAGE("4"), "iiii"),
	[READ_ID(SQL_BY_PAGE, SQL_HOSTS6)] = HOSTS6_STMT("hosts6_page", BY_PAGE("6"), "iiii"),
	[READ_ID(SQL_BY_PAGE, SQL_OPTIONS6)] = OPTIONS6_STMT("options6_page", BY_PAGE("6"), "iiii"),
	[READ_ID(SQL_BY_HOSTNAME, SQL_HOSTS4)] = { "hosts4_by_hostname",
						   { READ_HOSTS4(BY_HOSTNAME("4", IS_NAME_PGSQL)),
						     READ_HOSTS4(BY_HOSTNAME("4", IS_NAME_MYSQL)) },
						   "iiiit",
						   HOST4_TYPES OPTION_TYPES,
						   false },
	[READ_ID(SQL_BY_HOSTNAME, SQL_HOSTS6)] = { "hosts6_by_hostname",
						   { READ6_PGSQL(BY_HOSTNAME("6", IS_NAME_PGSQL)),
						     READ6_MYSQL(BY_HOSTNAME("6", IS_NAME_MYSQL)) },
						   "iiiit",
						   HOST_TYPES PLACE_TYPES,
						   false },
	[READ_ID(SQL_BY_HOSTNAME, SQL_OPTIONS6)] = { "options6_by_hostname",
						     { READ_OPTIONS6(BY_HOSTNAME("6", IS_NAME_PGSQL)),
						       READ_OPTIONS6(BY_HOSTNAME("6", IS_NAME_MYSQL)) },
						     "iiiit",
						     "i" OPTION_TYPES,
						     false },

	[WRITE_ID(SQL_LOCK, 0)] = { "lock_hosts", BOTH(LOCK), "", "i", true },
	[WRITE_ID(SQL_ADD, 0)] = { "add_host4", { ADD4_PGSQL, ADD4_MYSQL }, KEY_PARAMS "ittitttti", "", true },
	[WRITE_ID(SQL_ADD, 1)] = { "add_host6", BOTH(ADD6), KEY_PARAMS "tttt", "", true },
	[WRITE_ID(SQL_CHANGE,
		  0)] = { "change_host4", { CHANGE4("::int"), CHANGE4("") }, KEY_PARAMS "ittitttti", "", true },
	[WRITE_ID(SQL_CHANGE, 1)] = { "change_host6", BOTH(CHANGE6), KEY_PARAMS "tttt", "", true },
	[WRITE_ID(SQL_ADD_PLACE,
		  1)] = { "add_place6", { ADD_PLACE_PGSQL, ADD_PLACE_MYSQL }, KEY_PARAMS "6ii6ii", "", true },
	[WRITE_ID(SQL_DROP_PLACES, 1)] = { "drop_places6", BOTH(DROP_PLACES), KEY_PARAMS, "", true },
	[WRITE_ID(SQL_ADD_OPTION, 0)] = { "add_option4",
					  { ADD_OPTION_PGSQL("4", "smallint"), ADD_OPTION_MYSQL("4") },
					  KEY_PARAMS "ixttbbtt",
					  "",
					  true },
	[WRITE_ID(SQL_ADD_OPTION, 1)] = { "add_option6",
					  { ADD_OPTION_PGSQL("6", "int"), ADD_OPTION_MYSQL("6") },
					  KEY_PARAMS "ixttbbtt",
					  "",
					  true },
	[WRITE_ID(SQL_DROP_OPTIONS, 0)] = { "drop_options4", BOTH(DROP_OPTIONS("4")), KEY_PARAMS, "", true },
	[WRITE_ID(SQL_DROP_OPTIONS, 1)] = { "drop_options6", BOTH(DROP_OPTIONS("6")), KEY_PARAMS, "", true },
	[WRITE_ID(SQL_REMOVE, 0)] = { "remove_host4", BOTH(REMOVE("4", "6")), KEY_PARAMS, "", true },
	[WRITE_ID(SQL_REMOVE, 1)] = { "remove_host6", BOTH(REMOVE("6", "4")), KEY_PARAMS, "", true },
	[WRITE_ID(SQL_CLEAR, 0)] = { "clear_host4", BOTH(CLEAR4), KEY_PARAMS, "", true },
	[WRITE_ID(SQL_CLEAR, 1)] = { "clear_host6", BOTH(CLEAR6), KEY_PARAMS, "", true },

	[VERSION_ID] = { "host_schema_version", BOTH("SELECT version, minor FROM schema_version"), "", "ii", false },
};

const struct db_stmt *const sql_version_stmt = &stmts[VERSION_ID];

const struct db_stmt *sql_read_stmt(enum sql_read what, enum sql_shape shape)
{
	const struct db_stmt *stmt = &stmts[READ_ID(what, shape)];

	return stmt->name ? stmt : NULL;
}

const struct db_stmt *sql_write_stmt(enum sql_write what, int family)
{
	const struct db_stmt *stmt = &stmts[WRITE_ID(what, what == SQL_LOCK ? 0 : family)];

	return stmt->name ? stmt : NULL;
}

const struct db_stmt *sql_stmts(unsigned *ret_n)
{
	*ret_n = STMT_N;
	return stmts;
}

const char *sql_column(enum sql_shape shape, unsigned column)
{
	static const char *const of_host[] = {
		[COL_HOST_ID] = "host_id",
		[COL_TYPE] = "dhcp_identifier_type",
		[COL_IDENTIFIER] = "dhcp_identifier",
		[COL_SUBNET] = "subnet id",
		[COL_HOSTNAME] = "hostname",
		[COL_CLASSES] = "client classes",
		[COL_USER_CONTEXT] = "user_context",
		[COL_AUTH_KEY] = "auth_key",
	};
	static const char *const of_host4[] = { "ipv4_address", "dhcp4_next_server", "dhcp4_server_hostname",
						"dhcp4_boot_file_name" };
	static const char *const of_place[] = { "reservation_id", "address",         "prefix_len",
						"type",           "excluded_prefix", "excluded_prefix_len" };
	static const char *const of_option[] = { "option_id",       "code",           "value",
						 "formatted_value", "space",          "persistent",
						 "cancelled",       "client_classes", "user_context" };

	if (shape == SQL_OPTIONS6)
		return column < COL_OPTION6 ? of_host[column] : of_option[column - COL_OPTION6];
	if (column < COL_HOST_END)
		return of_host[column];
	if (shape == SQL_HOSTS6)
		return of_place[column - COL_HOST_END];
	return column < COL_OPTION4 ? of_host4[column - COL_HOST_END] : of_option[column - COL_OPTION4];
}
