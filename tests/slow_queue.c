/* SPDX-License-Identifier: MPL-2.0 */
/* See slow_queue.h. */
#include "slow_queue.h"

#include "base/vec.h"

#include <pthread.h>
#include <time.h>

#define THREADS 2
#define KEPT_MAX 3 /* too few to use up a server's slots: each may have requests of its client queued after it */

struct slow_queue {
	slow_respond_fn *respond;
	void *ctx;
	pthread_t threads[THREADS];
	pthread_mutex_t lock; /* guards the fields below */
	pthread_cond_t work;
	VEC(struct slow_job *) jobs, kept;
	unsigned n_working; /* threads with a job */
	bool withholds, fails, is_closing;
	uint64_t random;
	struct slow_counts counts;
};

/* Under the lock. */
static unsigned dice(struct slow_queue *q, unsigned n)
{
	q->random ^= q->random << 13;
	q->random ^= q->random >> 7;
	q->random ^= q->random << 17;
	return (unsigned)(q->random >> 11) % n;
}

void slow_queue_add(struct slow_queue *q, struct slow_job *job)
{
	(void)pthread_mutex_lock(&q->lock);
	if (q->withholds && q->kept.n < KEPT_MAX && !dice(q, 40)) {
		q->counts.withheld++;
		*vec_push(&q->kept) = job;
	} else {
		*vec_push(&q->jobs) = job;
	}
	(void)pthread_cond_signal(&q->work);
	(void)pthread_mutex_unlock(&q->lock);
}

/* --- the responding threads --- */

/* Under the lock. */
static enum slow_fate fate_of(struct slow_queue *q, const struct slow_job *job)
{
	unsigned what = dice(q, 20);

	if (job->is_repeat)
		return SLOW_OK;
	if (what < 2)
		return SLOW_TWICE;
	if (!q->fails)
		return SLOW_OK;
	if (job->is_change)
		return what < 3 ? SLOW_FAIL : what < 5 ? SLOW_CONFLICT : SLOW_OK;
	return what < 4 ? SLOW_FAIL : SLOW_OK;
}

/* Under the lock. */
static void count(struct slow_counts *counts, const struct slow_job *job, enum slow_fate fate)
{
	if (job->is_repeat)
		counts->twice++;
	else if (fate == SLOW_FAIL)
		counts->failed++;
	else if (fate == SLOW_CONFLICT)
		counts->conflicts++;
	else if (job->is_change)
		counts->changes++;
	else
		counts->finds++;
}

/* Selects any of the jobs, and its fate. NULL when the queue is being closed and nothing is left. */
static struct slow_job *next_job(struct slow_queue *q, enum slow_fate *ret_fate)
{
	struct slow_job *job = NULL;
	unsigned i;

	(void)pthread_mutex_lock(&q->lock);
	while (!q->jobs.n && !q->is_closing)
		(void)pthread_cond_wait(&q->work, &q->lock);
	if (q->jobs.n) {
		i = dice(q, (unsigned)q->jobs.n);
		job = q->jobs.v[i];
		q->jobs.v[i] = q->jobs.v[--q->jobs.n];
		q->n_working++;
		*ret_fate = fate_of(q, job);
		count(&q->counts, job, *ret_fate);
	}
	(void)pthread_mutex_unlock(&q->lock);
	return job;
}

static void *work(void *arg)
{
	struct slow_queue *q = arg;
	struct slow_job *job;
	enum slow_fate fate;

	while ((job = next_job(q, &fate))) {
		/* Long enough for others to come in between. */
		(void)nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
		q->respond(q->ctx, job, fate);
		(void)pthread_mutex_lock(&q->lock);
		q->n_working--;
		if (fate == SLOW_TWICE) {
			job->is_repeat = true;
			*vec_push(&q->jobs) = job;
		} else {
			free(job);
		}
		(void)pthread_mutex_unlock(&q->lock);
	}
	return NULL;
}

/* --- the queue --- */

/* Under the lock. */
static void release_kept(struct slow_queue *q)
{
	while (q->kept.n)
		*vec_push(&q->jobs) = q->kept.v[--q->kept.n];
	(void)pthread_cond_broadcast(&q->work);
}

struct slow_queue *slow_queue_new(slow_respond_fn *respond, void *ctx)
{
	struct slow_queue *q = xcalloc(1, sizeof(*q));

	q->respond = respond;
	q->ctx = ctx;
	q->random = 88172645463325252ULL;
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_cond_init(&q->work, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		if (pthread_create(&q->threads[i], NULL, work, q))
			abort();
	return q;
}

void slow_queue_free(struct slow_queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->is_closing = true;
	release_kept(q);
	(void)pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < THREADS; i++)
		(void)pthread_join(q->threads[i], NULL);
	(void)pthread_mutex_destroy(&q->lock);
	(void)pthread_cond_destroy(&q->work);
	vec_free(&q->jobs);
	vec_free(&q->kept);
	free(q);
}

void slow_queue_withhold(struct slow_queue *q, bool withhold)
{
	(void)pthread_mutex_lock(&q->lock);
	q->withholds = withhold;
	if (!withhold)
		release_kept(q);
	(void)pthread_mutex_unlock(&q->lock);
}

void slow_queue_fail(struct slow_queue *q, bool fail)
{
	(void)pthread_mutex_lock(&q->lock);
	q->fails = fail;
	(void)pthread_mutex_unlock(&q->lock);
}

struct slow_counts slow_queue_counts(struct slow_queue *q)
{
	struct slow_counts counts;

	(void)pthread_mutex_lock(&q->lock);
	counts = q->counts;
	counts.pending = (unsigned)q->jobs.n + q->n_working;
	(void)pthread_mutex_unlock(&q->lock);
	return counts;
}
