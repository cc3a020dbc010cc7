/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/lease_stats.h"

/* Gauges that count a lease in this state, for addresses and for prefixes; 0 if none. */
static const enum stat_id gauges[LEASE_STATE_N][2][2] = {
	[LEASE_DEFAULT] = { { STAT_ASSIGNED }, { STAT_ASSIGNED_PD } },
	[LEASE_DECLINED] = { { STAT_ASSIGNED, STAT_DECLINED }, { STAT_ASSIGNED_PD, STAT_DECLINED } },
	[LEASE_REGISTERED] = { { STAT_REGISTERED }, { STAT_REGISTERED } },
};

/* Counters that are incremented when a lease enters this state. */
static const enum stat_id cumulative[LEASE_STATE_N][2] = {
	[LEASE_DEFAULT] = { STAT_CUMULATIVE_ASSIGNED, STAT_CUMULATIVE_ASSIGNED_PD },
	[LEASE_REGISTERED] = { STAT_CUMULATIVE_REGISTERED, STAT_CUMULATIVE_REGISTERED },
};

static struct stat_key key_of(enum lease_type type, uint32_t subnet_id, uint32_t pool_id)
{
	return (struct stat_key){ type == LEASE_PD ? PLACE_PD_POOL : PLACE_POOL, subnet_id, pool_id };
}

static void add(struct stat_place *place, enum stat_id id, int64_t n)
{
	if (id)
		stat_place_add(place, id, n);
}

static void add_gauges(struct stat_place *place, enum lease_state state, enum lease_type type, int64_t n)
{
	const enum stat_id *ids = gauges[state][type == LEASE_PD];

	add(place, ids[0], n);
	add(place, ids[1], n);
}

void lease_stats_add(struct stat_places *places, const struct lease *lease, int64_t n)
{
	struct stat_key key = key_of(lease->type, lease->subnet_id, lease->pool_id);
	unsigned pin;

	add_gauges(stat_places_enter(places, &key, &pin), lease->state, lease->type, n);
	stat_places_leave(places, pin);
}

static bool same_pool(const struct store_held *a, const struct store_held *b)
{
	return a->present && b->present && (a->type == LEASE_PD) == (b->type == LEASE_PD) &&
	       a->subnet_id == b->subnet_id && a->pool_id == b->pool_id;
}

/* True if the lease there was only extended, or something changed in it that is not counted. */
static bool same_lease(const struct store_notice *notice)
{
	return notice->same_client && !notice->was_ended && notice->old.state == notice->new.state &&
	       notice->old.type == notice->new.type && notice->old.len == notice->new.len;
}

/* `n` is 1, or -1 for a change that is undone. */
static void count_old(struct stat_place *place, const struct store_held *held, bool is_reclaimed, int64_t n)
{
	add_gauges(place, held->state, held->type, -n);
	if (!is_reclaimed || !held->in_use)
		return;
	stat_place_add(place, STAT_RECLAIMED, n);
	if (held->state == LEASE_DECLINED)
		stat_place_add(place, STAT_RECLAIMED_DECLINED, n);
}

static void count_new(struct stat_place *place, const struct store_held *held, bool is_same, int64_t n)
{
	add_gauges(place, held->state, held->type, n);
	if (!is_same)
		add(place, cumulative[held->state][held->type == LEASE_PD], n);
}

void lease_stats_note(struct stat_places *places, const struct store_notice *notice)
{
	/* For an undone change this is what had been made, not what is restored. */
	const struct store_held *old = notice->is_undo ? &notice->new : &notice->old;
	const struct store_held *new = notice->is_undo ? &notice->old : &notice->new;
	bool is_same = same_lease(notice);
	int64_t n = notice->is_undo ? -1 : 1;
	struct stat_place *place;
	struct stat_key key;
	unsigned pin;

	if (is_same && same_pool(old, new))
		return;
	if (new->present) {
		key = key_of(new->type, new->subnet_id, new->pool_id);
		place = stat_places_enter(places, &key, &pin);
		count_new(place, new, is_same, n);
		if (same_pool(old, new))
			count_old(place, old, notice->was_ended, n);
		stat_places_leave(places, pin);
	}
	if (old->present && !same_pool(old, new)) {
		key = key_of(old->type, old->subnet_id, old->pool_id);
		place = stat_places_enter(places, &key, &pin);
		count_old(place, old, notice->was_ended, n);
		stat_places_leave(places, pin);
	}
}

/* --- configurations -------------------------------------------------------- */

static void use_pools(struct stat_places *places, struct pool *pools, unsigned n_pools, enum lease_type type)
{
	for (unsigned i = 0; i < n_pools; i++) {
		struct stat_key key = key_of(type, pools[i].sub->id, pools[i].id);

		pools[i].place = stat_place_use(places, &key);
	}
}

void lease_stats_use(struct stat_places *places, struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct subnet *sub = &plan->subs[i];

		sub->place = stat_place_use(places, &(struct stat_key){ PLACE_SUBNET, sub->id, 0 });
		use_pools(places, sub->pools, sub->n_pools, LEASE_NA);
		use_pools(places, sub->pd_pools, sub->n_pd_pools, LEASE_PD);
	}
}

static void enter_pools(struct stat_places *places, const struct pool *pools, unsigned n_pools, bool prefixes,
			struct wide sum[2])
{
	for (unsigned i = 0; i < n_pools; i++) {
		struct wide total[2] = { { 0, 0 } };

		total[prefixes] = pool_total(&pools[i]);
		sum[prefixes] = wide_add(sum[prefixes], total[prefixes]);
		stat_place_enter(places, pools[i].place, total);
	}
}

void lease_stats_enter(struct stat_places *places, const struct plan *plan)
{
	stat_places_begin(places);
	for (size_t i = 0; i < plan->n; i++) {
		const struct subnet *sub = &plan->subs[i];
		struct wide sum[2] = { { 0, 0 } };

		enter_pools(places, sub->pools, sub->n_pools, false, sum);
		enter_pools(places, sub->pd_pools, sub->n_pd_pools, true, sum);
		stat_place_enter(places, sub->place, sum);
	}
}

static void unuse_pools(struct stat_places *places, const struct pool *pools, unsigned n_pools)
{
	for (unsigned i = 0; i < n_pools; i++)
		stat_place_unuse(places, pools[i].place);
}

void lease_stats_unuse(struct stat_places *places, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct subnet *sub = &plan->subs[i];

		unuse_pools(places, sub->pools, sub->n_pools);
		unuse_pools(places, sub->pd_pools, sub->n_pd_pools);
		stat_place_unuse(places, sub->place);
	}
	stat_places_sweep(places);
}
