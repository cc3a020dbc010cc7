/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A hash table from the hash of a key to a record: open addressing with linear probing. A slot keeps 32 bits of
 * the hash, so probing only touches records whose bits match; the caller compares the keys. Not locked.
 */
struct index_slot {
	uint32_t hash;
	uint32_t ref; /* 0 = empty */
};

struct index {
	struct index_slot *v; /* NULL until the first add */
	uint32_t n, cap;      /* cap: a power of two */
};

void index_done(struct index *index);
/* Prefetches the slot for a lookup of this hash. */
static inline void index_prefetch(const struct index *index, uint64_t hash)
{
	if (index->v)
		__builtin_prefetch(&index->v[(uint32_t)hash & (index->cap - 1)]);
}

/* Returns the slot of the matching record, NULL if none. Valid until the next add or remove. */
struct index_slot *index_find(const struct index *index, uint64_t hash, bool (*match)(const void *ctx, uint32_t ref),
			      const void *ctx);
/*
 * Makes room for n records in all, or for those that are there if they are more, and returns the memory beyond that.
 * Not during a walk.
 */
void index_resize(struct index *index, uint32_t n);
/* The key must not be in the index yet. */
void index_add(struct index *index, uint64_t hash, uint32_t ref);
void index_remove(struct index *index, struct index_slot *slot);

/* The position of a walk over an index that may change between steps. Start with zeroes. */
struct index_walk {
	uint32_t cap; /* cap of the index when the walk began */
	uint32_t next;
};
/*
 * Calls fn for the records of a few slots. A record that stays in the index for the whole walk is visited
 * exactly once. Returns false at the end.
 */
bool index_walk(const struct index *index, struct index_walk *walk, void (*fn)(void *ctx, uint32_t ref), void *ctx);
