/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/grant.h"

#include "base/clock.h"
#include "serve/classify.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/leasedb.h"
#include "serve/name.h"

#include <assert.h>

bool lease_is_over(const struct lease *lease)
{
	return !lease_is_in_use(lease) || lease_is_expired(lease, clock_boot_sec());
}

uint32_t lifetime_granted(const struct lifetime *lifetime, uint32_t asked)
{
	if (!asked)
		return lifetime->def;
	if (asked < lifetime->min)
		return lifetime->min;
	return asked > lifetime->max ? lifetime->max : asked;
}

bool lease_may_be_reused(const struct net_params *par, const struct lease *old, const struct lease *fresh)
{
	uint32_t left = lease_left(old), age = old->valid - left;

	if (old->state != LEASE_DEFAULT || !left || old->expires == INT64_MAX || old->subnet_id != fresh->subnet_id ||
	    old->iaid != fresh->iaid || old->prefix_len != fresh->prefix_len ||
	    !bytes_equal(old->hwaddr, fresh->hwaddr) || !bytes_equal(old->client_id, fresh->client_id) ||
	    old->valid != fresh->valid || old->preferred != fresh->preferred || old->fqdn_fwd != fresh->fqdn_fwd ||
	    old->fqdn_rev != fresh->fqdn_rev || strcmp(old->hostname, fresh->hostname) != 0)
		return false;
	if (par->cache_max_age && age > par->cache_max_age)
		return false;
	return par->cache_threshold > 0 && (double)age <= par->cache_threshold * old->valid;
}

bool client_has_room(const struct request *req)
{
	uint32_t max = req->cfg->global.max_leases_per_client;

	return !max || req->n_leases < max;
}

bool client_may_have_more(const struct request *req)
{
	uint32_t max = req->cfg->global.max_leases_per_client;

	return !max || (uint64_t)req->n_leases + req->n_new < max;
}

void timers_of(const struct net_params *par, uint32_t lifetime, uint32_t *ret_t1, uint32_t *ret_t2)
{
	uint32_t t1 = 0, t2 = 0;

	if (par->t2_set)
		t2 = par->t2;
	else if (par->calculate_tee && lifetime != UINT32_MAX)
		t2 = (uint32_t)(par->t2_percent * lifetime + 0.5);
	if (t2 >= lifetime)
		t2 = 0;
	if (par->t1_set)
		t1 = par->t1;
	else if (par->calculate_tee && lifetime != UINT32_MAX)
		t1 = (uint32_t)(par->t1_percent * lifetime + 0.5);
	if (t1 >= (t2 ? t2 : lifetime))
		t1 = 0;
	*ret_t1 = t1;
	*ret_t2 = t2;
}

/* --- a lease --------------------------------------------------------------- */

static const struct lease *own_lease(const struct request *req, const struct binding *b)
{
	const struct lease *lease = b->candidate.lease;

	return lease && req->fam->belongs(req, b->ia, lease) ? lease : NULL;
}

static void fill(struct request *req, struct binding *b)
{
	const struct pool *pool = b->candidate.pool;
	const struct net_params *par = &pool->sub->par;
	const struct hint *hint = ia_hint_for(b->ia, &b->candidate.prefix.addr);
	const struct lease *own = own_lease(req, b);
	struct lease *lease = &b->lease;
	const struct lifetime *valid;

	*lease = (struct lease){
		.addr = b->candidate.prefix.addr,
		.prefix_len = b->candidate.prefix.len,
		.type = b->ia->type,
		.state = LEASE_DEFAULT,
		.hwtype = req->hwtype,
		.hwsource = req->hwsource,
		.hwaddr = req->hwaddr,
		.client_id = req->client_id,
		.iaid = b->ia->iaid,
		.subnet_id = pool->sub->id,
		.pool_id = pool->id,
	};
	name_of_lease(req->fam->name_of(req, b), lease);
	if (own) {
		/* A message without a name leaves the name, and its records, as they are. */
		if (!lease->hostname[0]) {
			lease->hostname = own->hostname;
			lease->fqdn_fwd = own->fqdn_fwd;
			lease->fqdn_rev = own->fqdn_rev;
		}
		lease->user_context = own->user_context;
	}
	if (par->store_extended_info)
		lease->user_context = req->fam->make_context(req, lease->user_context);
	valid = valid_lifetime_of(req, par);
	lease_start(lease, b->candidate.is_scarce ? valid->min : lifetime_granted(valid, hint ? hint->valid : 0));
	lease->preferred = lifetime_granted(preferred_lifetime_of(req, par), hint ? hint->preferred : 0);
	if (lease->preferred > lease->valid)
		lease->preferred = lease->valid;
	b->is_granted = true;
}

/*
 * Grants the rest of the lease, without a change, if that is allowed. While the database fails it is all that can be
 * granted, whatever else has changed.
 */
static bool reuse(struct request *req, struct binding *b, const struct lease *own)
{
	uint32_t left = lease_left(own), gone = own->valid - left;
	bool is_enough = req->is_cached && own->state == LEASE_DEFAULT && left;

	if (!is_enough && !lease_may_be_reused(&b->candidate.pool->sub->par, own, &b->lease))
		return false;
	b->lease = *own;
	b->lease.valid = left;
	b->lease.preferred = own->preferred > gone ? own->preferred - gone : 0;
	b->is_reused = true;
	event_of_binding(req, EVENT_REUSED, b);
	return true;
}

static void put_offer(struct request *req, const struct binding *b, const struct lease *old, uint32_t lifetime)
{
	struct lease *lease = &change_put(req, &b->lease, old)->new;

	lease_start(lease, lifetime);
	/* The client does not have the address yet, so the DNS says nothing about it. */
	lease->fqdn_fwd = lease->fqdn_rev = false;
}

/*
 * For how long the offer is stored; 0: not at all. If another server may offer the client's former address at this
 * moment, it must be stored: a client whose address is taken gets a NAK, in DHCPv6 simply another one. Offers of what
 * the client did not have before are not: clients that never request them would use up the addresses.
 */
static uint32_t offer_is_stored_for(struct request *req, const struct binding *b)
{
	uint32_t sec = offer_lifetime_of(req, &b->candidate.pool->sub->par);

	return sec || !req->fam->one_lease || !b->candidate.is_others ? sec : OFFER_SEC;
}

/*
 * offer-lifetime: the offer is stored as a lease for that long, so that other servers on the same store see it; so is
 * an offer of what another server might offer, too. A lease that the client already has is left unchanged. The response
 * has the lifetime that the client will be granted.
 */
void grant_offer(struct request *req, struct binding *b)
{
	const struct lease *old = b->candidate.lease, *own = own_lease(req, b);
	uint32_t lifetime = offer_is_stored_for(req, b);

	fill(req, b);
	/* The lease that it will replace is there until then, so it must be one that the client may have besides. */
	if (lifetime && !(old && !lease_is_over(old)) && (own || client_has_room(req)))
		put_offer(req, b, old, lifetime);
	event_of_binding(req, EVENT_OFFERED, b);
}

void grant_lease(struct request *req, struct binding *b)
{
	const struct lease *old = b->candidate.lease, *own = own_lease(req, b);

	fill(req, b);
	if (own && reuse(req, b, own))
		return;
	(void)change_put(req, &b->lease, old);
	event_of_binding(req, own && !lease_is_over(own) ? EVENT_RENEWED : EVENT_ASSIGNED, b);
}

bool grant_candidates(struct request *req, struct ia *ia, void (*grant)(struct request *req, struct binding *b))
{
	bool any = false;
	unsigned i;

	for (i = 0; i < ia->n_bindings; i++)
		if (ia->bindings[i].candidate.exists) {
			grant(req, &ia->bindings[i]);
			any = true;
		}
	return any;
}

/* --- changes --------------------------------------------------------------- */

/* Returns the lease if the change also reclaims it, because that has not happened yet; else NULL. */
static const struct lease *reclaimed(const struct lease *old)
{
	return old && lease_is_in_use(old) && lease_is_over(old) ? old : NULL;
}

struct store_change *change_put(struct request *req, const struct lease *lease, const struct lease *old)
{
	struct store_change *change = &req->changes[req->n_changes++];

	assert(req->n_changes <= req->changes_max);
	*change = (struct store_change){
		.kind = old ? CHANGE_UPDATE : CHANGE_TAKE,
		.new = *lease,
		.addr = lease->addr,
		.expected_version = old ? old->version : 0,
		.old = old,
		.ended = reclaimed(old),
	};
	return change;
}

void change_delete(struct request *req, const struct lease *old)
{
	struct store_change *change = &req->changes[req->n_changes++];

	assert(req->n_changes <= req->changes_max);
	*change = (struct store_change){
		.kind = CHANGE_DELETE,
		.new = *old,
		.addr = old->addr,
		.expected_version = old->version,
		.old = old,
		.ended = reclaimed(old),
	};
}

void change_release(struct request *req, const struct ia *ia, const struct lease *old)
{
	const struct expired_leases_processing_conf *conf = req->cfg->global.expired_leases_processing;
	struct event *event = event_note(req, EVENT_RELEASED);
	struct lease over = *old;

	event->ia = ia;
	event->lease = old;
	if (!conf->hold_reclaimed_time || !conf->flush_reclaimed_timer_wait_time) {
		change_delete(req, old);
		return;
	}
	over.fqdn_fwd = over.fqdn_rev = false;
	lease_end(&over, LEASE_RELEASED);
	(void)change_put(req, &over, old);
}

void change_decline(struct request *req, const struct ia *ia, const struct lease *old)
{
	uint32_t probation = req->cfg->global.decline_probation_period;
	bool too_many = probation && !req->declines_left;
	struct event *event = event_note(req, too_many ? EVENT_DECLINE_LIMIT : EVENT_DECLINED);
	struct lease declined = {
		.addr = old->addr,
		.prefix_len = old->prefix_len,
		.type = old->type,
		.state = LEASE_DECLINED,
		.subnet_id = old->subnet_id,
		.pool_id = old->pool_id,
		.hostname = "",
	};

	event->ia = ia;
	event->lease = old;
	/* Without a probation period it is free again at once. */
	if (!probation || too_many) {
		change_delete(req, old);
		return;
	}
	event->seconds = probation;
	req->declines_left--;
	lease_start(&declined, probation);
	(void)change_put(req, &declined, old);
}

const char in_use_text[] = "other hosts use the addresses that were picked";

bool change_server_decline(struct request *req, struct binding *b)
{
	uint32_t probation = req->cfg->global.decline_probation_period;
	const struct pool *pool = b->candidate.pool;

	if (!probation)
		return false;
	b->lease = (struct lease){
		.addr = b->candidate.prefix.addr,
		.prefix_len = b->candidate.prefix.len,
		.type = b->ia->type,
		.state = LEASE_DECLINED,
		.subnet_id = pool->sub->id,
		.pool_id = pool->id,
		.hostname = "",
	};
	lease_start(&b->lease, probation);
	(void)change_put(req, &b->lease, b->candidate.lease);
	event_of_binding(req, EVENT_SERVER_DECLINED, b);
	req->events[req->n_events - 1].seconds = probation;
	req->is_declining = true;
	return true;
}
