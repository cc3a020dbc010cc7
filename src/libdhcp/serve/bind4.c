/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCPv4 message means: given the subnet, the leases recalled and the claims, which changes
 * are to be made and which type the answer has. RFC 2131 section 4.3. Nothing is changed here but
 * claims; commit makes the changes.
 */
#include "serve/family4.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/context4.h"
#include "serve/grant.h"
#include "serve/report.h"
#include "serve/server.h"

#define LEASES_MAX 32 /* looked at of one client: it may have been on many links */

/* --- the client's leases --------------------------------------------------- */

bool lease4_belongs(const struct request *req, const struct lease *lease)
{
	if (lease->state == LEASE_DECLINED)
		return false;
	if (req->match_id.len && lease->client_id.len)
		return bytes_equal(req->match_id, lease->client_id);
	return req->hwaddr.len && bytes_equal(req->hwaddr, lease->hwaddr);
}

/* 1, 0, or negative when the request has no memory left for it: then nothing may be concluded. */
static int find_one(struct request *req, struct lease_query *query, struct lease *ret)
{
	return store_find(req->worker->srv->store, query, req->arena, ret, 1);
}

/* Whether it is the client's, in a subnet of the link the client is on. */
static bool is_here(const struct request *req, const struct lease *lease)
{
	const struct subnet *sub = subnet_by_id(&req->cfg->plan, lease->subnet_id);

	return sub && link_same(sub, req->chosen) && lease4_belongs(req, lease);
}

/* Of the leases a key finds the client's best on its link: one in use before one that is over. As find_one(). */
static int find_here(struct request *req, struct lease_query *query, struct lease *ret)
{
	struct lease found[LEASES_MAX];
	int n, i, any = 0;

	query->subnets = link_ids(req->chosen, &query->n_subnets);
	n = store_find(req->worker->srv->store, query, req->arena, found, LEASES_MAX);
	for (i = 0; i < n; i++) {
		if (!is_here(req, &found[i]) || (any && lease_is_over(&found[i])))
			continue;
		*ret = found[i];
		any = 1;
		if (!lease_is_over(ret))
			break;
	}
	return n < 0 ? n : any;
}

/* The client's lease on its link: by client id first, then by hardware address. As find_one(). */
static int find_mine(struct request *req, struct lease *ret)
{
	struct lease_query query = { .by = BY_CLIENT_ID, .type = LEASE_V4 };
	int n = 0;

	if (req->match_id.len) {
		query.id = req->match_id;
		n = find_here(req, &query, ret);
		req->n_leases = query.n_client;
		/* A lease of this hardware under another client id is another client's (a second boot stage). */
		query.without_id = true;
	}
	if (n || !req->hwaddr.len)
		return n;
	query.by = BY_HWADDR;
	query.id = req->hwaddr;
	query.hwtype = req->hwtype;
	n = find_here(req, &query, ret);
	if (!req->match_id.len)
		req->n_leases = query.n_client;
	return n;
}

enum verdict recall4(struct request *req)
{
	struct lease_query query = { .by = BY_ADDR, .addr = req->wanted, .type = LEASE_V4 };
	int n_mine = 0, n_at = 0;

	req->has_mine = req->has_at = false;
	req->n_leases = 0;
	if (req->type == DHCP4_INFORM)
		return STEP_NEXT;
	if (req->sub && req->type != DHCP4_RELEASE && req->type != DHCP4_DECLINE)
		n_mine = find_mine(req, &req->mine);
	if (n_mine > 0 && ip_equal(&req->mine.addr, &req->wanted)) {
		req->at = req->mine;
		n_at = 1;
	} else if (!ip_is_zero(&req->wanted)) {
		n_at = find_one(req, &query, &req->at);
	}
	/* A lease that cannot be looked at is not one that is not there. */
	if (n_mine < 0 || n_at < 0)
		return request_drop(req, DROP_LIMIT, "its leases are too large");
	req->has_mine = n_mine;
	req->has_at = n_at;
	return STEP_NEXT;
}

/* --- addresses ------------------------------------------------------------- */

/* Claim `addr`, whose lease (if `has_old`) is `old`, for the client. */
static bool take(struct request *req, const struct ip *addr, bool has_old, const struct lease *old)
{
	const struct pool *pool = link_pool_of(req->chosen, addr);
	bool own = has_old && lease4_belongs(req, old);

	if (!pool || (has_old && !own && !lease_is_over(old)))
		return false;
	/* What the client holds is its own, whomever it was offered to while this server did not know. */
	if (!(own && !lease_is_over(old)) &&
	    !alloc_claim(req->worker->srv->alloc, &(struct prefix){ *addr, 32 }, &req->turn.client, has_old))
		return false;
	req->pool = pool;
	req->sub = pool->sub;
	req->lease.addr = *addr;
	return true;
}

typedef bool pick_fn(struct request *req, const struct pool *pool, struct ip *ret);

static bool pick_in(struct request *req, const struct subnet *sub, pick_fn *fn)
{
	unsigned start = 0, i;

	if (sub->par.allocator == ALLOC_RANDOM && sub->n_pools > 1)
		start = (unsigned)rand_below(sub->n_pools);
	for (i = 0; i < sub->n_pools; i++) {
		const struct pool *pool = &sub->pools[(start + i) % sub->n_pools];

		if (fn(req, pool, &req->lease.addr)) {
			req->pool = pool;
			req->sub = sub;
			return true;
		}
	}
	return false;
}

/* The subnets of the link in turn, from the chosen one on. */
static bool pick_on_link(struct request *req, pick_fn *fn)
{
	unsigned i;

	for (i = 0; i < link_size(req->chosen); i++)
		if (pick_in(req, link_subnet(req->chosen, i), fn))
			return true;
	return false;
}

static bool pick(struct request *req)
{
	return pick_on_link(req, server_pick) || pick_on_link(req, server_take_over);
}

/* --- the lease to give ----------------------------------------------------- */

static uint32_t lifetime(struct request *req)
{
	const struct opt *opt = opts_find(&req->q.opts, OPT4_DHCP_LEASE_TIME);
	struct reader r;

	if (pool_is_scarce(req, req->pool))
		return req->sub->par.valid.min;
	if (!opt || opt->data.len != 4)
		return req->sub->par.valid.def;
	r = reader_of(opt->data);
	return lifetime_granted(&req->sub->par.valid, read_u32(&r));
}

/* `old` is what the client had at this address, NULL if nothing. */
static void fill_lease(struct request *req, const struct lease *old)
{
	struct lease *lease = &req->lease;
	struct ip addr = lease->addr;

	*lease = (struct lease){
		.addr = addr,
		.prefix_len = 32,
		.type = LEASE_V4,
		.state = LEASE_DEFAULT,
		.hwtype = req->hwtype,
		.hwaddr = req->hwaddr,
		.client_id = req->client_id,
		.subnet_id = req->sub->id,
		.pool_id = req->pool ? req->pool->id : 0,
		.hostname = name4_of(req),
	};
	if (old && lease4_belongs(req, old)) {
		if (!lease->hostname[0])
			lease->hostname = old->hostname;
		lease->user_context = old->user_context;
	}
	if (req->sub->par.store_extended_info)
		lease->user_context = context4_make(req->arena, &req->rai, lease->user_context);
	lease_start(lease, lifetime(req));
}

static enum verdict nak(struct request *req, const char *why)
{
	char text[IP_TEXT_MAX];

	LOG(DHCP4_PACKET_NAK_0004, request_label(req), ip_format(&req->wanted, text), why);
	req->answer_type = DHCP4_NAK;
	return STEP_NEXT;
}

/* req->lease.addr is claimed; `old` is the lease there now, NULL if none. */
static enum verdict grant(struct request *req, const struct lease *old)
{
	fill_lease(req, old);
	req->answer_type = DHCP4_ACK;
	if (old && lease4_belongs(req, old) && lease_may_be_reused(&req->sub->par, old, &req->lease)) {
		req->lease = *old;
		req->lease.valid = lease_left(old);
		req->reused = true;
		return STEP_NEXT;
	}
	(void)change_put(req, &req->lease, old);
	if (req->has_mine && !ip_equal(&req->mine.addr, &req->lease.addr))
		change_delete(req, &req->mine);
	return STEP_NEXT;
}

/* What is stored at the address that was taken: perhaps a lease that is over, perhaps the client's own. */
static void find_at_lease(struct request *req)
{
	struct lease_query query = { .by = BY_ADDR, .addr = req->lease.addr, .type = LEASE_V4 };

	if (req->has_at && ip_equal(&req->at.addr, &req->lease.addr))
		return;
	if (req->has_mine && ip_equal(&req->mine.addr, &req->lease.addr)) {
		req->at = req->mine;
		req->has_at = true;
		return;
	}
	req->has_at = find_one(req, &query, &req->at) > 0;
}

/*
 * offer-lifetime: the offer is a lease of its own for that long, so that other servers of the store see it
 * too. A lease the client has already says more. The client is told the lifetime it will get.
 */
static void store_offer(struct request *req)
{
	const struct lease *old = req->has_at ? &req->at : NULL;

	if (old && lease4_belongs(req, old) && !lease_is_over(old))
		return;
	/* The lease it will replace is there until then. */
	if (!(old && lease4_belongs(req, old)) && !client_may_have_more(req))
		return;
	lease_start(&change_put(req, &req->lease, old)->new, req->sub->par.offer_lifetime);
}

/* --- messages -------------------------------------------------------------- */

/* RFC 8925 3.3: the client can do without IPv4, and this link says that it should. */
static bool is_v6_only(const struct request *req)
{
	const struct opt *prl = opts_find(&req->q.opts, OPT4_DHCP_PARAMETER_REQUEST_LIST);

	return prl && prl->data.len && memchr(prl->data.data, OPT4_V6_ONLY_PREFERRED, prl->data.len) &&
	       opt_scopes_find(&req->scopes, 0, OPT4_V6_ONLY_PREFERRED);
}

/* A lease the client has on this link is renewed or replaced; beyond that it may be one too many. */
static bool has_too_many(struct request *req)
{
	if (req->has_mine || client_may_have_more(req))
		return false;
	report_max_leases(req);
	return true;
}

enum verdict bind4_discover(struct request *req)
{
	struct ip fresh;

	req->answer_type = DHCP4_OFFER;
	if (!req->sub)
		return request_drop(req, DROP_NO_SUBNET, NULL);
	if (is_v6_only(req)) {
		req->lease.addr = req->fam->zero;
		return STEP_NEXT;
	}
	if (has_too_many(req))
		return request_drop(req, DROP_MAX_LEASES, NULL);
	/* RFC 2131 4.3.1: current address, else the former one, else the requested, else a new one. */
	if (!(req->has_mine && take(req, &req->mine.addr, true, &req->mine)) &&
	    !(alloc_claimed_by(req->worker->srv->alloc, &req->turn.client, &fresh) && take(req, &fresh, false, NULL)) &&
	    !(!ip_is_zero(&req->wanted) && take(req, &req->wanted, req->has_at, &req->at)) && !pick(req)) {
		report_exhausted(req, false);
		return request_drop(req, DROP_NO_ADDRESS, "no address is free");
	}
	find_at_lease(req);
	fill_lease(req, req->has_at ? &req->at : NULL);
	if (req->sub->par.offer_lifetime)
		store_offer(req);
	return STEP_NEXT;
}

/* RFC 2131 4.3.2: a client that starts again and names the address it had. */
static enum verdict init_reboot(struct request *req)
{
	char text[IP_TEXT_MAX];

	LOG(DHCP4_INIT_REBOOT, request_label(req), ip_format(&req->wanted, text));
	if (!req->has_mine && !req->chosen->par.authoritative) {
		LOG(DHCP4_NO_LEASE_INIT_REBOOT, request_label(req), text);
		return request_drop(req, DROP_NO_RECORD, NULL);
	}
	if (!req->has_mine || !ip_equal(&req->mine.addr, &req->wanted)) {
		LOG(DHCP4_PACKET_NAK_0002, request_label(req), text);
		req->answer_type = DHCP4_NAK;
		return STEP_NEXT;
	}
	return STEP_DONE; /* go on: it is the client's own */
}

enum verdict bind4_request(struct request *req)
{
	bool selecting = opts_find(&req->q.opts, OPT4_DHCP_SERVER_IDENTIFIER) != NULL;
	bool rebooting = !selecting && !req->q.ciaddr && !ip_is_zero(&req->wanted);
	const struct lease *old = NULL;

	if (!req->sub) {
		/* Whoever chose us by name gets a clear answer; others may be another server's. */
		if (!selecting && !req->cfg->authoritative)
			return request_drop(req, DROP_NO_SUBNET, NULL);
		req->answer_type = DHCP4_NAK;
		return STEP_NEXT;
	}
	if (rebooting) {
		enum verdict verdict = init_reboot(req);

		if (verdict != STEP_DONE)
			return verdict;
	}
	if (has_too_many(req)) {
		if (selecting || req->chosen->par.authoritative || ip_is_zero(&req->wanted))
			return nak(req, drop_rows[DROP_MAX_LEASES].name);
		return request_drop(req, DROP_MAX_LEASES, NULL);
	}
	if (ip_is_zero(&req->wanted)) {
		/* Neither option 50 nor ciaddr: served with what the client has, or a new address. */
		if (req->has_mine && take(req, &req->mine.addr, true, &req->mine))
			return grant(req, &req->mine);
		if (!pick(req)) {
			report_exhausted(req, false);
			return nak(req, "no address is free");
		}
		/* What was picked may hold a reclaimed lease of somebody else. */
		find_at_lease(req);
		return grant(req, req->has_at ? &req->at : NULL);
	}
	if (!take(req, &req->wanted, req->has_at, &req->at)) {
		/* It renews what another server, or this one on another link, gave it: that is not for us to judge. */
		if (!selecting && !req->has_mine && !req->chosen->par.authoritative &&
		    (!req->has_at || !link_contains(req->chosen, &req->wanted)))
			return request_drop(req, DROP_NO_RECORD, NULL);
		if (!link_pool_of(req->chosen, &req->wanted))
			return nak(req, "not in a pool of the subnet");
		return nak(req, "in use by another client");
	}
	if (req->has_at)
		old = &req->at;
	return grant(req, old);
}

/* RFC 2131 4.3.3: somebody else uses the address; keep it away from everybody for a while. */
enum verdict bind4_decline(struct request *req)
{
	char text[IP_TEXT_MAX];

	(void)ip_format(&req->wanted, text);
	if (ip_is_zero(&req->wanted))
		return request_drop(req, DROP_RULE, "DHCPDECLINE without a requested address");
	if (!req->has_at || lease_is_over(&req->at)) {
		LOG_FOLDED(req->worker->srv->fold, req->turn.client.a, DHCP4_DECLINE_LEASE_NOT_FOUND,
			   request_label(req), text);
		return STEP_DONE;
	}
	if (!lease4_belongs(req, &req->at)) {
		report4_mismatch(req);
		return STEP_DONE;
	}
	req->answer_type = 0;
	req->lease = req->at;
	req->lease.valid = req->cfg->decline_probation; /* s it is kept away */
	if (!change_decline(req, &req->at)) {
		req->lease.valid = 0;
		LOG_FOLDED(req->worker->srv->fold, req->turn.client.a, DHCP4_DECLINE_LIMIT, request_label(req), text);
	}
	return STEP_NEXT;
}

/* RFC 2131 4.3.4 */
enum verdict bind4_release(struct request *req)
{
	char text[IP_TEXT_MAX];

	(void)ip_format(&req->wanted, text);
	if (!req->has_at) {
		LOG(DHCP4_RELEASE_FAIL_NO_LEASE, request_label(req), text);
		return STEP_DONE;
	}
	if (req->at.state != LEASE_DEFAULT) {
		LOG(DHCP4_RELEASE_FAIL_NOT_ASSIGNED, request_label(req), text, lease_state_name(req->at.state));
		return STEP_DONE;
	}
	if (!lease4_belongs(req, &req->at)) {
		report4_mismatch(req);
		return STEP_DONE;
	}
	req->lease = req->at;
	req->answer_type = 0;
	change_release(req, &req->at);
	return STEP_NEXT;
}

/* RFC 2131 4.3.5: options only, no lease. */
enum verdict bind4_inform(struct request *req)
{
	if (!req->sub)
		return request_drop(req, DROP_NO_SUBNET, NULL);
	req->answer_type = DHCP4_ACK;
	return STEP_NEXT;
}
