/* SPDX-License-Identifier: MPL-2.0 */
/* The fake engine: two lists under one lock, an eventfd for the loop. */
#include "io/fake.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "stat/stat.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct item {
	struct list link;
	struct dgram dgram; /* buf = bytes */
	uint8_t bytes[];
};

struct fake_io {
	struct io_engine engine;
	pthread_mutex_t lock; /* guards the fields below */
	struct list in, out;
	unsigned n_out, fail_sends;
	struct stats *stats;
	int fd;
	loop_fn *readable;
	void *ctx;
};

static struct item *item_new(const struct dgram *dgram)
{
	struct item *item = xcalloc(1, sizeof(*item) + dgram->len);

	item->dgram = *dgram;
	item->dgram.buf = item->bytes;
	item->dgram.size = dgram->len;
	if (dgram->len)
		memcpy(item->bytes, dgram->buf, dgram->len);
	return item;
}

/* Copies into the caller's buffer; false if it is too small. */
static bool item_copy(const struct item *item, struct dgram *ret)
{
	uint8_t *buf = ret->buf;
	uint32_t size = ret->size;

	if (item->dgram.len > size)
		return false;
	*ret = item->dgram;
	ret->buf = buf;
	ret->size = size;
	if (ret->len)
		memcpy(buf, item->bytes, ret->len);
	return true;
}

static int fake_recv(struct io_engine *engine, struct dgram *v, unsigned n)
{
	struct fake_io *fake = container_of(engine, struct fake_io, engine);
	struct list *link;
	unsigned got = 0;

	pthread_mutex_lock(&fake->lock);
	while (got < n && (link = list_pop(&fake->in))) {
		struct item *item = container_of(link, struct item, link);

		if (item_copy(item, &v[got])) {
			v[got].when_us = clock_boot_us();
			got++;
		} else {
			stat_add(fake->stats, STAT_SOCKET_TRUNCATED, 1);
		}
		free(item);
	}
	pthread_mutex_unlock(&fake->lock);
	return (int)got;
}

static unsigned fake_send(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	struct fake_io *fake = container_of(engine, struct fake_io, engine);
	unsigned sent = 0;

	pthread_mutex_lock(&fake->lock);
	for (unsigned i = 0; i < n; i++) {
		if (fake->fail_sends) {
			fake->fail_sends--;
			stat_add(fake->stats, STAT_SEND_FULL, 1);
			continue;
		}
		list_add_tail(&fake->out, &item_new(v[i])->link);
		fake->n_out++;
		sent++;
	}
	pthread_mutex_unlock(&fake->lock);
	return sent;
}

static void fake_ready(void *ctx, uint32_t events)
{
	struct fake_io *fake = ctx;
	uint64_t times;

	(void)events;
	(void)!read(fake->fd, &times, sizeof(times));
	fake->readable(fake->ctx);
	/* Level-triggered like a socket: data the reader left wakes the loop again. */
	pthread_mutex_lock(&fake->lock);
	if (!list_is_empty(&fake->in)) {
		times = 1;
		(void)!write(fake->fd, &times, sizeof(times));
	}
	pthread_mutex_unlock(&fake->lock);
}

static int fake_watch(struct io_engine *engine, struct loop *loop, loop_fn *readable, void *ctx)
{
	struct fake_io *fake = container_of(engine, struct fake_io, engine);

	fake->readable = readable;
	fake->ctx = ctx;
	return loop_add(loop, fake->fd, EPOLLIN, fake_ready, fake);
}

static void fake_unwatch(struct io_engine *engine, struct loop *loop)
{
	loop_del(loop, container_of(engine, struct fake_io, engine)->fd);
}

static void free_items(struct list *list)
{
	struct list *link;

	while ((link = list_pop(list)))
		free(container_of(link, struct item, link));
}

static void fake_free(struct io_engine *engine)
{
	struct fake_io *fake = container_of(engine, struct fake_io, engine);

	free_items(&fake->in);
	free_items(&fake->out);
	pthread_mutex_destroy(&fake->lock);
	close(fake->fd);
	stats_free(fake->stats);
	free(fake);
}

static const struct io_ops fake_ops = {
	.name = "fake",
	.recv = fake_recv,
	.send = fake_send,
	.watch = fake_watch,
	.unwatch = fake_unwatch,
	.free = fake_free,
};

struct fake_io *fake_io_new(void)
{
	struct fake_io *fake = xcalloc(1, sizeof(*fake));

	fake->engine.ops = &fake_ops;
	fake->stats = stats_new();
	pthread_mutex_init(&fake->lock, NULL);
	list_init(&fake->in);
	list_init(&fake->out);
	fake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return fake;
}

struct io_engine *fake_io_engine(struct fake_io *fake)
{
	return &fake->engine;
}

void fake_io_put(struct fake_io *fake, const struct dgram *dgram)
{
	struct item *item = item_new(dgram);
	uint64_t one = 1;

	pthread_mutex_lock(&fake->lock);
	list_add_tail(&fake->in, &item->link);
	(void)!write(fake->fd, &one, sizeof(one));
	pthread_mutex_unlock(&fake->lock);
}

bool fake_io_take(struct fake_io *fake, struct dgram *ret)
{
	struct list *link;
	struct item *item;
	bool fits;

	pthread_mutex_lock(&fake->lock);
	link = list_pop(&fake->out);
	if (link)
		fake->n_out--;
	pthread_mutex_unlock(&fake->lock);
	if (!link)
		return false;
	item = container_of(link, struct item, link);
	fits = item_copy(item, ret);
	free(item);
	return fits;
}

unsigned fake_io_sent(struct fake_io *fake)
{
	unsigned n;

	pthread_mutex_lock(&fake->lock);
	n = fake->n_out;
	pthread_mutex_unlock(&fake->lock);
	return n;
}

void fake_io_fail_sends(struct fake_io *fake, unsigned n)
{
	pthread_mutex_lock(&fake->lock);
	fake->fail_sends = n;
	pthread_mutex_unlock(&fake->lock);
}
