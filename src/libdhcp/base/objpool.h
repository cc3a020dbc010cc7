/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/*
 * Objects of one size that come and go in numbers that nobody knows before. They lie in pieces of 64 KiB; a piece that
 * has no object left goes back to the system, but for one that is kept. Not locked: the owner does that.
 *
 *	struct objpool pool;
 *	objpool_init(&pool, sizeof(struct hold));
 *	struct hold *hold = objpool_take(&pool);
 *	objpool_give(&pool, hold);
 *	objpool_done(&pool);
 */
struct objpool {
	size_t size;
	unsigned per_piece;
	unsigned n_pieces, n_empty;
	struct list open, full; /* pieces with room, and without */
};

/* Objects are aligned to 64 bytes if their size is a multiple of that, else to 8. */
void objpool_init(struct objpool *pool, size_t size);
/* With all objects that are still in it. */
void objpool_done(struct objpool *pool);
/* Zeroed; aborts the process when there is no memory. */
void *objpool_take(struct objpool *pool);
void objpool_give(struct objpool *pool, void *object);
/* Bytes it has from the system. */
size_t objpool_bytes(const struct objpool *pool);
