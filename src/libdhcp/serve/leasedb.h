/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/list.h"
#include "lease/store.h"
#include "stat/place.h"

#define OFFER_SEC 15 /* how long an offer is held for the client */

/*
 * A lease database in service: a store, the free addresses and the statistics that follow from its leases. Each
 * configuration in service (struct live) has one, usually that of the configuration before it; a reload that
 * changes "lease-database" opens another. The old one is closed when the last request that began with it has
 * ended.
 *
 * join and leave are for the main thread; the store and the free addresses are for any thread.
 */
struct leasedb {
	struct store *store;
	struct alloc *alloc;
	struct stat_places *places; /* statistics of leases, subnets and pools */
	bool counts_leases;         /* the leases found at the start are counted: now changes are */
	unsigned n_users;
	bool closes_aside; /* close in a separate thread: the disk may hang. Set by the owner */
	void (*closed)(
		void *ctx); /* called by any thread when the store is closed, before this is freed; may be NULL */
	void *closed_ctx;
	/* Sees all changes, like the store's watcher, of which it is a part; NULL: none. watcher_ctx is set before. */
	_Atomic(store_watch_fn *) watcher;
	void *watcher_ctx;
	struct list link; /* the owner's list; freeing the database removes it from there */
};

/* Takes the store, whose leases have not changed since it was opened. The caller is its only user. */
struct leasedb *leasedb_new(struct store *store);
void leasedb_join(struct leasedb *db);
/*
 * Closes the store before the last user has left, after what is in progress has finished: it no longer responds.
 * Requests that wait for a response have it by then.
 */
void leasedb_close(struct leasedb *db);
/*
 * Leaves the database. The last user closes the store, which waits for what is in progress; see closes_aside.
 * Accepts NULL.
 */
void leasedb_leave(struct leasedb *db);
/* False while a thread is still closing a database that the last user has left. */
bool leasedb_all_ended(void);
/*
 * Reports to the new set which addresses are not free; the first time, leases are counted as well. -E_SYS if the
 * store cannot be read.
 */
int leasedb_fill(struct leasedb *db, struct alloc_set *set);
