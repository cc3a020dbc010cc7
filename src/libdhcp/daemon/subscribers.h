/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/list.h"
#include "io/loop.h"
#include "serve/feed_readers.h"

/*
 * Those who read the feed: streams of command `events` and of GET /events. Each has its own position in the ring, so a
 * slow one loses records and gets the number of them, and costs others nothing. Main thread.
 */
struct daemon;
struct subscribers;

struct subscribers *subscribers_new(struct daemon *d);
/* All streams have ended, and no thread adds records any longer. NULL is fine. */
void subscribers_free(struct subscribers *all);
