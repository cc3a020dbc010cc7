/* SPDX-License-Identifier: MPL-2.0 */
/* A linked list in two arrays of numbers: the entry after the last number is its head. */
#include "alloc/freequeue.h"

#include "base/arena.h"

struct freequeue {
	uint32_t head; /* = size of the map */
	uint32_t *next, *prev;
};

struct freequeue *freequeue_new(const struct freemap *map)
{
	struct freequeue *queue = xcalloc(1, sizeof(*queue));
	uint32_t i;

	queue->head = (uint32_t)freemap_size(map);
	queue->next = xcalloc((size_t)queue->head + 1, sizeof(*queue->next));
	queue->prev = xcalloc((size_t)queue->head + 1, sizeof(*queue->prev));
	queue->next[queue->head] = queue->prev[queue->head] = queue->head;
	for (i = 0; i < queue->head; i++)
		if (freemap_is_free(map, i))
			freequeue_set(queue, i, true);
	return queue;
}

void freequeue_free(struct freequeue *queue)
{
	if (!queue)
		return;
	free(queue->next);
	free(queue->prev);
	free(queue);
}

void freequeue_set(struct freequeue *queue, uint32_t i, bool is_free)
{
	if (is_free) {
		uint32_t last = queue->prev[queue->head];

		queue->next[i] = queue->head;
		queue->prev[i] = last;
		queue->next[last] = queue->prev[queue->head] = i;
	} else {
		queue->next[queue->prev[i]] = queue->next[i];
		queue->prev[queue->next[i]] = queue->prev[i];
	}
}

uint64_t freequeue_after(const struct freequeue *queue, uint64_t i)
{
	uint32_t next = queue->next[i];

	return next == queue->head ? FREEMAP_NONE : next;
}

uint64_t freequeue_first(const struct freequeue *queue)
{
	return freequeue_after(queue, queue->head);
}
