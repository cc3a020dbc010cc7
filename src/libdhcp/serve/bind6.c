/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCPv6 message means for each of its IAs: given the subnet, the leases recalled and the claims,
 * which changes are to be made and what the answer says of the IA. RFC 9915 section 18.3. Nothing is
 * changed here but claims; commit makes the changes.
 */
#include "serve/family6.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/grant.h"
#include "serve/server.h"

#define PICK_TRIES 16 /* in a pool too large for a map: nearly empty, or the random addresses are taken */

/* --- the client's leases --------------------------------------------------- */

static bool belongs(const struct request *req, const struct binding *b, const struct lease *lease)
{
	return lease->state != LEASE_DECLINED && lease->iaid == b->ia.iaid && lease->type == b->type &&
	       bytes_equal(lease->client_id, req->client_id);
}

static bool is_here(const struct request *req, const struct lease *lease)
{
	const struct subnet *sub = subnet_by_id(&req->cfg->plan, lease->subnet_id);

	return sub && req->chosen && link_same(sub, req->chosen);
}

/* The lease of the IA on its link: one in use before one that is over. 1, 0 or negative. */
static int find_mine(struct request *req, struct binding *b)
{
	struct lease_query query = { .by = BY_CLIENT_ID, .type = b->type, .id = req->client_id, .has_iaid = true,
				     .iaid = b->ia.iaid };
	struct lease found[LEASES_MAX6];
	int n = store_find(req->worker->srv->store, &query, req->arena, found, LEASES_MAX6), i;

	b->has_mine = false;
	for (i = 0; i < n; i++) {
		if (!belongs(req, b, &found[i]) || !is_here(req, &found[i]) || (b->has_mine && lease_is_over(&found[i])))
			continue;
		b->mine = found[i];
		b->has_mine = true;
		if (!lease_is_over(&b->mine))
			break;
	}
	return n < 0 ? n : b->has_mine;
}

static struct client_key key_of(const struct request *req, const struct binding *b)
{
	uint64_t kind = (uint64_t)b->ia.iaid << 8 | b->ia.code;

	return client_key_of(req->client_id, kind);
}

enum verdict recall6(struct request *req)
{
	struct ia6 ia;
	unsigned pos = 0;

	req->sub = req->chosen;
	req->n_bindings = 0;
	req->bindings = arena_new_array(req->arena, struct binding, BINDINGS_MAX);
	if (!req->bindings)
		return request_drop(req, DROP_LIMIT, "the message is too large");
	while (req->n_bindings < BINDINGS_MAX && ia6_next(&req->q6.opts, &pos, &ia)) {
		struct binding *b = &req->bindings[req->n_bindings];

		/* RFC 9915 12.2: temporary addresses are obsolete. */
		if (ia.code == OPT6_IA_TA)
			continue;
		*b = (struct binding){ .ia = ia, .type = ia.code == OPT6_IA_PD ? LEASE_PD : LEASE_NA };
		b->key = key_of(req, b);
		if (req->client_id.len && req->chosen && find_mine(req, b) < 0)
			return request_drop(req, DROP_LIMIT, "its leases are too large");
		req->n_bindings++;
	}
	return STEP_NEXT;
}

/* --- addresses and prefixes ------------------------------------------------ */

/* The lease at an address, whoever's. 1, 0 or negative. */
static int find_at(struct request *req, const struct binding *b, const struct ip *addr, struct lease *ret)
{
	struct lease_query query = { .by = BY_ADDR, .type = b->type, .addr = *addr };

	if (b->has_mine && ip_equal(&b->mine.addr, addr)) {
		*ret = b->mine;
		return 1;
	}
	return store_find(req->worker->srv->store, &query, req->arena, ret, 1);
}

static const struct pool *pool_of(const struct request *req, const struct binding *b, const struct prefix *prefix)
{
	return b->type == LEASE_PD ? link_pd_pool_of(req->chosen, prefix) : link_pool_of(req->chosen, &prefix->addr);
}

static void set_granted(struct binding *b, const struct pool *pool, const struct ip *addr)
{
	b->pool = pool;
	b->lease.addr = *addr;
	b->granted = true;
}

/* This very one, if it is of a pool of the link and free for the client. */
static bool take(struct request *req, struct binding *b, const struct prefix *prefix)
{
	const struct pool *pool = pool_of(req, b, prefix);
	struct lease at;
	int n;
	bool own;

	if (!pool || (n = find_at(req, b, &prefix->addr, &at)) < 0)
		return false;
	own = n && belongs(req, b, &at);
	if (n && !own && !lease_is_over(&at))
		return false;
	if (!(own && !lease_is_over(&at)) && !alloc_claim(req->worker->srv->alloc, &prefix->addr, &b->key, n))
		return false;
	set_granted(b, pool, &prefix->addr);
	return true;
}

/* In a pool without a map an address that was picked may have a lease: then another one is. */
static bool pick_in_pool(struct request *req, struct binding *b, const struct pool *pool)
{
	struct ip addr;
	struct lease at;
	unsigned i;

	for (i = 0; i < PICK_TRIES; i++) {
		int n;

		if (!server_pick_for(req, pool, &b->key, &addr))
			return false;
		n = find_at(req, b, &addr, &at);
		if (n < 0)
			return false;
		if (n && !lease_is_over(&at)) {
			alloc_unclaim(req->worker->srv->alloc, &b->key);
			continue;
		}
		set_granted(b, pool, &addr);
		return true;
	}
	return false;
}

/* The pools of the link in turn; len: prefixes of that length only, 0 = of any. */
static bool pick(struct request *req, struct binding *b, uint8_t len)
{
	unsigned i, k;

	for (i = 0; i < link_size(req->chosen); i++) {
		const struct subnet *sub = link_subnet(req->chosen, i);
		const struct pool *pools = b->type == LEASE_PD ? sub->pd_pools : sub->pools;
		unsigned n = b->type == LEASE_PD ? sub->n_pd_pools : sub->n_pools;

		for (k = 0; k < n; k++)
			if ((!len || pools[k].len == len) && pick_in_pool(req, b, &pools[k]))
				return true;
	}
	return false;
}

/* RFC 9915 18.3.9: what it has, what it was offered, what it wishes, whatever is free. */
static bool find_lease_for(struct request *req, struct binding *b)
{
	struct reader r = reader_of(b->ia.subs);
	struct prefix mine = { b->mine.addr, b->mine.prefix_len }, fresh;
	struct ia6_item item;
	uint8_t len = 0;

	if (b->has_mine && take(req, b, &mine))
		return true;
	if (alloc_claimed_by(req->worker->srv->alloc, &b->key, &fresh.addr)) {
		const struct pool *pool;

		fresh.len = 128;
		if (b->type == LEASE_NA && take(req, b, &fresh))
			return true;
		fresh.len = 0; /* any */
		pool = b->type == LEASE_PD ? link_pd_pool_of(req->chosen, &fresh) : NULL;
		if (pool)
			fresh.len = pool->len;
		if (pool && take(req, b, &fresh))
			return true;
	}
	while (ia6_next_item(&b->ia, &r, &item)) {
		if (!len && b->type == LEASE_PD)
			len = item.prefix.len;
		if (!ip_is_zero(&item.prefix.addr) && take(req, b, &item.prefix))
			return true;
	}
	return (len && pick(req, b, len)) || pick(req, b, 0);
}

static void count_alloc_fail(struct request *req, const struct binding *b)
{
	struct stats *stats = req->worker->stats;
	char prefix[PREFIX_TEXT_MAX];

	stat_add(stats, STAT_ALLOC_FAIL, 1);
	stat_add(stats, req->chosen->net ? STAT_ALLOC_FAIL_SHARED_NETWORK : STAT_ALLOC_FAIL_SUBNET, 1);
	server_want_reclaim(req->worker->srv);
	LOG(ALLOC_ENGINE_V6_ALLOC_FAIL, request_label(req), b->type == LEASE_PD ? "prefix" : "address",
	    prefix_format(&req->chosen->prefix, prefix), req->chosen->id);
}

/* --- the lease to give ----------------------------------------------------- */

/* How long the client would like it: by the hint for this address, else by any. */
static void asked_lifetimes(const struct binding *b, uint32_t *ret_preferred, uint32_t *ret_valid)
{
	struct reader r = reader_of(b->ia.subs);
	struct ia6_item item;
	bool any = false;

	*ret_preferred = *ret_valid = 0;
	while (ia6_next_item(&b->ia, &r, &item)) {
		bool same = ip_equal(&item.prefix.addr, &b->lease.addr);

		if (any && !same)
			continue;
		*ret_preferred = item.preferred;
		*ret_valid = item.valid;
		any = true;
		if (same)
			return;
	}
}

static void fill_lease(struct request *req, struct binding *b)
{
	const struct subnet *sub = b->pool->sub;
	const struct net_params *par = &sub->par;
	uint32_t preferred, valid;
	struct ip addr = b->lease.addr;

	asked_lifetimes(b, &preferred, &valid);
	b->lease = (struct lease){
		.addr = addr,
		.prefix_len = b->pool->len,
		.type = b->type,
		.state = LEASE_DEFAULT,
		.hwtype = req->hwtype,
		.hwsource = req->hwsource,
		.hwaddr = req->hwaddr,
		.client_id = req->client_id,
		.iaid = b->ia.iaid,
		.subnet_id = sub->id,
		.pool_id = b->pool->id,
		.hostname = "",
	};
	if (b->has_mine && ip_equal(&b->mine.addr, &addr)) {
		b->lease.hostname = b->mine.hostname;
		b->lease.user_context = b->mine.user_context;
		b->lease.fqdn_fwd = b->mine.fqdn_fwd;
		b->lease.fqdn_rev = b->mine.fqdn_rev;
	}
	lease_start(&b->lease, pool_is_scarce(req, b->pool) ? par->valid.min : lifetime_granted(&par->valid, valid));
	b->lease.preferred = lifetime_granted(&par->preferred, preferred);
	if (b->lease.preferred > b->lease.valid)
		b->lease.preferred = b->lease.valid;
}

/* The lease becomes the client's; another one that the IA has on the link goes. */
static void grant(struct request *req, struct binding *b)
{
	struct lease at;
	int n = find_at(req, b, &b->lease.addr, &at);

	fill_lease(req, b);
	if (n > 0 && belongs(req, b, &at) && lease_may_be_reused(&b->pool->sub->par, &at, &b->lease)) {
		uint32_t gone = at.valid - lease_left(&at);

		b->lease = at;
		b->lease.valid = at.valid - gone;
		b->lease.preferred = at.preferred > gone ? at.preferred - gone : 0;
		b->reused = true;
		return;
	}
	(void)change_put(req, &b->lease, n > 0 ? &at : NULL);
	if (b->has_mine && !ip_equal(&b->mine.addr, &b->lease.addr))
		change_delete(req, &b->mine);
}

static void set_status(struct binding *b, uint16_t status, const char *text)
{
	b->granted = false;
	b->has_status = true;
	b->status = status;
	b->text = text;
}

static void none_available(struct request *req, struct binding *b)
{
	if (req->chosen)
		count_alloc_fail(req, b);
	if (b->type == LEASE_PD)
		set_status(b, STATUS6_NO_PREFIX_AVAIL, "no prefix is free");
	else
		set_status(b, STATUS6_NO_ADDRS_AVAIL, "no address is free");
}

static enum verdict prepare(struct request *req)
{
	req->changes = arena_new_array(req->arena, struct store_change, 2 * BINDINGS_MAX);
	req->has_status = false;
	req->rapid = false;
	req->answer_type = DHCP6_REPLY;
	return req->changes ? STEP_NEXT : request_drop(req, DROP_LIMIT, "the message is too large");
}

/* --- messages -------------------------------------------------------------- */

/* RFC 9915 18.3.1 and 18.3.2; with `commit` what is found becomes the client's. */
static void assign(struct request *req, bool commit)
{
	unsigned i;

	for (i = 0; i < req->n_bindings; i++) {
		struct binding *b = &req->bindings[i];

		if (!req->chosen || !find_lease_for(req, b))
			none_available(req, b);
		else if (commit)
			grant(req, b);
		else
			fill_lease(req, b);
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

		if (!req->chosen || !(names_other_link(req, b) || find_lease_for(req, b)))
			none_available(req, b);
		else if (b->granted)
			grant(req, b);
		else
			set_status(b, STATUS6_NOT_ON_LINK, "the address is not of this link");
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

		/* What another server may have given is not for us to judge. */
		if (is_rebind && !b->has_mine && names_other_link(req, b)) {
			any = true;
		} else if (find_lease_for(req, b)) {
			grant(req, b);
			any = true;
		} else {
			count_alloc_fail(req, b);
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

/* Every address or prefix the client names, if the lease there is its own. */
static enum verdict give_back(struct request *req, bool is_decline)
{
	enum verdict verdict = prepare(req);
	unsigned i;

	if (verdict != STEP_NEXT)
		return verdict;
	for (i = 0; i < req->n_bindings; i++) {
		struct binding *b = &req->bindings[i];
		struct reader r = reader_of(b->ia.subs);
		struct ia6_item item;
		bool any = false;

		while (ia6_next_item(&b->ia, &r, &item)) {
			struct lease at;

			if (find_at(req, b, &item.prefix.addr, &at) != 1 || !belongs(req, b, &at) || lease_is_over(&at) ||
			    at.prefix_len != item.prefix.len || req->n_changes == 2 * BINDINGS_MAX)
				continue;
			/* RFC 9915 18.3.8: prefixes are not declined. */
			if (is_decline && b->type == LEASE_PD)
				continue;
			any = true;
			if (!is_decline)
				change_release(req, &at);
			else if (!change_decline(req, &at))
				LOG(DHCP6_DECLINE_LIMIT, request_label(req));
		}
		if (!any)
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
