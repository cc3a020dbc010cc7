/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Proposes candidates: for each binding, the first one from the policy's sources that the client may have. This
 * is the only step that claims addresses. What the store has at a candidate is looked up afterwards (look.c); if
 * the candidate turns out to belong to another client, the request returns here for the next one.
 */
#include "serve/propose.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "serve/ask.h"
#include "serve/budget.h"
#include "serve/classify.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/host.h"
#include "serve/step.h"
#include "serve/service.h"
#include "serve/trace.h"

#define MOVES_MAX 3      /* of a binding, by hook libraries: they may disagree */
#define RESERVED_SEC 300 /* how long an address that a database reserves for another host is not picked */

#define UNDISPUTED_FREE 4096 /* more than several servers take before they learn of one another's leases */

static struct alloc *alloc_of(const struct request *req)
{
	return req->live->db->alloc;
}

/* --- claims ---------------------------------------------------------------- */

/* Each address that an IA may get is claimed under its own id. */
static struct alloc_client claimant_of(struct request *req, const struct ia *ia, unsigned slot)
{
	struct alloc_client who;

	if (!req->has_claimant)
		req->claimant = req->fam->claimant(req);
	if (req->trace)
		req->claimant.trial = req->trace->trial;
	req->has_claimant = true;
	who = req->claimant;
	if (who.id.a || who.id.b)
		who.id = client_key_part(&who.id, (uint64_t)ia->iaid << 16 | slot << 8 | ia->type);
	who.commits = !ia->policy || !ia->policy->offers;
	return who;
}

static bool id_is_used(const struct ia *ia, const struct alloc_client *who)
{
	unsigned i;

	for (i = 0; i < ia->n_bindings; i++) {
		const struct candidate *c = &ia->bindings[i].candidate;

		if (c->is_claimed && client_key_equal(&c->claimant.id, &who->id))
			return true;
	}
	return false;
}

/* Returns the id under which the address is already claimed, else an unused one. addr may be NULL. */
static struct alloc_client claimant_for(struct request *req, const struct ia *ia, const struct ip *addr)
{
	struct alloc_client who = claimant_of(req, ia, 0), unused = who;
	unsigned slot = ia->n_bindings;
	struct ip claimed;

	if (slot == 1)
		return who;
	while (slot--) {
		who = claimant_of(req, ia, slot);
		if (id_is_used(ia, &who))
			continue;
		if (addr && alloc_claimed_by(alloc_of(req), &who, &claimed) && ip_equal(&claimed, addr))
			return who;
		unused = who;
	}
	return unused;
}

/* Returns who claims an address of this pool (NULL: any pool); is_own: the client has or had a lease for it. */
static struct alloc_client claimant_in(struct request *req, const struct ia *ia, const struct pool *pool,
				       const struct ip *addr, bool is_own)
{
	struct alloc_client who = claimant_for(req, ia, addr);

	/* With offer-lifetime, offers are stored too; see grant_offer(). */
	who.commits |= pool && offer_lifetime_of(req, &pool->sub->par) && (is_own || client_has_room(req));
	return who;
}

/* --- candidates ------------------------------------------------------------ */

static bool may_use(const struct request *req, const struct pool *pool)
{
	return pool_allows(pool, req->classes.bits);
}

static const struct pool *pool_of(const struct request *req, const struct ia *ia, const struct prefix *prefix)
{
	const struct pool *pool =
		ia->type == LEASE_PD ? link_pd_pool_of(req->chosen, prefix) : link_pool_of(req->chosen, &prefix->addr);

	return pool && may_use(req, pool) ? pool : NULL;
}

static bool is_candidate(const struct ia *ia, const struct ip *addr)
{
	unsigned i;

	for (i = 0; i < ia->n_bindings; i++)
		if (ia->bindings[i].candidate.exists && ip_equal(&ia->bindings[i].candidate.prefix.addr, addr))
			return true;
	return false;
}

/* True if the message gets the address, in any of its IAs. */
static bool is_ours(void *ctx, const struct ip *addr)
{
	const struct request *req = ctx;
	unsigned i;

	for (i = 0; i < req->n_ias; i++)
		if (is_candidate(&req->ias[i], addr))
			return true;
	return false;
}

/* adaptive-lease-time-threshold: true if so much of the pool is in use that lifetimes are reduced. */
static bool is_scarce(const struct request *req, const struct pool *pool)
{
	double threshold = pool ? pool->sub->par.adaptive_threshold : 0;
	uint64_t n_free;

	if (threshold <= 0 || !pool->size)
		return false;
	n_free = alloc_n_free(alloc_of(req), req->live->set, pool->index);
	if (req->trace)
		n_free -= alloc_trial_n(alloc_of(req), req->trace->trial, req->live->set, pool->index);
	return (double)(pool->size - n_free) > threshold * (double)pool->size;
}

static void set_candidate(struct request *req, struct binding *b, const struct pool *pool, const struct prefix *prefix)
{
	b->candidate = (struct candidate){
		.exists = true,
		.prefix = *prefix,
		.pool = pool,
		.source = b->candidate.source,
		.is_scarce = is_scarce(req, pool),
	};
}

/* A candidate that needs no look-up: this is the lease stored there. */
static void set_known(struct request *req, struct binding *b, const struct pool *pool, const struct prefix *prefix,
		      const struct lease *lease)
{
	set_candidate(req, b, pool, prefix);
	b->candidate.is_known = true;
	b->candidate.lease = lease;
}

static void set_claimed(struct request *req, struct binding *b, const struct pool *pool, const struct prefix *prefix,
			const struct alloc_client *who)
{
	set_candidate(req, b, pool, prefix);
	b->candidate.is_claimed = true;
	b->candidate.claimant = *who;
	b->candidate.is_others = pool && b->candidate.source == SOURCE_HELD &&
				 alloc_is_others(alloc_of(req), req->live->set, pool->index, &prefix->addr);
}

bool candidate_is_undisputed(const struct request *req, const struct candidate *c)
{
	return c->pool && !store_finds_at_once(req->live->db->store) &&
	       !alloc_is_others(alloc_of(req), req->live->set, c->pool->index, &c->prefix.addr) &&
	       alloc_n_free(alloc_of(req), req->live->set, c->pool->index) >= UNDISPUTED_FREE;
}

/* True if max-leases-per-client allows the IA another lease besides those the client has and those of this message. */
static bool may_have_more(const struct request *req, struct ia *ia)
{
	/* A lease that replaces the client's lease on this link does not count as another one. */
	bool replaces = req->fam->one_lease && ia->n_held;

	ia->is_limited = !replaces && !client_may_have_more(req);
	return !ia->is_limited;
}

/* Of from_reserved(). */
static bool is_last_round(const struct request *req, const struct binding *b)
{
	return b->pos > 4 * req->n_reserved;
}

/*
 * own: the lease there, which has ended, is the client's. What is reserved for the client may have been kept from
 * others as if it had a lease: note_reserved().
 */
static enum alloc_stored stored_at(const struct request *req, const struct binding *b, const struct lease *lease,
				   bool own)
{
	bool is_reserved = b->candidate.source == SOURCE_RESERVED;
	bool is_ended = lease || (req->cfg->asks_hosts && is_reserved);
	bool returns = is_reserved && is_last_round(req, b);

	if (own || (returns && is_ended))
		return ALLOC_OWN;
	return returns ? ALLOC_RESERVED : is_ended ? ALLOC_ENDED : ALLOC_NOTHING;
}

/* Why a candidate is not proposed; returns false. */
static bool no_candidate(const struct request *req, const struct binding *b, const struct prefix *prefix,
			 const char *why)
{
	if (req->trace)
		trace_candidate(req->trace, b, prefix, why);
	return false;
}

static const char in_use[] = "another client has a lease for it";
static const char too_many[] = "the client has as many leases as max-leases-per-client allows";

/* Claims a free address and makes it the candidate. `lease`: the lease stored there, if is_known. */
static bool claim(struct request *req, struct binding *b, const struct pool *pool, const struct prefix *prefix,
		  bool is_known, const struct lease *lease)
{
	bool own = lease && req->fam->belongs(req, b->ia, lease);
	struct alloc_client who = claimant_in(req, b->ia, pool, &prefix->addr, own);

	if (!own && !may_have_more(req, b->ia))
		return no_candidate(req, b, prefix, too_many);
	if (lease && !lease_is_over(lease))
		return no_candidate(req, b, prefix, in_use);
	if (!alloc_claim(alloc_of(req), prefix, &who, stored_at(req, b, lease, own)))
		return no_candidate(req, b, prefix, "it is leased or offered to another client, or never assigned");
	set_claimed(req, b, pool, prefix, &who);
	/*
	 * What was read before the claim may have changed while the request waited; after the claim it does not
	 * change.
	 */
	b->candidate.is_known = is_known && !may_have_waited(req);
	b->candidate.lease = lease;
	b->candidate.is_new = !own;
	req->n_new += !own;
	return true;
}

/*
 * A lease that the client has and is offered again is claimed: if it ended before the client requests it, it
 * would be free for others.
 */
static void claim_held(struct request *req, struct binding *b)
{
	struct candidate *c = &b->candidate;
	struct alloc_client who;

	if (!b->ia->policy->offers || lease_left(c->lease) >= OFFER_SEC)
		return;
	who = claimant_for(req, b->ia, &c->prefix.addr);
	c->is_claimed = alloc_claim(alloc_of(req), &c->prefix, &who, ALLOC_OWN);
	c->claimant = who;
}

/* Takes exactly this prefix, if a pool of the link contains it and it is the client's or free. */
static bool take(struct request *req, struct binding *b, const struct prefix *prefix, bool is_known,
		 const struct lease *lease)
{
	const struct pool *pool;
	struct prefix fresh;

	if (is_ours(req, &prefix->addr))
		return false;
	/*
	 * What the client holds belongs to it, even if it was offered to others while this server did not know, or
	 * the pool now delegates another length.
	 */
	if (lease && !lease_is_over(lease) && req->fam->belongs(req, b->ia, lease)) {
		struct prefix span = lease_span(lease);

		pool = pool_to_keep(req, lease);
		if (!pool)
			return no_candidate(req, b, &span,
					    "no pool for the client contains it any longer, or it is "
					    "reserved for another client");
		set_known(req, b, pool, &span, lease);
		claim_held(req, b);
		return true;
	}
	pool = pool_of(req, b->ia, prefix);
	if (!pool)
		return no_candidate(req, b, prefix, "no pool for the client contains it");
	fresh = (struct prefix){ prefix->addr, pool->len };
	/* Otherwise it was offered with another length. */
	if (!prefix_is_clean(&fresh))
		return no_candidate(req, b, prefix, "its pool delegates another length");
	if (is_withheld(req, pool, b->ia->type, &fresh))
		return no_candidate(req, b, prefix, "it is reserved for another client");
	return claim(req, b, pool, &fresh, is_known, lease);
}

/* --- sources: each continues at b->pos and returns false at its end ------------------------ */

/* The lease of this client, or of another stage of its boot, which this one replaces. */
static bool take_reserved(struct request *req, struct binding *b, const struct reserved *r)
{
	if (req->fam->belongs(req, b->ia, r->lease))
		return take(req, b, &r->prefix, true, r->lease);
	set_known(req, b, r->pool, &r->prefix, r->lease);
	b->candidate.is_of_host = true;
	return true;
}

/*
 * First what the IA already has, then what nobody has, because several IAs share what is reserved. Within each,
 * what the client names comes first. In the end, what another IA was offered and has not requested.
 */
static bool from_reserved(struct request *req, struct binding *b)
{
	while (b->pos < 5 * req->n_reserved) {
		const struct reserved *r = &req->reserved[b->pos % req->n_reserved];
		unsigned round = b->pos++ / req->n_reserved;
		bool wants_held = round < 2, wants_named = round % 2 == 0, is_last = is_last_round(req, b);

		if (req->trace && is_last && !reserved_is_usable(req, r))
			trace_candidate(req->trace, b, &r->prefix, "the client's classes keep it out of its subnet");
		if (r->type != b->ia->type || reserved_is_held(req, b->ia, r) != wants_held ||
		    (!is_last && ia_names(b->ia, &r->prefix.addr) != wants_named) || !reserved_is_usable(req, r) ||
		    is_ours(req, &r->prefix.addr))
			continue;
		if (wants_held ? take_reserved(req, b, r) : claim(req, b, r->pool, &r->prefix, true, r->lease))
			return true;
	}
	return false;
}

static bool from_held(struct request *req, struct binding *b)
{
	struct ia *ia = b->ia;

	while (b->pos < ia->n_held) {
		const struct lease *held = &ia->held[b->pos++];

		if (take(req, b, &(struct prefix){ held->addr, held->prefix_len }, true, held))
			return true;
	}
	return false;
}

static bool from_hints(struct request *req, struct binding *b)
{
	while (b->pos < b->ia->n_hints) {
		const struct hint *hint = &b->ia->hints[b->pos++];

		if (!ip_is_zero(&hint->prefix.addr) && take(req, b, &hint->prefix, true, hint->lease))
			return true;
	}
	return false;
}

static bool from_offered(struct request *req, struct binding *b)
{
	while (b->pos < b->ia->n_bindings) {
		struct alloc_client who = claimant_of(req, b->ia, b->pos++);
		/* Length 0: the length that the pool delegates. */
		struct prefix fresh = { .len = b->ia->type == LEASE_PD ? 0 : 128 };

		if (!id_is_used(b->ia, &who) && alloc_claimed_by(alloc_of(req), &who, &fresh.addr) &&
		    take(req, b, &fresh, false, NULL))
			return true;
	}
	return false;
}

/* --- free ones, pool by pool; pos: number of pools tried -------------------- */

static enum allocator allocator_of(const struct subnet *sub, const struct ia *ia)
{
	return ia->type == LEASE_PD ? sub->par.pd_allocator : sub->par.allocator;
}

/* Returns the nth pool of the link; NULL at the end. Of several random pools of a subnet, any may be the first. */
static const struct pool *nth_pool(const struct request *req, const struct binding *b, unsigned nth)
{
	unsigned i;

	for (i = 0; i < link_size(req->chosen); i++) {
		const struct subnet *sub = link_subnet(req->chosen, i);
		unsigned n, start;
		const struct pool *pools = subnet_pools(sub, b->ia->type == LEASE_PD, &n);

		start = allocator_of(sub, b->ia) == ALLOC_RANDOM ? b->first_pool : 0;
		if (nth < n)
			return &pools[(nth + start) % n];
		nth -= n;
	}
	return NULL;
}

/*
 * RFC 8168 3.2: a client that names a prefix length gets prefixes of that length, else shorter ones, nearest
 * first, else longer ones. Among equals the pool that contains the named prefix comes first; the others are in
 * order.
 */
static uint64_t rank_of(const struct pool *pool, const struct prefix *hint, unsigned nth)
{
	bool is_longer = pool->len > hint->len, is_shorter = pool->len < hint->len;
	uint64_t distance = is_longer ? pool->len - hint->len : hint->len - pool->len;
	bool contains = ip_cmp(&pool->first, &hint->addr) <= 0 && ip_cmp(&hint->addr, &pool->last) <= 0;

	return (is_longer ? 2ULL : is_shorter ? 1ULL : 0ULL) << 48 | distance << 40 | (uint64_t)!contains << 32 | nth;
}

/* If the client names several prefixes, each has its own binding. */
static const struct hint *length_hint(const struct binding *b)
{
	unsigned i = (unsigned)(b - b->ia->bindings);

	return b->ia->type == LEASE_PD && i < b->ia->n_hints ? &b->ia->hints[i] : NULL;
}

/* Returns the next pool; b->pos was 0 for the first. */
static const struct pool *next_pool(const struct request *req, struct binding *b)
{
	const struct hint *hint = length_hint(b);
	const struct pool *pool, *best = NULL;
	uint64_t best_rank = UINT64_MAX;
	unsigned i;

	if (!hint || !hint->prefix.len)
		return nth_pool(req, b, b->pos);
	for (i = 0; (pool = nth_pool(req, b, i)); i++) {
		uint64_t rank = rank_of(pool, &hint->prefix, i);

		if (rank < best_rank && (!b->pos || rank > b->rank)) {
			best = pool;
			best_rank = rank;
		}
	}
	b->next_rank = best_rank;
	return best;
}

/* Nothing (more) is available in that pool. */
static void pool_done(struct binding *b)
{
	b->pos++;
	b->rank = b->next_rank;
}

/* Makes it the candidate; the store may show that it belongs to another client. */
static void set_picked(struct request *req, struct binding *b, const struct pool *pool, const struct ip *addr,
		       const struct alloc_client *who)
{
	set_claimed(req, b, pool, &(struct prefix){ *addr, pool->len }, who);
	b->candidate.is_new = true;
	req->n_new++;
}

typedef bool pick_fn(struct request *req, const struct pool *pool, const struct alloc_client *who, struct ip *ret);

static bool pick_free(struct request *req, const struct pool *pool, const struct alloc_client *who, struct ip *ret)
{
	return alloc_pick(alloc_of(req), req->live->set, pool->index, who, ret);
}

static bool pick_ended(struct request *req, const struct pool *pool, const struct alloc_client *who, struct ip *ret)
{
	return alloc_take_ended(alloc_of(req), req->live->set, pool->index, who, ret);
}

static bool pick_overtaken(struct request *req, const struct pool *pool, const struct alloc_client *who, struct ip *ret)
{
	return alloc_take_over(alloc_of(req), req->live->set, pool->index, who, is_ours, req, ret);
}

static bool from_pools(struct request *req, struct binding *b, pick_fn *pick)
{
	const struct pool *pool;

	for (; may_have_more(req, b->ia) && (pool = next_pool(req, b)); pool_done(b)) {
		struct alloc_client who = claimant_in(req, b->ia, pool, NULL, false);
		struct ip addr;

		if (!may_use(req, pool) || !pick(req, pool, &who, &addr)) {
			if (req->trace)
				trace_pool(req->trace, req, b, pool);
			continue;
		}
		/* If it is rejected, the same pool may have another one: pos is unchanged. */
		set_picked(req, b, pool, &addr, &who);
		return true;
	}
	return false;
}

static bool from_free(struct request *req, struct binding *b)
{
	return from_pools(req, b, pick_free);
}

static bool from_ended(struct request *req, struct binding *b)
{
	return from_pools(req, b, pick_ended);
}

static bool from_overtaken(struct request *req, struct binding *b)
{
	return from_pools(req, b, pick_overtaken);
}

/* --- an address that the client made itself ---------------------------------- */

static bool from_own(struct request *req, struct binding *b)
{
	const struct hint *hint = b->pos < b->ia->n_hints ? &b->ia->hints[b->pos++] : NULL;
	bool is_registered = hint && hint->lease && hint->lease->state == LEASE_REGISTERED;

	if (!hint)
		return false;
	if (is_registered && !lease_is_over(hint->lease)) {
		set_known(req, b, NULL, &hint->prefix, hint->lease);
		return true;
	}
	return claim(req, b, NULL, &hint->prefix, true, hint->lease);
}

static bool (*const sources[])(struct request *req, struct binding *b) = {
	[SOURCE_RESERVED] = from_reserved,   [SOURCE_HELD] = from_held, [SOURCE_OFFERED] = from_offered,
	[SOURCE_HINTED] = from_hints,        [SOURCE_FREE] = from_free, [SOURCE_ENDED] = from_ended,
	[SOURCE_OVERTAKEN] = from_overtaken, [SOURCE_OWN] = from_own,
};

/* --- the step -------------------------------------------------------------- */

/* Proposes the next candidate of the binding; none at the end of the policy's sources. */
static bool propose(struct request *req, struct binding *b, const struct policy *policy)
{
	enum source source;

	for (; (source = policy->order[b->source]) != SOURCE_NONE; b->source++, b->pos = 0) {
		b->candidate.source = source;
		if (sources[source](req, b))
			return true;
	}
	b->candidate = (struct candidate){ .exists = false };
	return false;
}

static unsigned limit_of(const struct request *req, const struct ia *ia)
{
	const struct net_params *par = &req->chosen->par;
	unsigned limit = ia->type == LEASE_PD ? par->prefixes_per_ia : par->addresses_per_ia;

	return limit > BINDINGS_MAX ? BINDINGS_MAX : limit ? limit : 1;
}

/* Returns how many the client names: at least one, up to the limit. */
static unsigned n_wanted(const struct request *req, const struct ia *ia)
{
	unsigned limit = limit_of(req, ia), n = ia->n_hints < limit ? ia->n_hints : limit;

	return n ? n : 1;
}

/* Returns how many leases the IA has and names, or, if none, how many it has. These come first in held[]. */
static unsigned n_in_use(const struct ia *ia)
{
	unsigned i, n = 0, n_named = 0;

	for (i = 0; i < ia->n_held && !lease_is_over(&ia->held[i]); i++) {
		n++;
		n_named += ia_names(ia, &ia->held[i].addr);
	}
	return n_named ? n_named : n;
}

static bool propose_ia(struct request *req, struct ia *ia, const struct policy *policy, unsigned n)
{
	/* Most clients have no reservation. */
	unsigned i, first = policy->order[0] == SOURCE_RESERVED && !req->n_reserved;
	bool any = false;

	ia->policy = policy;
	ia->n_bindings = n;
	for (i = 0; i < n; i++)
		ia->bindings[i] = (struct binding){
			.ia = ia,
			.source = first,
			.first_pool =
				allocator_of(req->chosen, ia) == ALLOC_RANDOM ? (unsigned)rand_below(UINT32_MAX) : 0,
		};
	for (i = 0; i < n; i++)
		any |= propose(req, &ia->bindings[i], policy);
	return any;
}

static const struct policy extend_policy = { .order = { SOURCE_RESERVED, SOURCE_HELD } };

static enum verdict propose_all(struct request *req)
{
	unsigned i, room = 0;

	for (i = 0; i < req->n_ias; i++)
		room += req->ias[i].n_held + n_wanted(req, &req->ias[i]);
	req->bindings = arena_room(req->arena, room * sizeof(*req->bindings));
	if (!req->bindings)
		return request_drop(req, DROP_LIMIT, "the message is too large");
	for (i = 0; i < req->n_ias; i++) {
		struct ia *ia = &req->ias[i];
		const struct policy *policy = ia->same_as ? NULL : req->row->policy(req, ia);

		ia->bindings = req->bindings + req->n_bindings;
		if (policy && !(policy->extends && n_in_use(ia) && propose_ia(req, ia, &extend_policy, n_in_use(ia))))
			(void)propose_ia(req, ia, policy, n_wanted(req, ia));
		req->n_bindings += ia->n_bindings;
	}
	return STEP_NEXT;
}

/* For bindings whose candidate was rejected. */
static void propose_others(struct request *req)
{
	unsigned i;

	for (i = 0; i < req->n_bindings; i++) {
		struct binding *b = &req->bindings[i];

		if (!b->candidate.is_rejected || propose(req, b, b->ia->policy) || !b->was_lost)
			continue;
		/* Other requests ran in the meantime: sources that were empty may have something again. */
		b->was_lost = false;
		b->source = b->pos = 0;
		b->rank = b->next_rank = 0;
		(void)propose(req, b, b->ia->policy);
	}
}

enum verdict step_propose(struct request *req)
{
	if (req->row->declines)
		req->declines_left = budget_left(req->worker->srv->declines, &req->turn.client);
	if (!req->row->policy || !req->chosen)
		return STEP_NEXT;
	if (!req->n_rejected)
		return propose_all(req);
	propose_others(req);
	return STEP_NEXT;
}

bool candidate_is_claimed(const struct request *req, const struct binding *b)
{
	const struct candidate *c = &b->candidate;

	return !c->exists || !c->is_claimed || alloc_is_claimed(alloc_of(req), &c->prefix, &c->claimant);
}

bool candidate_is_lost(const struct request *req, const struct binding *b)
{
	const struct candidate *c = &b->candidate;

	if (!c->exists)
		return false;
	if (!c->is_claimed)
		return lease_is_over(c->lease);
	return c->claimant.commits ? !candidate_is_claimed(req, b)
				   : !alloc_may_offer(alloc_of(req), &c->prefix, &c->claimant);
}

/* Remembers it, so that it is not proposed again before its lease has ended. */
static void note_taken(struct request *req, const struct candidate *c)
{
	struct prefix span = lease_span(c->lease);

	if (span.len == c->prefix.len)
		alloc_found_taken(alloc_of(req), &span, &c->claimant, c->lease->expires);
}

/* So that it is not picked again and again; the reservation may be removed, so not forever. */
static void note_reserved(struct request *req, const struct candidate *c)
{
	if (c->is_claimed)
		alloc_found_taken(alloc_of(req), &c->prefix, &c->claimant, clock_boot_ms() / 1000 + RESERVED_SEC);
}

void candidate_reject(struct request *req, struct binding *b)
{
	struct candidate *c = &b->candidate;

	if (req->trace)
		trace_candidate(req->trace, b, &c->prefix,
				c->is_reserved ? "it is reserved for another client" : in_use);

	if (c->is_reserved)
		note_reserved(req, c);
	else if (c->is_claimed && c->lease && !lease_is_over(c->lease))
		note_taken(req, c);
	else
		b->was_lost = true;
	if (c->source == SOURCE_FREE)
		alloc_missed(alloc_of(req), req->live->set, c->pool->index, &c->claimant, &c->prefix.addr);
	else if (c->is_claimed)
		alloc_unclaim(alloc_of(req), &c->claimant);
	req->n_new -= c->is_new;
	*c = (struct candidate){ .is_rejected = true };
	req->n_rejected++;
}

/* --- what hook libraries choose ---------------------------------------------- */

int propose_move(struct request *req, struct binding *b, const struct ip *addr)
{
	/* Length 0: the length that the pool delegates. */
	const struct prefix named = { *addr, b->ia->type == LEASE_PD ? 0 : ip_is4(addr) ? 32 : 128 };
	const struct pool *pool = pool_of(req, b->ia, &named);
	bool was_new = b->candidate.is_new, was_limited = b->ia->is_limited, ok;
	struct alloc_client who;
	struct prefix prefix;

	if (!pool)
		return -E_RANGE;
	prefix = (struct prefix){ *addr, pool->len };
	if (!prefix_is_clean(&prefix))
		return -E_INVAL;
	ok = b->n_moves < MOVES_MAX && !is_ours(req, addr) && !is_withheld(req, pool, b->ia->type, &prefix) &&
	     (was_new || may_have_more(req, b->ia));
	b->ia->is_limited = was_limited;
	if (!ok)
		return -E_BUSY;
	who = claimant_in(req, b->ia, pool, addr, false);
	if (b->candidate.is_claimed)
		who.id = b->candidate.claimant.id;
	/* If it succeeds, the claim on the previous candidate ends. */
	if (!alloc_claim(alloc_of(req), &prefix, &who, ALLOC_NOTHING))
		return -E_BUSY;
	set_claimed(req, b, pool, &prefix, &who);
	b->candidate.is_new = true;
	req->n_new += !was_new;
	/* If the store shows that another client has it, all sources are tried again. */
	b->source = b->pos = 0;
	b->rank = b->next_rank = 0;
	b->n_moves++;
	return 0;
}

enum verdict propose_moved(struct request *req)
{
	unsigned i;

	for (i = 0; i < req->n_bindings; i++)
		req->bindings[i].is_granted = req->bindings[i].is_reused = false;
	for (i = 0; i < req->n_ias; i++)
		req->ias[i].has_status = false;
	return request_again(req, step_look);
}

void propose_forget(struct request *req, enum lease_type type)
{
	const struct ia ia = { .type = type };
	struct alloc_client who = claimant_of(req, &ia, 0);

	alloc_unclaim(alloc_of(req), &who);
}
