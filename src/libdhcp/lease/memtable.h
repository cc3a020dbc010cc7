/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/stripe.h"

/* Locking, finding, changing and walking the leases in memory; stripe.h has the structs and the rules. */

void memtable_init(struct memtable *table, int64_t epoch);
void memtable_done(struct memtable *table);
/* Returns the number of leases in that state; no lock is needed. */
uint64_t memtable_count(const struct memtable *table, enum lease_state state);
/*
 * Between these two calls, records are inserted without locks, by the functions below; expiry is correct only after the
 * second, which uses threads if there are many. The indexes have room for the expected number of records from the
 * beginning: growing takes as long as entering all records once more.
 */
void memtable_load_begin(struct memtable *table, uint64_t expected);
void memtable_load_end(struct memtable *table);
/*
 * One thread makes records and enters them by address. For each key one thread, the same or another, then does
 * clientlist_swap(), in the same sequence; only after that the old record is dropped.
 *
 * Copies a record, which has no version yet, for an address with this hash; returns 0 if its slab is full.
 */
uint32_t memtable_load_copy(struct memtable *table, uint64_t hash, const struct record *packed, size_t len);
/* Enters the record, 0: removes the one that is there. Returns that one, 0 if there was none. */
uint32_t memtable_load_addr(struct memtable *table, const struct ip *addr, uint64_t hash, uint32_t ref);

/*
 * Prefetches the records of the next slots during a walk over an index, as they are scattered over memory.
 */
static inline void memtable_look_ahead(const struct memtable *table, const struct index *index, uint32_t slot)
{
	uint32_t ahead = slot + 16;

	if (ahead < index->cap && index->v[ahead].ref) {
		const char *rec = (const char *)memtable_record(table, index->v[ahead].ref);

		/* Most records are in two or three cache lines. */
		__builtin_prefetch(rec);
		__builtin_prefetch(rec + 64);
	}
}

static inline void memtable_lock(struct memtable *table, uint64_t mask)
{
	for (; mask; mask &= mask - 1)
		(void)pthread_mutex_lock(&table->stripes[__builtin_ctzll(mask)].lock);
}

static inline void memtable_unlock(struct memtable *table, uint64_t mask)
{
	for (; mask; mask &= mask - 1)
		(void)pthread_mutex_unlock(&table->stripes[__builtin_ctzll(mask)].lock);
}

/* The stripes of a record. */
uint64_t memtable_mask(const struct record *rec);

/* Returns the record, 0 if none. The lock of the hash's stripe is held. */
uint32_t memtable_by_addr(struct memtable *table, const struct ip *addr, uint64_t hash);

/* Creates a record outside the table. The lock of the address's stripe is held; returns 0 if its slab is full. */
uint32_t memtable_make(struct memtable *table, const struct lease *lease);
/* Frees a record that is no longer in the table; same lock. */
void memtable_drop(struct memtable *table, uint32_t ref);
/*
 * Replaces `old` with `new`, a record of the same address; either may be 0 (none). All locks of both records are
 * held.
 */
void memtable_swap(struct memtable *table, uint32_t old, uint32_t new);

/* The position of a walk over all records while the table changes; see index_walk(). Start with zeroes. */
struct memtable_walk {
	struct index_walk walk; /* within the stripe */
	unsigned stripe;
};
/*
 * Calls fn for some records, under the lock of their stripe, which is released afterwards. An address that has a
 * record during the whole walk is visited exactly once. Only every `step`th stripe is visited (0: all). Returns false
 * at the end.
 */
bool memtable_walk(struct memtable *table, struct memtable_walk *walk, unsigned step,
		   void (*fn)(void *ctx, uint32_t ref), void *ctx);

/* Keeps the addresses of each stripe in order from now on. The first call walks over all records. */
void memtable_order(struct memtable *table);
/*
 * Copies the first addresses after this one that the stripe has for leases of the type, at most `max`, in ascending
 * order; returns their number. After memtable_order().
 */
unsigned memtable_after(struct memtable *table, unsigned stripe, enum lease_type type, const struct ip *addr,
			struct ip *ret, unsigned max);

/* Size of records and indexes in bytes. */
uint64_t memtable_bytes(struct memtable *table);
