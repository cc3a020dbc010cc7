/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "stat/stat.h"

#include <stdbool.h>

/*
 * Histograms of the whole server, in the counter blocks of stat.h. Bucket i counts values up to stat_hist_bound(i), the
 * last one the larger ones. They are never reset.
 */
struct stat_hist_row {
	const char *name; /* as in "kea_dhcp4_NAME" */
	const char *help;
	bool is_time;   /* microseconds; printed as seconds */
	unsigned n;     /* buckets in use, with the last one */
	unsigned first; /* log2 of the bound of bucket 0 */
};
extern const struct stat_hist_row stat_hist_table[STAT_HIST_N];

/* Only the owner of the block may call this. */
static inline void stat_hist_add(struct stats *stats, enum stat_hist_id id, int64_t v)
{
	const struct stat_hist_row *row = &stat_hist_table[id];
	struct stat_hist *hist = &stats->hist[id];
	unsigned i = 0;

	if (v > (int64_t)1 << row->first) {
		i = 64 - (unsigned)__builtin_clzll((unsigned long long)v - 1) - row->first;
		i = i < row->n ? i : row->n - 1;
	}
	atomic_store_explicit(&hist->n[i], atomic_load_explicit(&hist->n[i], memory_order_relaxed) + 1,
			      memory_order_relaxed);
	atomic_store_explicit(&hist->sum, atomic_load_explicit(&hist->sum, memory_order_relaxed) + (v > 0 ? v : 0),
			      memory_order_relaxed);
}

/* The largest value of bucket i; not of the last one. */
static inline int64_t stat_hist_bound(enum stat_hist_id id, unsigned i)
{
	return (int64_t)1 << (stat_hist_table[id].first + i);
}
