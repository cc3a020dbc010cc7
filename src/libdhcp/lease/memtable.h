/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/hash.h"
#include "lease/expiry.h"
#include "lease/index.h"
#include "lease/record.h"
#include "lease/slab.h"

#include <pthread.h>

/*
 * All leases in memory.
 *
 * The table is divided into 64 stripes. A stripe has a lock, a slab of records and three indexes: by address, by
 * hardware address, by client id. A key's hash selects its stripe, so one record is reachable through up to
 * three stripes. A record enters or leaves the table only while the locks of all its stripes are held; so
 * holding any one of them is enough to read it. Records with the same key (one hardware address in many subnets,
 * or with many client ids) form a list (clientlist.h).
 *
 * A set of stripes is a mask of 64 bits; memtable_lock takes locks in ascending order. The expiry lock is taken
 * after them.
 */
#define STRIPES SLAB_N

struct stripe {
	pthread_mutex_t lock;
	struct index by_addr, by_key[RECORD_KEYS];
	struct index by_group; /* of long lists; both keys */
} __attribute__((aligned(64)));

struct memtable {
	struct stripe stripes[STRIPES];
	int64_t epoch; /* boot s; records count their end from here */
	struct slabs *slabs;
	pthread_mutex_t expiry_lock;
	struct expiry expiry;     /* leases in use, by their end */
	struct expiry retired;    /* leases no longer in use, by their end */
	bool loading;             /* one thread fills the table; the heap is built at the end */
	_Atomic uint64_t version; /* last one assigned */
	_Atomic uint64_t count[LEASE_STATE_N];
};

void memtable_init(struct memtable *table, int64_t epoch);
void memtable_done(struct memtable *table);
/* Between these two calls, one thread may insert records without locks; expiry is correct only after the second. */
void memtable_load_begin(struct memtable *table);
void memtable_load_end(struct memtable *table);

static inline uint64_t memtable_hash_addr(const struct ip *addr)
{
	return hash_16(addr->b);
}

static inline uint64_t memtable_hash_key(enum record_key key, struct bytes id)
{
	return hash_bytes(id.data, id.len, 1 + (uint64_t)key);
}

static inline unsigned memtable_stripe(uint64_t hash)
{
	return (unsigned)(hash >> 58);
}

static inline uint64_t memtable_bit(uint64_t hash)
{
	return 1ULL << memtable_stripe(hash);
}

/* Returns 0 if the record has no such key. */
static inline uint64_t memtable_key_bit(enum record_key key, struct bytes id)
{
	return id.len ? memtable_bit(memtable_hash_key(key, id)) : 0;
}

static inline struct record *memtable_record(const struct memtable *table, uint32_t ref)
{
	return slab_get(table->slabs, ref);
}

/*
 * Prefetches the records of the next slots during a walk over an index, as they are scattered over memory.
 */
static inline void memtable_look_ahead(const struct memtable *table, const struct index *index, uint32_t slot)
{
	uint32_t ahead = slot + 16;

	if (ahead < index->cap && index->v[ahead].ref)
		__builtin_prefetch(memtable_record(table, index->v[ahead].ref));
}

void memtable_lock(struct memtable *table, uint64_t mask);
void memtable_unlock(struct memtable *table, uint64_t mask);
/* The stripes of a record. */
uint64_t memtable_mask(const struct record *rec);

/* Returns the record, 0 if none. The lock of the hash's stripe is held. */
uint32_t memtable_by_addr(struct memtable *table, const struct ip *addr, uint64_t hash);

/* Prefetches the index slots for the keys of the record, or only for the address. `rec` may be NULL. */
void memtable_prefetch(const struct memtable *table, uint64_t addr_hash, const struct record *rec);

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
 * record during the whole walk is visited exactly once. Returns false at the end.
 */
bool memtable_walk(struct memtable *table, struct memtable_walk *walk, void (*fn)(void *ctx, uint32_t ref), void *ctx);

/* Size of records and indexes in bytes. */
uint64_t memtable_bytes(struct memtable *table);
