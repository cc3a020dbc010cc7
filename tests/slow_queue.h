/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Requests that are answered as badly as by a remote server: by two threads of the queue, late and in any order; some
 * fail, conflict, are answered twice or, until the test releases them, never. See slow_store.h and slow_source.h.
 *
 *	struct slow_queue *queue = slow_queue_new(respond, ctx);
 *	slow_queue_add(queue, &job->slow);
 *	slow_queue_withhold(queue, false);	from here on everything is answered, including what was withheld
 *	slow_queue_free(queue);			answers what is still withheld
 */
enum slow_fate { SLOW_OK, SLOW_FAIL, SLOW_CONFLICT, SLOW_TWICE };

/*
 * The first field of a job. The job also contains the function to call at the end: when the second response arrives,
 * the request may be another one.
 */
struct slow_job {
	bool is_change; /* may conflict */
	bool is_repeat; /* the second response: only calls the function */
};

/* Answers a job in one of the queue's threads. Only changes get SLOW_CONFLICT; after SLOW_TWICE the job returns. */
typedef void slow_respond_fn(void *ctx, struct slow_job *job, enum slow_fate fate);

/* Initially nothing fails and nothing is withheld. */
struct slow_queue *slow_queue_new(slow_respond_fn *respond, void *ctx);
void slow_queue_free(struct slow_queue *queue);
/* Takes the job, which is malloc'd. */
void slow_queue_add(struct slow_queue *queue, struct slow_job *job);
/* true: some of the requests from now on are withheld. false: no longer, and those withheld are answered. */
void slow_queue_withhold(struct slow_queue *queue, bool withhold);
/* true: adds failures and conflicts to the real ones. */
void slow_queue_fail(struct slow_queue *queue, bool fail);

struct slow_counts {
	unsigned finds, changes;           /* answered correctly */
	unsigned failed, conflicts, twice; /* answered otherwise */
	unsigned withheld;                 /* withheld at first */
	unsigned pending;                  /* not yet answered, without those that are withheld */
};
struct slow_counts slow_queue_counts(struct slow_queue *queue);
