/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lease.h"

/*
 * Where leases live. One interface, several backends (struct store_ops); today memfile, which keeps
 * all leases in memory and a journal on disk.
 *
 * What every store promises:
 * - At most one lease per address, also across failures.
 * - The changes of one transaction are made together or not at all.
 * - done() with CHANGE_OK means: on stable storage (unless the user chose not to sync). Only then
 *   may the client be told.
 * - A change that failed leaves no trace: neither store_find nor the next start sees it as made.
 *   (A crash in the middle may leave an unacknowledged change on disk; nobody was told of it.)
 * - store_find sees changes as soon as they are applied, durable or not. An answer that rests on
 *   what another request has under way is kept right by the versions: if that is rolled back, ours
 *   conflicts.
 *
 * Thread safety: all functions may be called by any thread, except open, close and watch.
 */
struct store;
struct journal_sys;

struct store_conf {
	const char *type; /* "memfile" */
	int family;       /* index: 0 = DHCPv4, 1 = DHCPv6 */
	const char *path; /* of the lease file, absolute; unused without persist */
	bool persist;
	bool sync;               /* false: an acknowledged lease may be lost in a power cut */
	uint64_t max_row_errors; /* rows of a file that may be beyond understanding; more: no start. 0 = any number */
	unsigned max_pending;    /* transactions under way, above it -E_BUSY; 0 = 65536 */
	unsigned check_ms;       /* how often to look whether the file is still ours; 0 = 10000 */
	const struct journal_sys *sys; /* NULL; tests replace system calls */
};

/* On failure *reterr (malloc'd, may be NULL to not want it) says why, for the operator. */
int store_open(const struct store_conf *conf, struct store **ret, char **reterr);
/* Waits for what is under way, then closes. NULL is fine. */
void store_close(struct store *store);

enum store_by {
	BY_ADDR,
	BY_HWADDR,
	BY_CLIENT_ID,
	BY_PAGE, /* any leases that the filter below lets pass, in ascending order of their addresses */
};

struct lease_query {
	enum store_by by;
	enum lease_type type; /* v6: only this one, but BY_ADDR the lease there whatever its type; v4: LEASE_V4 */
	struct ip addr;       /* BY_ADDR; BY_PAGE: only addresses after this one */
	/* By client and BY_PAGE: */
	const uint32_t *subnets; /* leases in these subnets only, ids in ascending order; borrowed until the response */
	unsigned n_subnets;      /* 0 = in any */
	/* BY_PAGE: */
	unsigned states;      /* leases in these states only: 1 << enum lease_state for each; 0 = in any */
	const char *hostname; /* leases with this name only, whatever its case; NULL = with any; borrowed likewise */
	/* By client: */
	struct bytes id; /* hardware address, or client id / DUID; borrowed likewise */
	uint8_t hwtype;  /* BY_HWADDR */
	bool has_iaid;   /* BY_CLIENT_ID: only this IAID */
	uint32_t iaid;
	bool without_id; /* BY_HWADDR: only leases that have no client id */
	void *owner;     /* of whoever asks */
	unsigned max;    /* as many are found at most; may be 0 */
	/* The response: */
	int n;             /* how many were found; -E_NOMEM when the arena is at its cap, -E_SYS */
	struct lease *out; /* these; in the arena, as are their bytes */
	uint32_t n_client; /* by client: how many leases have the id, whatever else the query says */
};

/* Queries that are asked together; with what they point to they live until the response. */
struct store_find {
	struct lease_query *v;
	unsigned n;
	struct arena *arena; /* of what is found */
	/* Called from any thread, with the ticket below as it was when the queries were asked. */
	void (*done)(struct store_find *find, uint64_t ticket);
	void *owner;
	uint64_t ticket;         /* the owner's */
	struct store_find *next; /* private to the store while it has the queries */
};

/*
 * Find leases, whatever their state and expired or not. Their bytes are copied to the arena. By client, leases in
 * use come before those that were reclaimed or released, and of equals those without a client id come first;
 * registrations (RFC 9686) are not found.
 *
 * With subnets, and in v6 the IAID, the cost depends on their number only. Without, a search looks at a few
 * thousand leases of the client at most and may miss some.
 *
 * A page is for those who can wait: its cost grows with the number of leases. Ask for the next one with the address
 * of the last lease; a page of none is the end. Registrations are found, too.
 *
 * Returns 0 when all queries are answered: done is not called. -E_AGAIN: it will be. memfile always responds at once.
 */
int store_find(struct store *store, struct store_find *find);
/* True if store_find never returns -E_AGAIN, so done and ticket are not needed. */
static inline bool store_finds_at_once(const struct store *store);
/* One query, however long the store takes: returns query->n, and copies the leases to `out`. Not for workers. */
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
	CHANGE_CONFLICT, /* INSERT: the address has a lease; TAKE: one that has not ended; else: somebody changed it */
	CHANGE_GONE,     /* the lease is not there any more */
	CHANGE_FAILED,   /* the storage is sick; nothing was changed */
	CHANGE_ABORTED,  /* fine by itself, but another change of the transaction was refused */
};

struct store_change {
	enum store_change_kind kind;
	struct lease new;          /* all but DELETE; its version is set by the store */
	struct ip addr;            /* DELETE; for the others new.addr counts */
	uint64_t expected_version; /* UPDATE, DELETE: of the lease that was read; 0 = any */
	const struct lease *ended; /* whoever makes it says: the lease there, if it has ended by its time; else NULL */
	enum store_result result;
	uint32_t old_ref, new_ref; /* private to the store */
};

struct store_txn {
	struct store_change *v;
	unsigned n;
	/* Called from any thread, with the ticket below as it was when the changes were applied. */
	void (*done)(struct store_txn *txn, uint64_t ticket);
	void *owner;
	uint64_t ticket;          /* the owner's */
	enum store_result result; /* CHANGE_OK, or the first one that was not */
	struct store_txn *next;   /* private to the store while it has the transaction */
};

/*
 * Make changes. The store has the transaction, and what it points to, until it calls done(): from
 * any thread, perhaps before this returns. Done is not called when it returns -E_BUSY (too much is
 * under way) or -E_RANGE (a lease that no store can hold: wrong family, valid 0, oversized field).
 * An INSERT of an address that has a lease in any state is a conflict: to take over one that has ended, UPDATE it if
 * you have read it, or TAKE the address without reading.
 */
int store_apply(struct store *store, struct store_txn *txn);

/* What the store has at an address before or after a change. */
struct store_held {
	bool present; /* false: no lease, and the rest is zero */
	bool in_use;  /* lease_is_in_use() */
	uint8_t len;  /* of what it takes: lease_span() */
	enum lease_type type;
	enum lease_state state;
	uint32_t subnet_id, pool_id;
	int64_t expires; /* boot s; INT64_MAX = never */
};

/*
 * A change of the lease at an address. It is reported as it is made; if it cannot be made durable, it is reported
 * again with is_undo and the two sides exchanged, so whoever counts takes back what the first report added.
 */
struct store_notice {
	struct ip addr;
	struct store_held old, new;
	bool same_client; /* both leases are there and have the same client (and IAID) */
	bool was_ended;   /* the lease it replaces had ended: store_change.ended says so, or it is a TAKE */
	bool is_undo;
};

/*
 * The watcher sees every change, under the lock that guards the address: it is short and does not call the store. Set
 * it before leases change; what was loaded at open is not reported, see store_scan. One watcher per store.
 */
typedef void store_watch_fn(void *ctx, const struct store_notice *notice);
void store_watch(struct store *store, store_watch_fn *changed, void *ctx);

/*
 * A walk over all leases in no order, a page at a time. No lock is held between the pages, nor while the caller works
 * on one. A lease that is there during the whole walk is seen exactly once, as it was before or after each change that
 * is made meanwhile.
 *
 *	struct store_scan scan = { .arena = arena };
 *	while ((n = store_scan(store, &scan)) > 0) {
 *		for (int i = 0; i < n; i++) use(&scan.v[i]);
 *		arena_reset(arena);
 *	}
 */
struct store_scan {
	struct arena *arena; /* of the page; reset it when done with one, or not */
	bool is_brief;       /* without the bytes: identifiers, hostname and user context stay empty */
	struct lease *v;     /* the page */
	uint64_t place[2];   /* private to the store; zeroed at first */
};
/* The number of leases of the next page; 0 at the end; -E_NOMEM, -E_SYS. It may wait: not for workers. */
int store_scan(struct store *store, struct store_scan *scan);

/* The leases that are over at boot_sec, still DEFAULT, DECLINED or REGISTERED, longest over first. */
unsigned store_expired(struct store *store, int64_t boot_sec, struct arena *arena, struct lease *out, unsigned max);

/* The same for leases that are reclaimed or released and whose end was at or before boot_sec. */
unsigned store_retired(struct store *store, int64_t boot_sec, struct arena *arena, struct lease *out, unsigned max);

/* How many leases are in this state. */
uint64_t store_count(struct store *store, enum lease_state state);

struct store_stats {
	uint64_t leases; /* held now, all states */
	uint64_t memory; /* bytes for leases and indexes */
	uint64_t rows;   /* written to the journal since open */
	uint64_t bytes;
	uint64_t groups; /* writes that took one or more transactions */
	uint64_t syncs;
	uint64_t rewrites;   /* whole files written */
	uint64_t failures;   /* groups that could not be made durable */
	uint64_t pending;    /* transactions under way */
	uint64_t file_bytes; /* of the lease file */
	uint64_t need_bytes; /* about what the leases held now would take in a file */
	bool failing;        /* nothing can be stored just now */
	char why[96];        /* while failing */
	/* from the last load */
	uint64_t loaded_rows;
	uint64_t bad_rows;
};
void store_get_stats(struct store *store, struct store_stats *ret);

/* A backend. A store begins with struct store. */
struct store_ops {
	const char *name;
	bool finds_at_once; /* find never returns -E_AGAIN */
	int (*open)(const struct store_conf *conf, struct store **ret, char **reterr);
	void (*close)(struct store *store);
	int (*find)(struct store *store, struct store_find *find);
	int (*apply)(struct store *store, struct store_txn *txn);
	int (*scan)(struct store *store, struct store_scan *scan);
	unsigned (*expired)(struct store *store, int64_t boot_sec, struct arena *arena, struct lease *out,
			    unsigned max);
	unsigned (*retired)(struct store *store, int64_t boot_sec, struct arena *arena, struct lease *out,
			    unsigned max);
	uint64_t (*count)(struct store *store, enum lease_state state);
	void (*watch)(struct store *store, store_watch_fn *changed, void *ctx);
	void (*stats)(struct store *store, struct store_stats *ret);
};

struct store {
	const struct store_ops *ops;
};

static inline bool store_finds_at_once(const struct store *store)
{
	return store->ops->finds_at_once;
}
