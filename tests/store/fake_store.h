/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * A store for tests of what stands on store.h: a real in-memory store underneath, but transactions
 * (and, if asked, finds) stay parked until the test lets them go, in the order the test wants, with
 * the result it wants. Changes are applied when they are let go with CHANGE_OK, so leases are what
 * the answers said. Not for many threads except where said.
 *
 *	struct store *store = fake_store_new(0);
 *	fake_store_hold(store, true);
 *	... server calls store_apply three times ...
 *	fake_store_answer(store, 2, CHANGE_OK);         the third first
 *	fake_store_answer(store, 0, CHANGE_CONFLICT);   the first meets somebody else's lease
 *	fake_store_answer_all(store, false);
 *	store_close(store);
 */
struct store *fake_store_new(int family);

/* true: store_apply parks transactions; false (as at start): they are answered before it returns. */
void fake_store_hold(struct store *store, bool hold);
/* true: store_find says -E_AGAIN and waits for fake_store_answer_find. */
void fake_store_hold_finds(struct store *store, bool hold);

/* Transactions waiting; fake_store_waiting(store, i) is one, in the order they came. */
unsigned fake_store_n_waiting(struct store *store);
struct store_txn *fake_store_waiting(struct store *store, unsigned i);
unsigned fake_store_n_waiting_finds(struct store *store);

/*
 * Answer waiting transaction i. CHANGE_OK: applied for real, so a true conflict is still one.
 * Anything else: nothing applied, its first change has that result, the rest CHANGE_ABORTED (with
 * CHANGE_FAILED: all of them).
 */
void fake_store_answer(struct store *store, unsigned i, enum store_result result);
/* All transactions and finds that wait now, oldest first, or with reverse newest first. */
void fake_store_answer_all(struct store *store, bool reverse);
/* Answer waiting find i: with what is in the store now, or that it failed. */
void fake_store_answer_find(struct store *store, unsigned i);
void fake_store_fail_find(struct store *store, unsigned i);
/* true: every response comes twice, with the same ticket. Only for owners that have tickets, which are not 0. */
void fake_store_twice(struct store *store, bool twice);
/* The next n transactions end like this at once, whether held or not. */
void fake_store_fail_next(struct store *store, unsigned n, enum store_result result);
/* The next n calls of store_apply return -E_BUSY. */
void fake_store_busy_next(struct store *store, unsigned n);
/* One find past all that is held: for the test itself. Returns how many, at most one. */
int fake_store_find_now(struct store *store, struct lease_query *query, struct arena *arena, struct lease *ret);
/* Put a lease in, as another server on the same database would, unseen by the watcher; replaces what is there. */
void fake_store_put(struct store *store, const struct lease *lease);
