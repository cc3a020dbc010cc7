/* SPDX-License-Identifier: MPL-2.0 */
/* At most 4/5 full; removing an entry shifts the following ones back, so there are no tombstones and no rebuilds. */
#include "lease/index.h"

#include "base/arena.h"

#include <sys/mman.h>

#define CAP_MIN 16
#define MAP_MIN ((size_t)1 << 17) /* bytes from which on a table is mapped: it comes and goes as a whole */
#define LARGE_PAGE ((size_t)2 << 20)

/* Maps a power of two, aligned to large pages if it consists of them: each lookup is somewhere else. */
static void *map(size_t len)
{
	size_t extra = len >= LARGE_PAGE ? LARGE_PAGE : 0, before;
	char *room = mmap(NULL, len + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		die_of_memory();
	if (!extra) {
		/* All of it will be used. A kernel without this populates it page by page. */
		(void)madvise(room, len, MADV_POPULATE_WRITE);
		return room;
	}
	before = (size_t)(-(uintptr_t)room & (LARGE_PAGE - 1));
	if (before)
		(void)munmap(room, before);
	if (extra - before)
		(void)munmap(room + before + len, extra - before);
	/* A kernel without huge pages uses small ones. */
	(void)madvise(room + before, len, MADV_HUGEPAGE);
	return room + before;
}

static struct index_slot *slots_new(uint32_t cap)
{
	size_t len = cap * sizeof(struct index_slot);

	return len < MAP_MIN ? xcalloc(1, len) : map(len);
}

static void slots_free(struct index_slot *v, uint32_t cap)
{
	size_t len = cap * sizeof(*v);

	if (len < MAP_MIN)
		free(v);
	else
		(void)munmap(v, len);
}

void index_done(struct index *index)
{
	slots_free(index->v, index->cap);
	*index = (struct index){ 0 };
}

struct index_slot *index_find(const struct index *index, uint64_t hash, bool (*match)(const void *ctx, uint32_t ref),
			      const void *ctx)
{
	uint32_t mask = index->cap - 1;

	if (!index->v)
		return NULL;
	for (uint32_t i = (uint32_t)hash & mask; index->v[i].ref; i = (i + 1) & mask)
		if (index->v[i].hash == (uint32_t)hash && match(ctx, index->v[i].ref))
			return &index->v[i];
	return NULL;
}

static void place(struct index *index, struct index_slot slot)
{
	uint32_t mask = index->cap - 1, i = slot.hash & mask;

	while (index->v[i].ref)
		i = (i + 1) & mask;
	index->v[i] = slot;
}

static bool has_room(uint32_t cap, uint32_t n)
{
	return (uint64_t)n * 5 <= (uint64_t)cap * 4;
}

static void set_cap(struct index *index, uint32_t cap)
{
	struct index_slot *old = index->v;
	uint32_t old_cap = index->cap;

	index->cap = cap;
	index->v = slots_new(cap);
	for (uint32_t i = 0; i < old_cap; i++)
		if (old[i].ref)
			place(index, old[i]);
	if (old)
		slots_free(old, old_cap);
}

void index_resize(struct index *index, uint32_t n)
{
	uint32_t cap = CAP_MIN;

	n = n < index->n ? index->n : n;
	while (!has_room(cap, n) && cap <= UINT32_MAX / 2)
		cap *= 2;
	if (!n)
		index_done(index);
	else if (cap != index->cap)
		set_cap(index, cap);
}

void index_add(struct index *index, uint64_t hash, uint32_t ref)
{
	if (!has_room(index->cap, index->n + 1))
		set_cap(index, index->cap ? index->cap * 2 : CAP_MIN);
	place(index, (struct index_slot){ (uint32_t)hash, ref });
	index->n++;
}

void index_remove(struct index *index, struct index_slot *slot)
{
	uint32_t mask = index->cap - 1, hole = (uint32_t)(slot - index->v), i = hole;

	for (;;) {
		uint32_t home;

		i = (i + 1) & mask;
		if (!index->v[i].ref)
			break;
		home = index->v[i].hash & mask;
		/* Movable unless its home lies after the hole (cyclically). */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			index->v[hole] = index->v[i];
			hole = i;
		}
	}
	index->v[hole] = (struct index_slot){ 0 };
	index->n--;
}

static void walk_home(const struct index *index, uint32_t home, void (*fn)(void *ctx, uint32_t ref), void *ctx)
{
	uint32_t mask = index->cap - 1;

	for (uint32_t i = home; index->v[i].ref; i = (i + 1) & mask)
		if ((index->v[i].hash & mask) == home)
			fn(ctx, index->v[i].ref);
}

/*
 * Walks by home slot, not by the slot a record is in, which changes as others come and go. If the index has
 * grown meanwhile, records that shared one home now have one of several.
 */
bool index_walk(const struct index *index, struct index_walk *walk, void (*fn)(void *ctx, uint32_t ref), void *ctx)
{
	if (!walk->cap)
		walk->cap = index->cap;
	if (walk->next >= walk->cap)
		return false;
	for (uint32_t home = walk->next; home < index->cap; home += walk->cap)
		walk_home(index, home, fn, ctx);
	walk->next++;
	return true;
}
