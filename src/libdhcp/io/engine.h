/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/dgram.h"
#include "io/loop.h"

/*
 * Where a worker's datagrams come from and go to: sockets (io/sock.h) or queues in memory
 * (io/fake.h). Used by one thread. What it drops is counted (STAT_SOCKET_*, STAT_SEND_*).
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
 * Up to n datagrams into the buffers of v[0..n), without waiting: the caller sets buf and size, all
 * else is filled in. Returns how many; 0 when there are none now.
 */
static inline int io_recv(struct io_engine *engine, struct dgram *v, unsigned n)
{
	return engine->ops->recv(engine, v, n);
}

/*
 * Send all that can be sent without waiting. Returns how many left; what could not is dropped and
 * counted, as the network might have done.
 */
static inline unsigned io_send(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	return engine->ops->send(engine, v, n);
}

/* `readable` is called in the loop whenever io_recv has something. */
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
