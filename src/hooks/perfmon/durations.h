/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What took how long, for each combination of query, response and subnet. Workers add samples, each to one of a few
 * tables, so that they hardly ever wait for each other; the main thread empties these at the end of each interval.
 * Memory is allocated in the main thread only.
 */

/* The events on the way of a query to its response, in order. */
enum event { SOCKET_RECEIVED, BUFFER_READ, PROCESS_STARTED, PROCESS_COMPLETED, RESPONSE_SENT, EVENT_N };

/* A duration is the time between two events: pair i begins with event i. TOTAL ends with PROCESS_COMPLETED. */
enum { TOTAL = RESPONSE_SENT, PAIR_N };

struct sample {
	uint8_t query, response; /* message types */
	uint32_t subnet;         /* 0: none */
	int64_t at_us[EVENT_N];  /* of the clock of now_us(); 0: not known */
};

struct interval {
	uint64_t n, total_us;
	uint32_t min_us, max_us;
};

/* The durations of one query, response and subnet. Of the main thread. */
struct group {
	uint8_t query, response;
	uint32_t subnet;                 /* 0: all of them */
	struct interval current[PAIR_N]; /* while the tables are emptied */
	struct interval last[PAIR_N];    /* the last one that had any samples */
	int64_t started_us[PAIR_N];      /* of that: wall clock */
	void *stat[PAIR_N];              /* of the caller: NULL at first */
};

struct durations;

struct durations *durations_new(void);    /* NULL: out of memory */
void durations_free(struct durations *d); /* NULL is fine */
/* Main thread: room for the samples of so many subnets in one interval. False: out of memory; nothing changes. */
bool durations_reserve(struct durations *d, size_t n_subnets);
/* Any thread. shard: any number, best one for each thread. */
void durations_add(struct durations *d, unsigned shard, const struct sample *sample);

typedef void durations_fn(struct group *group, unsigned pair, void *context);
/*
 * Main thread: ends the interval that began at started_us (wall clock). Calls fn for each duration that had samples;
 * they are in `last`. Returns how many samples were lost because there was no room, which is then doubled.
 */
uint64_t durations_close(struct durations *d, int64_t started_us, durations_fn *fn, void *context);
/* Main thread: the groups so far. */
size_t durations_count(const struct durations *d);
struct group *durations_at(const struct durations *d, size_t i);

static inline int64_t interval_mean(const struct interval *interval)
{
	return interval->n ? (int64_t)(interval->total_us / interval->n) : 0;
}
