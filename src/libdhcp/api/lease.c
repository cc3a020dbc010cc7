/* SPDX-License-Identifier: MPL-2.0 */
/* Leases that are stored, apart from those that a packet is about. */
#include "api/api_int.h"

#include "base/err.h"
#include "serve/leasedb.h"
#include "serve/service.h"

static struct leasedb *database_of(const struct kea_call *call)
{
	const struct hook_call *hook = call->hook;

	return hook->req ? hook->req->live->db : hook->db;
}

static int64_t gauge(struct stat_place *place, enum stat_id id)
{
	return stat_value((struct stat_ref){ place, id });
}

int64_t api_lease_count(struct kea_call *call, uint32_t subnet_id, int of_prefixes)
{
	struct leasedb *db = database_of(call);
	struct stat_key key = { PLACE_SUBNET, subnet_id, 0 };
	struct stat_place *place;
	unsigned pin;
	int64_t n;

	if (!db)
		return 0;
	place = stat_places_enter(db->places, &key, &pin);
	n = of_prefixes ? gauge(place, STAT_ASSIGNED_PD) : gauge(place, STAT_ASSIGNED) - gauge(place, STAT_DECLINED);
	stat_places_leave(db->places, pin);
	return n > 0 ? n : 0;
}

int api_lease_walk(struct kea_call *call, kea_lease_fn *fn, void *context)
{
	struct leasedb *db = call->hook->req ? NULL : call->hook->db;
	struct store_scan scan = { .arena = NULL };
	int n;

	if (!db)
		return -E_UNSUPPORTED;
	scan.arena = arena_new(0);
	while ((n = store_scan(db->store, &scan)) > 0) {
		for (int i = 0; i < n; i++) {
			const struct kea_object object = {
				.kind = KEA_OBJECT_LEASE, .role = KEA_ARG_LEASE, .at = &scan.v[i], .call = call
			};

			fn(&object, context);
		}
		arena_reset(scan.arena);
	}
	arena_free(scan.arena);
	return n < 0 ? -E_BUSY : 0;
}
