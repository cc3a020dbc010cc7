/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/daemon.h"

/*
 * A change of one lease by a command: it finds the lease and then changes it, in the database that is in use when it
 * starts, and calls back in the main thread. The store may respond from any thread, at once or later.
 */
enum lease_op_kind { LEASE_OP_FIND, LEASE_OP_ADD, LEASE_OP_UPDATE, LEASE_OP_PUT, LEASE_OP_DELETE };

#define LEASE_OP_QUERIES 3
#define LEASE_OP_MAX 4096 /* leases found by one query */

struct lease_op {
	/* Set by the caller; arena and what `lease` and the queries point to live until done(). */
	struct daemon *d;
	enum lease_op_kind kind;
	struct arena *arena;
	struct lease lease;                           /* ADD, UPDATE, PUT (update, or add if there is none) */
	struct lease_query queries[LEASE_OP_QUERIES]; /* FIND, DELETE: by client or address */
	unsigned n_queries;
	void (*done)(struct lease_op *op);
	void *owner;
	/* The result. */
	enum store_result result; /* GONE: there is no such lease. CONFLICT: ADD: there is one; else: it was changed */
	bool was_added;           /* PUT */
	bool is_ambiguous;        /* DELETE: several leases were found */
	struct lease *found;      /* FIND: in the arena; DELETE: what was deleted */
	unsigned n_found;
	/* Private. */
	struct leasedb *db; /* joined until done() */
	struct post post;
	struct store_find find;
	struct store_txn txn;
	struct store_change change;
	bool is_changing, is_found;
};

/* Sets what a change of the lease at this address looks for. */
void lease_op_by_address(struct lease_op *op, enum lease_type type, const struct ip *addr);
void lease_op_start(struct lease_op *op);
