/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Leases in PostgreSQL or MySQL. The database alone decides: every change is conditional on what was read. What is kept
 * in memory (sql_index.h) only says which addresses are probably free.
 */
#include "lease/sqlstore.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/thread.h"
#include "lease/sqlstore_apply.h"
#include "lease/sqlstore_find.h"
#include "lease/sqlstore_follow.h"
#include "lease/sqlstore_share.h"
#include "log/fold.h"

#include <stdio.h>

#define CONNECTIONS 4
#define DOUBT_MS 10000

void sqlstore_doubt(struct sqlstore *s)
{
	atomic_store_explicit(&s->doubt_until_ms, clock_mono_ms() + DOUBT_MS, memory_order_relaxed);
}

/* --- rows -------------------------------------------------------------------------- */

struct db_value sqlstore_addr_value(const struct sqlstore *s, const struct ip *addr)
{
	return s->family == 0 ? db_number(ip_to4(addr)) : db_bytes_value(bytes_of(addr->b, 16));
}

void sqlstore_learn_lifetime(struct sqlstore *s, uint32_t sec)
{
	for (unsigned i = 0; i < SQL_LIFETIMES_MAX; i++) {
		uint32_t there = atomic_load_explicit(&s->lifetimes[i], memory_order_relaxed);

		/* If another thread was faster, `there` is what it added. */
		if ((!there && atomic_compare_exchange_strong(&s->lifetimes[i], &there, sec)) || there == sec)
			return;
	}
}

bool sqlstore_read_row(struct sqlstore *s, struct db_row *row, struct lease *ret, char *buf)
{
	const char *wrong = sql_get(row, s->family, &s->clock, ret, buf);
	char addr[IP_TEXT_MAX];

	if (!wrong)
		return true;
	(void)atomic_fetch_add_explicit(&s->bad_rows, 1, memory_order_relaxed);
	LOG_FOLDED(s->fold, hash_16(ret->addr.b), DHCPSRV_SQL_BAD_ROW, ip_format(&ret->addr, addr), wrong);
	*ret = (struct lease){ .addr = ret->addr,
			       .type = s->family == 0 ? LEASE_V4 : LEASE_NA,
			       .prefix_len = s->family == 0 ? 32 : 128,
			       .state = LEASE_DECLINED,
			       .hostname = "" };
	lease_start(ret, LEASE_FOREVER);
	return false;
}

/* --- the store --------------------------------------------------------------------- */

static int scan(struct store *store, struct store_scan *scan)
{
	struct sqlstore *s = sqlstore_of(store);

	return scan->is_brief ? sql_index_scan(s->index, scan) : sqlstore_follow_scan(s, scan);
}

static uint64_t count(struct store *store, enum lease_state state)
{
	return sql_index_count(sqlstore_of(store)->index, state);
}

static void watch(struct store *store, store_watch_fn *changed, void *ctx)
{
	sql_index_watch(sqlstore_of(store)->index, changed, ctx);
}

static void stats(struct store *store, struct store_stats *ret)
{
	struct sqlstore *s = sqlstore_of(store);
	struct db_stats db;

	*ret = (struct store_stats){ .bad_rows = atomic_load(&s->bad_rows), .failures = atomic_load(&s->failures) };
	db_get_stats(s->db, &db);
	for (unsigned i = 0; i < LEASE_STATE_N; i++)
		ret->leases += count(store, (enum lease_state)i);
	ret->memory = sql_index_bytes(s->index);
	ret->groups = db.groups;
	ret->pending = db.pending;
	ret->failing = atomic_load(&s->is_failing) || !db_is_connected(s->db);
	if (ret->failing) {
		struct str why = { 0 };

		db_why(s->db, &why);
		(void)snprintf(ret->why, sizeof(ret->why), "%s", str_text(&why));
		str_free(&why);
	}
}

/* --- opening ----------------------------------------------------------------------- */

static void close_store(struct store *store)
{
	struct sqlstore *s = sqlstore_of(store);

	sqlstore_follow_stop(s);
	sqlstore_share_close(s);
	db_close(s->db);
	sqlstore_apply_done(s);
	sql_index_free(s->index);
	log_fold_free(s->fold);
	sql_stmts_done(&s->stmts);
	(void)pthread_cond_destroy(&s->wake);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct sqlstore *new_store(const struct store_ops *ops, enum db_kind kind, const struct store_conf *conf)
{
	struct sqlstore *s = xcalloc(1, sizeof(*s));
	struct db_conf db = *conf->db;

	s->store.ops = ops;
	s->family = conf->family;
	s->kind = kind;
	s->index = sql_index_new(s->family);
	s->fold = log_fold_new();
	list_init(&s->jobs);
	sql_stmts_init(&s->stmts, s->family, kind);
	(void)pthread_mutex_init(&s->lock, NULL);
	cond_init(&s->wake);
	db.kind = kind;
	db.stmts = s->stmts.v;
	db.n_stmts = SQL_STMT_N;
	db.reads_few_rows = true;
	db.connections = db.connections ? db.connections : CONNECTIONS;
	db.max_pending = conf->max_pending ? conf->max_pending : db.max_pending;
	s->db = db_open(&db);
	sqlstore_share_open(s, &db);
	return s;
}

/* Unused if the program is built without any database. */
static __attribute__((unused)) int open_store(const struct store_ops *ops, enum db_kind kind,
					      const struct store_conf *conf, struct store **ret, char **reterr)
{
	struct sqlstore *s = new_store(ops, kind, conf);
	int64_t begin_ms = clock_mono_ms();
	struct str why = { 0 };
	int err = db_wait_connected(s->db, &why);

	if (kind == DB_PGSQL)
		LOG(PGSQL_LB_DB, conf->db->name ? conf->db->name : "");
	else
		LOG(MYSQL_LB_DB, conf->db->name ? conf->db->name : "");
	if (err == 0)
		err = sqlstore_follow_open(s, &why);
	if (err < 0) {
		*reterr = xstrdup(str_text(&why));
		str_free(&why);
		close_store(&s->store);
		return err;
	}
	LOG(DHCPSRV_SQL_LOADED, (unsigned long long)count(&s->store, LEASE_DEFAULT),
	    (long long)(clock_mono_ms() - begin_ms));
	sqlstore_follow_start(s);
	*ret = &s->store;
	return 0;
}

#define OPS(name_, open_)                                                                                         \
	{                                                                                                         \
		.name = (name_), .is_shared = true, .open = (open_), .close = close_store, .find = sqlstore_find, \
		.apply = sqlstore_apply, .scan = scan, .count = count, .watch = watch, .stats = stats,            \
		.watch_share = sqlstore_share_watch,                                                              \
	}

#ifdef HAVE_PGSQL
static int open_pgsql(const struct store_conf *conf, struct store **ret, char **reterr)
{
	return open_store(&sqlstore_pgsql_ops, DB_PGSQL, conf, ret, reterr);
}

const struct store_ops sqlstore_pgsql_ops = OPS("postgresql", open_pgsql);
#endif

#ifdef HAVE_MYSQL
static int open_mysql(const struct store_conf *conf, struct store **ret, char **reterr)
{
	return open_store(&sqlstore_mysql_ops, DB_MYSQL, conf, ret, reterr);
}

const struct store_ops sqlstore_mysql_ops = OPS("mysql", open_mysql);
#endif
