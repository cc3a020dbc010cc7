/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/list.h"
#include "db/db.h"
#include "lease/sql_clock.h"
#include "lease/sql_column.h"
#include "lease/sql_index.h"
#include "lease/sql_stmt.h"
#include "lease/store.h"
#include "log/fold.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * The store over a database, shared by its parts: sqlstore.c opens and closes it, sqlstore_find.c and sqlstore_apply.c
 * are what workers ask for, sqlstore_follow.c keeps the index and the clock up to date, sqlstore_share.c knows the
 * other servers.
 */
#define SQL_LIFETIMES_MAX 16 /* for more, other servers' changes are found by the slow reading, and by conflicts */

/* This server's number among those on the database; see sqlstore_share.c. */
struct sql_share {
	struct db *db;      /* a single connection */
	unsigned number, n; /* changed by one thread, with the store's lock, like `changed` and `ctx` */
	store_share_fn *changed;
	void *ctx;
	bool is_off; /* numbers do not work here */
};

struct sqlstore {
	struct store store;
	int family;
	enum db_kind kind;
	struct db *db;
	struct sql_stmts stmts;
	struct sql_clock clock;
	struct sql_index *index;
	struct sql_share share;
	atomic_uint_fast64_t bad_rows, failures;
	struct log_fold *fold;                         /* of lines about invalid rows, which are read again and again */
	atomic_bool is_failing;                        /* the last change could not be stored */
	_Atomic int64_t doubt_until_ms;                /* the index lacked a lease: until then it is not relied on */
	_Atomic uint32_t lifetimes[SQL_LIFETIMES_MAX]; /* that leases have; 0 = none */
	pthread_mutex_t lock;                          /* guards `jobs`, `stop`, `is_hurried` */
	struct list jobs;                              /* free ones, of sqlstore_apply.c */
	unsigned n_jobs;
	bool stop;
	bool is_hurried; /* another server was faster: find out soon what else it did */
	pthread_cond_t wake;
	pthread_t follower;
	bool has_follower;
};

static inline struct sqlstore *sqlstore_of(struct store *store)
{
	return container_of(store, struct sqlstore, store);
}

/*
 * Reads a row of a statement that returns leases. `buf` has SQL_GET_ROOM bytes. False if the row is invalid, which is
 * counted, and logged at most every 10 seconds for each address: *ret is then an infinite lease of nobody, as the
 * address is not free; without one (all zero) if that is what is invalid.
 */
bool sqlstore_read_row(struct sqlstore *s, struct db_row *row, struct lease *ret, char *buf);
/* The database has a lease that the index lacked, or a row that is invalid: that may be so elsewhere. */
void sqlstore_doubt(struct sqlstore *s);
/* Other servers may grant leases with this lifetime, too: those are searched for. */
void sqlstore_learn_lifetime(struct sqlstore *s, uint32_t sec);
/* The parameter for an address in `A`; bytes are borrowed from addr. */
struct db_value sqlstore_addr_value(const struct sqlstore *s, const struct ip *addr);
