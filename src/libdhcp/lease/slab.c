/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A reference consists of slab (6 bits), chunk (12 bits) and 8-byte unit within the chunk (14 bits). Freed
 * pieces go to a free list of their size; sizes above 512 bytes are rounded up to a power of two, so the next
 * allocation of that size finds a freed piece. Memory is not returned to the system: a lease file that was large
 * will be large again.
 */
#include "lease/slab.h"

#include "base/arena.h"

#include <assert.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define UNIT 8
#define UNIT_BITS 14
/* A little less than 128 KiB, the size malloc still takes from its heap instead of mmap. */
#define CHUNK_UNITS ((1U << UNIT_BITS) - 8)
#define CHUNK_BYTES ((size_t)CHUNK_UNITS * UNIT)
#define CHUNK_BITS 12
#define PAGE 4096
#define POPULATE 65536 /* bytes to populate at once */
#define N_SMALL 64     /* sizes of 1..64 units have their own list */
#define N_LARGE 8      /* 128 .. 8192 units and a complete chunk */

struct slab {
	uint32_t n_chunks;
	uint32_t next_unit;               /* first unused unit in the last chunk */
	uint32_t populated_chunk;         /* number of chunks when `populated` was valid */
	size_t populated;                 /* populated bytes of the last chunk */
	uint32_t free[N_SMALL + N_LARGE]; /* first free piece, 0 if none */
	_Atomic uint64_t used;            /* bytes; read without the owner's lock */
	char *chunk[1U << CHUNK_BITS];
};

struct slabs {
	struct slab v[SLAB_N];
};

struct slabs *slabs_new(void)
{
	return xcalloc(1, sizeof(struct slabs));
}

void slabs_free(struct slabs *slabs)
{
	if (!slabs)
		return;
	for (unsigned i = 0; i < SLAB_N; i++)
		for (uint32_t c = 0; c < slabs->v[i].n_chunks; c++)
			free(slabs->v[i].chunk[c]);
	free(slabs);
}

/*
 * Populates the following pages with one call: one page fault each would cost more than everything else. As many
 * as exist already, so that a few leases take a few pages.
 */
static void populate(struct slab *slab)
{
	size_t end = (size_t)slab->next_unit * UNIT, ahead, more;
	uintptr_t chunk = (uintptr_t)slab->chunk[slab->n_chunks - 1], from;

	if (slab->n_chunks != slab->populated_chunk) {
		slab->populated_chunk = slab->n_chunks;
		slab->populated = 0;
	}
	if (end <= slab->populated)
		return;
	more = slab->n_chunks > 1 || slab->populated > POPULATE ? POPULATE : slab->populated;
	ahead = end + more < CHUNK_BYTES ? end + more : CHUNK_BYTES;
	from = (chunk + slab->populated) / PAGE * PAGE;
	/* A kernel without it populates them one by one. */
	(void)madvise((void *)from, chunk + ahead - from, MADV_POPULATE_WRITE);
	slab->populated = ahead;
}

static unsigned class_of(size_t len, uint32_t *ret_units)
{
	uint32_t units = (uint32_t)((len + UNIT - 1) / UNIT);
	unsigned large = 0;

	assert(len > 0 && units <= CHUNK_UNITS - 1);
	if (units <= N_SMALL) {
		*ret_units = units;
		return units - 1;
	}
	while ((N_SMALL * 2U) << large < units)
		large++;
	*ret_units = large < N_LARGE - 1 ? (N_SMALL * 2U) << large : CHUNK_UNITS - 1;
	return N_SMALL + large;
}

void *slab_get(const struct slabs *slabs, uint32_t ref)
{
	const struct slab *slab = &slabs->v[slab_of(ref)];

	return slab->chunk[ref >> UNIT_BITS & ((1U << CHUNK_BITS) - 1)] +
	       (size_t)(ref & ((1U << UNIT_BITS) - 1)) * UNIT;
}

static void add_used(struct slab *slab, int64_t n)
{
	uint64_t used = atomic_load_explicit(&slab->used, memory_order_relaxed) + (uint64_t)n;

	atomic_store_explicit(&slab->used, used, memory_order_relaxed);
}

uint32_t slab_alloc(struct slabs *slabs, unsigned i, size_t len)
{
	struct slab *slab = &slabs->v[i];
	uint32_t units, ref;
	unsigned class = class_of(len, &units);

	ref = slab->free[class];
	if (ref) {
		memcpy(&slab->free[class], slab_get(slabs, ref), sizeof(ref));
	} else {
		if (!slab->n_chunks || slab->next_unit + units > CHUNK_UNITS) {
			if (slab->n_chunks == 1U << CHUNK_BITS)
				return 0;
			slab->chunk[slab->n_chunks++] = xmalloc(CHUNK_BYTES);
			/* Reference 0 means none, so the very first unit stays unused. */
			slab->next_unit = slab->n_chunks == 1 ? 1 : 0;
		}
		ref = (uint32_t)i << 26 | (slab->n_chunks - 1) << UNIT_BITS | slab->next_unit;
		slab->next_unit += units;
		populate(slab);
		/* The next allocation will be written soon. */
		__builtin_prefetch(slab->chunk[slab->n_chunks - 1] + (size_t)slab->next_unit * UNIT, 1);
		__builtin_prefetch(slab->chunk[slab->n_chunks - 1] + (size_t)slab->next_unit * UNIT + 64, 1);
	}
	add_used(slab, (int64_t)units * UNIT);
	return ref;
}

void slab_free(struct slabs *slabs, uint32_t ref, size_t len)
{
	struct slab *slab = &slabs->v[slab_of(ref)];
	uint32_t units;
	unsigned class = class_of(len, &units);

	memcpy(slab_get(slabs, ref), &slab->free[class], sizeof(ref));
	slab->free[class] = ref;
	add_used(slab, -(int64_t)units * UNIT);
}

uint64_t slabs_used(struct slabs *slabs)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < SLAB_N; i++)
		sum += atomic_load_explicit(&slabs->v[i].used, memory_order_relaxed);
	return sum;
}
