/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/hash.h"
#include "lease/addrset.h"
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
 * A set of stripes is a mask of 64 bits; memtable_lock takes locks in ascending order. What else there is of a record
 * (its end, its version, that it is counted) is in the stripe of its address, too: changes of different leases have
 * nothing in common but the stripes where they happen to meet.
 *
 * From the first page on (memtable_order), each stripe also keeps its addresses in ascending order, those of each type
 * of lease by themselves. Only a new or removed lease changes them: they refer to no record. Until then, this costs
 * nothing.
 */
#define STRIPES SLAB_N
#define LEASE_TYPES (LEASE_V4 + 1)

/* While the table is loaded, each key has a thread. */
struct stripe_key {
	struct index lists;  /* by the key */
	struct index groups; /* of long lists */
} __attribute__((aligned(CACHE_LINE)));

struct stripe {
	pthread_mutex_t lock;
	struct index by_addr;
	struct stripe_key key[RECORD_KEYS];
	bool is_ordered;
	struct addrset ordered[LEASE_TYPES]; /* while is_ordered */
	uint64_t n_disordered;               /* leases removed from them */
	/* Of the records by whose address this is the stripe: */
	struct expiry expiry;                  /* leases in use, by their end */
	struct expiry retired;                 /* leases no longer in use, by their end */
	uint64_t version;                      /* last one assigned; of an address, no two are the same */
	_Atomic uint64_t count[LEASE_STATE_N]; /* written under the lock, read without */
} __attribute__((aligned(CACHE_LINE)));

struct memtable {
	struct stripe stripes[STRIPES];
	int64_t epoch; /* boot s; records count their end from here */
	struct slabs *slabs;
	pthread_mutex_t order_lock; /* of has_order; taken before the stripes' locks */
	bool has_order;             /* all addresses are in `ordered` of their stripes */
	_Atomic uint64_t n_paged;   /* records and addresses that pages looked at */
	bool loading;               /* the heaps are built at the end */
};

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
