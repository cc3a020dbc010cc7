/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Workers. Each runs its own loop; worker.h describes a turn. The epoch is recorded at the beginning of a turn,
 * when the worker holds no pointers it loaded before; workers_epoch_passed relies on that. A sleeping worker is
 * woken to record it.
 */
#include "io/worker.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"
#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <semaphore.h>

enum {
	BATCH_MAX = 64,
	BATCHES_PER_TURN = 4, /* then posts and responses are processed, even during a flood */
};

struct workers {
	struct worker_conf conf;
	unsigned n;
	struct worker *v;
	_Atomic uint64_t epoch;
	sem_t changed; /* workers that switched to their new engine */
};

static void worker_note_epoch(struct worker *worker)
{
	uint64_t now = atomic_load_explicit(&worker->workers->epoch, memory_order_seq_cst);

	atomic_store_explicit(&worker->epoch, now, memory_order_seq_cst);
}

static void worker_readable(void *ctx)
{
	struct worker *worker = ctx;
	unsigned max = worker->conf->batch_max;

	for (int i = 0; i < BATCHES_PER_TURN && worker->engine; i++) {
		int n = io_recv(worker->engine, worker->dgrams, max);

		if (n <= 0)
			break;
		worker->conf->batch(worker, worker->dgrams, (unsigned)n);
		if ((unsigned)n < max)
			break;
	}
}

/* The end of a turn is the beginning of the next: no pointers are kept in between. */
static void worker_turn(void *ctx)
{
	struct worker *worker = ctx;

	if (worker->conf->turn)
		worker->conf->turn(worker);
	worker_note_epoch(worker);
}

static int worker_set_engine(struct worker *worker, struct io_engine *engine)
{
	if (worker->engine)
		io_unwatch(worker->engine, worker->loop);
	worker->engine = engine;
	if (!engine || io_watch(engine, worker->loop, worker_readable, worker) == 0)
		return 0;
	worker->engine = NULL;
	return -E_SYS;
}

static void engine_posted(struct post *post)
{
	struct worker *worker = container_of(post, struct worker, engine_post);

	worker->engine_err = worker_set_engine(worker, worker->next_engine);
	sem_post(&worker->workers->changed);
}

int workers_set_engines(struct workers *ws, struct io_engine *const *engines)
{
	unsigned asked = 0;
	int err = 0;

	for (unsigned i = 0; i < ws->n; i++) {
		struct worker *worker = &ws->v[i];

		worker->next_engine = engines ? engines[i] : NULL;
		if (worker->running) {
			worker->engine_post.fn = engine_posted;
			worker_post(worker, &worker->engine_post);
			asked++;
		} else {
			worker->engine_err = worker_set_engine(worker, worker->next_engine);
		}
	}
	while (asked)
		if (sem_wait(&ws->changed) == 0)
			asked--;
	for (unsigned i = 0; i < ws->n; i++)
		if (ws->v[i].engine_err < 0)
			err = ws->v[i].engine_err;
	return err;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	char name[16];

	(void)snprintf(name, sizeof(name), "worker/%u", worker->index);
	(void)pthread_setname_np(pthread_self(), name);
	if (worker->conf->start)
		worker->conf->start(worker);
	worker_note_epoch(worker);
	(void)loop_run(worker->loop);
	if (worker->conf->stop)
		worker->conf->stop(worker);
	return NULL;
}

static int worker_start(struct worker *worker)
{
	int err;

	worker->running = true;
	err = thread_start(&worker->thread, worker_main, worker);
	if (!err)
		return 0;
	worker->running = false;
	errno = err;
	return -E_SYS;
}

int workers_start(struct workers *ws)
{
	for (unsigned i = 0; i < ws->n; i++) {
		if (worker_start(&ws->v[i]) < 0) {
			int saved = errno;

			workers_stop(ws);
			errno = saved;
			return -E_SYS;
		}
	}
	return 0;
}

void workers_stop(struct workers *ws)
{
	for (unsigned i = 0; i < ws->n; i++)
		if (ws->v[i].running)
			loop_stop(ws->v[i].loop);
	for (unsigned i = 0; i < ws->n; i++) {
		if (!ws->v[i].running)
			continue;
		(void)pthread_join(ws->v[i].thread, NULL);
		ws->v[i].running = false;
	}
}

static int worker_init(struct worker *worker, struct workers *ws, unsigned index)
{
	const struct worker_conf *conf = &ws->conf;

	worker->index = index;
	worker->workers = ws;
	worker->conf = conf;
	worker->user = conf->user;
	worker->loop = loop_new();
	if (!worker->loop)
		return -E_SYS;
	loop_on_turn(worker->loop, worker_turn, worker);
	worker->arena = arena_new(conf->arena_cap);
	worker->dgrams = xcalloc(conf->batch_max, sizeof(*worker->dgrams));
	for (unsigned i = 0; i < conf->batch_max; i++) {
		worker->dgrams[i].buf = xmalloc(conf->buf_size);
		worker->dgrams[i].size = conf->buf_size;
	}
	return 0;
}

static void worker_done(struct worker *worker)
{
	if (worker->engine)
		io_unwatch(worker->engine, worker->loop);
	if (worker->dgrams)
		for (unsigned i = 0; i < worker->conf->batch_max; i++)
			free(worker->dgrams[i].buf);
	free(worker->dgrams);
	arena_free(worker->arena);
	loop_free(worker->loop);
}

struct workers *workers_new(const struct worker_conf *conf, unsigned n)
{
	struct workers *ws = xcalloc(1, sizeof(*ws));

	assert(n > 0 && conf->batch);
	ws->conf = *conf;
	if (!ws->conf.batch_max)
		ws->conf.batch_max = BATCH_MAX;
	if (!ws->conf.buf_size)
		ws->conf.buf_size = DGRAM_SIZE;
	ws->n = n;
	ws->v = xcalloc(n, sizeof(*ws->v));
	sem_init(&ws->changed, 0, 0);
	for (unsigned i = 0; i < n; i++) {
		if (worker_init(&ws->v[i], ws, i) < 0) {
			int saved = errno;

			workers_free(ws);
			errno = saved;
			return NULL;
		}
	}
	return ws;
}

void workers_free(struct workers *ws)
{
	if (!ws)
		return;
	workers_stop(ws);
	for (unsigned i = 0; i < ws->n; i++)
		worker_done(&ws->v[i]);
	sem_destroy(&ws->changed);
	free(ws->v);
	free(ws);
}

unsigned workers_n(const struct workers *ws)
{
	return ws->n;
}

struct worker *workers_get(struct workers *ws, unsigned i)
{
	assert(i < ws->n);
	return &ws->v[i];
}

uint64_t workers_epoch_next(struct workers *ws)
{
	uint64_t epoch = atomic_fetch_add_explicit(&ws->epoch, 1, memory_order_seq_cst) + 1;

	for (unsigned i = 0; i < ws->n; i++)
		if (ws->v[i].running)
			loop_wake(ws->v[i].loop);
	return epoch;
}

bool workers_epoch_passed(struct workers *ws, uint64_t epoch)
{
	for (unsigned i = 0; i < ws->n; i++)
		if (ws->v[i].running && atomic_load_explicit(&ws->v[i].epoch, memory_order_seq_cst) < epoch)
			return false;
	return true;
}

bool workers_epoch_wait(struct workers *ws, uint64_t epoch, int timeout_ms)
{
	const struct timespec nap = { .tv_nsec = 200000 };
	int64_t end_ms = clock_mono_ms() + timeout_ms;

	while (!workers_epoch_passed(ws, epoch)) {
		if (clock_mono_ms() >= end_ms)
			return false;
		(void)nanosleep(&nap, NULL);
	}
	return true;
}

void worker_run_once(struct worker *worker)
{
	assert(!worker->running);
	worker_note_epoch(worker);
	(void)loop_run_once(worker->loop, 0);
}
