/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/list.h"
#include "serve/feed.h"

/*
 * Who reads the feed: the streams of command `events`, and hook libraries. The feed is on while there is a reader, and
 * for a minute after the last one, so that it can resume. Readers are woken at most 20 times a second, however many
 * records there are; each reads the ring at its own position. Main thread.
 */
struct loop;
struct feed_readers;

struct feed_reader {
	struct list link;
	void (*ready)(struct feed_reader *reader); /* there are records; readers may leave */
};

struct feed_readers *feed_readers_new(struct feed *feed, struct loop *loop);
/* All readers have left, and no thread adds records any longer. NULL is fine. */
void feed_readers_free(struct feed_readers *readers);
struct feed *feed_readers_feed(const struct feed_readers *readers);
void feed_readers_join(struct feed_readers *readers, struct feed_reader *reader);
void feed_readers_leave(struct feed_readers *readers, struct feed_reader *reader);
/* Returns the number of the first record since the feed was switched on. */
uint64_t feed_readers_begin(const struct feed_readers *readers);
