/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/hooks.h"
#include "lease/store.h"
#include "root/config.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Expired leases become free again, a slice at a time, so that answers are never delayed: a slice
 * takes at most max-reclaim-leases leases and stops looking after max-reclaim-time. A reclaimed
 * or released lease is kept for hold-reclaimed-time, so a client that comes back finds its address,
 * and then removed. Main thread only; the store answers from its own.
 */
struct reclaim;

#define RECLAIM_SLICE_MAX 4096 /* leases, where the configuration sets no limit */

struct reclaim *reclaim_new(unsigned family);
/* Waits until the store has answered what was handed to it. */
void reclaim_free_wait(struct reclaim *reclaim);
/*
 * One slice of expired leases, except those that a hook library wants to stay; does nothing while the last slice is
 * still being stored. Returns how many leases were taken up.
 */
unsigned reclaim_slice(struct reclaim *reclaim, struct store *store, const struct hooks *hooks,
		       const struct expired_leases_processing_conf *conf);
/*
 * One slice of reclaimed and released leases whose hold time is over. Returns how many are being
 * removed: RECLAIM_SLICE_MAX when there may be more.
 */
unsigned reclaim_flush(struct reclaim *reclaim, struct store *store, const struct expired_leases_processing_conf *conf);
