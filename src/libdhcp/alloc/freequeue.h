/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/freemap.h"

/*
 * The free numbers of a map in the order in which they became free, so that the one that has been free
 * for longest is found at once. Eight bytes a number. Not locked: the owner does that, and tells every
 * change of the map.
 */
struct freequeue;

/* All that are free in the map, in their order. */
struct freequeue *freequeue_new(const struct freemap *map);
void freequeue_free(struct freequeue *queue);
/* The number became free, or taken; each call is a change. */
void freequeue_set(struct freequeue *queue, uint32_t i, bool is_free);
/* The one that has been free for longest; FREEMAP_NONE when there is none. */
uint64_t freequeue_first(const struct freequeue *queue);
