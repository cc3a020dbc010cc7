/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"
#include "stat/place.h"
#include "subnet/subnet.h"

/*
 * Statistics about leases: how many are assigned, declined or registered, how many ever were, how many were reclaimed;
 * for the server, each subnet and each pool. They follow the store, not the messages, so they are right whoever changes
 * a lease. A lease counts where its record says it belongs (subnet id, pool id), as in Kea; so a reload that moves a
 * subnet or a pool changes nothing, and the sums equal a count of the store's leases at any time.
 *
 * A change is counted as it is made, before it is durable; what is undone is taken back.
 */

/* A lease that is there. */
void lease_stats_add(struct stat_places *places, const struct lease *lease);
/* From the store's watcher. */
void lease_stats_note(struct stat_places *places, const struct store_notice *notice);

/* A configuration is built: its subnets and pools get their places. */
void lease_stats_use(struct stat_places *places, struct plan *plan);
/* It comes into service, in the place of the one before it. */
void lease_stats_enter(struct stat_places *places, const struct plan *plan);
/* It is gone. */
void lease_stats_unuse(struct stat_places *places, const struct plan *plan);
