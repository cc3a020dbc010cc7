/* SPDX-License-Identifier: MPL-2.0 */
/* See slow_source.h. */
#include "slow_source.h"

#include "base/err.h"
#include "base/list.h"
#include "base/vec.h"

#include <pthread.h>
#include <time.h>

#define THREADS 2
#define KEPT_MAX 3 /* too few to use up a server's slots: each may have requests of its client queued after it */

/* Includes the function at the time: when the second response arrives, the find may be another one. */
struct job {
	struct host_find *find;
	void (*done)(struct host_find *find, uint64_t ticket);
	uint64_t ticket;
	bool is_repeat;
};

struct slow_source {
	struct host_source source;
	struct host_source *inner;
	slow_respond_fn *responds;
	void *ctx;
	pthread_t threads[THREADS];
	pthread_mutex_t lock; /* guards the fields below */
	pthread_cond_t work;
	VEC(struct job) jobs, kept;
	unsigned n_working; /* threads with a job */
	bool withholds, fails, is_closing;
	uint64_t random;
	struct slow_source_counts counts;
};

static struct slow_source *slow_of(struct host_source *source)
{
	return container_of(source, struct slow_source, source);
}

/* Under the lock. */
static unsigned dice(struct slow_source *s, unsigned n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned)(s->random >> 11) % n;
}

static int slow_find(struct host_source *source, struct host_find *find)
{
	struct slow_source *s = slow_of(source);
	struct job job = { .find = find, .done = find->done, .ticket = find->ticket };

	(void)pthread_mutex_lock(&s->lock);
	if (s->withholds && s->kept.n < KEPT_MAX && !dice(s, 40)) {
		s->counts.withheld++;
		*vec_push(&s->kept) = job;
	} else {
		*vec_push(&s->jobs) = job;
	}
	(void)pthread_cond_signal(&s->work);
	(void)pthread_mutex_unlock(&s->lock);
	return -E_AGAIN;
}

/* --- the responding threads --- */

enum fate { FATE_OK, FATE_FAIL, FATE_TWICE };

/* Selects any of the held jobs, and its fate. False when the source is being closed and nothing is left. */
static bool next_job(struct slow_source *s, struct job *ret, enum fate *ret_fate)
{
	unsigned i, what;

	(void)pthread_mutex_lock(&s->lock);
	while (!s->jobs.n && !s->is_closing)
		(void)pthread_cond_wait(&s->work, &s->lock);
	if (!s->jobs.n) {
		(void)pthread_mutex_unlock(&s->lock);
		return false;
	}
	s->n_working++;
	i = dice(s, (unsigned)s->jobs.n);
	*ret = s->jobs.v[i];
	s->jobs.v[i] = s->jobs.v[--s->jobs.n];
	what = dice(s, 20);
	*ret_fate = ret->is_repeat ? FATE_OK : what < 2 ? FATE_TWICE : what < 4 && s->fails ? FATE_FAIL : FATE_OK;
	if (ret->is_repeat)
		s->counts.twice++;
	else if (*ret_fate == FATE_FAIL)
		s->counts.failed++;
	else
		s->counts.found++;
	(void)pthread_mutex_unlock(&s->lock);
	return true;
}

static void respond(struct slow_source *s, const struct job *job, enum fate fate)
{
	struct host_find *find = job->find;

	if (!job->is_repeat && s->responds)
		s->responds(s->ctx, find, fate == FATE_FAIL);
	if (!job->is_repeat && fate == FATE_FAIL)
		for (unsigned i = 0; i < find->n; i++)
			find->v[i].n = -E_SYS;
	else if (!job->is_repeat)
		(void)host_find(s->inner, find);
	job->done(find, job->ticket);
}

static void *serve(void *arg)
{
	struct slow_source *s = arg;
	enum fate fate;
	struct job job;

	while (next_job(s, &job, &fate)) {
		/* Long enough for others to come in between. */
		(void)nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
		respond(s, &job, fate);
		(void)pthread_mutex_lock(&s->lock);
		s->n_working--;
		if (fate == FATE_TWICE) {
			job.is_repeat = true;
			*vec_push(&s->jobs) = job;
		}
		(void)pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

/* --- the source --- */

/* Under the lock. */
static void release_kept(struct slow_source *s)
{
	for (; s->kept.n; s->kept.n--)
		*vec_push(&s->jobs) = s->kept.v[s->kept.n - 1];
	(void)pthread_cond_broadcast(&s->work);
}

static void slow_close(struct host_source *source)
{
	struct slow_source *s = slow_of(source);

	(void)pthread_mutex_lock(&s->lock);
	s->is_closing = true;
	release_kept(s);
	(void)pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < THREADS; i++)
		(void)pthread_join(s->threads[i], NULL);
	host_source_close(s->inner);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->work);
	vec_free(&s->jobs);
	vec_free(&s->kept);
	free(s);
}

static const struct host_ops slow_ops = { .name = "slow", .find = slow_find, .close = slow_close };

struct host_source *slow_source_new(struct host_source *inner, slow_respond_fn *responds, void *ctx)
{
	struct slow_source *s = xcalloc(1, sizeof(*s));

	s->source.ops = &slow_ops;
	s->inner = inner;
	s->responds = responds;
	s->ctx = ctx;
	s->random = 88172645463325252ULL;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		if (pthread_create(&s->threads[i], NULL, serve, s))
			abort();
	return &s->source;
}

void slow_source_withhold(struct host_source *source, bool withhold)
{
	struct slow_source *s = slow_of(source);

	(void)pthread_mutex_lock(&s->lock);
	s->withholds = withhold;
	if (!withhold)
		release_kept(s);
	(void)pthread_mutex_unlock(&s->lock);
}

void slow_source_fail(struct host_source *source, bool fail)
{
	struct slow_source *s = slow_of(source);

	(void)pthread_mutex_lock(&s->lock);
	s->fails = fail;
	(void)pthread_mutex_unlock(&s->lock);
}

struct slow_source_counts slow_source_counts(struct host_source *source)
{
	struct slow_source *s = slow_of(source);
	struct slow_source_counts counts;

	(void)pthread_mutex_lock(&s->lock);
	counts = s->counts;
	counts.pending = (unsigned)s->jobs.n + s->n_working;
	(void)pthread_mutex_unlock(&s->lock);
	return counts;
}
