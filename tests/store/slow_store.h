/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * A store for tests that is as bad as a remote one can be: its own threads respond late and in any order; some
 * requests fail, conflict, are answered twice or, until the test releases them, never. Leases are in a memfile
 * without a file, so results are correct.
 *
 *	struct store *store = slow_store_new(0, on_asked, ctx);
 *	... workers serve requests ...
 *	slow_store_withhold(store, false);	from here on everything is answered, including what was withheld
 *	store_close(store);			nothing may be under way
 */
/* Called in the requesting thread, for each store_find and each store_apply: the other argument is NULL. */
typedef void slow_asked_fn(void *ctx, const struct store_find *find, const struct store_txn *txn);

struct store *slow_store_new(int family, slow_asked_fn *asked, void *ctx);
/* true: some of the requests from now on are withheld. false: no longer, and those withheld are answered. */
void slow_store_withhold(struct store *store, bool withhold);
/* true (initially): adds failures and conflicts to the real ones. */
void slow_store_fail(struct store *store, bool fail);

struct slow_counts {
	unsigned finds, txns;              /* answered correctly */
	unsigned failed, conflicts, twice; /* answered otherwise */
	unsigned withheld;                 /* withheld at first */
	unsigned pending;                  /* not yet answered, without those that are withheld */
};
struct slow_counts slow_store_counts(struct store *store);
