/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/csv.h"
#include "lease/memtable.h"

/*
 * Fills a table with rows, a later one of an address replacing an earlier one. The rows pass through an assembly line
 * of three steps: they are packed, entered by address, and entered by each key; with threads, four CPUs share the work.
 * The result is the same with and without.
 */
struct loadline;

struct loadline_sum {
	uint64_t rows;
	uint64_t n_full; /* rows for which there was no room: 512 MiB of leases in one stripe */
};

/*
 * Calls read(ctx, line), which calls loadline_row() for each row, in another thread if there are threads. Calls
 * progress(ctx, rows) in the caller's thread, now and then. Returns what read returned, with the table filled, but
 * memtable_load_end() not yet called.
 */
int loadline_run(struct memtable *table, bool has_threads, int (*read)(void *ctx, struct loadline *line),
		 void (*progress)(void *ctx, uint64_t rows), void *ctx, struct loadline_sum *ret);
void loadline_row(struct loadline *line, const struct lease_row *row);
