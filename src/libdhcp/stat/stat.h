/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "stat/id.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Counters of the whole server. Each worker has its own block and is the only one that writes to it; a reader
 * sums over all blocks, so counting takes one load and one store and no lock. A freed block leaves its numbers
 * behind.
 *
 *	struct stats *st = stats_new();           (once per worker)
 *	stat_add(st, STAT_RECEIVED, 1);           (that worker only)
 *	int64_t n = stat_sum(STAT_RECEIVED);      (any thread)
 *
 * The rows are in id.h, their names in table.c. place.h adds counters for subnets and pools.
 */
struct stat_hist {
	_Atomic int64_t n[STAT_HIST_BUCKETS], sum;
};
struct stats {
	struct stats *next; /* in the list of all blocks */
	_Atomic int64_t n[STAT_N];
	struct stat_hist hist[STAT_HIST_N];
};

/* Returns a registered block, all zero. Never NULL. */
struct stats *stats_new(void);
/* Its numbers remain in the sums. NULL is fine. */
void stats_free(struct stats *stats);

/* Only the owner of the block may call this. */
static inline void stat_add(struct stats *stats, enum stat_id id, int64_t n)
{
	int64_t old = atomic_load_explicit(&stats->n[id], memory_order_relaxed);

	atomic_store_explicit(&stats->n[id], old + n, memory_order_relaxed);
}

/* Sums over all blocks, including freed ones. */
int64_t stat_sum(enum stat_id id);
/* Implements statistic-reset: from now on sums count from zero. */
void stat_reset(enum stat_id id);

/* A histogram (hist.h): the sums over all blocks, including freed ones. */
struct stat_hist_sum {
	int64_t n[STAT_HIST_BUCKETS], sum;
};
void stat_hist_sum(enum stat_hist_id id, struct stat_hist_sum *ret);

enum stat_kind stat_kind(enum stat_id id);

/*
 * Writes Kea's name of a counter ("pkt4-received") to buf of STAT_NAME_MAX; family is an index, 0 for DHCPv4 and
 * 1 for DHCPv6. NULL if that family has no such counter.
 */
#define STAT_NAME_MAX 48
const char *stat_name(enum stat_id id, int family, char *buf, size_t size);
/* The inverse: STAT_N if there is no counter of that name. */
enum stat_id stat_by_name(const char *name, int family);
