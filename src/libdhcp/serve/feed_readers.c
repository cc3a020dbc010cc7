/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/feed_readers.h"

#include "base/arena.h"
#include "io/loop.h"

#include <stdlib.h>

#define GATHER_MS 50
#define KEEP_MS 60000 /* the feed stays on after the last reader */

struct feed_readers {
	struct feed *feed;
	struct loop *loop;
	struct list v; /* struct feed_reader */
	unsigned n;
	struct post post; /* a record was added */
	struct timer gather, off;
	uint64_t begin;
};

static void wake_all(struct feed_readers *readers)
{
	struct list due = LIST_INIT(due), *item;

	while ((item = list_pop(&readers->v)))
		list_add_tail(&due, item);
	while ((item = list_pop(&due))) {
		struct feed_reader *reader = container_of(item, struct feed_reader, link);

		list_add_tail(&readers->v, item);
		reader->ready(reader);
	}
}

/* Any thread. */
static void record_added(void *ctx)
{
	struct feed_readers *readers = ctx;

	loop_post(readers->loop, &readers->post);
}

static void on_post(struct post *post)
{
	struct feed_readers *readers = container_of(post, struct feed_readers, post);

	loop_timer_start(readers->loop, &readers->gather, GATHER_MS);
	wake_all(readers);
}

static void gathered(void *ctx)
{
	struct feed_readers *readers = ctx;

	/* In this order: a record in between posts again. */
	feed_rearm(readers->feed);
	wake_all(readers);
}

static void off_tick(void *ctx)
{
	struct feed_readers *readers = ctx;

	feed_switch(readers->feed, false);
}

struct feed_readers *feed_readers_new(struct feed *feed, struct loop *loop)
{
	struct feed_readers *readers = xcalloc(1, sizeof(*readers));

	readers->feed = feed;
	readers->loop = loop;
	list_init(&readers->v);
	readers->post.fn = on_post;
	timer_init(&readers->gather, gathered, readers);
	timer_init(&readers->off, off_tick, readers);
	feed_on_record(feed, record_added, readers);
	return readers;
}

void feed_readers_free(struct feed_readers *readers)
{
	if (!readers)
		return;
	loop_timer_stop(readers->loop, &readers->gather);
	loop_timer_stop(readers->loop, &readers->off);
	free(readers);
}

struct feed *feed_readers_feed(const struct feed_readers *readers)
{
	return readers->feed;
}

void feed_readers_join(struct feed_readers *readers, struct feed_reader *reader)
{
	uint64_t next;

	loop_timer_stop(readers->loop, &readers->off);
	if (!feed_is_on(readers->feed)) {
		feed_switch(readers->feed, true);
		feed_span(readers->feed, &readers->begin, &next);
	}
	list_add_tail(&readers->v, &reader->link);
	readers->n++;
}

void feed_readers_leave(struct feed_readers *readers, struct feed_reader *reader)
{
	list_remove(&reader->link);
	if (--readers->n == 0)
		loop_timer_start(readers->loop, &readers->off, KEEP_MS);
}

uint64_t feed_readers_begin(const struct feed_readers *readers)
{
	return readers->begin;
}
