/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The heap of ends. Each item repeats its record's time, so sifting compares without touching the records; only
 * records that move get their new position written back.
 */
#include "lease/expiry.h"

#define ARITY 4
#define CAP_MIN 64

void expiry_done(struct expiry *expiry)
{
	free(expiry->v);
	expiry->v = NULL;
	expiry->n = expiry->cap = 0;
}

static struct record *rec_of(const struct expiry *e, uint32_t ref)
{
	return slab_get(e->slabs, ref);
}

static void put(struct expiry *e, uint32_t pos, struct expiry_item item)
{
	e->v[pos] = item;
	rec_of(e, item.ref)->heap_pos = pos + 1;
}

static void sift_up(struct expiry *e, uint32_t pos, struct expiry_item item)
{
	while (pos && e->v[(pos - 1) / ARITY].expires > item.expires) {
		put(e, pos, e->v[(pos - 1) / ARITY]);
		pos = (pos - 1) / ARITY;
	}
	put(e, pos, item);
}

/* Returns the earliest child of pos; n if it has none. */
static uint32_t first_child(const struct expiry *e, uint32_t pos)
{
	uint64_t child = (uint64_t)pos * ARITY + 1;
	uint32_t best;

	if (child >= e->n)
		return e->n;
	best = (uint32_t)child;
	for (uint32_t i = 1; i < ARITY && child + i < e->n; i++)
		if (e->v[child + i].expires < e->v[best].expires)
			best = (uint32_t)child + i;
	return best;
}

static void sift_down(struct expiry *e, uint32_t pos, struct expiry_item item)
{
	for (;;) {
		uint32_t child = first_child(e, pos);

		if (child == e->n || e->v[child].expires >= item.expires)
			break;
		put(e, pos, e->v[child]);
		pos = child;
	}
	put(e, pos, item);
}

void expiry_reserve(struct expiry *e, uint32_t n)
{
	if (n <= CAP_MIN)
		return;
	e->cap = n;
	e->v = xmalloc(n * sizeof(*e->v));
}

void expiry_push(struct expiry *e, uint32_t ref)
{
	if (e->n == e->cap) {
		e->cap = e->cap ? e->cap + e->cap / 2 : CAP_MIN;
		e->v = xrealloc(e->v, e->cap * sizeof(*e->v));
	}
	e->n++;
	put(e, e->n - 1, (struct expiry_item){ rec_of(e, ref)->expires, ref });
}

void expiry_build(struct expiry *e)
{
	for (uint32_t i = e->n / ARITY + 1; i-- > 0;)
		if (i < e->n)
			sift_down(e, i, e->v[i]);
}

void expiry_add(struct expiry *e, uint32_t ref)
{
	expiry_push(e, ref);
	sift_up(e, e->n - 1, e->v[e->n - 1]);
}

void expiry_remove(struct expiry *e, uint32_t ref)
{
	struct record *rec = rec_of(e, ref);
	uint32_t pos = rec->heap_pos - 1;
	struct expiry_item last;

	if (!rec->heap_pos)
		return;
	rec->heap_pos = 0;
	last = e->v[--e->n];
	if (pos == e->n)
		return;
	if (pos && e->v[(pos - 1) / ARITY].expires > last.expires)
		sift_up(e, pos, last);
	else
		sift_down(e, pos, last);
}

/* A small binary heap of positions in the big one: those whose parent was already returned. */
static void work_push(const struct expiry *e, uint32_t *work, unsigned *n, uint32_t pos)
{
	unsigned i = (*n)++;

	while (i && e->v[work[(i - 1) / 2]].expires > e->v[pos].expires) {
		work[i] = work[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	work[i] = pos;
}

static uint32_t work_pop(const struct expiry *e, uint32_t *work, unsigned *n)
{
	uint32_t first = work[0], last = work[--*n];
	unsigned i = 0;

	for (;;) {
		unsigned child = 2 * i + 1;

		if (child + 1 < *n && e->v[work[child + 1]].expires < e->v[work[child]].expires)
			child++;
		if (child >= *n || e->v[work[child]].expires >= e->v[last].expires)
			break;
		work[i] = work[child];
		i = child;
	}
	work[i] = last;
	return first;
}

unsigned expiry_first(const struct expiry *e, uint32_t now, uint32_t *ret_refs, unsigned max, uint32_t *work)
{
	unsigned n = 0, n_work = 0;

	if (e->n && e->v[0].expires <= now)
		work_push(e, work, &n_work, 0);
	while (n_work && n < max) {
		uint32_t pos = work_pop(e, work, &n_work);

		ret_refs[n++] = e->v[pos].ref;
		for (unsigned i = 1; i <= ARITY; i++) {
			uint64_t child = (uint64_t)pos * ARITY + i;

			if (child < e->n && e->v[child].expires <= now)
				work_push(e, work, &n_work, (uint32_t)child);
		}
	}
	return n;
}
