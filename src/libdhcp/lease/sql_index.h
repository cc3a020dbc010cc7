/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * What a server knows of the leases in a database: for each address the state that store_held describes, and who has
 * it. It is what the watcher learns the state before a change from, counts leases, and answers which addresses are
 * taken without asking the database. Another server may have changed a lease meanwhile.
 *
 * Responses of several connections may be processed in another order than the database made the changes. So whoever
 * asks or changes something takes the time (sql_index_time) before, and what is found is noted only if nothing else
 * became known about the address since then.
 *
 * About 45 bytes for each DHCPv4 lease and 60 for each DHCPv6 lease. Any thread.
 */
struct sql_index;

struct sql_known {
	struct store_held held; /* present: false = there is no lease */
	uint32_t id, hw;        /* hashes of the client's identifier (with the IAID) and hardware address; 0 = none */
};

struct sql_index *sql_index_new(int family);
void sql_index_free(struct sql_index *index);
/* One watcher; before leases change. */
void sql_index_watch(struct sql_index *index, store_watch_fn *changed, void *ctx);

struct sql_known sql_known_of(const struct lease *lease);

uint64_t sql_index_time(struct sql_index *index);
/*
 * Notes what the database has at an address according to a response whose question was sent after `since`, and reports
 * it to the watcher if it is new. Returns false, without effect, if something else became known after `since`: ask
 * again. True also if it agrees with what is known.
 */
bool sql_index_note(struct sql_index *index, const struct ip *addr, uint64_t since, const struct sql_known *known);
/* The same for this server's own change, which is always reported unless another one came first. */
bool sql_index_note_change(struct sql_index *index, const struct ip *addr, uint64_t since,
			   const struct sql_known *known, bool was_ended);

/* True if the database is known to have a lease at the address, ended or not. */
bool sql_index_has(struct sql_index *index, const struct ip *addr);

uint64_t sql_index_count(struct sql_index *index, enum lease_state state);
uint64_t sql_index_bytes(struct sql_index *index);

/* A walk for store_scan(): leases without bytes, lifetimes and times other than `expires`. */
int sql_index_scan(struct sql_index *index, struct store_scan *scan);

/*
 * To find leases that were deleted: begin, note every lease of the database, then sweep: calls fn for addresses that
 * were not noted since, of which the caller then asks the database. One thread.
 */
void sql_index_begin_sweep(struct sql_index *index);
/* Visits a part of the index; place starts at 0. Writes at most max addresses; *ret_n of them. False at the end. */
bool sql_index_sweep(struct sql_index *index, uint64_t *place, struct ip *ret, unsigned max, unsigned *ret_n);
