/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Loads the lease files into the table: a row replaces the previous row of its address. load.h reads the files,
 * leftover.h says which ones apply.
 */
#include "lease/memload.h"

#include "base/heap.h"
#include "io/notify.h"
#include "lease/leftover.h"
#include "log/log.h"

#include <sys/stat.h>

/*
 * Rows that were read but are not in the table yet. Each touches three indexes at uncached locations;
 * prefetching has them in the cache by the time the row is inserted.
 */
#define LOAD_AHEAD 32
#define ROWS_PER_REPORT 16384 /* power of two; a hundredth of a second */

struct load {
	struct memtable *table;
	struct memload *sum;
	struct notify_progress progress;
	uint64_t rows;
	unsigned head, n;
	struct loaded {
		struct ip addr;
		uint64_t hash;
		uint32_t ref; /* 0: deleted */
	} v[LOAD_AHEAD];
};

/* In file order: the last row of an address wins. No locks yet. */
static void load_oldest(struct load *load)
{
	struct memtable *table = load->table;
	const struct loaded *row = &load->v[load->head];
	uint32_t old = memtable_by_addr(table, &row->addr, row->hash);

	if (old || row->ref)
		memtable_swap(table, old, row->ref);
	if (old)
		memtable_drop(table, old);
	load->head = (load->head + 1) % LOAD_AHEAD;
	load->n--;
}

static void load_row(void *ctx, const struct lease_row *row)
{
	struct load *load = ctx;
	struct memtable *table = load->table;
	struct loaded *place;
	uint32_t ref = row->deleted ? 0 : memtable_make(table, &row->lease);
	char text[PREFIX_TEXT_MAX];

	if (++load->rows % ROWS_PER_REPORT == 0)
		notify_progress(&load->progress, "loading leases: %llu rows read", (unsigned long long)load->rows);
	LOG(DHCPSRV_MEMFILE_LEASE_LOAD, lease_address_text(&row->lease, text));
	if (!row->deleted && !ref) {
		load->sum->bad++; /* 512 MiB of leases in one stripe */
		return;
	}
	if (load->n == LOAD_AHEAD)
		load_oldest(load);
	place = &load->v[(load->head + load->n++) % LOAD_AHEAD];
	*place = (struct loaded){ row->lease.addr, memtable_hash_addr(&row->lease.addr), ref };
	memtable_prefetch(table, place->hash, ref ? memtable_record(table, ref) : NULL);
}

static void load_rest(struct load *load)
{
	while (load->n)
		load_oldest(load);
}

static void count_loaded(struct memload *sum, const struct load_result *res)
{
	sum->rows += res->rows;
	sum->bytes += (uint64_t)res->good_len;
	sum->bad += res->bad;
}

/* A lease takes less than two bytes of memory per byte of its row. */
static void expect(const char *path, const struct leftover *old)
{
	uint64_t bytes = 0;
	struct stat st;

	for (unsigned i = 0; i < old->n; i++)
		bytes += fstat(old->v[i].fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	bytes += stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	heap_expect(bytes * 2);
}

/* The files that cleanups left come first; the lease file itself comes last and wins. */
static int load_all(struct load *load, int family, const char *path, uint64_t max_bad, char **reterr)
{
	struct load_result *res = &load->sum->last;
	struct leftover old;
	int err = leftover_open(path, &old, reterr);

	if (err < 0)
		return err;
	expect(path, &old);
	for (unsigned i = 0; err == 0 && i < old.n; i++) {
		old.v[i].max_bad = max_bad;
		err = load_source(&old.v[i], family, load_row, load, res, reterr);
		if (err == 0)
			count_loaded(load->sum, res);
	}
	leftover_close(&old);
	if (err == 0)
		err = load_file(path, family, max_bad, load_row, load, res, reterr);
	load_rest(load);
	if (err == 0)
		count_loaded(load->sum, res);
	return err;
}

int memload_fill(struct memtable *table, int family, const char *path, uint64_t max_bad, struct memload *ret,
		 char **reterr)
{
	struct memload sum = { 0 };
	struct load load = { .table = table, .sum = &sum, .progress = notify_progress_now() };
	int err;

	memtable_load_begin(table);
	err = load_all(&load, family, path, max_bad, reterr);
	if (err == 0)
		memtable_load_end(table);
	heap_settle();
	if (err < 0)
		return err;
	*ret = sum;
	return 0;
}
