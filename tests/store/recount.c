/* SPDX-License-Identifier: MPL-2.0 */
#include "recount.h"

#include "base/arena.h"
#include "base/vec.h"

struct counted {
	enum lease_type type;
	enum lease_state state;
	uint32_t subnet_id, pool_id;
};

struct recount {
	VEC(struct counted) leases;
	int family;
	char *why;
	size_t size;
	unsigned n_gauges;
	bool differs;
};

static void collect(struct recount *r, struct store *store)
{
	struct store_scan scan = { .arena = arena_new(0) };
	int n;

	while ((n = store_scan(store, &scan)) > 0)
		for (int i = 0; i < n; i++) {
			const struct lease *lease = &scan.v[i];

			*vec_push(&r->leases) =
				(struct counted){ lease->type, lease->state, lease->subnet_id, lease->pool_id };
		}
	arena_free(scan.arena);
}

static bool is_there(const struct stat_key *key, const struct counted *lease)
{
	if (key->kind == PLACE_GLOBAL)
		return true;
	if (key->subnet_id != lease->subnet_id)
		return false;
	return key->kind == PLACE_SUBNET ||
	       (key->pool_id == lease->pool_id && (key->kind == PLACE_PD_POOL) == (lease->type == LEASE_PD));
}

static bool is_in(enum stat_id id, const struct counted *lease)
{
	bool taken = lease->state == LEASE_DEFAULT || lease->state == LEASE_DECLINED;

	switch (id) {
	case STAT_ASSIGNED:
		return taken && lease->type != LEASE_PD;
	case STAT_ASSIGNED_PD:
		return taken && lease->type == LEASE_PD;
	case STAT_DECLINED:
		return lease->state == LEASE_DECLINED;
	case STAT_REGISTERED:
		return lease->state == LEASE_REGISTERED;
	default:
		return false;
	}
}

static bool compare(void *ctx, struct stat_ref ref)
{
	char name[STAT_PLACE_NAME_MAX];
	struct recount *r = ctx;
	int64_t n = 0;

	if (stat_kind(ref.id) != STAT_IS_GAUGE)
		return true;
	r->n_gauges++;
	for (size_t i = 0; i < r->leases.n; i++)
		n += is_there(&ref.place->key, &r->leases.v[i]) && is_in(ref.id, &r->leases.v[i]);
	if (stat_value(ref) == n)
		return true;
	(void)snprintf(r->why, r->size, "%s is %lld, the store has %lld", stat_ref_name(ref, r->family, name),
		       (long long)stat_value(ref), (long long)n);
	r->differs = true;
	return false;
}

bool recount_agrees(struct stat_places *places, struct store *store, int family, char *why, size_t size)
{
	struct recount r = { .family = family, .why = why, .size = size };

	collect(&r, store);
	stat_each(places, family, compare, &r);
	if (!r.n_gauges)
		(void)snprintf(why, size, "there are no gauges");
	vec_free(&r.leases);
	return r.n_gauges && !r.differs;
}
