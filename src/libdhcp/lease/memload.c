/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Loads the lease files into the table: a row replaces the previous row of its address. load.h reads the files,
 * leftover.h says which ones apply, loadline.h enters the rows.
 */
#include "lease/memload.h"

#include "base/heap.h"
#include "base/thread.h"
#include "io/notify.h"
#include "lease/leftover.h"
#include "lease/loadline.h"
#include "log/log.h"

#include <sys/stat.h>

#define THREADS_MIN (1U << 20) /* bytes that are worth threads */

struct load {
	struct loadline *line;
	struct memload *sum;
	struct notify_progress progress;
	int family;
	const char *path;
	uint64_t max_bad;
	struct leftover old;
	char **reterr;
};

static void load_row(void *ctx, const struct lease_row *row)
{
	const struct load *load = ctx;
	char text[PREFIX_TEXT_MAX];

	LOG(DHCPSRV_MEMFILE_LEASE_LOAD, lease_address_text(&row->lease, text));
	loadline_row(load->line, row);
}

static void report(void *ctx, uint64_t rows)
{
	struct load *load = ctx;

	notify_progress(&load->progress, "loading leases: %llu rows read", (unsigned long long)rows);
}

static void count_loaded(struct memload *sum, const struct load_result *res)
{
	sum->rows += res->rows;
	sum->bytes += (uint64_t)res->good_len;
	sum->bad += res->bad;
}

/* Returns the size of the files. */
static uint64_t size_of(const char *path, const struct leftover *old)
{
	uint64_t bytes = 0;
	struct stat st;

	for (unsigned i = 0; i < old->n; i++)
		bytes += fstat(old->v[i].fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	return bytes + (stat(path, &st) == 0 ? (uint64_t)st.st_size : 0);
}

/* The files that cleanups left come first; the lease file itself comes last and wins. */
static int read_all(void *ctx, struct loadline *line)
{
	struct load *load = ctx;
	struct load_result *res = &load->sum->last;
	int err = 0;

	load->line = line;
	for (unsigned i = 0; err == 0 && i < load->old.n; i++) {
		load->old.v[i].max_bad = load->max_bad;
		err = load_source(&load->old.v[i], load->family, load_row, load, res, load->reterr);
		if (err == 0)
			count_loaded(load->sum, res);
	}
	if (err == 0)
		err = load_file(load->path, load->family, load->max_bad, load_row, load, res, load->reterr);
	if (err == 0)
		count_loaded(load->sum, res);
	return err;
}

/* A lease takes less than two bytes of memory per byte of its row. */
static int load_all(struct memtable *table, struct load *load)
{
	uint64_t bytes = size_of(load->path, &load->old);
	struct loadline_sum entered;
	int err;

	heap_expect(bytes * 2);
	memtable_load_begin(table);
	err = loadline_run(table, bytes >= THREADS_MIN && thread_cpus() > 1, read_all, report, load, &entered);
	if (err == 0)
		memtable_load_end(table);
	heap_settle();
	load->sum->bad += entered.n_full;
	return err;
}

int memload_fill(struct memtable *table, int family, const char *path, uint64_t max_bad, struct memload *ret,
		 char **reterr)
{
	struct memload sum = { 0 };
	struct load load = {
		.sum = &sum,
		.progress = notify_progress_now(),
		.family = family,
		.path = path,
		.max_bad = max_bad,
		.reterr = reterr,
	};
	int err = leftover_open(path, &load.old, reterr);

	if (err < 0)
		return err;
	err = load_all(table, &load);
	leftover_close(&load.old);
	if (err < 0)
		return err;
	*ret = sum;
	return 0;
}
