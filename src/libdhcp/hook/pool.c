/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Helper threads of libraries, for what blocks: a pool has a fixed number of pieces of work, which nobody allocates,
 * and threads that start when there is something to do. What a thread has done is handed to the main thread in one post
 * for all that has ended meanwhile. A pool ends before its library is unloaded: threads finish what they have begun,
 * what none has begun is handed back, and the library's functions for that are called, so that none runs afterwards.
 */
#include "hook/library.h"

#include "base/err.h"
#include "base/thread.h"
#include "io/loop.h"
#include "log/log.h"

enum { THREADS_MAX = 64, WORK_MAX = 65536 };

struct work {
	struct work *next;
	kea_task_fn *fn;
	kea_worked_fn *done; /* NULL: none */
	void *context;
	int result; /* for done */
};

struct works {
	struct work *first, **end;
};

/* Outlives its pool if that ends before the loop gets to it. */
struct pool_post {
	struct list link; /* of all, or of its own */
	struct post post;
	struct kea_pool *pool; /* NULL: it has ended */
};

static struct list orphans = LIST_INIT(orphans);

struct kea_pool {
	struct list link;
	struct kea_library *lib;
	struct work *all;
	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t wake;
	struct work *unused;
	struct works waiting, ended;
	struct pool_post *posted; /* NULL: the main thread has nothing to expect */
	unsigned n_threads, n_threads_max, n_idle, n_waiting;
	bool is_over;
	pthread_t threads[];
};

/* --- lists --- */

static void works_init(struct works *works)
{
	works->first = NULL;
	works->end = &works->first;
}

static void works_add(struct works *works, struct work *work)
{
	work->next = NULL;
	*works->end = work;
	works->end = &work->next;
}

static struct work *works_pop(struct works *works)
{
	struct work *work = works->first;

	if (work && !(works->first = work->next))
		works->end = &works->first;
	return work;
}

/* --- what has ended, in the main thread --- */

static int run_done(void *arg)
{
	const struct work *work = arg;

	work->done(work->result, work->context);
	return 0;
}

static void call_done(struct kea_pool *pool, struct work *work)
{
	int result;

	if (work->done)
		(void)hook_enter(pool->lib, "the end of work", run_done, work, &result);
}

/* Calls the functions for what has ended so far; their places are free before that, as each may give more work. */
static void report_ended(struct kea_pool *pool)
{
	struct work *ended;

	(void)pthread_mutex_lock(&pool->lock);
	ended = pool->ended.first;
	works_init(&pool->ended);
	(void)pthread_mutex_unlock(&pool->lock);
	while (ended) {
		struct work *work = ended, copy = *work;

		ended = work->next;
		(void)pthread_mutex_lock(&pool->lock);
		work->next = pool->unused;
		pool->unused = work;
		(void)pthread_mutex_unlock(&pool->lock);
		call_done(pool, &copy);
	}
}

static void on_post(struct post *post)
{
	struct pool_post *posted = container_of(post, struct pool_post, post);
	struct kea_pool *pool = posted->pool;
	struct kea_library *lib;

	list_remove(&posted->link);
	free(posted);
	if (!pool)
		return;
	lib = pool->lib;
	(void)pthread_mutex_lock(&pool->lock);
	pool->posted = NULL;
	(void)pthread_mutex_unlock(&pool->lock);
	/* What a function does may end the last use of the library. */
	hook_library_ref(lib);
	report_ended(pool);
	hook_library_unref(lib);
}

/* With the lock. */
static void add_ended(struct kea_pool *pool, struct work *work, int result)
{
	work->result = result;
	works_add(&pool->ended, work);
	if (pool->posted || pool->is_over)
		return;
	pool->posted = xcalloc(1, sizeof(*pool->posted));
	list_init(&pool->posted->link);
	pool->posted->post.fn = on_post;
	pool->posted->pool = pool;
	loop_post(hook_loop(), &pool->posted->post);
}

/* --- the threads --- */

static int run_work(void *arg)
{
	const struct work *work = arg;

	work->fn(work->context);
	return 0;
}

/* Not by hook_enter(): it may take long, and other functions of the library run meanwhile. */
static int work_wait(const struct kea_library *lib, struct work *work)
{
	int result;

	if (hook_guarded(&lib->guard, "a helper thread", run_work, work, &result))
		return 0;
	LOG(HOOKS_CALLOUT_EXCEPTION, lib->name, "a helper thread");
	return KEA_E_INVAL;
}

static void *run_thread(void *arg)
{
	struct kea_pool *pool = arg;
	struct work *work;

	hook_thread_is_helper();
	(void)pthread_mutex_lock(&pool->lock);
	while (!pool->is_over) {
		int result;

		work = works_pop(&pool->waiting);
		if (!work) {
			pool->n_idle++;
			(void)pthread_cond_wait(&pool->wake, &pool->lock);
			pool->n_idle--;
			continue;
		}
		pool->n_waiting--;
		(void)pthread_mutex_unlock(&pool->lock);
		result = work_wait(pool->lib, work);
		(void)pthread_mutex_lock(&pool->lock);
		add_ended(pool, work, result);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* With the lock: one more thread if the idle ones have enough to do. False: there is none at all. */
static bool ensure_thread(struct kea_pool *pool)
{
	if (pool->n_idle <= pool->n_waiting && pool->n_threads < pool->n_threads_max &&
	    thread_start(&pool->threads[pool->n_threads], run_thread, pool) == 0)
		pool->n_threads++;
	return pool->n_threads;
}

/* --- for the table --- */

struct kea_pool *hook_pool(struct kea_library *lib, unsigned threads, unsigned max)
{
	struct kea_pool *pool;

	if (!threads || threads > THREADS_MAX || !max || max > WORK_MAX)
		return NULL;
	pool = xcalloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
	pool->lib = lib;
	pool->n_threads_max = threads;
	pool->all = xcalloc(max, sizeof(*pool->all));
	for (unsigned i = 0; i < max; i++) {
		pool->all[i].next = pool->unused;
		pool->unused = &pool->all[i];
	}
	works_init(&pool->waiting);
	works_init(&pool->ended);
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->wake, NULL);
	list_add_tail(&lib->pools, &pool->link);
	return pool;
}

int hook_pool_work(struct kea_pool *pool, kea_task_fn *fn, kea_worked_fn *done, void *context)
{
	struct work *work;
	int err = 0;

	if (!hook_loop() || pool->lib->is_check)
		return -E_UNSUPPORTED;
	(void)pthread_mutex_lock(&pool->lock);
	work = pool->unused;
	if (pool->is_over) {
		err = -E_UNSUPPORTED;
	} else if (!work || !ensure_thread(pool)) {
		err = -E_BUSY;
	} else {
		pool->unused = work->next;
		*work = (struct work){ .fn = fn, .done = done, .context = context };
		works_add(&pool->waiting, work);
		pool->n_waiting++;
		(void)pthread_cond_signal(&pool->wake);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return err;
}

int hook_pool_is_over(struct kea_pool *pool)
{
	int is_over;

	(void)pthread_mutex_lock(&pool->lock);
	is_over = pool->is_over;
	(void)pthread_mutex_unlock(&pool->lock);
	return is_over;
}

static void free_pool(struct kea_pool *pool)
{
	list_remove(&pool->link);
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool->all);
	free(pool);
}

static void end_pool_wait(struct kea_pool *pool)
{
	struct hook_outer outer;
	struct work *work;

	(void)pthread_mutex_lock(&pool->lock);
	pool->is_over = true;
	while ((work = works_pop(&pool->waiting)))
		add_ended(pool, work, KEA_E_UNSUPPORTED);
	pool->n_waiting = 0;
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	outer = hook_slow_begin(pool->lib, "its helper threads");
	for (unsigned i = 0; i < pool->n_threads; i++)
		(void)pthread_join(pool->threads[i], NULL);
	hook_slow_end(&outer);
	report_ended(pool);
	if (pool->posted) {
		pool->posted->pool = NULL;
		list_add_tail(&orphans, &pool->posted->link);
	}
	free_pool(pool);
}

void hook_pools_end_wait(struct kea_library *lib)
{
	while (!list_is_empty(&lib->pools))
		end_pool_wait(container_of(lib->pools.next, struct kea_pool, link));
}
