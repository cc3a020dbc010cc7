/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What is not free at the start and for a new configuration. The leases of a page are in no order, and each would touch
 * another part of the tree of ends; so many are gathered and sorted by address first. At the start, all CPUs share the
 * work; later most are needed to serve.
 */
#include "serve/leasedb.h"

#include "base/arena.h"
#include "base/thread.h"
#include "serve/lease_stats.h"

#include <stdatomic.h>

#define BATCH_MAX (1U << 18) /* leases to sort at once */
#define PART_MIN 4096        /* leases that are worth a thread */

struct batch {
	struct alloc_lease *v, *work;
	size_t n, cap;
};

struct fill {
	struct leasedb *db;
	struct alloc_set *set;
	unsigned n_parts;
	bool counts;    /* the leases are not counted yet */
	bool by_order;  /* sorting makes a difference */
	atomic_int err; /* 0, or the first error */
};

/* Stable, by this byte of the address, from v to work. */
static void sort_by(struct batch *batch, unsigned byte)
{
	size_t places[256] = { 0 }, sum = 0;
	struct alloc_lease *from = batch->v;

	for (size_t i = 0; i < batch->n; i++)
		places[from[i].prefix.addr.b[byte]]++;
	for (unsigned k = 0; k < 256; k++) {
		size_t count = places[k];

		places[k] = sum;
		sum += count;
	}
	for (size_t i = 0; i < batch->n; i++)
		batch->work[places[from[i].prefix.addr.b[byte]]++] = from[i];
	batch->v = batch->work;
	batch->work = from;
}

/* By each byte that differs, the last one first. */
static void sort(struct batch *batch)
{
	uint8_t differs[16] = { 0 };

	for (size_t i = 1; i < batch->n; i++)
		for (unsigned b = 0; b < 16; b++)
			differs[b] |= batch->v[i].prefix.addr.b[b] ^ batch->v[0].prefix.addr.b[b];
	for (unsigned b = 16; b-- > 0;)
		if (differs[b])
			sort_by(batch, b);
}

static void flush(const struct fill *fill, struct batch *batch)
{
	if (fill->by_order)
		sort(batch);
	alloc_fill(fill->db->alloc, fill->set, batch->v, batch->n);
	batch->n = 0;
}

static void put(const struct fill *fill, struct batch *batch, const struct lease *lease)
{
	if (batch->n == BATCH_MAX)
		flush(fill, batch);
	if (batch->n == batch->cap) {
		batch->cap = batch->cap ? batch->cap * 2 : 1024;
		batch->v = xrealloc(batch->v, batch->cap * sizeof(*batch->v));
		batch->work = xrealloc(batch->work, batch->cap * sizeof(*batch->work));
	}
	batch->v[batch->n++] = (struct alloc_lease){ lease_span(lease), lease->expires };
}

static bool counts_alike(const struct lease *a, const struct lease *b)
{
	return a->type == b->type && a->state == b->state && a->subnet_id == b->subnet_id && a->pool_id == b->pool_id;
}

/* Leases that are counted alike often come together. */
static void count_page(struct leasedb *db, const struct lease *v, int n)
{
	for (int i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && counts_alike(&v[i], &v[end]); end++)
			;
		lease_stats_add(db->places, &v[i], end - i);
	}
}

static void fill_part(void *ctx, unsigned part)
{
	struct fill *fill = ctx;
	struct store_scan scan = { .arena = arena_new(0), .is_brief = true, .part = part, .n_parts = fill->n_parts };
	struct batch batch = { 0 };
	int n;

	while ((n = store_scan(fill->db->store, &scan)) > 0) {
		for (int i = 0; i < n; i++)
			if (lease_is_in_use(&scan.v[i]))
				put(fill, &batch, &scan.v[i]);
		if (fill->counts)
			count_page(fill->db, scan.v, n);
		arena_reset(scan.arena);
	}
	flush(fill, &batch);
	free(batch.v);
	free(batch.work);
	arena_free(scan.arena);
	if (n < 0)
		atomic_store(&fill->err, n);
}

/*
 * Leases may change meanwhile: the watcher reports that. Not before the first set is filled: only then is the store
 * in service.
 */
int leasedb_fill(struct leasedb *db, struct alloc_set *set)
{
	struct fill fill = { .db = db, .set = set, .counts = !db->counts_leases, .by_order = alloc_fill_by_order(set) };
	int err;

	fill.n_parts = fill.counts ? store_parts(db->store, PART_MIN) : 1;
	alloc_fill_begin(db->alloc, set);
	thread_each(fill.n_parts, fill_part, &fill);
	alloc_fill_end(db->alloc, set);
	err = atomic_load(&fill.err);
	/* Written before the database is in service, when other threads begin to read it. */
	if (fill.counts && err < 0)
		stat_places_forget_leases(db->places);
	else if (fill.counts)
		db->counts_leases = true;
	return err;
}
