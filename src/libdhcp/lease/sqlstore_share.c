/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Servers on one database number themselves, so that each picks addresses from its own part of the pools. A number is a
 * lock that the database keeps for a session; it is free again as soon as the connection is gone, whatever happened to
 * the server. So there are no tables for it and nothing is left over.
 *
 * This only keeps servers from offering the same address: whether one is assigned is decided by the lease's row alone.
 * Where it does not work (a pooler that changes sessions, nodes of a cluster that do not share their locks), each
 * server is number 0 of 1, and addresses are picked at random places.
 */
#include "lease/sqlstore_share.h"

#include "log/log.h"

#define NUMBERS 64 /* as in the statement */

struct reading {
	uint64_t used; /* by number */
	int own;       /* -1: none */
	int64_t last;  /* first column of the last row */
	bool is_ok;
};

static void begin_reading(struct db_work *work)
{
	*(struct reading *)work->owner = (struct reading){ .own = -1 };
}

static void read_row(struct db_work *work, unsigned call, struct db_row *row)
{
	struct reading *reading = work->owner;

	(void)call;
	reading->last = db_row_int(row, 0, 0, NUMBERS - 1);
	if (row->n < 2 || row->err)
		return;
	reading->used |= 1ULL << reading->last;
	if (db_row_int(row, 1, 0, 1))
		reading->own = (int)reading->last;
}

static enum db_result run(struct sqlstore *s, enum sql_stmt_id id, const struct db_value *params, struct reading *ret)
{
	struct db_call call = { .stmt = &s->stmts.v[id], .params = params };
	struct db_work work = { .v = &call, .n = 1, .begin = begin_reading, .row = read_row, .owner = ret };
	enum db_result result = db_run_wait(s->share.db, &work);

	ret->is_ok = result == DB_OK;
	return result;
}

static uint64_t n_connects(struct sqlstore *s)
{
	struct db_stats stats;

	db_get_stats(s->share.db, &stats);
	return stats.connects;
}

static void set_share(struct sqlstore *s, unsigned number, unsigned n)
{
	struct sql_share *share = &s->share;

	if (share->number == number && share->n == n)
		return;
	LOG(DHCPSRV_SQL_SERVERS, number + 1, n);
	(void)pthread_mutex_lock(&s->lock);
	if (share->changed)
		share->changed(share->ctx, number, n);
	share->number = number;
	share->n = n;
	(void)pthread_mutex_unlock(&s->lock);
}

/* Takes the lowest free number; *reading says how it ended. */
static void take_number(struct sqlstore *s, struct reading *reading)
{
	uint64_t connects = n_connects(s);

	/* Another server may take the same one. */
	for (unsigned tries = 0; tries < 3 && reading->own < 0 && ~reading->used && !s->share.is_off; tries++) {
		struct db_value number = db_number(__builtin_ctzll(~reading->used));
		struct reading taken;

		if (run(s, SQL_TAKE_NUMBER, &number, &taken) != DB_OK || run(s, SQL_SERVERS, NULL, reading) != DB_OK)
			return;
		/* It was taken, but by a session that is not the one which asks. */
		if (taken.last && reading->own < 0 && n_connects(s) == connects)
			s->share.is_off = true;
	}
}

void sqlstore_share_look(struct sqlstore *s)
{
	struct reading reading;
	enum db_result result;

	if (s->share.is_off)
		return;
	result = run(s, SQL_SERVERS, NULL, &reading);
	if (result == DB_OK && reading.own < 0)
		take_number(s, &reading);
	if (result == DB_BAD)
		s->share.is_off = true;
	/* Without a connection the others keep their numbers, and so does this server. */
	if (reading.is_ok && reading.own >= 0)
		set_share(s, (unsigned)reading.own, 64 - (unsigned)__builtin_clzll(reading.used));
	else if (reading.is_ok || s->share.is_off)
		set_share(s, 0, 1);
}

void sqlstore_share_watch(struct store *store, store_share_fn *changed, void *ctx)
{
	struct sqlstore *s = sqlstore_of(store);

	(void)pthread_mutex_lock(&s->lock);
	s->share.changed = changed;
	s->share.ctx = ctx;
	changed(ctx, s->share.number, s->share.n);
	(void)pthread_mutex_unlock(&s->lock);
}

struct sql_share_is sqlstore_share_get(struct sqlstore *s)
{
	struct sql_share_is is;

	(void)pthread_mutex_lock(&s->lock);
	is = (struct sql_share_is){ s->share.number, s->share.n };
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}

void sqlstore_share_open(struct sqlstore *s, const struct db_conf *conf)
{
	struct db_conf own = *conf;

	own.connections = 1;
	own.event = NULL;
	s->share = (struct sql_share){ .db = db_open(&own), .n = 1 };
}

void sqlstore_share_begin(struct sqlstore *s)
{
	struct str why = { 0 };

	if (db_wait_connected(s->share.db, &why) == 0)
		sqlstore_share_look(s);
	str_free(&why);
}

void sqlstore_share_close(struct sqlstore *s)
{
	db_close(s->share.db);
}
