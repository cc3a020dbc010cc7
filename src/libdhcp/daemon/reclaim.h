/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/hooks.h"
#include "lease/store.h"
#include "root/config.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reclaims expired leases, a slice at a time, so that responses are never delayed: a slice takes at most
 * max-reclaim-leases leases and stops after max-reclaim-time. A reclaimed or released lease is kept for
 * hold-reclaimed-time, so that a returning client gets the same address, and is then removed. Main thread only;
 * the store calls back from its own thread.
 */
struct reclaim;

#define RECLAIM_SLICE_MAX 4096 /* leases per slice if the configuration sets no limit */

struct reclaim *reclaim_new(unsigned family);
/* True if no change is pending. */
bool reclaim_is_idle(struct reclaim *reclaim);
/* True if changes of the last slice could not be stored. */
bool reclaim_is_failing(struct reclaim *reclaim);
/* Waits until the store has completed all pending changes. */
void reclaim_free_wait(struct reclaim *reclaim);
/*
 * Processes one slice of expired leases, except those that a hook library keeps; does nothing while the previous
 * slice is still being stored. Returns the number of leases processed.
 */
unsigned reclaim_slice(struct reclaim *reclaim, struct store *store, const struct hooks *hooks,
		       const struct expired_leases_processing_conf *conf);
/*
 * Removes one slice of reclaimed and released leases whose hold time has passed. Returns the number of leases
 * being removed: RECLAIM_SLICE_MAX if there may be more.
 */
unsigned reclaim_flush(struct reclaim *reclaim, struct store *store, const struct expired_leases_processing_conf *conf);
