/* SPDX-License-Identifier: MPL-2.0 */
/*
 * In the texts, words with an @ are replaced: @columns, @names, @values, @numbered, @set, @setnumbered, @setexcluded
 * and
 * @version by what sql_column.h adds, @new by the rows that the parameters are the arrays of, with columns c1, c2...
 * and n, @newvalues and @newset by what is added for those, the others by the rows of `words`. In the types of
 * parameters, @ is all columns, and A is the address.
 */
#include "lease/sql_stmt.h"

#include "base/arena.h"
#include "lease/sql_column.h"

#include <assert.h>

#define TEXTS(both)            \
	{                      \
		(both), (both) \
	}
#define ROWS "@columns"

struct row {
	const char *name;
	const char *text[DB_KIND_N]; /* NULL: not needed */
	const char *params;
	const char *columns; /* ROWS: those of a lease */
	bool writes;
	struct db_batch batch; /* for MySQL */
	const char *many;      /* for PostgreSQL */
};

/*
 * The parameters of SQL_BEST_OF_*: identifier, type, hardware type, any subnet, eight subnets, any IAID, IAID, with or
 * without an identifier, limit. Those that a family does not have are compared with nothing.
 */
#define BEST(key)                                                                                        \
	TEXTS("SELECT @columns FROM @table WHERE " key " = $1 AND state <> 4 AND @type AND @hwtype AND " \
	      "($4 = 1 OR subnet_id IN ($5, $6, $7, $8, $9, $10, $11, $12)) AND ($13 = 1 OR @iaid) AND " \
	      "($15 = 1 OR @noid) ORDER BY (state IN (2, 3)), (NOT @noid) LIMIT $16")
#define BEST_PARAMS "xiiiiiiiiiiiiiii"

#define ENDED(state)                                                                                                  \
	"(SELECT @columns FROM @table WHERE state = " state " AND expire <= @time1 AND valid_lifetime <> 4294967295 " \
	"ORDER BY @table.expire LIMIT $2)"

#define TAKE_PGSQL                                                                       \
	"ON CONFLICT (address) DO UPDATE SET @setexcluded WHERE old.state IN (2, 3) OR " \
	"(old.expire <= statement_timestamp() AND old.valid_lifetime <> 4294967295)"
#define TAKE_MYSQL_ELSE "INSERT INTO @table (@names) SELECT @values FROM DUAL WHERE ROW_COUNT() = 0"
/* A read by one parameter, alone and for several calls. */
#define READ_BY(where, limit) TEXTS("SELECT @columns FROM @table WHERE " where " = $1" limit)
#define READ_MANY_BY(where, limit)                                                                                     \
	{ .item = "(SELECT $0, @columns FROM @table WHERE " where " = $1" limit ")", .separator = " UNION ALL " },     \
		"SELECT n, found.* FROM @new, LATERAL (SELECT @columns FROM @table WHERE " where " = c1" limit ") AS " \
		"found"
#define INSERT_MANY "INSERT INTO @table (@names) SELECT @newvalues FROM @new"
#define RETURNING_NUMBER " RETURNING array_position($1, @table.address)"
#define INSERT_BATCH                                                                                  \
	{                                                                                             \
		.head = "INSERT INTO @table (@names) VALUES ", .item = "(@values)", .separator = ", " \
	}
#define NONE_THERE "NOT EXISTS (SELECT 1 FROM @table WHERE address = $1)"

static const struct row rows[SQL_STMT_N] = {
	[SQL_VERSION] = { "version", TEXTS("SELECT version, minor FROM schema_version"), "", "ii", false },
	[SQL_CLOCK] = { "clock",
			{ "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
			  "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)" },
			"",
			"i",
			false },
	/* Locks of a session: they end with the connection, whatever becomes of the server. @lock names them. */
	[SQL_SERVERS] = { "servers",
			  { "SELECT objid::bigint, (pid = pg_backend_pid())::int FROM pg_locks WHERE granted AND "
			    "locktype = 'advisory' AND objsubid = 2 AND classid::bigint = @lock AND objid < 64 AND "
			    "database = (SELECT oid FROM pg_database WHERE datname = current_database())",
			    "WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 63) SELECT n, "
			    "IS_USED_LOCK(CONCAT(@lock, n)) = CONNECTION_ID() FROM s WHERE "
			    "IS_USED_LOCK(CONCAT(@lock, n)) IS NOT NULL" },
			  "",
			  "ii",
			  false },
	[SQL_TAKE_NUMBER] = { "take_number",
			      { "SELECT pg_try_advisory_lock(@lock, $1::int)::int",
				"SELECT GET_LOCK(CONCAT(@lock, $1), 0)" },
			      "i",
			      "i",
			      false },
	[SQL_AT] = { "at", READ_BY("address", ""), "A", ROWS, false, READ_MANY_BY("address", " LIMIT 1") },
	[SQL_OF_HWADDR] = { "of_hwaddr", READ_BY("hwaddr", " LIMIT @few"), "x", ROWS, false,
			    READ_MANY_BY("hwaddr", " LIMIT @few") },
	[SQL_OF_ID] = { "of_id", READ_BY("@id", " LIMIT @few"), "x", ROWS, false, READ_MANY_BY("@id", " LIMIT @few") },
	[SQL_COUNT_HWADDR] = { "count_hwaddr", TEXTS("SELECT count(*) FROM @table WHERE hwaddr = $1"), "x", "i",
			       false },
	[SQL_COUNT_ID] = { "count_id", TEXTS("SELECT count(*) FROM @table WHERE @id = $1"), "x", "i", false },
	[SQL_BEST_OF_HWADDR] = { "best_of_hwaddr", BEST("hwaddr"), BEST_PARAMS, ROWS, false },
	[SQL_BEST_OF_ID] = { "best_of_id", BEST("@id"), BEST_PARAMS, ROWS, false },
	[SQL_PAGE] = { "page", TEXTS("SELECT @columns FROM @table WHERE address > $1 ORDER BY @table.address LIMIT $2"),
		       "Ai", ROWS, false },
	/* Address, type, states as bits, any name, name, any subnet, subnets as text, limit. */
	[SQL_PAGE_WHERE] = { "page_where",
			     { "SELECT @columns FROM @table WHERE address > $1 AND @type AND "
			       "($3 = 0 OR (1::bigint << state::int) & $3 <> 0) AND "
			       "($4 = 1 OR lower(hostname) = lower($5)) AND "
			       "($6 = 1 OR subnet_id = ANY ($7::bigint[])) ORDER BY @table.address LIMIT $8",
			       "SELECT @columns FROM @table WHERE address > $1 AND @type AND "
			       "($3 = 0 OR (1 << state) & $3 <> 0) AND ($4 = 1 OR LOWER(hostname) = LOWER($5)) AND "
			       "($6 = 1 OR FIND_IN_SET(subnet_id, TRIM('}' FROM TRIM('{' FROM $7)))) "
			       "ORDER BY @table.address LIMIT $8" },
			     "Aiiititi",
			     ROWS,
			     false },
	/* Time, limit. One part for each state, as the index has the states first. */
	[SQL_EXPIRED] = { "expired",
			  TEXTS("SELECT * FROM (" ENDED("0") " UNION ALL " ENDED("1") " UNION ALL " ENDED(
				  "4") ") AS ended ORDER BY ended.expire LIMIT $2"),
			  "ii", ROWS, false },
	[SQL_RETIRED] = { "retired",
			  TEXTS("SELECT * FROM (" ENDED("2") " UNION ALL " ENDED(
				  "3") ") AS ended ORDER BY ended.expire LIMIT $2"),
			  "ii", ROWS, false },
	/* State, expiry after, and not after, lifetime or 0 for any, limit. */
	[SQL_NEWS] = { "news",
		       TEXTS("SELECT @columns FROM @table WHERE state = $1 AND expire > @time2 AND expire <= @time3 "
			     "AND "
			     "($4 = 0 OR valid_lifetime = $4) ORDER BY @table.expire LIMIT $5"),
		       "iiiii", ROWS, false },
	[SQL_INSERT] = { "insert", TEXTS("INSERT INTO @table (@names) VALUES (@values)"), "@", "", true, INSERT_BATCH,
			 INSERT_MANY RETURNING_NUMBER },
	[SQL_INSERT_IF_FREE] = { "insert_if_free",
				 { "INSERT INTO @table (@names) VALUES (@values) ON CONFLICT (address) DO NOTHING",
				   "INSERT INTO @table (@names) SELECT @values FROM DUAL WHERE " NONE_THERE },
				 "@",
				 "",
				 true,
				 INSERT_BATCH,
				 INSERT_MANY " ON CONFLICT (address) DO NOTHING" RETURNING_NUMBER },
	[SQL_UPDATE] = { "update", TEXTS("UPDATE @table SET @set WHERE address = $1"), "@", "", true },
	[SQL_UPDATE_IF] = { "update_if",
			    TEXTS("UPDATE @table SET @set WHERE address = $1 AND @version = @extra"),
			    "@t",
			    "",
			    true,
			    { "UPDATE (", "SELECT @numbered, @extra AS c@extranumber", " UNION ALL ",
			      ") AS new STRAIGHT_JOIN @table ON address = c1 AND @version = c@extranumber SET "
			      "@setnumbered" },
			    "UPDATE @table SET @newset FROM @new WHERE address = c1 AND @version = c@extranumber "
			    "RETURNING n" },
	[SQL_DELETE] = { "delete", TEXTS("DELETE FROM @table WHERE address = $1"), "A", "", true },
	[SQL_DELETE_IF] = { "delete_if",
			    TEXTS("DELETE FROM @table WHERE address = $1 AND @version = $2"),
			    "At",
			    "",
			    true,
			    { 0 },
			    "DELETE FROM @table USING @new WHERE address = c1 AND @version = c2 RETURNING n" },
	[SQL_TAKE] = { "take",
		       { "INSERT INTO @table AS old (@names) VALUES (@values) " TAKE_PGSQL,
			 "UPDATE @table SET @set WHERE address = $1 AND (state IN (2, 3) OR (expire <= NOW() AND "
			 "valid_lifetime <> 4294967295))" },
		       "@",
		       "",
		       true,
		       { 0 },
		       "INSERT INTO @table AS old (@names) SELECT @newvalues FROM @new " TAKE_PGSQL
		       " RETURNING array_position($1, old.address)" },
	[SQL_TAKE_ELSE] = { "take_else", { NULL, TAKE_MYSQL_ELSE }, "@", "", true },
	[SQL_TAKE_ELSE_IF] = { "take_else_if", { NULL, TAKE_MYSQL_ELSE " AND " NONE_THERE }, "@", "", true },
};

struct word {
	const char *name;
	const char *text[2][DB_KIND_N]; /* by family */
};

#define FAMILIES(text4, text6)           \
	{                                \
		{ (text4), (text4) },    \
		{                        \
			(text6), (text6) \
		}                        \
	}
#define KINDS(pgsql, mysql)              \
	{                                \
		{ (pgsql), (mysql) },    \
		{                        \
			(pgsql), (mysql) \
		}                        \
	}

static const struct word words[] = {
	{ "table", FAMILIES("lease4", "lease6") },
	{ "id", FAMILIES("client_id", "duid") },
	/* DHCPv4 has neither types nor IAIDs. */
	{ "type", FAMILIES("$2 >= 0", "lease_type = $2") },
	{ "hwtype", FAMILIES("$3 >= 0", "($3 = 0 OR hwtype = $3)") },
	{ "iaid", { { "$14 >= 0", "$14 >= 0" }, { "(iaid::bigint & 4294967295) = $14", "iaid = $14" } } },
	{ "noid",
	  { { "(coalesce(length(client_id), 0) = 0)", "(coalesce(length(client_id), 0) = 0)" },
	    { "(duid IS NULL OR duid = '\\x000000'::bytea)", "(duid IS NULL OR duid = x'000000')" } } },
	{ "lock",
	  { { "1262829876", "CONCAT('kea4.', MD5(DATABASE()), '.')" },
	    { "1262829878", "CONCAT('kea6.', MD5(DATABASE()), '.')" } } },
	{ "time1", KINDS("to_timestamp($1)", "FROM_UNIXTIME($1)") },
	{ "time2", KINDS("to_timestamp($2)", "FROM_UNIXTIME($2)") },
	{ "time3", KINDS("to_timestamp($3)", "FROM_UNIXTIME($3)") },
};

/* The parameters, which are arrays of these types, as a table. */
static void add_new(struct str *out, const char *types)
{
	static const char *const arrays[] = {
		['i'] = "bigint[]", ['b'] = "boolean[]", ['t'] = "text[]", ['x'] = "bytea[]", ['6'] = "inet[]",
	};

	for (unsigned i = 0; types[i]; i++)
		str_addf(out, "%s$%u::%s", i ? ", " : "unnest(", i + 1, arrays[(unsigned char)types[i]]);
	str_add(out, ") WITH ORDINALITY AS new (");
	for (unsigned i = 0; types[i]; i++)
		str_addf(out, "c%u, ", i + 1);
	str_add(out, "n)");
}

static void add_word(struct str *out, const char *name, size_t len, int family, enum db_kind kind, const char *types)
{
#define IS(text) (len == strlen(text) && memcmp(name, (text), len) == 0)
	if (IS("columns")) {
		sql_columns_add_read(out, family, kind);
	} else if (IS("names")) {
		sql_columns_add_names(out, family);
	} else if (IS("values")) {
		sql_columns_add_values(out, family, kind, '$');
	} else if (IS("newvalues")) {
		sql_columns_add_values(out, family, kind, 'c');
	} else if (IS("new")) {
		add_new(out, types);
	} else if (IS("numbered")) {
		sql_columns_add_numbered(out, family, kind);
	} else if (IS("set")) {
		sql_columns_add_set(out, family, kind, '$');
	} else if (IS("newset")) {
		sql_columns_add_set(out, family, kind, 'c');
	} else if (IS("setexcluded")) {
		sql_columns_add_set_excluded(out, family);
	} else if (IS("setnumbered")) {
		sql_columns_add_set_numbered(out, family);
	} else if (IS("version")) {
		sql_columns_add_version(out, family, kind);
	} else if (IS("extra")) {
		str_addf(out, "$%u", sql_column_count(family) + 1);
	} else if (IS("extranumber")) {
		str_addf(out, "%u", sql_column_count(family) + 1);
	} else if (IS("few")) {
		str_addf(out, "%d", SQL_FEW);
	} else {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (!IS(words[i].name))
				continue;
			str_add(out, words[i].text[family][kind]);
			return;
		}
		assert(!"unknown word in a statement");
	}
#undef IS
}

/* The types of the parameters were expanded before. */
static char *expand(const char *text, int family, enum db_kind kind, const char *types)
{
	struct str out = { 0 };

	str_add(&out, "");
	while (*text) {
		size_t len = strcspn(text, "@");

		str_add_n(&out, text, len);
		text += len;
		if (!*text)
			break;
		len = strspn(++text, "abcdefghijklmnopqrstuvwxyz123");
		add_word(&out, text, len, family, kind, types);
		text += len;
	}
	return out.text;
}

static char *expand_types(const char *types, int family)
{
	char columns[SQL_COLUMNS_MAX + 1];
	struct str out = { 0 };

	sql_column_types(family, columns);
	str_add(&out, "");
	for (; *types; types++)
		if (*types == '@')
			str_add(&out, columns);
		else
			str_addc(&out, *types == 'A' ? columns[0] : *types);
	return out.text;
}

static const char *keep(struct sql_stmts *stmts, char *text)
{
	return *vec_push(&stmts->kept) = text;
}

/* NULL remains NULL. */
static const char *keep_text(struct sql_stmts *stmts, const char *text, int family, enum db_kind kind,
			     const char *types)
{
	return text ? keep(stmts, expand(text, family, kind, types)) : NULL;
}

void sql_stmts_init(struct sql_stmts *stmts, int family, enum db_kind kind)
{
	const char *columns;

	*stmts = (struct sql_stmts){ .kept = { 0 } };
	columns = keep(stmts, expand_types("@", family));
	for (unsigned i = 0; i < SQL_STMT_N; i++) {
		const struct row *row = &rows[i];
		struct db_stmt *stmt = &stmts->v[i];
		const char *types = keep(stmts, expand_types(row->params, family));

		*stmt = (struct db_stmt){ .name = row->name, .writes = row->writes, .params = types };
		stmt->text[kind] = keep_text(stmts, row->text[kind] ? row->text[kind] : "", family, kind, types);
		stmt->columns = strcmp(row->columns, ROWS) == 0 ? columns : row->columns;
		if (kind == DB_PGSQL)
			stmt->many = keep_text(stmts, row->many, family, kind, types);
		else
			stmt->batch = (struct db_batch){
				.head = keep_text(stmts, row->batch.head, family, kind, types),
				.item = keep_text(stmts, row->batch.item, family, kind, types),
				.separator = row->batch.separator,
				.tail = keep_text(stmts, row->batch.tail, family, kind, types),
			};
	}
}

void sql_stmts_done(struct sql_stmts *stmts)
{
	for (size_t i = 0; i < stmts->kept.n; i++)
		free(stmts->kept.v[i]);
	vec_free(&stmts->kept);
}
