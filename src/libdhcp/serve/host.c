/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The client's reservation: that of the chosen subnet, else of another subnet on the link, else a global one. Of
 * several on the link the first one with addresses counts, and the addresses and prefixes of all. The source of
 * reservations may respond late.
 */
#include "serve/host.h"

#include "base/err.h"
#include "base/str.h"
#include "log/log.h"
#include "serve/answer_options.h"
#include "serve/ask.h"
#include "serve/classify.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/step.h"
#include "serve/service.h"
#include "serve/wait.h"

/* --- asking ---------------------------------------------------------------------- */

/* As in ask.c the message may be another one. */
static void found(struct host_find *find, uint64_t ticket)
{
	(void)wait_respond(container_of(find, struct request, host_find), ticket);
}

/* Returns the number of identifiers that the client has, in the order in which they are tried. */
static unsigned list_ids(struct request *req, struct host_id *ids)
{
	const struct config *cfg = req->cfg;
	unsigned n = 0;

	for (unsigned i = 0; i < cfg->n_host_ids; i++) {
		ids[n].type = cfg->host_ids[i];
		if (ids[n].type == HOST_ID_FLEX_ID)
			ids[n] = req->hook_id;
		else
			ids[n].value = req->fam->host_id(req, ids[n].type);
		n += ids[n].value.len != 0;
	}
	return n;
}

static bool looks_early(const struct request *req)
{
	return req->cfg->has_global_hosts && req->cfg->global.early_global_reservations_lookup;
}

/* Starts a list of at most n queries. Returns the identifiers, none if the client has none. -E_NOMEM. */
static int begin_queries(struct request *req, unsigned n, const struct host_id **ret_ids, unsigned *ret_n_ids)
{
	struct host_find *find = &req->host_find;
	struct host_id *ids;

	find->n = 0;
	find->v = arena_room(req->arena, n * sizeof(*find->v) + req->cfg->n_host_ids * sizeof(*ids));
	find->arena = req->arena;
	if (!find->v)
		return -E_NOMEM;
	ids = (struct host_id *)(find->v + n);
	*ret_ids = ids;
	*ret_n_ids = list_ids(req, ids);
	return 0;
}

/* subnet_id 0: global reservations. */
static void add_query(struct request *req, uint32_t subnet_id, const struct host_id *ids, unsigned n_ids)
{
	if (n_ids)
		req->host_find.v[req->host_find.n++] =
			(struct host_query){ .by = HOST_BY_ID, .subnet_id = subnet_id, .ids = ids, .n_ids = n_ids };
}

/* An address or prefix that a database is asked about: do others have it reserved? In the request's arena. */
struct asked_place {
	struct asked_place *next;
	struct prefix prefix;
	bool is_reserved;
};

static void add_place_query(struct request *req, uint32_t subnet_id, struct asked_place *asked)
{
	req->host_find.v[req->host_find.n++] = (struct host_query){
		.by = HOST_BY_PLACE, .subnet_id = subnet_id, .place = asked->prefix, .max = 1, .owner = asked
	};
}

/* Adds at most two queries: in the subnet of the pool that contains it, and for global reservations. -E_NOMEM. */
static int add_place(struct request *req, const struct pool *pool, const struct prefix *prefix)
{
	struct asked_place *asked = arena_room(req->arena, sizeof(*asked));

	if (!asked)
		return -E_NOMEM;
	*asked = (struct asked_place){ .next = req->asked_places, .prefix = *prefix };
	req->asked_places = asked;
	if (pool->sub->has_hosts)
		add_place_query(req, pool->sub->id, asked);
	if (pool->sub->par.reservations_global && req->cfg->has_global_hosts)
		add_place_query(req, 0, asked);
	return 0;
}

/* Returns the pool of the address that a DHCPv4 client names, if databases must be asked about it; else NULL. */
static const struct pool *pool_to_ask(const struct request *req)
{
	const struct pool *pool = req->cfg->asks_hosts && req->row->policy && !ip_is_zero(&req->wanted)
					  ? link_pool_of(req->chosen, &req->wanted)
					  : NULL;

	return pool && !pool->ignores_hosts ? pool : NULL;
}

/*
 * One query for each subnet of the link that has reservations, and one for the global ones. In the same round trip, who
 * has the address reserved that the client names. -E_NOMEM.
 */
static int ask_link(struct request *req)
{
	bool asks_global = req->cfg->has_global_hosts && req->chosen->par.reservations_global && !looks_early(req);
	unsigned n_links = link_size(req->chosen), n = asks_global, n_ids, i;
	const struct pool *named = pool_to_ask(req);
	const struct host_id *ids;

	for (i = 0; i < n_links; i++)
		n += link_subnet(req->chosen, i)->has_hosts;
	req->host_find.n = 0;
	if (!n)
		return 0;
	if (begin_queries(req, n + (named ? 2 : 0), &ids, &n_ids) < 0)
		return -E_NOMEM;
	for (i = 0; i < n_links; i++)
		if (link_subnet(req->chosen, i)->has_hosts)
			add_query(req, link_subnet(req->chosen, i)->id, ids, n_ids);
	if (asks_global)
		add_query(req, 0, ids, n_ids);
	return named ? add_place(req, named, &(struct prefix){ req->wanted, 32 }) : 0;
}

static int ask_global(struct request *req)
{
	const struct host_id *ids;
	unsigned n_ids;

	if (begin_queries(req, 1, &ids, &n_ids) < 0)
		return -E_NOMEM;
	add_query(req, 0, ids, n_ids);
	return 0;
}

static struct host_source *source_of(const struct config *cfg)
{
	return cfg->keeper ? host_keeper_source(cfg->keeper) : cfg->hosts;
}

static int send_queries(struct request *req, uint64_t ticket)
{
	req->host_find.done = found;
	req->host_find.ticket = ticket;
	return host_find(source_of(req->cfg), &req->host_find);
}

static enum verdict ask_source(struct request *req)
{
	static const struct wait_for responses = {
		.ms = STORE_WAIT_MS,
		.drop = DROP_STORE,
		.why = "the host reservations were not found in time",
		.reenter = true,
	};

	return ask_send(req, &responses, source_of(req->cfg)->ops->finds_at_once, send_queries);
}

/* --- what was found -------------------------------------------------------------- */

/* False if the reservation is global and the subnet does not use those. */
static bool uses_host(const struct subnet *sub, const struct host *host)
{
	return host->subnet_id || sub->par.reservations_global;
}

static const struct pool *pd_pool_for(const struct request *req, const struct host *host,
				      const struct host_place *place)
{
	const struct pool *pool = link_pd_pool_around(req->chosen, &place->prefix);
	const struct subnet *sub = req->chosen;

	if (pool)
		return uses_host(pool->sub, host) ? pool : NULL;
	if (host->subnet_id)
		sub = subnet_by_id(&req->cfg->plan, host->subnet_id);
	return &sub->outside[1];
}

/* Returns the pool of the link that contains a reserved address or prefix; NULL if it is on another link. */
static const struct pool *pool_for(const struct request *req, const struct host *host, const struct host_place *place)
{
	if (place->is_delegated)
		return pd_pool_for(req, host, place);
	for (unsigned i = 0; i < link_size(req->chosen); i++) {
		const struct subnet *sub = link_subnet(req->chosen, i);
		const struct pool *pool;

		if (!prefix_contains(&sub->prefix, &place->prefix.addr) || !uses_host(sub, host))
			continue;
		pool = subnet_pool_of(sub, &place->prefix.addr);
		return pool ? pool : sub->outside ? &sub->outside[0] : NULL;
	}
	return NULL;
}

static void log_unsuitable(const struct request *req, const struct host_place *place)
{
	char text[PREFIX_TEXT_MAX], sub[PREFIX_TEXT_MAX];
	const char *what =
		place->is_delegated ? prefix_format(&place->prefix, text) : ip_format(&place->prefix.addr, text);

	(void)prefix_format(&req->chosen->prefix, sub);
	if (req->fam->one_lease)
		LOG(ALLOC_ENGINE_IGNORING_UNSUITABLE_GLOBAL_ADDRESS, request_label(req), what, sub);
	else
		LOG(ALLOC_ENGINE_IGNORING_UNSUITABLE_GLOBAL_ADDRESS6, request_label(req),
		    place->is_delegated ? "prefix" : "address", what, sub);
}

static void add_places(struct request *req, const struct host *host)
{
	for (unsigned i = 0; i < host->n_places; i++) {
		const struct host_place *place = &host->places[i];
		const struct pool *pool = pool_for(req, host, place);

		if (pool)
			req->reserved[req->n_reserved++] = (struct reserved){
				.prefix = place->prefix,
				.place = place,
				.host = host,
				.type = place->is_delegated ? LEASE_PD : req->fam->lease_type,
				.pool = pool,
			};
		else if (!host->subnet_id)
			log_unsuitable(req, place);
	}
}

/* Returns the host that a query found in a subnet of the link, unless it is req->host; NULL if there is none. */
static const struct host *other_host(const struct request *req, const struct host_query *query)
{
	return query->by == HOST_BY_ID && query->subnet_id && query->n && query->out[0] != req->host ? query->out[0]
												     : NULL;
}

/* Adds what all hosts of the client on the link reserve, req->host first. */
static int take_places(struct request *req)
{
	unsigned n = req->host->n_places;
	const struct host *other;

	for (unsigned i = 0; i < req->host_find.n; i++)
		n += (other = other_host(req, &req->host_find.v[i])) ? other->n_places : 0;
	req->reserved = arena_room(req->arena, n * sizeof(*req->reserved));
	if (!req->reserved)
		return -E_NOMEM;
	add_places(req, req->host);
	for (unsigned i = 0; i < req->host_find.n; i++)
		if ((other = other_host(req, &req->host_find.v[i])))
			add_places(req, other);
	return 0;
}

/* Notes what others have reserved. */
static int take_asked(struct request *req)
{
	for (unsigned i = 0; i < req->host_find.n; i++) {
		const struct host_query *query = &req->host_find.v[i];

		if (query->n < 0)
			return query->n;
		if (query->n && query->by == HOST_BY_PLACE)
			((struct asked_place *)query->owner)->is_reserved = true;
	}
	return 0;
}

/* A global reservation without addresses only counts where the link has none. */
static int take_host(struct request *req)
{
	const struct host *first = NULL;
	int err = take_asked(req);

	if (err < 0)
		return err;
	for (unsigned i = 0; i < req->host_find.n; i++) {
		const struct host_query *query = &req->host_find.v[i];

		if (!query->n || query->by != HOST_BY_ID || (first && !query->subnet_id))
			continue;
		if (!first || (!first->n_places && query->out[0]->n_places))
			first = query->out[0];
	}
	if (!first && req->chosen->par.reservations_global)
		first = req->global_host;
	req->host = first;
	return req->host && req->host->n_places ? take_places(req) : 0;
}

static int take_global(struct request *req)
{
	const struct host_query *query = req->host_find.v;

	if (!req->host_find.n)
		return 0;
	if (query->n < 0)
		return query->n;
	req->global_host = query->n ? query->out[0] : NULL;
	return 0;
}

/* Longer ones are truncated. */
#define ID_HEX_MAX (2 * 255 + 1)

static const char *id_hex(struct bytes id, char buf[ID_HEX_MAX])
{
	(void)bytes_to_hex(id, 0, buf, ID_HEX_MAX);
	return buf;
}

static void log_query(const struct request *req, const struct host_query *query)
{
	struct str ids = { 0 };
	char hex[ID_HEX_MAX];

	for (unsigned i = 0; i < query->n_ids; i++)
		str_addf(&ids, "%s%s=%s", i ? ", " : "", host_id_rows[query->ids[i].type].name,
			 id_hex(query->ids[i].value, hex));
	LOG(HOSTS_CFG_GET_ONE_SUBNET_ID_IDENTIFIER, request_label(req), query->subnet_id, str_text(&ids));
	if (query->n > 0)
		LOG(HOSTS_CFG_GET_ONE_SUBNET_ID_IDENTIFIER_HOST, request_label(req), query->subnet_id,
		    host_id_rows[query->out[0]->id.type].name, id_hex(query->out[0]->id.value, hex),
		    query->out[0]->n_places, query->out[0]->hostname);
	else if (!query->n)
		LOG(HOSTS_CFG_GET_ONE_SUBNET_ID_IDENTIFIER_NULL, request_label(req), query->subnet_id);
	str_free(&ids);
}

static void log_queries(const struct request *req)
{
	if (!log_is_on(&log_msg_HOSTS_CFG_GET_ONE_SUBNET_ID_IDENTIFIER))
		return;
	for (unsigned i = 0; i < req->host_find.n; i++)
		if (req->host_find.v[i].by == HOST_BY_ID)
			log_query(req, &req->host_find.v[i]);
}

/* Looks hosts up: `ask` makes the queries, `take` uses what was found. */
static enum verdict find_hosts(struct request *req, int (*ask)(struct request *req), int (*take)(struct request *req))
{
	enum verdict verdict;
	int err;

	if (!req->has_asked) {
		if (ask(req) < 0)
			return request_drop(req, DROP_LIMIT, "the message is too large");
		req->has_asked = true;
		verdict = req->host_find.n ? ask_source(req) : STEP_NEXT;
		if (verdict != STEP_NEXT)
			return verdict;
	}
	req->has_asked = false;
	log_queries(req);
	err = take(req);
	return err < 0 ? ask_failed(req, err) : STEP_NEXT;
}

static __attribute__((noinline)) enum verdict look_early(struct request *req)
{
	enum verdict verdict = find_hosts(req, ask_global, take_global);

	return verdict == STEP_NEXT && req->global_host && req->classes.bits
		       ? classify_host(req, req->global_host, false)
		       : verdict;
}

enum verdict step_early(struct request *req)
{
	return looks_early(req) ? look_early(req) : STEP_NEXT;
}

static __attribute__((noinline)) enum verdict find_host(struct request *req)
{
	return find_hosts(req, ask_link, take_host);
}

enum verdict step_host(struct request *req)
{
	enum verdict verdict = req->cfg->hosts && req->chosen ? find_host(req) : STEP_NEXT;

	if (verdict == STEP_NEXT && req->classes.bits)
		verdict = classify_host(req, req->host, true);
	/* While a request waits, another thread may own it. */
	if (verdict == STEP_NEXT && (req->host || req->classes.n))
		request_set_scopes(req);
	return verdict;
}

const struct reserved *reserved_of(const struct request *req, enum lease_type type, const struct prefix *prefix)
{
	for (unsigned i = 0; i < req->n_reserved; i++) {
		const struct reserved *r = &req->reserved[i];

		if (r->type == type && prefix_equal(&r->prefix, prefix))
			return r;
	}
	return NULL;
}

/* --- what others have reserved in databases ------------------------------------------ */

/* True if other hosts may have the candidate reserved, and nobody knows yet. */
static bool must_ask(const struct request *req, const struct binding *b)
{
	const struct candidate *c = &b->candidate;

	if (!c->exists || !c->pool || c->pool->ignores_hosts || reserved_of(req, b->ia->type, &c->prefix))
		return false;
	for (const struct asked_place *asked = req->asked_places; asked; asked = asked->next)
		if (prefix_equal(&asked->prefix, &c->prefix))
			return false;
	return true;
}

/* Makes the queries: in the subnet of each candidate, and for global reservations. -E_NOMEM. */
static int ask_places(struct request *req)
{
	struct host_find *find = &req->host_find;

	find->n = 0;
	find->arena = req->arena;
	find->v = arena_room(req->arena, (size_t)2 * req->n_bindings * sizeof(*find->v));
	if (!find->v)
		return -E_NOMEM;
	for (unsigned i = 0; i < req->n_bindings; i++) {
		const struct candidate *c = &req->bindings[i].candidate;

		if (must_ask(req, &req->bindings[i]) && add_place(req, c->pool, &c->prefix) < 0)
			return -E_NOMEM;
	}
	return 0;
}

enum verdict others_ask(struct request *req)
{
	return req->cfg->asks_hosts && req->n_bindings ? find_hosts(req, ask_places, take_asked) : STEP_NEXT;
}

bool others_have(const struct request *req, enum lease_type type, const struct prefix *prefix)
{
	for (const struct asked_place *asked = req->asked_places; asked; asked = asked->next)
		if (asked->is_reserved && prefix_overlaps(&asked->prefix, prefix))
			return !reserved_of(req, type, prefix);
	return false;
}

/* --- what others may not have ------------------------------------------------------ */

bool reserved_is_usable(const struct request *req, const struct reserved *r)
{
	return subnet_allows(r->pool->sub, req->classes.bits);
}

/* True if the DHCPv4 client id is made of this DUID (RFC 4361). */
static bool ends_with_duid(struct bytes client_id, struct bytes duid)
{
	return client_id.len == duid.len + 5 && client_id.data[0] == 255 &&
	       !memcmp(client_id.data + 5, duid.data, duid.len);
}

/* True if the lease is from another stage of the host's boot: same identifier, but another client id. */
static bool is_same_host(const struct request *req, const struct reserved *r)
{
	const struct host_id *id = &r->host->id;
	const struct lease *lease = r->lease;

	if (lease->state != LEASE_DEFAULT || bytes_equal(lease->client_id, req->client_id))
		return false;
	if (id->type == HOST_ID_HW_ADDRESS)
		return bytes_equal(lease->hwaddr, id->value);
	return id->type == HOST_ID_DUID && req->fam->one_lease && ends_with_duid(lease->client_id, id->value);
}

bool reserved_is_held(const struct request *req, const struct ia *ia, const struct reserved *r)
{
	return r->lease && !lease_is_over(r->lease) && lease_span(r->lease).len == r->prefix.len &&
	       (req->fam->belongs(req, ia, r->lease) || is_same_host(req, r));
}

bool holds_reserved(const struct request *req, const struct ia *ia, const struct ip *addr)
{
	for (unsigned i = 0; i < req->n_reserved; i++)
		if (req->reserved[i].type == ia->type && ip_equal(&req->reserved[i].prefix.addr, addr))
			return reserved_is_held(req, ia, &req->reserved[i]);
	return false;
}

/* Also by an IA that is not in the message. */
static bool is_held_by_any(const struct request *req, const struct reserved *r)
{
	if (r->lease->client_id.len && bytes_equal(r->lease->client_id, req->client_id))
		return true;
	for (unsigned i = 0; i < req->n_ias; i++)
		if (req->ias[i].type == r->type && reserved_is_held(req, &req->ias[i], r))
			return true;
	return false;
}

void reserved_note_conflicts(struct request *req)
{
	for (unsigned i = 0; i < req->n_reserved; i++) {
		const struct reserved *r = &req->reserved[i];

		if (r->lease && r->lease->state == LEASE_DEFAULT && !lease_is_over(r->lease) &&
		    reserved_is_usable(req, r) && !is_held_by_any(req, r))
			event_note(req, EVENT_HOST_CONFLICT)->lease = r->lease;
	}
}

bool is_withheld(const struct request *req, const struct pool *pool, enum lease_type type, const struct prefix *prefix)
{
	if (req->asked_places && others_have(req, type, prefix))
		return true;
	return pool->n_withheld && alloc_may_exclude(req->live->set, pool->index, prefix) &&
	       ip_span_overlaps(pool->withheld, pool->n_withheld, prefix) && !reserved_of(req, type, prefix);
}

bool is_withheld_on_link(const struct request *req, const struct ip *addr)
{
	const struct pool *pool = link_pool_of(req->chosen, addr);
	struct prefix prefix = { *addr, ip_is4(addr) ? 32 : 128 };

	return pool && is_withheld(req, pool, req->fam->lease_type, &prefix);
}

bool is_reserved_for_others(const struct request *req, enum lease_type type, const struct prefix *prefix)
{
	const struct plan *plan = &req->cfg->plan;

	if (req->asked_places && others_have(req, type, prefix))
		return true;
	return ip_span_overlaps(plan->withheld, plan->n_withheld, prefix) && !reserved_of(req, type, prefix);
}

const struct pool *pool_to_keep(const struct request *req, const struct lease *lease)
{
	struct prefix span = lease_span(lease);
	const struct reserved *r = reserved_of(req, lease->type, &span);
	const struct pool *pool = lease_pool(req->chosen, lease);

	if (r)
		return reserved_is_usable(req, r) ? r->pool : NULL;
	return pool && pool_allows(pool, req->classes.bits) && !is_withheld(req, pool, lease->type, &span) ? pool
													   : NULL;
}
