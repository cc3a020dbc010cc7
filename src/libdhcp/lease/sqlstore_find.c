/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Most clients have one lease or two, so the first statement for a client has no filter, no order and no count: this
 * is cheapest for the database, and this file does the rest. Only for a client with more leases the database filters
 * and sorts. Everything a find needs is in its arena.
 *
 * Rows are noted in the index when their transaction has ended, as it may be rolled back and run again.
 */
#include "lease/sqlstore_find.h"

#include "lease/sqlstore_share.h"

#include "base/clock.h"
#include "base/err.h"

#include <assert.h>

#define BAD_ROWS_ROOM 64 /* more rows are asked for than wanted, in case some are invalid */
#define OTHERS_SEC 10    /* how long leases that have ended are left to the server that reclaims them */

/* A query, and the leases found for it so far. */
struct ask {
	struct lease_query *query;
	struct lease *v;
	unsigned n, cap;
	unsigned n_rows;           /* valid or not */
	unsigned limit;            /* of the statement; 0 = none */
	struct ip from;            /* BY_PAGE: after this address */
	struct ip last;            /* address of the last row */
	bool wants_best;           /* the client has many leases */
	struct sql_share_is share; /* BY_EXPIRY, BY_RETIRED */
	bool is_open;              /* has calls in the current round */
	int err;
	struct db_value *params;
};

struct job {
	struct db_work work;
	struct sqlstore *s;
	struct store_find *find;
	uint64_t ticket;
	uint64_t since;
	struct ask *asks;
	struct db_call *calls;
	unsigned *owners; /* of the calls: indexes of asks */
	unsigned cap_calls;
};

/* --- what a query looks for -------------------------------------------------------- */

static bool in_subnets(const struct lease_query *query, uint32_t id)
{
	for (unsigned i = 0; i < query->n_subnets; i++)
		if (query->subnets[i] == id)
			return true;
	return query->n_subnets == 0;
}

static bool is_by_client(const struct lease_query *query)
{
	return query->by == BY_HWADDR || query->by == BY_CLIENT_ID;
}

static bool is_wanted(const struct lease_query *query, const struct lease *lease)
{
	return lease->type == query->type && lease->state != LEASE_REGISTERED && in_subnets(query, lease->subnet_id) &&
	       (!query->has_iaid || lease->iaid == query->iaid) && (!query->without_id || !lease->client_id.len) &&
	       /* Not stored for DHCPv4, so it cannot distinguish clients there. */
	       (query->by != BY_HWADDR || lease->type == LEASE_V4 || lease->hwtype == query->hwtype);
}

static unsigned rank_of(const struct lease_query *query, const struct lease *lease)
{
	return (lease_is_in_use(lease) ? 0 : 2) + (query->by == BY_HWADDR && lease->client_id.len ? 1 : 0);
}

/* Reduces what was found to what is wanted, the preferred ones first. */
static int keep_wanted(struct ask *ask, struct arena *arena)
{
	struct lease_query *query = ask->query;
	unsigned n = 0, max = query->max < ask->n ? query->max : ask->n;

	if (!max)
		return 0;
	query->out = arena_room(arena, max * sizeof(*query->out));
	if (!query->out)
		return -E_NOMEM;
	for (unsigned rank = 0; rank < 4; rank++)
		for (unsigned i = 0; i < ask->n && n < max; i++)
			if (rank_of(query, &ask->v[i]) == rank && is_wanted(query, &ask->v[i]))
				query->out[n++] = ask->v[i];
	return (int)n;
}

/* --- asking ------------------------------------------------------------------------ */

static int add_call(struct job *job, struct ask *ask, enum sql_stmt_id id, const struct db_value *params)
{
	unsigned n = job->work.n;

	if (n == job->cap_calls) {
		unsigned cap = job->cap_calls ? 2 * job->cap_calls : job->find->n;
		struct db_call *calls = arena_room(job->find->arena, cap * sizeof(*calls));
		unsigned *owners = arena_room(job->find->arena, cap * sizeof(*owners));

		if (!calls || !owners)
			return -E_NOMEM;
		if (n) {
			memcpy(calls, job->calls, n * sizeof(*calls));
			memcpy(owners, job->owners, n * sizeof(*owners));
		}
		job->calls = calls;
		job->owners = owners;
		job->cap_calls = cap;
	}
	job->calls[n] = (struct db_call){ .stmt = &job->s->stmts.v[id], .params = params };
	job->owners[n] = (unsigned)(ask - job->asks);
	job->work.n++;
	ask->is_open = true;
	return 0;
}

static struct db_value *new_params(struct job *job, unsigned n)
{
	return arena_room(job->find->arena, n * sizeof(struct db_value));
}

static int ask_count(struct job *job, struct ask *ask)
{
	ask->params = new_params(job, 1);
	if (!ask->params)
		return -E_NOMEM;
	ask->params[0] = db_bytes_value(ask->query->id);
	return add_call(job, ask, ask->query->by == BY_HWADDR ? SQL_COUNT_HWADDR : SQL_COUNT_ID, ask->params);
}

/* For the subnets from `first`; with none, any subnet. */
static int ask_best(struct job *job, struct ask *ask, unsigned first)
{
	const struct lease_query *query = ask->query;
	bool is4 = job->s->family == 0;
	struct db_value *v = new_params(job, 16);

	if (!v)
		return -E_NOMEM;
	v[0] = db_bytes_value(query->id);
	v[1] = db_number(is4 ? 0 : query->type);
	v[2] = db_number(is4 || query->by != BY_HWADDR ? 0 : query->hwtype);
	v[3] = db_number(query->n_subnets == 0);
	for (unsigned i = 0; i < SQL_SUBNETS_MAX; i++) {
		unsigned k = first + i < query->n_subnets ? first + i : first;

		v[4 + i] = db_number(query->n_subnets ? query->subnets[k] : 0);
	}
	v[12] = db_number(is4 || !query->has_iaid);
	v[13] = db_number(is4 ? 0 : query->iaid);
	v[14] = db_number(!query->without_id);
	v[15] = db_number(query->max);
	return add_call(job, ask, query->by == BY_HWADDR ? SQL_BEST_OF_HWADDR : SQL_BEST_OF_ID, v);
}

static int ask_client(struct job *job, struct ask *ask)
{
	const struct lease_query *query = ask->query;
	unsigned first = 0;
	int err;

	if (!ask->wants_best) {
		ask->limit = SQL_FEW;
		ask->params = new_params(job, 1);
		if (!ask->params)
			return -E_NOMEM;
		ask->params[0] = db_bytes_value(query->id);
		return add_call(job, ask, query->by == BY_HWADDR ? SQL_OF_HWADDR : SQL_OF_ID, ask->params);
	}
	ask->limit = 0;
	err = ask_count(job, ask);
	do {
		if (err == 0 && query->max)
			err = ask_best(job, ask, first);
		first += SQL_SUBNETS_MAX;
	} while (err == 0 && first < query->n_subnets);
	return err;
}

/* "{1,2,3}" */
static char *subnets_text(struct arena *arena, const struct lease_query *query)
{
	char *text = arena_room(arena, 11 * (size_t)query->n_subnets + 3), *p = text;

	if (!text)
		return NULL;
	*p++ = '{';
	for (unsigned i = 0; i < query->n_subnets; i++)
		p += snprintf(p, 12, "%s%u", i ? "," : "", query->subnets[i]);
	*p++ = '}';
	*p = 0;
	return text;
}

static int ask_page(struct job *job, struct ask *ask)
{
	const struct lease_query *query = ask->query;
	bool is4 = job->s->family == 0;
	struct db_value *v = new_params(job, 8);
	char *subnets = subnets_text(job->find->arena, query);

	if (!v || !subnets)
		return -E_NOMEM;
	ask->params = v;
	ask->limit = query->max;
	ask->from = ask->last;
	v[0] = sqlstore_addr_value(job->s, &ask->from);
	v[1] = db_number(is4 ? 0 : query->type);
	v[2] = db_number(query->states);
	v[3] = db_number(!query->hostname);
	v[4] = db_string(query->hostname ? query->hostname : "");
	v[5] = db_number(query->n_subnets == 0);
	v[6] = db_string(subnets);
	v[7] = db_number(query->max);
	return add_call(job, ask, SQL_PAGE_WHERE, v);
}

static int ask_ended(struct job *job, struct ask *ask, enum sql_stmt_id id)
{
	int64_t max = sql_time_max(job->s->kind) - 1, boot_sec = ask->query->ended_by, sec = max;

	if (boot_sec < max)
		sec = sql_clock_from_boot(&job->s->clock, boot_sec);
	ask->params = new_params(job, 2);
	if (!ask->params)
		return -E_NOMEM;
	ask->params[0] = db_number(sec < 0 ? 0 : sec > max ? max : sec);
	/* Those that other servers reclaim are among them. */
	ask->share = sqlstore_share_get(job->s);
	ask->params[1] = db_number((int64_t)ask->query->max * ask->share.n + BAD_ROWS_ROOM);
	return add_call(job, ask, id, ask->params);
}

static int ask_at(struct job *job, struct ask *ask)
{
	ask->params = new_params(job, 1);
	if (!ask->params)
		return -E_NOMEM;
	ask->params[0] = sqlstore_addr_value(job->s, &ask->query->addr);
	return add_call(job, ask, SQL_AT, ask->params);
}

static int begin_ask(struct job *job, struct ask *ask)
{
	struct lease_query *query = ask->query;

	if (is_by_client(query) ? !query->id.len : !query->max)
		return 0;
	switch (query->by) {
	case BY_ADDR:
		return ip_is4(&query->addr) == (job->s->family == 0) ? ask_at(job, ask) : 0;
	case BY_PAGE:
		return ask_page(job, ask);
	case BY_EXPIRY:
		return ask_ended(job, ask, SQL_EXPIRED);
	case BY_RETIRED:
		return ask_ended(job, ask, SQL_RETIRED);
	case BY_HWADDR:
	case BY_CLIENT_ID:
		break;
	}
	return ask_client(job, ask);
}

/*
 * True if another server reclaims the lease. Each has its share, as several that change the same rows only wait for
 * each other; what is left after a while is anybody's.
 */
static bool is_for_other(const struct ask *ask, const struct lease *lease)
{
	unsigned hash = 0;

	if (ask->query->by != BY_EXPIRY && ask->query->by != BY_RETIRED)
		return false;
	/* The same on all servers. */
	for (unsigned i = 0; i < sizeof(lease->addr.b); i++)
		hash = hash * 31 + lease->addr.b[i];
	return hash % ask->share.n != ask->share.number && lease->expires > ask->query->ended_by - OTHERS_SEC;
}

/* --- responses --------------------------------------------------------------------- */

static struct job *job_of(struct db_work *work)
{
	return container_of(work, struct job, work);
}

static void begin(struct db_work *work)
{
	struct job *job = job_of(work);

	job->since = sql_index_time(job->s->index);
	for (unsigned i = 0; i < job->find->n; i++)
		if (job->asks[i].is_open)
			job->asks[i].n = job->asks[i].n_rows = 0;
}

static struct lease *add_lease(struct ask *ask, struct arena *arena)
{
	if (ask->n == ask->cap) {
		unsigned cap = ask->cap ? 2 * ask->cap : 2;
		struct lease *more = arena_room(arena, cap * sizeof(*more));

		if (!more)
			return NULL;
		if (ask->n)
			memcpy(more, ask->v, ask->n * sizeof(*more));
		ask->v = more;
		ask->cap = cap;
	}
	return &ask->v[ask->n];
}

static void row(struct db_work *work, unsigned call, struct db_row *row)
{
	struct job *job = job_of(work);
	struct ask *ask = &job->asks[job->owners[call]];
	char buf[SQL_GET_ROOM];
	struct lease lease, *place;
	bool is_valid;

	if (ask->wants_best && row->n == 1) {
		ask->query->n_client = (uint32_t)db_row_int(row, 0, 0, UINT32_MAX);
		return;
	}
	ask->n_rows++;
	is_valid = sqlstore_read_row(job->s, row, &lease, buf);
	ask->last = lease.addr;
	if (ask->query->by == BY_ADDR && (!is_valid || !sql_index_has(job->s->index, &ask->query->addr)))
		sqlstore_doubt(job->s);
	/* Only who asks about the address has to know that it is not free. */
	if (is_valid ? is_for_other(ask, &lease) : ask->query->by != BY_ADDR)
		return;
	place = add_lease(ask, job->find->arena);
	if (!place || lease_copy(job->find->arena, &lease, place) < 0)
		ask->err = -E_NOMEM;
	else
		ask->n++;
}

static void note(struct job *job, const struct ask *ask)
{
	for (unsigned i = 0; i < ask->n; i++) {
		struct sql_known known = sql_known_of(&ask->v[i]);

		(void)sql_index_note(job->s->index, &ask->v[i].addr, job->since, &known);
	}
	if (ask->query->by == BY_ADDR && !ask->n_rows)
		(void)sql_index_note(job->s->index, &ask->query->addr, job->since,
				     &(struct sql_known){ .held.present = false });
}

/* All is found, or calls are added for the next round. */
static int end_ask(struct job *job, struct ask *ask)
{
	struct lease_query *query = ask->query;

	if (is_by_client(query)) {
		if (!ask->wants_best)
			query->n_client = (uint32_t)ask->n_rows;
		if (ask->limit && ask->n_rows >= ask->limit) {
			ask->wants_best = true;
			return ask_client(job, ask);
		}
		query->n = keep_wanted(ask, job->find->arena);
		return query->n < 0 ? query->n : 0;
	}
	/* Nothing but invalid rows is not the end. */
	if (query->by == BY_PAGE && !ask->n && ask->n_rows >= ask->limit && ip_cmp(&ask->last, &ask->from) > 0)
		return ask_page(job, ask);
	query->out = ask->v;
	query->n = (int)(ask->n < query->max ? ask->n : query->max);
	return 0;
}

static void fail(struct job *job, int err)
{
	for (unsigned i = 0; i < job->find->n; i++)
		job->find->v[i].n = err;
}

/* Returns -E_AGAIN if there are calls for another round. */
static int end_round(struct job *job)
{
	bool was_open;

	job->work.n = 0;
	for (unsigned i = 0; i < job->find->n; i++) {
		struct ask *ask = &job->asks[i];

		was_open = ask->is_open;
		ask->is_open = false;
		if (!was_open)
			continue;
		note(job, ask);
		if (ask->err == 0)
			ask->err = end_ask(job, ask);
		if (ask->err < 0)
			return ask->err;
	}
	return job->work.n ? -E_AGAIN : 0;
}

static void done(struct db_work *work, enum db_result result)
{
	struct job *job = job_of(work);
	struct store_find *find = job->find;
	uint64_t ticket = job->ticket;
	int err = result == DB_OK ? end_round(job) : -E_SYS;

	if (err == -E_AGAIN) {
		job->work.v = job->calls;
		if (db_submit(job->s->db, &job->work) == 0)
			return;
		err = -E_SYS;
	}
	if (err < 0)
		fail(job, err);
	find->done(find, ticket);
}

static bool is_known_free(const struct sqlstore *s, const struct lease_query *query)
{
	return query->by == BY_ADDR && query->is_probably_free &&
	       clock_mono_ms() >= atomic_load_explicit(&s->doubt_until_ms, memory_order_relaxed) &&
	       !sql_index_has(s->index, &query->addr);
}

int sqlstore_find(struct store *store, struct store_find *find)
{
	struct job *job = arena_alloc(find->arena, sizeof(*job));
	int err = 0;

	if (job)
		job->asks = arena_alloc(find->arena, (find->n ? find->n : 1) * sizeof(*job->asks));
	for (unsigned i = 0; i < find->n; i++) {
		find->v[i].n = job && job->asks ? 0 : -E_NOMEM;
		find->v[i].n_client = 0;
	}
	if (!job || !job->asks)
		return 0;
	job->s = sqlstore_of(store);
	job->find = find;
	job->ticket = find->ticket;
	job->work = (struct db_work){ .begin = begin, .row = row, .done = done };
	for (unsigned i = 0; i < find->n && err == 0; i++) {
		job->asks[i].query = &find->v[i];
		job->asks[i].last = find->v[i].addr;
		if (!is_known_free(job->s, &find->v[i]))
			err = begin_ask(job, &job->asks[i]);
	}
	if (err == 0 && !job->work.n)
		return 0;
	job->work.v = job->calls;
	if (err == 0 && db_submit(job->s->db, &job->work) < 0)
		err = -E_SYS;
	if (err == 0)
		return -E_AGAIN;
	fail(job, err);
	return 0;
}
