/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/list.h"
#include "lease/store.h"
#include "stat/place.h"

#define OFFER_SEC 15 /* how long what is offered is kept for the client */

/*
 * A lease database in service: a store, and what is free and what is counted by what it holds. Each configuration in
 * service (struct live) has one, most often the same as the one before it; a reload that changes "lease-database"
 * brings another. The old one is closed when the last request that began with it has ended.
 *
 * join and leave are for the main thread; the store and what is free are for all.
 */
struct leasedb {
	struct store *store;
	struct alloc *alloc;
	struct stat_places *places; /* statistics of leases, subnets and pools */
	bool counts_leases;         /* those that were there have been counted: from here on changes are */
	unsigned n_users;
	bool closes_aside; /* in a thread of its own: the disk that is no longer wanted may hang. Set by the owner */
	struct list link;  /* the owner's; it leaves this list when it is freed */
};

/* Takes the store, whose leases have not changed since it was opened. The caller is its one user. */
struct leasedb *leasedb_new(struct store *store);
void leasedb_join(struct leasedb *db);
/*
 * Closes the store, which waits for what is under way, before the last user has left: from here on nothing responds.
 * Those who wait for a response have theirs by then.
 */
void leasedb_close(struct leasedb *db);
/* The last user closes the store, which waits for what is under way; see closes_aside. NULL is fine. */
void leasedb_leave(struct leasedb *db);
/* False while a thread still closes a database that the last user has left. */
bool leasedb_all_ended(void);
/* Tells the set, which is new, what is not free; the first time, leases are counted. -E_SYS when the store cannot be
 * read. */
int leasedb_fill(struct leasedb *db, struct alloc_set *set);
