/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "../slow_queue.h"

#include "host/source.h"

/*
 * A source of reservations for tests that responds from a slow_queue. The reservations are those of another source, so
 * results are correct.
 */
/* Called in the responding thread before the first response to a find. fails: all of its results are -E_SYS. */
typedef void slow_responds_fn(void *ctx, const struct host_find *find, bool fails);

/* Closes `inner` when it is closed itself, after all finds are answered. `responds` may be NULL. */
struct host_source *slow_source_new(struct host_source *inner, slow_responds_fn *responds, void *ctx);
/* Borrowed until the source is closed. */
struct slow_queue *slow_source_queue(struct host_source *source);
