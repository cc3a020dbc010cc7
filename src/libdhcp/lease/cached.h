/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * A store in front of another one that may fail, for "on-fail": "serve-cached": it keeps in memory the leases that were
 * found or changed through it, and answers queries by client or address from there when the other store fails. Then
 * `is_remembered` of the find is set: what was found is what the database had last, and what was not found may be
 * there all the same. So a client may keep a lease that it has until it ends, and nothing else may be concluded.
 *
 * Changes are never made in memory alone: while the other store fails, they fail. Leases that end, or that other
 * servers change, are forgotten.
 */

/* Takes `back`, which is closed with it. Nobody may watch it yet. */
struct store *store_cached_new(struct store *back, int family);
