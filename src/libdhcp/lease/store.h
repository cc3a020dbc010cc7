/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lease.h"

/*
 * The lease store: one interface, several backends (struct store_ops). memfile keeps all leases in memory and a
 * journal on disk; postgresql and mysql keep them in a database, which several servers may share.
 *
 * Every store promises:
 * - At most one lease per address, also across failures.
 * - The changes of one transaction are made together or not at all.
 * - done() with CHANGE_OK means that the changes are on stable storage (unless the user disabled syncing). Only
 *   then may the server respond to the client.
 * - A failed change leaves no trace: neither store_find nor the next start sees it. (A crash in the middle may
 *   leave an unacknowledged change on disk; no client has seen it.)
 * - store_find sees changes as soon as they are applied, durable or not. Versions protect a response that
 *   depends on another request's pending change: if that is rolled back, this request's change conflicts.
 *
 * Thread safety: all functions may be called by any thread, except open, close and watch.
 */
struct store;
struct db_conf;
struct journal_sys;

struct store_conf {
	const char *type; /* "memfile", "postgresql", "mysql" */
	int family;       /* index: 0 = DHCPv4, 1 = DHCPv6 */
	const char *path; /* absolute path of the lease file; unused without persist */
	bool persist;
	bool sync;                     /* false: an acknowledged lease may be lost in a power cut */
	uint64_t max_row_errors;       /* the start fails if a file has more invalid rows; 0 = no limit */
	unsigned max_pending;          /* pending transactions; more return -E_BUSY; 0 = 65536 */
	unsigned check_ms;             /* how often to check that the file was not replaced; 0 = 10000 */
	const struct journal_sys *sys; /* NULL; tests replace system calls */
	/*
	 * Borrowed during store_open, but what `event` and `ctx` refer to as long as the store is open; NULL for
	 * memfile. The store sets kind and stmts itself.
	 */
	const struct db_conf *db;
};

/* On failure *reterr (malloc'd; reterr may be NULL) gives the reason, for the operator. */
int store_open(const struct store_conf *conf, struct store **ret, char **reterr);
/* Waits for pending transactions, then closes. NULL is fine. */
void store_close(struct store *store);

enum store_by {
	BY_ADDR,
	BY_HWADDR,
	BY_CLIENT_ID,
	BY_PAGE,    /* all leases that match the filter below, in ascending order of address */
	BY_EXPIRY,  /* leases that have expired by `ended_by` and are still DEFAULT, DECLINED or REGISTERED */
	BY_RETIRED, /* reclaimed and released leases that ended at or before `ended_by` */
};

struct lease_query {
	enum store_by by;
	enum lease_type type; /* by client, BY_PAGE: v6: only this type; v4: LEASE_V4 */
	struct ip addr;       /* BY_ADDR; BY_PAGE: only addresses after this one */
	/*
	 * BY_ADDR: probably no other server has the address. A shared store that knows of no lease there then finds
	 * none, without asking its database: a lease granted a moment ago is a conflict when a change is made.
	 */
	bool is_probably_free;
	/* By client and BY_PAGE: */
	const uint32_t *subnets; /* only leases in these subnets, ids in ascending order; borrowed until the response */
	unsigned n_subnets;      /* 0 = any subnet */
	/* BY_PAGE: */
	unsigned states;      /* only leases in these states: 1 << enum lease_state for each; 0 = any */
	const char *hostname; /* only leases with this name, ignoring case; NULL = any; borrowed likewise */
	/* BY_EXPIRY, BY_RETIRED: */
	int64_t ended_by; /* boot s */
	/* By client: */
	struct bytes id; /* hardware address, or client id / DUID; borrowed likewise */
	uint8_t hwtype;  /* BY_HWADDR */
	bool has_iaid;   /* BY_CLIENT_ID: only this IAID */
	uint32_t iaid;
	bool without_id; /* BY_HWADDR: only leases without a client id */
	void *owner;     /* for the caller */
	unsigned max;    /* maximum number of leases to find; may be 0 */
	/* The response: */
	int n;             /* number of leases found; -E_NOMEM when the arena is at its cap, -E_SYS */
	struct lease *out; /* the leases; in the arena, as are their bytes */
	uint32_t n_client; /* by client: number of leases with the id, regardless of the other filters */
};

/* Queries asked together. The struct and everything it points to must stay valid until the response. */
struct store_find {
	struct lease_query *v;
	unsigned n;
	struct arena *arena; /* for the leases found */
	/* Called from any thread, with the value `ticket` had when the queries were asked. */
	void (*done)(struct store_find *find, uint64_t ticket);
	void *owner;
	uint64_t ticket; /* for the caller */
	/* The response, if the caller has set it to false before: the database failed, see cached.h. */
	bool is_remembered;
	struct store_find *next; /* private to the store until the response */
};

/*
 * Finds leases in any state, expired or not. Their bytes are copied to the arena. By client, leases in use come
 * before reclaimed and released ones; among equals, those without a client id come first; registrations (RFC
 * 9686) are not found.
 *
 * With subnets, and in v6 the IAID, the cost depends only on their number. Without, a search looks at a few
 * thousand leases of the client at most and may miss some.
 *
 * Pages are for callers that can wait: in memory, the first one costs as much as a walk. To get the next page, pass the
 * address of the last lease; an empty page is the end. Pages include registrations.
 *
 * Leases that have ended are found in the order in which they ended, at most `max` of them.
 *
 * Returns 0 if all queries are answered: done is not called. -E_AGAIN: done will be called. memfile always
 * responds at once.
 */
int store_find(struct store *store, struct store_find *find);
/* True if store_find never returns -E_AGAIN, so done and ticket are not needed. */
static inline bool store_finds_at_once(const struct store *store);
/* Runs one query to completion: returns query->n and copies the leases to `out`. May block: not for workers. */
int store_find_wait(struct store *store, struct lease_query *query, struct arena *arena, struct lease *out,
		    unsigned max);

enum store_change_kind {
	CHANGE_INSERT,
	CHANGE_UPDATE,
	CHANGE_DELETE,
	CHANGE_TAKE, /* INSERT, or UPDATE of a lease that has ended: reclaimed, released or expired */
};

enum store_result {
	CHANGE_OK,
	CHANGE_CONFLICT, /* INSERT: the address has a lease; TAKE: one that has not ended; else: the lease was changed
			  */
	CHANGE_GONE,     /* the lease no longer exists */
	CHANGE_FAILED,   /* the storage is failing; nothing was changed */
	CHANGE_ABORTED,  /* valid, but another change of the transaction was rejected */
};

struct store_change {
	enum store_change_kind kind;
	struct lease new;          /* all but DELETE; the store sets its version */
	struct ip addr;            /* DELETE; the others use new.addr */
	uint64_t expected_version; /* UPDATE, DELETE: version of the lease that was read; 0 = any */
	const struct lease *old;   /* set by the caller: the lease that was read there; NULL if none */
	const struct lease *ended; /* set by the caller: the address's current lease if it has ended, else NULL */
	enum store_result result;
	uint32_t old_ref, new_ref; /* private to the store */
};

struct store_txn {
	struct store_change *v;
	unsigned n;
	/* Called from any thread, with the value `ticket` had when the changes were applied. */
	void (*done)(struct store_txn *txn, uint64_t ticket);
	void *owner;
	uint64_t ticket;          /* for the caller */
	enum store_result result; /* CHANGE_OK, or the first other result */
	struct store_txn *next;   /* private to the store until done() */
	/* The same for a store in front of another one, see cached.h: what `done` and `owner` were. */
	void (*outer_done)(struct store_txn *txn, uint64_t ticket);
	void *outer_owner;
};

/*
 * Makes changes. The store owns the transaction, and everything it points to, until it calls done(): from any
 * thread, possibly before this function returns. done() is not called on -E_BUSY (too many pending transactions)
 * or -E_RANGE (a lease that no store can hold: wrong family, valid 0, oversized field). An INSERT conflicts with
 * a lease in any state: to replace one that has ended, UPDATE it if you have read it, or TAKE the address
 * without reading.
 */
int store_apply(struct store *store, struct store_txn *txn);

/* The store's state for an address before or after a change. */
struct store_held {
	bool present; /* false: no lease, and the rest is zero */
	bool in_use;  /* lease_is_in_use() */
	uint8_t len;  /* prefix length it occupies: lease_span() */
	enum lease_type type;
	enum lease_state state;
	uint32_t subnet_id, pool_id;
	int64_t expires; /* boot s; INT64_MAX = never */
};

/*
 * A change of the lease for an address. It is reported when it is made; if it cannot be made durable, it is
 * reported again with is_undo and the two sides swapped, so that a counter subtracts what the first report
 * added.
 */
struct store_notice {
	struct ip addr;
	struct store_held old, new;
	bool same_client; /* both leases exist and have the same client (and IAID) */
	bool was_ended;   /* the replaced lease had ended: store_change.ended is set, or it is a TAKE */
	bool is_undo;
};

/*
 * The watcher sees every change, under the lock that guards the address: it must be fast and must not call the
 * store. Set it before leases change; leases loaded at open are not reported, see store_scan. One watcher per
 * store. If the store is shared, changes made by other servers are reported when this one notices them.
 */
typedef void store_watch_fn(void *ctx, const struct store_notice *notice);
void store_watch(struct store *store, store_watch_fn *changed, void *ctx);

/*
 * Servers on one store have numbers, so that they can share out what they pick from. Calls `changed` at once and when
 * this server's number (from 0) or the number of servers changes: under a lock of the store, by any thread. Does
 * nothing if the store is not shared.
 */
typedef void store_share_fn(void *ctx, unsigned number, unsigned n);
void store_watch_share(struct store *store, store_share_fn *changed, void *ctx);

/*
 * A walk over all leases in no particular order, a page at a time. No lock is held between pages, nor while the
 * caller processes one. A lease that exists during the whole walk is seen exactly once, in the state before or
 * after any change made meanwhile.
 *
 *	struct store_scan scan = { .arena = arena };
 *	while ((n = store_scan(store, &scan)) > 0) {
 *		for (int i = 0; i < n; i++) use(&scan.v[i]);
 *		arena_reset(arena);
 *	}
 *
 * Several threads may share the work, each with a walk of its own over one part.
 */
struct store_scan {
	struct arena *arena; /* for the page; may be reset after each page */
	unsigned part;       /* which of n_parts parts; a store may have all leases in the first one */
	unsigned n_parts;    /* 0: the whole store */
	bool is_brief;       /* only what struct store_held has: the address, its space, type, state, ids and end */
	struct lease *v;     /* the page */
	uint64_t place[2];   /* private to the store; start with zeroes */
};
/* Returns the number of leases in the next page; 0 at the end; -E_NOMEM, -E_SYS. May block: not for workers. */
int store_scan(struct store *store, struct store_scan *scan);
/* How many threads should share a walk: each has a CPU, and at least `min` leases. */
unsigned store_parts(struct store *store, uint64_t min);

/* Returns the number of leases in this state. */
uint64_t store_count(struct store *store, enum lease_state state);

struct store_stats {
	uint64_t leases; /* currently held, all states */
	uint64_t memory; /* bytes for leases and indexes */
	uint64_t rows;   /* written to the journal since open */
	uint64_t bytes;
	uint64_t groups; /* writes of one or more transactions */
	uint64_t syncs;
	uint64_t rewrites;   /* complete files written */
	uint64_t failures;   /* groups that could not be made durable */
	uint64_t pending;    /* transactions */
	uint64_t file_bytes; /* size of the lease file */
	uint64_t need_bytes; /* estimated size of a file with only the current leases */
	bool failing;        /* no change can be stored at the moment */
	char why[96];        /* the reason, while failing */
	/* from the last load */
	uint64_t loaded_rows;
	uint64_t bad_rows;
};
void store_get_stats(struct store *store, struct store_stats *ret);

/* A backend. A store begins with struct store. */
struct store_ops {
	const char *name;
	bool finds_at_once; /* find never returns -E_AGAIN */
	bool has_parts;     /* scan observes `part` and `n_parts` */
	bool is_shared;     /* other servers may change its leases */
	int (*open)(const struct store_conf *conf, struct store **ret, char **reterr);
	void (*close)(struct store *store);
	int (*find)(struct store *store, struct store_find *find);
	int (*apply)(struct store *store, struct store_txn *txn);
	int (*scan)(struct store *store, struct store_scan *scan); /* without `has_parts`, knows no parts */
	uint64_t (*count)(struct store *store, enum lease_state state);
	void (*watch)(struct store *store, store_watch_fn *changed, void *ctx);
	void (*stats)(struct store *store, struct store_stats *ret);
	void (*watch_share)(struct store *store, store_share_fn *changed, void *ctx); /* NULL unless is_shared */
};

/* All backends; ends with NULL. In backends.c, so that the interface does not depend on them. */
extern const struct store_ops *const store_backends[];

struct store {
	const struct store_ops *ops;
};

static inline bool store_finds_at_once(const struct store *store)
{
	return store->ops->finds_at_once;
}
