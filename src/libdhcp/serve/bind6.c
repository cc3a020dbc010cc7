/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCPv6 message means for each of its IAs: given the subnet, the leases recalled and the claims,
 * which changes are to be made and what the answer says of the IA. RFC 9915 section 18.3. Nothing is
 * changed here but claims; commit makes the changes.
 */
#include "serve/family6.h"

#include "base/err.h"
#include "base/hash.h"
#include "log/log.h"
#include "serve/context6.h"
#include "serve/grant.h"
#include "serve/report.h"
#include "serve/server.h"

#define PICK_TRIES 16 /* in a pool too large for a map: nearly empty, or the random addresses are taken */

/* --- the client's leases --------------------------------------------------- */

static bool belongs(const struct request *req, const struct binding *b, const struct lease *lease)
{
	return lease->state != LEASE_DECLINED && lease->state != LEASE_REGISTERED && lease->iaid == b->ia.iaid &&
	       lease->type == b->type && bytes_equal(lease->client_id, req->client_id);
}

/* The leases of the IA on its link. 0 or negative. */
static int find_mine(struct request *req, struct binding *b)
{
	struct lease_query query = {
		.by = BY_CLIENT_ID, .type = b->type, .id = req->client_id, .has_iaid = true, .iaid = b->ia.iaid
	};
	struct lease found[LEASES_MAX6];
	int n, i, over;

	query.subnets = link_ids(req->chosen, &query.n_subnets);
	n = store_find(req->worker->srv->store, &query, req->arena, found, LEASES_MAX6);
	req->n_leases = query.n_client;
	if (n <= 0)
		return n;
	b->mine = arena_new_array(req->arena, struct lease, (size_t)n);
	if (!b->mine)
		return -E_NOMEM;
	for (over = 0; over <= 1; over++)
		for (i = 0; i < n; i++)
			if (lease_is_over(&found[i]) == over && belongs(req, b, &found[i]))
				b->mine[b->n_mine++] = found[i];
	return 0;
}

/* An IA that the message names again. */
static const struct binding *find_twin(const struct request *req, const struct binding *b)
{
	unsigned i;

	for (i = 0; i < req->n_bindings; i++)
		if (req->bindings[i].type == b->type && req->bindings[i].ia.iaid == b->ia.iaid)
			return &req->bindings[i];
	return NULL;
}

enum verdict recall6(struct request *req)
{
	struct ia6 ia;
	unsigned pos = 0, n;

	req->sub = req->chosen;
	req->n_bindings = 0;
	req->n_leases = req->n_new = 0;
	n = ia6_count(&req->q6.opts);
	req->bindings = arena_new_array(req->arena, struct binding, n < BINDINGS_MAX ? n : BINDINGS_MAX);
	if (!req->bindings)
		return request_drop(req, DROP_LIMIT, "the message is too large");
	while (req->n_bindings < BINDINGS_MAX && ia6_next(&req->q6.opts, &pos, &ia)) {
		struct binding *b = &req->bindings[req->n_bindings];

		/* RFC 9915 12.2: temporary addresses are obsolete. */
		if (ia.code == OPT6_IA_TA)
			continue;
		*b = (struct binding){ .ia = ia, .type = ia.code == OPT6_IA_PD ? LEASE_PD : LEASE_NA };
		b->twin = find_twin(req, b);
		if (!b->twin && req->client_id.len && req->chosen && find_mine(req, b) < 0)
			return request_drop(req, DROP_LIMIT, "its leases are too large");
		req->n_bindings++;
	}
	return STEP_NEXT;
}

/* --- addresses and prefixes ------------------------------------------------ */

/* How many leases the IA may have. */
static unsigned limit_of(const struct request *req, const struct binding *b)
{
	const struct net_params *par = &req->chosen->par;

	return b->type == LEASE_PD ? par->prefixes_per_ia : par->addresses_per_ia;
}

/* Each lease that an IA may have is claimed under a key of its own. */
static struct client_key key_of(const struct request *req, const struct binding *b, unsigned slot)
{
	uint64_t kind = (uint64_t)b->ia.iaid << 16 | slot << 8 | b->ia.code;

	return client_key_part(&req->turn.client, kind);
}

static bool key_is_used(const struct binding *b, const struct client_key *key)
{
	unsigned i;

	for (i = 0; i < b->n_given; i++)
		if (b->given[i].key.a == key->a && b->given[i].key.b == key->b)
			return true;
	return false;
}

/* The key the address is claimed under, else one that is not in use. */
static struct client_key key_for(const struct request *req, const struct binding *b, const struct ip *addr)
{
	unsigned limit = limit_of(req, b), slot;
	struct client_key key = key_of(req, b, 0), unused = { 0, 0 };
	struct ip claimed;

	if (limit == 1)
		return key;
	for (slot = limit; slot--;) {
		key = key_of(req, b, slot);
		if (key_is_used(b, &key))
			continue;
		if (addr && alloc_claimed_by(req->worker->srv->alloc, &key, &claimed) && ip_equal(&claimed, addr))
			return key;
		unused = key;
	}
	return unused;
}

static const struct lease *mine_at(const struct binding *b, const struct ip *addr)
{
	unsigned i;

	for (i = 0; i < b->n_mine; i++)
		if (ip_equal(&b->mine[i].addr, addr))
			return &b->mine[i];
	return NULL;
}

/* The lease at an address, or the prefix that begins there: whoever's, of whatever type. 1, 0 or negative. */
static int find_at(struct request *req, const struct binding *b, const struct ip *addr, struct lease *ret)
{
	struct lease_query query = { .by = BY_ADDR, .type = b->type, .addr = *addr };
	const struct lease *mine = mine_at(b, addr);

	if (mine) {
		*ret = *mine;
		return 1;
	}
	return store_find(req->worker->srv->store, &query, req->arena, ret, 1);
}

static const struct pool *pool_of(const struct request *req, const struct binding *b, const struct prefix *prefix)
{
	return b->type == LEASE_PD ? link_pd_pool_of(req->chosen, prefix) : link_pool_of(req->chosen, &prefix->addr);
}

/* The pool that contains the lease. It may delegate another length now: a client keeps what it has. */
static const struct pool *pool_around(const struct request *req, const struct lease *lease)
{
	struct prefix span = lease_span(lease);

	return lease->type == LEASE_PD ? link_pd_pool_around(req->chosen, &span)
				       : link_pool_of(req->chosen, &lease->addr);
}

static bool is_given(const struct binding *b, const struct ip *addr)
{
	unsigned i;

	for (i = 0; i < b->n_given; i++)
		if (ip_equal(&b->given[i].lease.addr, addr))
			return true;
	return false;
}

/* `at`: what is stored there, NULL if nothing. False when there is no memory for it. */
static bool give(struct request *req, struct binding *b, const struct pool *pool, const struct prefix *prefix,
		 const struct lease *at, struct client_key key)
{
	const struct lease *old = at ? mine_at(b, &prefix->addr) : NULL;
	struct given *g;

	if (at && !old)
		old = arena_dup(req->arena, at, sizeof(*at));
	if (at && !old)
		return false;
	g = &b->given[b->n_given++];
	*g = (struct given){
		.lease.addr = prefix->addr, .lease.prefix_len = prefix->len, .pool = pool, .old = old, .key = key
	};
	req->n_new += !old || !belongs(req, b, old);
	return true;
}

/* This very one, if a pool of the link has it and it is free for the client. */
static bool take(struct request *req, struct binding *b, const struct prefix *prefix)
{
	const struct pool *pool = pool_of(req, b, &(struct prefix){ prefix->addr, 0 });
	struct prefix wanted = *prefix;
	struct client_key key = { 0, 0 };
	struct lease at;
	bool own;
	int n;

	if (!pool || is_given(b, &prefix->addr) || (n = find_at(req, b, &prefix->addr, &at)) < 0)
		return false;
	own = n && belongs(req, b, &at);
	if (own && !lease_is_over(&at)) {
		pool = pool_around(req, &at);
		wanted.len = lease_span(&at).len;
		return pool && give(req, b, pool, &wanted, &at, key);
	}
	pool = pool_of(req, b, prefix);
	if (!pool || (n && !lease_is_over(&at)) || (!own && !client_may_have_more(req)))
		return false;
	wanted.len = pool->len;
	/* It was offered with another length. */
	if (!prefix_is_clean(&wanted))
		return false;
	key = key_for(req, b, &prefix->addr);
	if (!alloc_claim(req->worker->srv->alloc, &wanted, &key, n))
		return false;
	return give(req, b, pool, &wanted, n ? &at : NULL, key);
}

typedef bool pick_fn(struct request *req, const struct pool *pool, const struct client_key *key, struct ip *ret);

/* In a pool without a map an address that was picked may have a lease: then another one is. */
static bool pick_in_pool(struct request *req, struct binding *b, const struct pool *pool, pick_fn *fn)
{
	struct client_key key = key_for(req, b, NULL);
	struct ip addr;
	struct lease at;
	unsigned i;

	for (i = 0; i < PICK_TRIES && client_may_have_more(req); i++) {
		int n;

		if (!fn(req, pool, &key, &addr))
			return false;
		n = find_at(req, b, &addr, &at);
		if (n < 0)
			return false;
		if (n && !lease_is_over(&at)) {
			alloc_missed(req->worker->srv->alloc, req->live->set, pool->index, &key, &addr);
			continue;
		}
		return give(req, b, pool, &(struct prefix){ addr, pool->len }, n ? &at : NULL, key);
	}
	return false;
}

/* One that another client was offered and does not seem to want; never what this message gets in another IA. */
static bool take_over(struct request *req, const struct pool *pool, const struct client_key *key, struct ip *ret)
{
	unsigned i, k;

	for (i = 0; i < req->n_bindings; i++)
		for (k = 0; k < req->bindings[i].n_given; k++)
			if (req->bindings[i].given[k].pool == pool)
				return false;
	return alloc_take_over(req->worker->srv->alloc, req->live->set, pool->index, key, ret);
}

/* The pools of the link in turn; len: prefixes of that length only, 0 = of any. */
static bool pick_on_link(struct request *req, struct binding *b, uint8_t len, pick_fn *fn)
{
	unsigned i, k;

	for (i = 0; i < link_size(req->chosen); i++) {
		const struct subnet *sub = link_subnet(req->chosen, i);
		const struct pool *pools = b->type == LEASE_PD ? sub->pd_pools : sub->pools;
		unsigned n = b->type == LEASE_PD ? sub->n_pd_pools : sub->n_pools;

		for (k = 0; k < n; k++)
			if ((!len || pools[k].len == len) && pick_in_pool(req, b, &pools[k], fn))
				return true;
	}
	return false;
}

static bool pick(struct request *req, struct binding *b, uint8_t len)
{
	return (len && pick_on_link(req, b, len, server_pick_for)) || pick_on_link(req, b, 0, server_pick_for) ||
	       pick_on_link(req, b, 0, take_over);
}

static void give_mine(struct request *req, struct binding *b, unsigned want)
{
	struct reader r = reader_of(b->ia.subs);
	struct ia6_item item;
	unsigned i;

	while (b->n_given < want && ia6_next_item(&b->ia, &r, &item))
		if (mine_at(b, &item.prefix.addr))
			(void)take(req, b, &item.prefix);
	for (i = 0; i < b->n_mine && b->n_given < want; i++)
		(void)take(req, b, &(struct prefix){ b->mine[i].addr, b->mine[i].prefix_len });
}

static void give_offered(struct request *req, struct binding *b, unsigned want)
{
	unsigned slot;

	for (slot = 0; slot < want && b->n_given < want; slot++) {
		struct client_key key = key_of(req, b, slot);
		struct prefix fresh = { .len = b->type == LEASE_PD ? 0 : 128 }; /* 0: whatever its pool delegates */

		if (!key_is_used(b, &key) && alloc_claimed_by(req->worker->srv->alloc, &key, &fresh.addr))
			(void)take(req, b, &fresh);
	}
}

/*
 * RFC 9915 18.3.9: what it has, what it wishes, what it was offered, whatever is free. As many as it names,
 * one at least, up to the limit.
 */
static bool find_leases(struct request *req, struct binding *b)
{
	struct reader r = reader_of(b->ia.subs);
	unsigned limit = limit_of(req, b), want = 0;
	struct ia6_item item;
	uint8_t len = 0;

	while (want < limit && ia6_next_item(&b->ia, &r, &item)) {
		if (!want++ && b->type == LEASE_PD)
			len = item.prefix.len;
	}
	if (!want)
		want = 1;
	b->given = arena_new_array(req->arena, struct given, want);
	if (!b->given)
		return false;
	give_mine(req, b, want);
	r = reader_of(b->ia.subs);
	while (b->n_given < want && ia6_next_item(&b->ia, &r, &item))
		if (!ip_is_zero(&item.prefix.addr))
			(void)take(req, b, &item.prefix);
	give_offered(req, b, want);
	while (b->n_given < want && pick(req, b, len))
		;
	return b->n_given != 0;
}

/* What it has and names; if that is nothing, all that it has. */
static bool find_held(struct request *req, struct binding *b)
{
	struct reader r = reader_of(b->ia.subs);
	struct ia6_item item;
	unsigned n = 0;

	while (n < b->n_mine && !lease_is_over(&b->mine[n]))
		n++;
	if (!n)
		return false;
	b->given = arena_new_array(req->arena, struct given, n);
	if (!b->given)
		return false;
	while (b->n_given < n && ia6_next_item(&b->ia, &r, &item)) {
		const struct lease *mine = mine_at(b, &item.prefix.addr);

		if (mine && !lease_is_over(mine))
			(void)take(req, b, &item.prefix);
	}
	if (!b->n_given)
		give_mine(req, b, n);
	return b->n_given != 0;
}

/* --- the lease to give ----------------------------------------------------- */

/* How long the client would like it: by the hint for this address, else by any. */
static void asked_lifetimes(const struct binding *b, const struct ip *addr, uint32_t *ret_preferred,
			    uint32_t *ret_valid)
{
	struct reader r = reader_of(b->ia.subs);
	struct ia6_item item;
	bool any = false;

	*ret_preferred = *ret_valid = 0;
	while (ia6_next_item(&b->ia, &r, &item)) {
		bool same = ip_equal(&item.prefix.addr, addr);

		if (any && !same)
			continue;
		*ret_preferred = item.preferred;
		*ret_valid = item.valid;
		any = true;
		if (same)
			return;
	}
}

static void fill_lease(struct request *req, const struct binding *b, struct given *g)
{
	const struct subnet *sub = g->pool->sub;
	const struct net_params *par = &sub->par;
	uint32_t preferred, valid;
	struct ip addr = g->lease.addr;
	uint8_t len = g->lease.prefix_len;

	asked_lifetimes(b, &addr, &preferred, &valid);
	g->lease = (struct lease){
		.addr = addr,
		.prefix_len = len,
		.type = b->type,
		.state = LEASE_DEFAULT,
		.hwtype = req->hwtype,
		.hwsource = req->hwsource,
		.hwaddr = req->hwaddr,
		.client_id = req->client_id,
		.iaid = b->ia.iaid,
		.subnet_id = sub->id,
		.pool_id = g->pool->id,
		.hostname = name6_of(req),
	};
	if (g->old && belongs(req, b, g->old)) {
		if (!g->lease.hostname[0])
			g->lease.hostname = g->old->hostname;
		g->lease.user_context = g->old->user_context;
		g->lease.fqdn_fwd = g->old->fqdn_fwd;
		g->lease.fqdn_rev = g->old->fqdn_rev;
	}
	if (par->store_extended_info)
		g->lease.user_context = context6_make(req->arena, &req->q6, g->lease.user_context);
	lease_start(&g->lease, pool_is_scarce(req, g->pool) ? par->valid.min : lifetime_granted(&par->valid, valid));
	g->lease.preferred = lifetime_granted(&par->preferred, preferred);
	if (g->lease.preferred > g->lease.valid)
		g->lease.preferred = g->lease.valid;
}

/* The lease becomes the client's. */
static void grant(struct request *req, const struct binding *b, struct given *g)
{
	const struct lease *old = g->old;

	fill_lease(req, b, g);
	if (old && belongs(req, b, old) && lease_may_be_reused(&g->pool->sub->par, old, &g->lease)) {
		uint32_t gone = old->valid - lease_left(old);

		g->lease = *old;
		g->lease.valid = old->valid - gone;
		g->lease.preferred = old->preferred > gone ? old->preferred - gone : 0;
		g->reused = true;
		return;
	}
	(void)change_put(req, &g->lease, old);
}

/* All that was found; what the IA has and no pool holds any longer goes. */
static void grant_all(struct request *req, struct binding *b)
{
	unsigned i;

	for (i = 0; i < b->n_given; i++)
		grant(req, b, &b->given[i]);
	for (i = 0; i < b->n_mine; i++)
		if (!is_given(b, &b->mine[i].addr) && !pool_around(req, &b->mine[i]))
			change_delete(req, &b->mine[i]);
}

static void set_status(struct binding *b, uint16_t status, const char *text)
{
	b->n_given = 0;
	b->has_status = true;
	b->status = status;
	b->text = text;
}

static void report_refused(struct request *req, bool prefixes)
{
	if (client_may_have_more(req))
		report_exhausted(req, prefixes);
	else
		report_max_leases(req);
}

static void none_available(struct request *req, struct binding *b)
{
	bool prefixes = b->type == LEASE_PD;
	const char *why = prefixes ? "no prefix is available" : "no address is available";

	if (!req->chosen)
		why = "no subnet is configured for this link";
	else if (!client_may_have_more(req))
		why = drop_rows[DROP_MAX_LEASES].name;
	else if (!link_has_pools(req->chosen, prefixes))
		why = prefixes ? "no prefixes are delegated on this link" : "no addresses are assigned on this link";
	if (req->chosen)
		report_refused(req, prefixes);
	set_status(b, prefixes ? STATUS6_NO_PREFIX_AVAIL : STATUS6_NO_ADDRS_AVAIL, why);
}

/* What a message changes at most: each IA its leases, and as many that are new. */
static unsigned changes_max(const struct request *req)
{
	unsigned n = 1, i;

	for (i = 0; i < req->n_bindings; i++)
		n += req->bindings[i].n_mine + LEASES_MAX6;
	return n;
}

static enum verdict prepare(struct request *req)
{
	/* Each is filled in as it is counted. */
	req->changes = arena_room(req->arena, changes_max(req) * sizeof(*req->changes));
	req->has_status = false;
	req->rapid = false;
	req->answer_type = DHCP6_REPLY;
	return req->changes ? STEP_NEXT : request_drop(req, DROP_LIMIT, "the message is too large");
}

/* --- messages -------------------------------------------------------------- */

/* RFC 9915 18.3.1 and 18.3.2; with `commit` what is found becomes the client's. */
static void assign(struct request *req, bool commit)
{
	unsigned i, k;

	for (i = 0; i < req->n_bindings; i++) {
		struct binding *b = &req->bindings[i];

		if (b->twin)
			continue;
		if (!req->chosen || !find_leases(req, b))
			none_available(req, b);
		else if (commit)
			grant_all(req, b);
		for (k = 0; k < b->n_given && !commit; k++)
			fill_lease(req, b, &b->given[k]);
	}
}

enum verdict bind6_solicit(struct request *req)
{
	enum verdict verdict = prepare(req);

	if (verdict != STEP_NEXT)
		return verdict;
	/* RFC 9915 18.3.1: the short way is for those who want it where it is allowed. */
	req->rapid = req->chosen && req->chosen->rapid_commit && opts_find(&req->q6.opts, OPT6_RAPID_COMMIT);
	if (!req->rapid)
		req->answer_type = DHCP6_ADVERTISE;
	assign(req, req->rapid);
	return STEP_NEXT;
}

/* RFC 9915 18.3.2: an address that is not of this link. */
static bool names_other_link(const struct request *req, const struct binding *b)
{
	struct reader r = reader_of(b->ia.subs);
	struct ia6_item item;

	while (b->type == LEASE_NA && ia6_next_item(&b->ia, &r, &item))
		if (!ip_is_zero(&item.prefix.addr) && !link_contains(req->chosen, &item.prefix.addr))
			return true;
	return false;
}

enum verdict bind6_request(struct request *req)
{
	enum verdict verdict = prepare(req);
	unsigned i;

	if (verdict != STEP_NEXT)
		return verdict;
	for (i = 0; i < req->n_bindings; i++) {
		struct binding *b = &req->bindings[i];

		if (b->twin)
			continue;
		if (req->chosen && names_other_link(req, b))
			set_status(b, STATUS6_NOT_ON_LINK, "the address is not of this link");
		else if (!req->chosen || !find_leases(req, b))
			none_available(req, b);
		else
			grant_all(req, b);
	}
	return STEP_NEXT;
}

/*
 * RFC 9915 18.3.4 and 18.3.5: what the IA has is prolonged; an IA that is not known gets a lease if
 * there is one. What the client names and does not get comes back with lifetimes of 0 (answer6.c).
 */
static enum verdict extend(struct request *req, bool is_rebind)
{
	enum verdict verdict = prepare(req);
	bool any = false;
	unsigned i;

	if (verdict != STEP_NEXT)
		return verdict;
	if (!req->chosen)
		return request_drop(req, DROP_NO_SUBNET, NULL);
	for (i = 0; i < req->n_bindings; i++) {
		struct binding *b = &req->bindings[i];

		if (b->twin)
			continue;
		if (find_held(req, b) || find_leases(req, b)) {
			grant_all(req, b);
			any = true;
		} else if (names_other_link(req, b)) {
			/* Whoever gave it, it is of no use here. */
			any = true;
		} else {
			report_refused(req, b->type == LEASE_PD);
			set_status(b, STATUS6_NO_BINDING, "no such binding");
			any |= !is_rebind;
		}
	}
	if (!any && req->n_bindings)
		return request_drop(req, DROP_NO_RECORD, NULL);
	return STEP_NEXT;
}

enum verdict bind6_renew(struct request *req)
{
	return extend(req, false);
}

enum verdict bind6_rebind(struct request *req)
{
	return extend(req, true);
}

/* RFC 9915 18.3.3: are the addresses of this link at all? */
enum verdict bind6_confirm(struct request *req)
{
	bool any = false, all = true;
	unsigned i;
	enum verdict verdict = prepare(req);

	if (verdict != STEP_NEXT)
		return verdict;
	if (!req->chosen)
		return request_drop(req, DROP_NO_SUBNET, NULL);
	for (i = 0; i < req->n_bindings; i++) {
		struct reader r = reader_of(req->bindings[i].ia.subs);
		struct ia6_item item;

		while (req->bindings[i].type == LEASE_NA && ia6_next_item(&req->bindings[i].ia, &r, &item)) {
			any = true;
			all &= link_contains(req->chosen, &item.prefix.addr);
		}
	}
	if (!any)
		return request_drop(req, DROP_RULE, "no addresses to confirm");
	req->n_bindings = 0;
	req->has_status = true;
	req->status = all ? STATUS6_SUCCESS : STATUS6_NOT_ON_LINK;
	req->status_text = all ? "all addresses are of this link" : "an address is not of this link";
	return STEP_NEXT;
}

static bool is_changed(const struct request *req, const struct lease *lease)
{
	unsigned i;

	for (i = 0; i < req->n_changes; i++)
		if (req->changes[i].new.type == lease->type && ip_equal(&req->changes[i].new.addr, &lease->addr))
			return true;
	return false;
}

/* The leases at what the IA names, if they are its own. How many. */
static unsigned give_back_one(struct request *req, const struct binding *b, bool is_decline, unsigned max)
{
	struct reader r = reader_of(b->ia.subs);
	struct ia6_item item;
	unsigned n = 0;

	while (n < LEASES_MAX6 && req->n_changes < max && ia6_next_item(&b->ia, &r, &item)) {
		struct lease at;

		if (find_at(req, b, &item.prefix.addr, &at) != 1 || !belongs(req, b, &at) || lease_is_over(&at) ||
		    lease_span(&at).len != item.prefix.len || is_changed(req, &at))
			continue;
		n++;
		if (!is_decline)
			change_release(req, &at);
		else if (!change_decline(req, &at))
			LOG_FOLDED(req->worker->srv->fold, req->turn.client.a, DHCP6_DECLINE_LIMIT, request_label(req));
	}
	return n;
}

static enum verdict give_back(struct request *req, bool is_decline)
{
	enum verdict verdict = prepare(req);
	unsigned i, max = changes_max(req);

	if (verdict != STEP_NEXT)
		return verdict;
	for (i = 0; i < req->n_bindings; i++) {
		struct binding *b = &req->bindings[i];

		/* RFC 9915 18.3.8: prefixes are not declined. */
		if (!b->twin && ((is_decline && b->type == LEASE_PD) || !give_back_one(req, b, is_decline, max)))
			set_status(b, STATUS6_NO_BINDING, "no such binding");
	}
	req->has_status = true;
	req->status = STATUS6_SUCCESS;
	req->status_text = is_decline ? "declined" : "released";
	return STEP_NEXT;
}

enum verdict bind6_release(struct request *req)
{
	return give_back(req, false);
}

enum verdict bind6_decline(struct request *req)
{
	return give_back(req, true);
}

/* RFC 9915 18.3.6 and 16.12: options only; with an IA in it the message is discarded. */
enum verdict bind6_inform(struct request *req)
{
	if (ia6_count(&req->q6.opts))
		return request_drop(req, DROP_RULE, "an IA in an INFORMATION-REQUEST");
	req->answer_type = DHCP6_REPLY;
	req->has_status = false;
	return STEP_NEXT;
}
