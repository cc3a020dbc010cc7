/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A hash table from the hash of a key to a record, open addressing with linear probing. A slot keeps
 * 32 bits of the hash, so probing touches records only where these agree; whether the record really
 * has the key is for the caller to say. Not locked.
 */
struct index_slot {
	uint32_t hash;
	uint32_t ref; /* 0 = empty */
};

struct index {
	struct index_slot *v; /* NULL while nothing was added */
	uint32_t n, cap;      /* cap: a power of two */
};

void index_done(struct index *index);
/* Tell the cache that this hash will be looked up. */
static inline void index_prefetch(const struct index *index, uint64_t hash)
{
	if (index->v)
		__builtin_prefetch(&index->v[(uint32_t)hash & (index->cap - 1)]);
}

/* The slot whose record matches, NULL if none. Valid until the next add or remove. */
struct index_slot *index_find(const struct index *index, uint64_t hash, bool (*match)(const void *ctx, uint32_t ref),
			      const void *ctx);
/* Only for a key that is not there. */
void index_add(struct index *index, uint64_t hash, uint32_t ref);
void index_remove(struct index *index, struct index_slot *slot);

/* A walk over an index that may change between its steps. Zeroed at first. */
struct index_walk {
	uint32_t cap; /* of the index when the walk began */
	uint32_t next;
};
/*
 * One step: calls fn for the records of a few slots. A record that is there during the whole walk is seen exactly
 * once. False at the end.
 */
bool index_walk(const struct index *index, struct index_walk *walk, void (*fn)(void *ctx, uint32_t ref), void *ctx);
