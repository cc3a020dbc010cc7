/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Finding hosts in a database. A find becomes one work of the database: one or two statements for each lookup, of which
 * several queries may share one. The connection's thread turns the rows into hosts, in the find's arena: the thread
 * that asked does not touch it before the response. All that a find needs until then is in that arena; rows and what is
 * made of them are on the heap until it is answered, as few clients have a reservation.
 */
#include "host/sql_find.h"

#include "base/list.h"
#include "host/copy.h"
#include "host/sql_rows.h"
#include "log/log.h"

#define ROWS_MAX (16u << 20) /* bytes of the rows of one find */
#define FEW_SUBNETS 3u       /* so many have a lookup each; more share one */
#define SHORTER_MAX 128u

/* A set of hosts, read by one statement or two. */
struct lookup {
	enum sql_read what;
	struct db_value *params;
	struct sql_hosts hosts;
};

struct part {                  /* of the work: what a call is for */
	struct lookup *lookup; /* NULL: the schema's version */
	enum sql_shape shape;
};

struct asked { /* a query of the find */
	bool is_settled;
	unsigned first, n; /* its lookups */
};

struct job {
	struct db_work work;
	struct sql *s;
	struct host_find *find;
	uint64_t ticket, begun;
	struct asked *asked;
	struct lookup *lookups;
	unsigned n_lookups;
	struct part *parts;
	struct arena *rows;
	int64_t version, minor; /* -1: not read */
};

static bool is_v6(const struct job *job)
{
	return job->s->conf.family == 1;
}

static void settle(struct job *job, unsigned i, int n)
{
	job->find->v[i].n = n;
	job->asked[i].is_settled = true;
}

static void fail_rest(struct job *job, int err)
{
	for (unsigned i = 0; i < job->find->n; i++)
		if (!job->asked[i].is_settled)
			settle(job, i, err);
}

/* --- lookups --------------------------------------------------------------------------- */

/* Returns its parameters, all NULL; or NULL without memory. */
static struct db_value *add_lookup(struct job *job, enum sql_read what)
{
	struct lookup *lookup = &job->lookups[job->n_lookups++];
	const struct db_stmt *stmt = sql_read_stmt(what, is_v6(job) ? SQL_HOSTS6 : SQL_HOSTS4);
	size_t n = strlen(stmt->params);

	lookup->what = what;
	lookup->params = arena_room(job->find->arena, n * sizeof(*lookup->params));
	for (size_t i = 0; lookup->params && i < n; i++)
		lookup->params[i] = db_null();
	return lookup->params;
}

static unsigned n_id_lookups(unsigned n_ids)
{
	return (n_ids + SQL_IDS - 1) / SQL_IDS;
}

static bool look_up_ids(struct job *job, uint32_t first, uint32_t last, const struct host_id *ids, unsigned n_ids)
{
	for (unsigned i = 0; i < n_ids; i += SQL_IDS) {
		struct db_value *params = add_lookup(job, SQL_BY_ID);

		if (!params)
			return false;
		params[0] = db_number(first);
		params[1] = db_number(last);
		for (unsigned k = 0; k < SQL_IDS && i + k < n_ids; k++) {
			params[2 + 2 * k] = db_bytes_value(ids[i + k].value);
			params[3 + 2 * k] = db_number(ids[i + k].type);
		}
	}
	return true;
}

static uint32_t first_subnet(const struct host_query *query)
{
	return query->any_subnet ? 0 : query->subnet_id;
}

static uint32_t last_subnet(const struct host_query *query)
{
	return query->any_subnet ? UINT32_MAX : query->subnet_id;
}

static bool is_in_subnet(const struct sql_host *host, const struct host_query *query)
{
	return query->any_subnet || host->host.subnet_id == query->subnet_id;
}

static bool is_id_query(const struct job *job, unsigned i)
{
	return !job->asked[i].is_settled && job->find->v[i].by == HOST_BY_ID;
}

/* The subnets of a link, for the same client. */
struct link {
	const struct host_id *ids;
	unsigned n_ids, n;       /* n: subnets */
	uint32_t first, last;    /* not global */
	bool has_global, is_one; /* is_one: the queries are for one client */
};

static struct link link_of(const struct job *job)
{
	struct link link = { .first = UINT32_MAX, .is_one = true };

	for (unsigned i = 0; i < job->find->n; i++) {
		const struct host_query *query = &job->find->v[i];

		if (!is_id_query(job, i))
			continue;
		if (!link.n++) {
			link.ids = query->ids;
			link.n_ids = query->n_ids;
		}
		link.is_one = link.is_one && link.ids == query->ids && link.n_ids == query->n_ids && !query->any_subnet;
		link.has_global |= !query->subnet_id;
		if (query->subnet_id && query->subnet_id < link.first)
			link.first = query->subnet_id;
		if (query->subnet_id > link.last)
			link.last = query->subnet_id;
	}
	return link;
}

/* One lookup for the range that contains the subnets, and one for global reservations, whose id is 0. */
static bool look_up_link(struct job *job, const struct link *link)
{
	unsigned global = job->n_lookups, others, n = n_id_lookups(link->n_ids);

	if (link->has_global && !look_up_ids(job, 0, 0, link->ids, link->n_ids))
		return false;
	others = job->n_lookups;
	if (link->last && !look_up_ids(job, link->first, link->last, link->ids, link->n_ids))
		return false;
	for (unsigned i = 0; i < job->find->n; i++)
		if (is_id_query(job, i)) {
			job->asked[i].first = job->find->v[i].subnet_id ? others : global;
			job->asked[i].n = n;
		}
	return true;
}

static bool look_up_clients(struct job *job)
{
	struct link link = link_of(job);

	if (link.n > FEW_SUBNETS && link.is_one)
		return look_up_link(job, &link);
	for (unsigned i = 0; i < job->find->n; i++) {
		const struct host_query *query = &job->find->v[i];

		if (!is_id_query(job, i))
			continue;
		job->asked[i].first = job->n_lookups;
		job->asked[i].n = n_id_lookups(query->n_ids);
		if (!look_up_ids(job, first_subnet(query), last_subnet(query), query->ids, query->n_ids))
			return false;
	}
	return true;
}

static struct db_value ip_value(const struct ip *ip)
{
	return db_bytes_value(bytes_of(ip->b, sizeof(ip->b)));
}

/*
 * Where a prefix that contains all of `place` may begin, each with the greatest length it may have there. Lengths
 * between two set bits of the address have the same beginning. Returns their number.
 */
static unsigned list_shorter(const struct prefix *place, struct prefix ret[SHORTER_MAX])
{
	unsigned n = 0;

	for (unsigned len = place->len; len-- > 1;) {
		struct prefix shorter = { place->addr, (uint8_t)len };

		shorter.addr = prefix_first(&shorter);
		if (!n || !ip_equal(&ret[n - 1].addr, &shorter.addr))
			ret[n++] = shorter;
	}
	return n;
}

static unsigned n_place_lookups(const struct host_query *query)
{
	struct prefix shorter[SHORTER_MAX];
	unsigned n = list_shorter(&query->place, shorter);

	return n ? (n + SQL_SHORTER - 1) / SQL_SHORTER : 1;
}

static bool look_up_place6(struct job *job, const struct host_query *query)
{
	struct prefix shorter[SHORTER_MAX];
	unsigned n = list_shorter(&query->place, shorter), done = 0;
	struct ip *ips = arena_new_array(job->find->arena, struct ip, n + 2);

	if (!ips)
		return false;
	ips[0] = prefix_first(&query->place);
	ips[1] = prefix_last(&query->place);
	do {
		struct db_value *params = add_lookup(job, SQL_BY_PLACE);

		if (!params)
			return false;
		params[0] = db_number(first_subnet(query));
		params[3 + 2 * SQL_SHORTER] = db_number(last_subnet(query));
		params[1] = ip_value(&ips[0]);
		params[2] = ip_value(&ips[1]);
		for (unsigned k = 0; k < SQL_SHORTER && done < n; k++, done++) {
			ips[2 + done] = shorter[done].addr;
			params[3 + 2 * k] = ip_value(&ips[2 + done]);
			params[4 + 2 * k] = db_number(shorter[done].len);
		}
	} while (done < n);
	return true;
}

static bool look_up_place(struct job *job, const struct host_query *query)
{
	struct db_value *params;

	if (is_v6(job))
		return look_up_place6(job, query);
	params = add_lookup(job, SQL_BY_PLACE);
	if (!params)
		return false;
	params[0] = db_number(first_subnet(query));
	params[1] = db_number(last_subnet(query));
	params[2] = db_number(ip_to4(&query->place.addr));
	return true;
}

static bool look_up_page(struct job *job, const struct host_query *query)
{
	struct db_value *params = add_lookup(job, query->hostname ? SQL_BY_HOSTNAME : SQL_BY_PAGE);
	char *name;

	if (!params)
		return false;
	/* From the page before this one, if that had only wrong hosts. */
	params[0] = db_number((int64_t)query->next);
	params[1] = db_number(query->in_subnet ? query->subnet_id : 0);
	params[2] = db_number(query->in_subnet ? query->subnet_id : UINT32_MAX);
	params[3] = db_number(query->max);
	if (!query->hostname)
		return true;
	name = arena_strdup(job->find->arena, query->hostname);
	for (char *c = name; name && *c; c++)
		*c = ascii_lower(*c);
	params[4] = db_string(name);
	return name;
}

/* Settles what no database has; returns the number of lookups for the rest, at most. */
static unsigned count_lookups(struct job *job)
{
	unsigned n = 0;

	for (unsigned i = 0; i < job->find->n; i++) {
		const struct host_query *query = &job->find->v[i];
		bool is_other_family = ip_is4(&query->place.addr) == is_v6(job);

		if (job->asked[i].is_settled)
			continue;
		if (query->by == HOST_BY_ID)
			n += n_id_lookups(query->n_ids);
		else if (query->by == HOST_BY_PLACE)
			n += is_v6(job) ? n_place_lookups(query) : 1;
		else
			n++;
		if ((query->by == HOST_BY_ID && !query->n_ids) || (query->by == HOST_BY_PAGE && !query->max) ||
		    (query->by == HOST_BY_PLACE && ((!is_v6(job) && query->place.len != 32) || is_other_family)))
			settle(job, i, 0);
	}
	return n;
}

static bool look_up_rest(struct job *job)
{
	if (!look_up_clients(job))
		return false;
	for (unsigned i = 0; i < job->find->n; i++) {
		const struct host_query *query = &job->find->v[i];

		if (job->asked[i].is_settled || query->by == HOST_BY_ID)
			continue;
		job->asked[i].first = job->n_lookups;
		if (!(query->by == HOST_BY_PLACE ? look_up_place(job, query) : look_up_page(job, query)))
			return false;
		job->asked[i].n = job->n_lookups - job->asked[i].first;
	}
	return true;
}

/* --- the work ---------------------------------------------------------------------------- */

static void add_call(struct job *job, struct db_call *calls, struct lookup *lookup, enum sql_shape shape)
{
	unsigned i = job->work.n++;

	job->parts[i] = (struct part){ lookup, shape };
	calls[i] = (struct db_call){ .stmt = lookup ? sql_read_stmt(lookup->what, shape) : sql_version_stmt,
				     .params = lookup ? lookup->params : NULL };
}

static bool add_calls(struct job *job)
{
	struct arena *arena = job->find->arena;
	unsigned max = 2 * job->n_lookups + 1;
	struct db_call *calls = arena_room(arena, max * sizeof(*calls));

	job->parts = arena_room(arena, max * sizeof(*job->parts));
	if (!calls || !job->parts)
		return false;
	job->work.v = calls;
	job->work.n = 0;
	job->version = job->minor = -1;
	if (atomic_load_explicit(&job->s->schema, memory_order_acquire) != SCHEMA_RIGHT)
		add_call(job, calls, NULL, SQL_SHAPES);
	for (unsigned i = 0; i < job->n_lookups; i++) {
		add_call(job, calls, &job->lookups[i], is_v6(job) ? SQL_HOSTS6 : SQL_HOSTS4);
		/* After the hosts: options that appear in between belong to a host that is not known yet. */
		if (is_v6(job))
			add_call(job, calls, &job->lookups[i], SQL_OPTIONS6);
	}
	return true;
}

/* Each time the database runs the work. */
static void begin(struct db_work *work)
{
	struct job *job = work->owner;

	arena_free(job->rows);
	job->rows = NULL;
	job->version = job->minor = -1;
	for (unsigned i = 0; i < job->n_lookups; i++)
		sql_hosts_init(&job->lookups[i].hosts, NULL);
}

static void take_row(struct db_work *work, unsigned call, struct db_row *row)
{
	struct job *job = work->owner;
	const struct part *part = &job->parts[call];

	if (!part->lookup) {
		job->version = db_row_int(row, 0, 0, UINT32_MAX);
		job->minor = db_row_int(row, 1, 0, UINT32_MAX);
		return;
	}
	if (!job->rows)
		job->rows = arena_new(ROWS_MAX);
	part->lookup->hosts.arena = job->rows;
	sql_hosts_add(&part->lookup->hosts, part->shape, row);
}

/* --- results ------------------------------------------------------------------------------- */

/* The hosts that a query finds, while they are collected. */
struct found {
	struct job *job;
	struct host_query *query;
	struct arena *arena; /* without a cap */
	const struct host **v;
	const struct sql_host **from;
	unsigned n, max;
};

static void log_skipped(struct job *job, const struct sql_host *host, const char *why)
{
	struct sql *s = job->s;

	atomic_fetch_add_explicit(&s->skipped, 1, memory_order_relaxed);
	LOG_FOLDED(s->fold, host->number, HOSTS_DB_HOST_SKIPPED, host->number, s->name, why);
}

/* Returns NULL, and logs it, if the host is not to be found: `even_wrong` ones are, without their settings. */
static const struct host *build(struct found *found, const struct sql_host *from, bool even_wrong)
{
	struct host *host = arena_new_obj(found->arena, struct host);
	struct str why = { 0 };
	bool is_right =
		sql_host_build(from, &found->job->s->conf, found->query->with_texts, found->arena, host, &why) == 0;

	if (!is_right)
		log_skipped(found->job, from, str_text(&why));
	str_free(&why);
	return is_right || even_wrong ? host : NULL;
}

static bool is_found(const struct found *found, const struct sql_host *from)
{
	for (unsigned i = 0; i < found->n; i++)
		if (found->from[i]->number == from->number)
			return true;
	return false;
}

static void add_found(struct found *found, const struct sql_host *from, const struct host *host)
{
	found->from[found->n] = from;
	found->v[found->n++] = host;
}

static bool is_at(const struct host *host, const struct prefix *place)
{
	for (unsigned i = 0; i < host->n_places; i++)
		if (prefix_overlaps(&host->places[i].prefix, place))
			return true;
	return false;
}

static bool has_id(const struct sql_host *from, const struct host_id *id)
{
	return host_id_equal(&from->host.id, id);
}

static void take_client(struct found *found, const struct lookup *lookups, unsigned n)
{
	const struct host_query *query = found->query;

	for (unsigned i = 0; i < query->n_ids; i++)
		for (unsigned k = 0; k < n; k++)
			for (const struct sql_host *from = lookups[k].hosts.first; from; from = from->next) {
				const struct host *host;

				if (!from->is_findable || !is_in_subnet(from, query) || !has_id(from, &query->ids[i]))
					continue;
				host = build(found, from, false);
				if (!host)
					continue;
				add_found(found, from, host);
				if (found->n == found->max)
					return;
			}
}

static void take_hosts(struct found *found, const struct lookup *lookup)
{
	const struct host_query *query = found->query;
	bool is_place = query->by == HOST_BY_PLACE;

	for (const struct sql_host *from = lookup->hosts.first; from && found->n < found->max; from = from->next) {
		const struct host *host;

		if (!from->is_findable) {
			log_skipped(found->job, from, from->wrong);
			continue;
		}
		if (is_found(found, from) || (is_place && !is_in_subnet(from, query)))
			continue;
		host = build(found, from, is_place);
		if (!host || (is_place && !is_at(host, &query->place)) ||
		    (query->hostname && query->by == HOST_BY_PAGE && !str_case_equal(host->hostname, query->hostname)))
			continue;
		add_found(found, from, host);
	}
}

/* Copies the results to the find's arena. */
static int hand_over(struct found *found)
{
	struct host_query *query = found->query;
	void *room;

	query->out = NULL;
	if (!found->n)
		return 0;
	room = arena_room(found->job->find->arena, host_copy_size(found->v, found->n));
	if (!room)
		return -E_NOMEM;
	query->out = host_copy(found->v, found->n, room);
	return (int)found->n;
}

/* Returns false if the query must go on with the next page, because there is nothing right on this one. */
static bool take_results(struct job *job, unsigned i, struct arena *arena)
{
	struct host_query *query = &job->find->v[i];
	const struct asked *asked = &job->asked[i];
	const struct lookup *lookups = &job->lookups[asked->first];
	struct found found = { .job = job, .query = query, .arena = arena };
	unsigned n = 0;

	for (unsigned k = 0; k < asked->n; k++) {
		n += lookups[k].hosts.n;
		if (lookups[k].hosts.no_memory) {
			settle(job, i, -E_NOMEM);
			return true;
		}
	}
	found.max = query->by == HOST_BY_ID && !query->any_subnet ? 1 : query->max < n ? query->max : n;
	found.v = arena_new_array(arena, const struct host *, found.max);
	found.from = arena_new_array(arena, const struct sql_host *, found.max);
	if (query->by == HOST_BY_ID)
		take_client(&found, lookups, asked->n);
	for (unsigned k = 0; query->by != HOST_BY_ID && k < asked->n; k++)
		take_hosts(&found, &lookups[k]);
	if (query->by == HOST_BY_PAGE && n)
		query->next = lookups->hosts.last->number;
	if (query->by == HOST_BY_PAGE && n && !found.n)
		return false;
	settle(job, i, hand_over(&found));
	if (job->s->cache)
		host_cache_put(job->s->cache, query, job->begun);
	return true;
}

static void failed(struct job *job, const char *why)
{
	struct sql *s = job->s;

	atomic_fetch_add_explicit(&s->failures, 1, memory_order_relaxed);
	LOG_FOLDED(s->fold, 0, HOSTS_DB_FIND_FAILED, s->name, why);
	fail_rest(job, -E_SYS);
}

static void database_failed(struct job *job)
{
	struct str why = { 0 };

	db_why(job->s->db, &why);
	failed(job, why.len ? why.text : "no connection");
	str_free(&why);
}

static int submit(struct job *job);

/* Returns false if the work goes on. */
static bool take_all(struct job *job)
{
	struct arena *arena = arena_new(0);
	bool is_complete = true;

	for (unsigned i = 0; i < job->find->n; i++)
		if (!job->asked[i].is_settled)
			is_complete &= take_results(job, i, arena);
	arena_free(arena);
	return is_complete || submit(job) != -E_AGAIN;
}

/* Fails the queries if it is not. Also asked after a failure, whose reason it may be. */
static bool is_schema_right(struct job *job)
{
	struct sql *s = job->s;
	struct str why = { 0 };
	enum sql_schema schema;

	if (job->parts[0].lookup)
		return true;
	schema = sql_schema_of(s, job->version, job->minor, &why);
	atomic_store_explicit(&s->schema, schema, memory_order_release);
	if (schema == SCHEMA_WRONG)
		failed(job, str_text(&why));
	str_free(&why);
	return schema == SCHEMA_RIGHT;
}

static void done(struct db_work *work, enum db_result result)
{
	struct job *job = work->owner;
	struct host_find *find = job->find;
	uint64_t ticket = job->ticket;

	if (result == DB_OK && is_schema_right(job) && !take_all(job))
		return;
	if (result != DB_OK && (job->version < 0 || is_schema_right(job)))
		database_failed(job);
	arena_free(job->rows);
	find->done(find, ticket);
}

/* --- asking ------------------------------------------------------------------------------- */

/* Sends what is not settled. Returns -E_AGAIN if done() will be called, else 0 and all is settled. */
static int submit(struct job *job)
{
	unsigned max = count_lookups(job);
	struct sql *s = job->s;

	arena_free(job->rows);
	job->rows = NULL;
	job->n_lookups = 0;
	job->lookups = arena_new_array(job->find->arena, struct lookup, max + !max);
	if (!job->lookups || !look_up_rest(job) || (job->n_lookups && !add_calls(job))) {
		fail_rest(job, -E_NOMEM);
		return 0;
	}
	if (!job->n_lookups)
		return 0;
	atomic_fetch_add_explicit(&s->finds, 1, memory_order_relaxed);
	if (db_submit(s->db, &job->work) == 0)
		return -E_AGAIN;
	database_failed(job);
	return 0;
}

static struct job *job_new(struct sql *s, struct host_find *find)
{
	struct job *job = arena_alloc(find->arena, sizeof(*job) + find->n * sizeof(*job->asked));

	if (!job)
		return NULL;
	job->s = s;
	job->find = find;
	job->ticket = find->ticket;
	job->asked = (struct asked *)(job + 1);
	job->work = (struct db_work){ .begin = begin, .row = take_row, .done = done, .owner = job };
	return job;
}

/* Returns true if all queries are answered from what is remembered. */
static bool recall(struct sql *s, struct host_find *find, struct asked *asked)
{
	unsigned n = 0;

	for (unsigned i = 0; i < find->n; i++) {
		asked[i].is_settled = host_cache_get(s->cache, &find->v[i], find->arena);
		n += asked[i].is_settled;
	}
	if (n)
		atomic_fetch_add_explicit(&s->hits, n, memory_order_relaxed);
	return n == find->n;
}

int host_sql_find(struct host_source *source, struct host_find *find)
{
	struct sql *s = container_of(source, struct sql, source);
	struct job *job = job_new(s, find);

	for (unsigned i = 0; i < find->n; i++) {
		find->v[i].n = job ? 0 : -E_NOMEM;
		find->v[i].out = NULL;
		find->v[i].next = find->v[i].after;
	}
	if (!job)
		return 0;
	if (s->cache) {
		job->begun = host_cache_begin(s->cache);
		if (recall(s, find, job->asked))
			return 0;
	}
	return submit(job);
}
