/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "io/engine.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * N workers: each a thread, a loop, an arena and an engine. A turn of a worker is: posts and what
 * arrived (batch after batch, bounded so that posts are not starved), timers, then `turn`, where the
 * answers that gathered are sent with one io_send.
 *
 *	struct worker_conf conf = { .batch = handle, .turn = flush, .user = server };
 *	struct workers *ws = workers_new(&conf, n);
 *	workers_set_engines(ws, engines);
 *	workers_start(ws);
 *	...
 *	workers_set_engines(ws, NULL);	receive nothing more; posts still run
 *	workers_stop(ws);		ends and joins the threads
 *	workers_free(ws);
 */
struct worker;
struct workers;

/*
 * n datagrams arrived. Everything in v is the worker's and is overwritten by the next batch; to keep
 * a payload longer, take v[i].buf and put another buffer of xmalloc(v[i].size) in its place.
 */
typedef void worker_batch_fn(struct worker *worker, struct dgram *v, unsigned n);
typedef void worker_fn(struct worker *worker);

struct worker_conf {
	worker_batch_fn *batch;
	worker_fn *start;   /* NULL, or: first thing in the thread */
	worker_fn *turn;    /* NULL, or: at the end of each turn */
	worker_fn *stop;    /* NULL, or: last thing in the thread */
	void *user;         /* becomes worker->user; start may replace it by the worker's own */
	unsigned batch_max; /* datagrams per batch; 0 = 64 */
	uint32_t buf_size;  /* bytes per datagram; 0 = DGRAM_SIZE */
	size_t arena_cap;   /* bytes of worker->arena; 0 = no cap */
};

struct worker {
	unsigned index;
	struct loop *loop;
	struct arena *arena;      /* the worker's own; nobody resets it but the functions above */
	struct io_engine *engine; /* borrowed; NULL while nothing is received. Change: workers_set_engines */
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
/* Stops them if they run; the engines stay the caller's. */
void workers_free(struct workers *ws);
unsigned workers_n(const struct workers *ws);
struct worker *workers_get(struct workers *ws, unsigned i);

/* -E_SYS when a thread cannot be made: none runs then. */
int workers_start(struct workers *ws);
/* Returns when all threads have ended. */
void workers_stop(struct workers *ws);

/*
 * Give worker i engines[i] (NULL instead of the array: none). Returns when all have changed over, so
 * the engines of before may be freed. Blocks for a turn of each worker; never called from one.
 * -E_SYS: a worker could not watch its engine and has none now.
 */
int workers_set_engines(struct workers *ws, struct io_engine *const *engines);

/* Any thread: post->fn runs in the worker. A finished transaction comes back this way. */
static inline void worker_post(struct worker *worker, struct post *post)
{
	loop_post(worker->loop, post);
}

/*
 * Reclaiming what workers read without locks, such as a configuration snapshot: publish the new
 * pointer, call workers_epoch_next, and free the old one when workers_epoch_passed says that every
 * worker began a turn after that. Holds for pointers loaded within a turn; a parked request that keeps
 * one over turns needs a count of its own.
 */
uint64_t workers_epoch_next(struct workers *ws);
bool workers_epoch_passed(struct workers *ws, uint64_t epoch);
/* True when passed, false after timeout_ms. */
bool workers_epoch_wait(struct workers *ws, uint64_t epoch, int timeout_ms);

/* Without a thread, for tests and for one turn by hand: what is there now, then the turn function. */
void worker_run_once(struct worker *worker);
