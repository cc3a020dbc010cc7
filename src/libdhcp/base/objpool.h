/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/*
 * Objects of one size, allocated and freed in unpredictable numbers. They are in pieces of 64 KiB; an empty
 * piece is returned to the system, except for one that is kept. Not locked: the owner does that.
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
	struct list open, full; /* pieces with free space, and without */
};

/* Objects are aligned to 64 bytes if their size is a multiple of that, otherwise to 8. */
void objpool_init(struct objpool *pool, size_t size);
/* Also frees all objects that are still in it. */
void objpool_done(struct objpool *pool);
/* Zeroed; aborts the process if out of memory. */
void *objpool_take(struct objpool *pool);
void objpool_give(struct objpool *pool, void *object);
/* Bytes allocated from the system. */
size_t objpool_bytes(const struct objpool *pool);
