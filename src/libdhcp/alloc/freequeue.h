/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/freemap.h"

/*
 * The free numbers of a map in the order in which they became free, so that the one that has been free for
 * longest is found at once. Eight bytes per number. Not locked: the owner does that, and reports every change of
 * the map.
 */
struct freequeue;

/* Starts with all free numbers of the map, in ascending order. */
struct freequeue *freequeue_new(const struct freemap *map);
void freequeue_free(struct freequeue *queue);
/* Reports that the number became free or taken. Call it only if that is a change. */
void freequeue_set(struct freequeue *queue, uint32_t i, bool is_free);
/* Returns the number that has been free for longest; FREEMAP_NONE if there is none. */
uint64_t freequeue_first(const struct freequeue *queue);
/* Returns the one that became free after the free number i; FREEMAP_NONE if there is none. */
uint64_t freequeue_after(const struct freequeue *queue, uint64_t i);
