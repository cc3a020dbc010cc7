/* SPDX-License-Identifier: MPL-2.0 */
/* See slow_store.h. */
#include "slow_store.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/vec.h"

#include <pthread.h>
#include <time.h>

#define THREADS 2
#define KEPT_MAX 3 /* too few to use up a server's slots: each may have requests of its client queued after it */

/*
 * A find or a transaction. Includes its function at the time: when the second result arrives, the request may be
 * another one.
 */
struct job {
	struct store_find *find;
	struct store_txn *txn;
	void (*found)(struct store_find *find, uint64_t ticket);
	void (*done)(struct store_txn *txn, uint64_t ticket);
	uint64_t ticket;
	bool is_repeat;
};

struct slow_store {
	struct store store;
	struct store *inner;
	slow_asked_fn *asked;
	void *asked_ctx;
	pthread_t threads[THREADS];
	pthread_mutex_t lock; /* guards the fields below */
	pthread_cond_t work;
	VEC(struct job) jobs, kept;
	bool withholds, fails, is_closing;
	unsigned n_working; /* threads with a job */
	uint64_t random;
	struct slow_counts counts;
};

static struct slow_store *slow_of(struct store *store)
{
	return container_of(store, struct slow_store, store);
}

/* Under the lock. */
static unsigned dice(struct slow_store *s, unsigned n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned)(s->random >> 11) % n;
}

static void add_job(struct slow_store *s, const struct job *job)
{
	(void)pthread_mutex_lock(&s->lock);
	if (s->withholds && s->kept.n < KEPT_MAX && !dice(s, 40)) {
		s->counts.withheld++;
		*vec_push(&s->kept) = *job;
	} else {
		*vec_push(&s->jobs) = *job;
	}
	(void)pthread_cond_signal(&s->work);
	(void)pthread_mutex_unlock(&s->lock);
}

/* --- the responding threads --- */

enum fate { FATE_OK, FATE_FAIL, FATE_CONFLICT, FATE_TWICE };

/* Selects any of the held jobs, and its fate. False when the store is being closed. */
static bool next_job(struct slow_store *s, struct job *ret, enum fate *ret_fate)
{
	unsigned i, what;

	(void)pthread_mutex_lock(&s->lock);
	while (!s->jobs.n && !s->is_closing)
		(void)pthread_cond_wait(&s->work, &s->lock);
	if (!s->jobs.n) {
		(void)pthread_mutex_unlock(&s->lock);
		return false;
	}
	i = dice(s, (unsigned)s->jobs.n);
	*ret = s->jobs.v[i];
	s->jobs.v[i] = s->jobs.v[--s->jobs.n];
	s->n_working++;
	what = dice(s, 20);
	*ret_fate = what == 0                     ? FATE_TWICE
		    : !s->fails || ret->is_repeat ? FATE_OK
		    : what == 1                   ? FATE_FAIL
		    : what < 4                    ? FATE_CONFLICT
						  : FATE_OK;
	if (ret->is_repeat)
		s->counts.twice++;
	else if (*ret_fate == FATE_FAIL)
		s->counts.failed++;
	else if (*ret_fate == FATE_CONFLICT && ret->txn)
		s->counts.conflicts++;
	else if (ret->find)
		s->counts.finds++;
	else
		s->counts.txns++;
	(void)pthread_mutex_unlock(&s->lock);
	return true;
}

static void answer_find(struct slow_store *s, const struct job *job, enum fate fate)
{
	if (job->is_repeat) {
		job->found(job->find, job->ticket);
		return;
	}
	if (fate == FATE_FAIL)
		for (unsigned i = 0; i < job->find->n; i++)
			job->find->v[i].n = -E_SYS;
	else
		(void)store_find(s->inner, job->find);
	job->found(job->find, job->ticket);
}

static void refuse(const struct job *job, enum store_result result)
{
	struct store_txn *txn = job->txn;

	for (unsigned i = 0; i < txn->n; i++)
		txn->v[i].result = result == CHANGE_FAILED || !i ? result : CHANGE_ABORTED;
	txn->result = result;
	job->done(txn, job->ticket);
}

static void answer_txn(struct slow_store *s, const struct job *job, enum fate fate)
{
	if (job->is_repeat)
		job->done(job->txn, job->ticket);
	else if (fate == FATE_FAIL || fate == FATE_CONFLICT)
		refuse(job, fate == FATE_FAIL ? CHANGE_FAILED : CHANGE_CONFLICT);
	else if (store_apply(s->inner, job->txn) < 0)
		refuse(job, CHANGE_FAILED);
}

static void *answer(void *arg)
{
	struct slow_store *s = arg;
	enum fate fate;
	struct job job;

	while (next_job(s, &job, &fate)) {
		/* Long enough for others to come in between. */
		(void)nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
		(job.find ? answer_find : answer_txn)(s, &job, fate);
		(void)pthread_mutex_lock(&s->lock);
		s->n_working--;
		if (fate == FATE_TWICE && !job.is_repeat) {
			job.is_repeat = true;
			*vec_push(&s->jobs) = job;
		}
		(void)pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

/* --- the store --- */

static int slow_find(struct store *store, struct store_find *find)
{
	struct slow_store *s = slow_of(store);

	s->asked(s->asked_ctx, find, NULL);
	add_job(s, &(struct job){ .find = find, .found = find->done, .ticket = find->ticket });
	return -E_AGAIN;
}

static int slow_apply(struct store *store, struct store_txn *txn)
{
	struct slow_store *s = slow_of(store);

	s->asked(s->asked_ctx, NULL, txn);
	add_job(s, &(struct job){ .txn = txn, .done = txn->done, .ticket = txn->ticket });
	return 0;
}

static int slow_scan(struct store *store, struct store_scan *scan)
{
	return store_scan(slow_of(store)->inner, scan);
}

static void slow_watch(struct store *store, store_watch_fn *changed, void *ctx)
{
	store_watch(slow_of(store)->inner, changed, ctx);
}

static void slow_close(struct store *store)
{
	struct slow_store *s = slow_of(store);

	(void)pthread_mutex_lock(&s->lock);
	s->is_closing = true;
	(void)pthread_cond_broadcast(&s->work);
	(void)pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < THREADS; i++)
		(void)pthread_join(s->threads[i], NULL);
	store_close(s->inner);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->work);
	vec_free(&s->jobs);
	vec_free(&s->kept);
	free(s);
}

static const struct store_ops slow_ops = {
	.name = "slow",
	.close = slow_close,
	.find = slow_find,
	.apply = slow_apply,
	.scan = slow_scan,
	.watch = slow_watch,
};

struct store *slow_store_new(int family, slow_asked_fn *asked, void *ctx)
{
	struct store_conf conf = { .type = "memfile", .family = family };
	struct slow_store *s = xcalloc(1, sizeof(*s));

	s->store.ops = &slow_ops;
	s->asked = asked;
	s->asked_ctx = ctx;
	s->fails = true;
	s->random = 88172645463325252ULL;
	if (store_open(&conf, &s->inner, NULL) < 0)
		abort();
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		if (pthread_create(&s->threads[i], NULL, answer, s))
			abort();
	return &s->store;
}

void slow_store_withhold(struct store *store, bool withhold)
{
	struct slow_store *s = slow_of(store);

	(void)pthread_mutex_lock(&s->lock);
	s->withholds = withhold;
	for (; !withhold && s->kept.n; s->kept.n--)
		*vec_push(&s->jobs) = s->kept.v[s->kept.n - 1];
	(void)pthread_cond_broadcast(&s->work);
	(void)pthread_mutex_unlock(&s->lock);
}

void slow_store_fail(struct store *store, bool fail)
{
	struct slow_store *s = slow_of(store);

	(void)pthread_mutex_lock(&s->lock);
	s->fails = fail;
	(void)pthread_mutex_unlock(&s->lock);
}

struct slow_counts slow_store_counts(struct store *store)
{
	struct slow_store *s = slow_of(store);
	struct slow_counts counts;

	(void)pthread_mutex_lock(&s->lock);
	counts = s->counts;
	counts.pending = (unsigned)s->jobs.n + s->n_working;
	(void)pthread_mutex_unlock(&s->lock);
	return counts;
}
