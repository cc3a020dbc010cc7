/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "io/engine.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * N workers, each with a thread, a loop, an arena and an engine. A turn of a worker consists of: posts and
 * received datagrams (batch after batch, limited so that posts are not starved), timers, then `turn`, which
 * sends the collected responses with one io_send.
 *
 *	struct worker_conf conf = { .batch = handle, .turn = flush, .user = server };
 *	struct workers *ws = workers_new(&conf, n);
 *	workers_set_engines(ws, engines);
 *	workers_start(ws);
 *	...
 *	workers_set_engines(ws, NULL);	stop receiving; posts still run
 *	workers_stop(ws);		ends and joins the threads
 *	workers_free(ws);
 */
struct worker;
struct workers;

/*
 * Called with n received datagrams. v and its content belong to the worker and are overwritten by the next
 * batch; to keep a payload longer, take v[i].buf and replace it with another buffer of xmalloc(v[i].size).
 */
typedef void worker_batch_fn(struct worker *worker, struct dgram *v, unsigned n);
typedef void worker_fn(struct worker *worker);

struct worker_conf {
	worker_batch_fn *batch;
	worker_fn *start;   /* NULL, or: called first in the thread */
	worker_fn *turn;    /* NULL, or: called at the end of each turn */
	worker_fn *stop;    /* NULL, or: called last in the thread */
	void *user;         /* becomes worker->user; start may replace it for each worker */
	unsigned batch_max; /* datagrams per batch; 0 = 64 */
	uint32_t buf_size;  /* bytes per datagram; 0 = DGRAM_SIZE */
	size_t arena_cap;   /* bytes of worker->arena; 0 = no cap */
};

struct worker {
	unsigned index;
	struct loop *loop;
	struct arena *arena;      /* owned by the worker; only the functions above reset it */
	struct io_engine *engine; /* borrowed; NULL while nothing is received. Change it with workers_set_engines */
	void *user;
	struct workers *workers;
	const struct worker_conf *conf;
	struct dgram *dgrams;
	_Atomic uint64_t epoch; /* see below */
	pthread_t thread;
	bool running;
	struct post engine_post;
	struct io_engine *next_engine;
	int engine_err;
};

struct workers *workers_new(const struct worker_conf *conf, unsigned n);
/* Stops running workers; the engines remain the caller's. */
void workers_free(struct workers *ws);
unsigned workers_n(const struct workers *ws);
struct worker *workers_get(struct workers *ws, unsigned i);

/* Returns -E_SYS if a thread cannot be created: no worker runs then. */
int workers_start(struct workers *ws);
/* Returns once all threads have ended. */
void workers_stop(struct workers *ws);

/*
 * Gives worker i engines[i] (NULL instead of the array: none). Returns once all workers have switched, so the
 * previous engines may be freed. Blocks for a turn of each worker; never call it from one. -E_SYS: a worker
 * could not watch its engine and has none now.
 */
int workers_set_engines(struct workers *ws, struct io_engine *const *engines);

/* Any thread: runs post->fn in the worker. Finished transactions are returned this way. */
static inline void worker_post(struct worker *worker, struct post *post)
{
	loop_post(worker->loop, post);
}

/*
 * For freeing what workers read without locks, such as a configuration snapshot: publish the new pointer, call
 * workers_epoch_next, and free the old one once workers_epoch_passed reports that every worker has begun a turn
 * since then. This covers pointers loaded within a turn; a parked request that keeps one across turns needs its
 * own reference count.
 */
uint64_t workers_epoch_next(struct workers *ws);
bool workers_epoch_passed(struct workers *ws, uint64_t epoch);
/* Returns true if the epoch has passed, false after timeout_ms. */
bool workers_epoch_wait(struct workers *ws, uint64_t epoch, int timeout_ms);

/*
 * Runs a worker without a thread, for tests or for a single turn by hand: processes what is there now, then
 * calls the turn function.
 */
void worker_run_once(struct worker *worker);
