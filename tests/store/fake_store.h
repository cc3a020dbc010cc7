/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * A store for tests of code that uses store.h: a real in-memory store underneath, but transactions (and
 * optionally finds) are held until the test completes them, in any order and with any result. Changes are
 * applied when they are completed with CHANGE_OK, so the leases agree with the results. Not thread-safe unless
 * noted.
 *
 *	struct store *store = fake_store_new(0);
 *	fake_store_hold(store, true);
 *	... server calls store_apply three times ...
 *	fake_store_answer(store, 2, CHANGE_OK);         the third first
 *	fake_store_answer(store, 0, CHANGE_CONFLICT);   the first conflicts with another lease
 *	fake_store_answer_all(store, false);
 *	store_close(store);
 */
struct store *fake_store_new(int family);

/* true: store_apply holds transactions; false (initially): they complete before it returns. */
void fake_store_hold(struct store *store, bool hold);
/* true: store_find returns -E_AGAIN and waits for fake_store_answer_find. */
void fake_store_hold_finds(struct store *store, bool hold);

/* Number of held transactions; fake_store_waiting(store, i) is one of them, in order of arrival. */
unsigned fake_store_n_waiting(struct store *store);
struct store_txn *fake_store_waiting(struct store *store, unsigned i);
unsigned fake_store_n_waiting_finds(struct store *store);

/*
 * Completes held transaction i. CHANGE_OK: applied for real, so a real conflict is still one. Anything else:
 * nothing is applied, its first change has that result, the rest CHANGE_ABORTED (with CHANGE_FAILED: all of
 * them).
 */
void fake_store_answer(struct store *store, unsigned i, enum store_result result);
/* Completes all held transactions and finds, oldest first, or with reverse newest first. */
void fake_store_answer_all(struct store *store, bool reverse);
/* Completes held find i: with the current content of the store, or as failed. */
void fake_store_answer_find(struct store *store, unsigned i);
void fake_store_fail_find(struct store *store, unsigned i);
/* true: every result is delivered twice, with the same ticket. Only for owners that use tickets other than 0. */
void fake_store_twice(struct store *store, bool twice);
/* The next n transactions end like this at once, held or not. */
void fake_store_fail_next(struct store *store, unsigned n, enum store_result result);
/* The next n calls of store_apply return -E_BUSY. */
void fake_store_busy_next(struct store *store, unsigned n);
/* One find that bypasses everything held: for the test itself. Returns the number found, at most one. */
int fake_store_find_now(struct store *store, struct lease_query *query, struct arena *arena, struct lease *ret);
/* Stores a lease as another server on the same database would, unseen by the watcher; replaces an existing one. */
void fake_store_put(struct store *store, const struct lease *lease);
