/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/leasedb.h"

#include "base/arena.h"
#include "base/thread.h"
#include "serve/lease_stats.h"

#include <pthread.h>
#include <stdatomic.h>

/* The store's watcher: free addresses and statistics follow the leases. */
static void note(void *ctx, const struct store_notice *notice)
{
	const struct store_held *old = &notice->old, *new = &notice->new;
	struct leasedb *db = ctx;
	store_watch_fn *watcher = atomic_load_explicit(&db->watcher, memory_order_acquire);

	/* In this order: an address of both leases is never free in between. */
	if (new->in_use)
		alloc_note(db->alloc, &(struct prefix){ notice->addr, new->len }, true, new->expires);
	if (old->in_use && (!new->in_use || new->len != old->len))
		alloc_note(db->alloc, &(struct prefix){ notice->addr, old->len }, false, old->expires);
	if (db->counts_leases)
		lease_stats_note(db->places, notice);
	if (watcher)
		watcher(db->watcher_ctx, notice);
}

static void share(void *ctx, unsigned number, unsigned n)
{
	struct leasedb *db = ctx;

	alloc_share(db->alloc, number, n);
}

struct leasedb *leasedb_new(struct store *store)
{
	struct leasedb *db = xcalloc(1, sizeof(*db));

	*db = (struct leasedb){ .store = store, .alloc = alloc_new(OFFER_SEC * 1000), .n_users = 1 };
	if (store->ops->is_shared)
		alloc_scatter(db->alloc);
	db->places = stat_places_new();
	list_init(&db->link);
	store_watch(store, note, db);
	store_watch_share(store, share, db);
	return db;
}

void leasedb_join(struct leasedb *db)
{
	db->n_users++;
}

void leasedb_close(struct leasedb *db)
{
	store_close(db->store);
	db->store = NULL;
}

static atomic_uint n_ending; /* threads */

static void end(struct leasedb *db)
{
	leasedb_close(db);
	if (db->closed)
		db->closed(db->closed_ctx);
	alloc_free(db->alloc);
	stat_places_free(db->places);
	free(db);
}

static void *end_aside(void *db)
{
	end(db);
	atomic_fetch_sub(&n_ending, 1);
	return NULL;
}

bool leasedb_all_ended(void)
{
	return atomic_load(&n_ending) == 0;
}

void leasedb_leave(struct leasedb *db)
{
	pthread_t thread;

	if (!db || --db->n_users)
		return;
	list_remove(&db->link);
	if (!db->store || !db->closes_aside) {
		end(db);
		return;
	}
	atomic_fetch_add(&n_ending, 1);
	if (thread_start(&thread, end_aside, db) == 0)
		(void)pthread_detach(thread);
	else
		(void)end_aside(db);
}
