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
struct feed;

#define RECLAIM_SLICE_MAX 4096 /* leases per slice if the configuration sets no limit */

/*
 * `found` is called, by any thread, when a store that responds late has found the leases of a slice: let the main
 * thread call reclaim_resume(). NULL if the store responds at once.
 */
struct reclaim *reclaim_new(unsigned family, void (*found)(void *ctx), void *ctx);
/* True if neither a search nor a change is pending. */
bool reclaim_is_idle(struct reclaim *reclaim);
/* True if the last search for expired leases found none. */
bool reclaim_found_none(const struct reclaim *reclaim);
/* True if changes of the last slice could not be stored, or its leases could not be searched for. */
bool reclaim_is_failing(struct reclaim *reclaim);
/* Waits until the store has completed all pending changes. */
void reclaim_free_wait(struct reclaim *reclaim);
/* Adds reclaimed leases to the feed, which must outlive the object. */
void reclaim_use_feed(struct reclaim *reclaim, struct feed *feed);
/*
 * Asks the DDNS server, from the next slice on, to remove the records of reclaimed leases. cfg must be in service
 * whenever a slice begins or is continued. NULL: nothing is asked.
 */
void reclaim_use_dns(struct reclaim *reclaim, struct ncr_sender *sender, const struct config *cfg);
/*
 * Processes one slice of expired leases, except those that a hook library keeps; does nothing while the previous
 * slice is still being stored. Returns the number of leases processed; 0 if the store will respond later.
 */
unsigned reclaim_slice(struct reclaim *reclaim, struct store *store, const struct hooks *hooks,
		       const struct expired_leases_processing_conf *conf);
/*
 * Removes one slice of reclaimed and released leases whose hold time has passed. Returns the number of leases
 * being removed: RECLAIM_SLICE_MAX if there may be more.
 */
unsigned reclaim_flush(struct reclaim *reclaim, struct store *store, const struct expired_leases_processing_conf *conf);
/*
 * Continues reclaim_slice() or reclaim_flush(), with the same configuration, and returns what they would have returned;
 * see reclaim_new().
 */
unsigned reclaim_resume(struct reclaim *reclaim, struct store *store, const struct hooks *hooks, bool *ret_is_flush);
