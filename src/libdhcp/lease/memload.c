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

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MIN (1U << 20) /* bytes that are worth threads */
#define SAMPLE 16384           /* bytes of a file that are looked at for the length of its rows */
#define ROW_MIN 24             /* bytes of a row, at least */

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

/* What the files have. */
struct size {
	uint64_t bytes;
	uint64_t rows; /* by the lines in the middle of each file */
};

static void add_size(struct size *size, int fd)
{
	char sample[SAMPLE];
	struct stat st;
	ssize_t len;
	uint64_t lines = 0;

	if (fstat(fd, &st) < 0 || st.st_size <= 0)
		return;
	len = pread(fd, sample, sizeof(sample), st.st_size > SAMPLE ? st.st_size / 2 : 0);
	for (ssize_t i = 0; i < len; i++)
		lines += sample[i] == '\n';
	if (len > 0 && lines > (uint64_t)len / ROW_MIN)
		lines = (uint64_t)len / ROW_MIN;
	size->bytes += (uint64_t)st.st_size;
	size->rows += len > 0 ? (uint64_t)st.st_size / (uint64_t)len * lines : 0;
}

static struct size size_of(const char *path, const struct leftover *old)
{
	struct size size = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	for (unsigned i = 0; i < old->n; i++)
		add_size(&size, old->v[i].fd);
	if (fd >= 0) {
		add_size(&size, fd);
		(void)close(fd);
	}
	return size;
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
	struct size size = size_of(load->path, &load->old);
	struct loadline_sum entered;
	int err;

	heap_expect(size.bytes * 2);
	memtable_load_begin(table, size.rows);
	err = loadline_run(table, size.bytes >= THREADS_MIN && thread_cpus() > 1, read_all, report, load, &entered);
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
