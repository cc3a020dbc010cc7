/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "../slow_queue.h"

#include "lease/store.h"

/*
 * A store for tests that responds from a slow_queue; a transaction is a change. Leases are in a memfile without a file,
 * so results are correct.
 */
/* Called in the requesting thread, for each store_find and each store_apply: the other argument is NULL. */
typedef void slow_asked_fn(void *ctx, const struct store_find *find, const struct store_txn *txn);

struct store *slow_store_new(int family, slow_asked_fn *asked, void *ctx);
/* Borrowed until the store is closed. */
struct slow_queue *slow_store_queue(struct store *store);
