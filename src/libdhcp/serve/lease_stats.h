/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"
#include "stat/place.h"
#include "subnet/subnet.h"

/*
 * Statistics about leases: how many are assigned, declined or registered, how many were ever assigned and how
 * many were reclaimed; for the server, each subnet and each pool. They follow the store, not the messages, so
 * they are right whoever changes a lease. A lease counts under the subnet id and pool id in its record, as in
 * Kea, so a reload that moves a subnet or a pool changes nothing, and the sums equal a recount of the store at
 * any time.
 *
 * A change is counted as it is made, before it is durable; a change that is undone is subtracted again.
 */

/* Counts n leases that exist, with the type, state, subnet id and pool id of this one. */
void lease_stats_add(struct stat_places *places, const struct lease *lease, int64_t n);
/* Counts a change reported by the store's watcher. */
void lease_stats_note(struct stat_places *places, const struct store_notice *notice);

/* A configuration was built: gives its subnets and pools their places. */
void lease_stats_use(struct stat_places *places, struct plan *plan);
/* The configuration goes into service and replaces the previous one. */
void lease_stats_enter(struct stat_places *places, const struct plan *plan);
/* The configuration is freed. */
void lease_stats_unuse(struct stat_places *places, const struct plan *plan);
