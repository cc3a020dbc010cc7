/* SPDX-License-Identifier: MPL-2.0 */
/* Opening and closing the source for databases; sql_find.c looks hosts up, sql_change.c changes them. */
#include "host/sql.h"

#include "base/list.h"
#include "db/schema.h"
#include "host/sql_find.h"

#define CACHE_MS 3000
#define CACHE_MAX 65536

static const char *const kind_names[DB_KIND_N] = { [DB_PGSQL] = "postgresql", [DB_MYSQL] = "mysql" };

static struct sql *sql_of(struct host_source *source)
{
	return container_of(source, struct sql, source);
}

enum sql_schema sql_schema_of(const struct sql *s, int64_t version, int64_t minor, struct str *why)
{
	return db_schema_check(s->kind, version, minor, why) ? SCHEMA_RIGHT : SCHEMA_WRONG;
}

/* A new connection may lead to another server. */
static void note_event(void *ctx, enum db_event event, const char *why)
{
	struct sql *s = ctx;

	if (event == DB_CONNECTED)
		atomic_store_explicit(&s->schema, SCHEMA_UNKNOWN, memory_order_release);
	if (s->event)
		s->event(s->event_ctx, event, why);
}

static void close_sql(struct host_source *source)
{
	struct sql *s = sql_of(source);

	db_close(s->db);
	host_cache_free(s->cache);
	log_fold_free(s->fold);
	free(s->name);
	free(s);
}

static const struct host_ops sql_ops = {
	.name = "database",
	.find = host_sql_find,
	.close = close_sql,
	.add = sql_add,
	.change = sql_change,
	.remove = sql_remove,
};

struct host_source *host_sql_open(const struct host_sql_conf *conf)
{
	struct sql *s = xcalloc(1, sizeof(*s));
	struct db_conf db = *conf->db;
	struct str name = { 0 };

	s->source.ops = &sql_ops;
	s->conf = *conf;
	s->kind = db.kind;
	str_addf(&name, "%s \"%s\"", kind_names[db.kind], db.name ? db.name : "");
	s->name = name.text;
	if (conf->cache_ms != HOST_SQL_NO_CACHE)
		s->cache = host_cache_new(conf->cache_max ? conf->cache_max : CACHE_MAX,
					  conf->cache_ms ? conf->cache_ms : CACHE_MS);
	s->fold = log_fold_new();
	s->event = db.event;
	s->event_ctx = db.ctx;
	db.event = note_event;
	db.ctx = s;
	db.stmts = sql_stmts(&db.n_stmts);
	db.reads_few_rows = true;
	s->db = db_open(&db);
	return &s->source;
}

static void keep_version(struct db_work *work, unsigned call, struct db_row *row)
{
	int64_t *version = work->owner;

	(void)call;
	version[0] = db_row_int(row, 0, 0, UINT32_MAX);
	version[1] = db_row_int(row, 1, 0, UINT32_MAX);
}

int host_sql_wait_ready(struct host_source *source, struct str *why)
{
	struct sql *s = sql_of(source);
	int64_t version[2] = { -1, -1 };
	struct db_call call = { .stmt = sql_version_stmt };
	struct db_work work = { .v = &call, .n = 1, .row = keep_version, .owner = version };
	enum db_result result;
	enum sql_schema schema;

	if (db_wait_connected(s->db, why) < 0)
		return -E_CLOSED;
	result = db_run_wait(s->db, &work);
	if (result != DB_OK && result != DB_BAD) {
		db_why(s->db, why);
		return -E_CLOSED;
	}
	schema = sql_schema_of(s, version[0], version[1], why);
	atomic_store_explicit(&s->schema, schema, memory_order_release);
	return schema == SCHEMA_RIGHT ? 0 : -E_CONFIG;
}

bool host_sql_is_connected(struct host_source *source)
{
	return db_is_connected(sql_of(source)->db);
}

void host_sql_get_stats(struct host_source *source, struct host_sql_stats *ret)
{
	struct sql *s = sql_of(source);

	ret->finds = atomic_load_explicit(&s->finds, memory_order_relaxed);
	ret->hits = atomic_load_explicit(&s->hits, memory_order_relaxed);
	ret->failures = atomic_load_explicit(&s->failures, memory_order_relaxed);
	ret->skipped = atomic_load_explicit(&s->skipped, memory_order_relaxed);
	db_get_stats(s->db, &ret->db);
}
