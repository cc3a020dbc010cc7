/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/dgram.h"
#include "io/loop.h"

/*
 * Where a worker receives and sends datagrams: sockets (io/sock.h) or queues in memory (io/fake.h). Used by one
 * thread. Dropped datagrams are counted (STAT_SOCKET_*, STAT_SEND_*).
 */
struct io_engine {
	const struct io_ops *ops;
};

struct io_ops {
	const char *name;
	int (*recv)(struct io_engine *engine, struct dgram *v, unsigned n);
	unsigned (*send)(struct io_engine *engine, struct dgram *const *v, unsigned n);
	int (*watch)(struct io_engine *engine, struct loop *loop, loop_fn *readable, void *ctx);
	void (*unwatch)(struct io_engine *engine, struct loop *loop);
	void (*free)(struct io_engine *engine);
};

/*
 * Receives up to n datagrams into the buffers of v[0..n), without waiting: the caller sets buf and size, the
 * engine all other fields. Returns the number received; 0 if there are none now.
 */
static inline int io_recv(struct io_engine *engine, struct dgram *v, unsigned n)
{
	return engine->ops->recv(engine, v, n);
}

/*
 * Sends as many as possible without waiting. Returns the number sent; the rest are dropped and counted, as the
 * network might have done.
 */
static inline unsigned io_send(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	return engine->ops->send(engine, v, n);
}

/* Calls `readable` in the loop whenever io_recv has data. */
static inline int io_watch(struct io_engine *engine, struct loop *loop, loop_fn *readable, void *ctx)
{
	return engine->ops->watch(engine, loop, readable, ctx);
}

static inline void io_unwatch(struct io_engine *engine, struct loop *loop)
{
	engine->ops->unwatch(engine, loop);
}

static inline void io_free(struct io_engine *engine)
{
	if (engine)
		engine->ops->free(engine);
}
