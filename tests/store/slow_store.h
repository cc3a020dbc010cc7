/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * A store for tests that is as bad as a remote one can be: what it is asked is answered by threads of its own, late and
 * in any order; some of it fails, meets a conflict, is answered twice or, until the test lets it go, never. Leases are
 *in a memfile without a file, so answers are true.
 *
 *	struct store *store = slow_store_new(0, on_asked, ctx);
 *	... workers serve requests ...
 *	slow_store_withhold(store, false);	from here on everything is answered, also what was kept back
 *	store_close(store);			nothing may be under way
 */
/* Called in the thread that asks, of each store_find and each store_apply: the other one is NULL. */
typedef void slow_asked_fn(void *ctx, const struct store_find *find, const struct store_txn *txn);

struct store *slow_store_new(int family, slow_asked_fn *asked, void *ctx);
/* true: a part of what it is asked from now on is kept back. false: no more, and what was kept back is answered. */
void slow_store_withhold(struct store *store, bool withhold);
/* true: failures and conflicts, besides those that are true. As at the start. */
void slow_store_fail(struct store *store, bool fail);

struct slow_counts {
	unsigned finds, txns;              /* answered as they should be */
	unsigned failed, conflicts, twice; /* answered otherwise */
	unsigned withheld;                 /* kept back at first */
};
struct slow_counts slow_store_counts(struct store *store);
