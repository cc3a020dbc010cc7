/* SPDX-License-Identifier: MPL-2.0 */
/* A piece is aligned to its size, so an object's address identifies its piece. */
#include "base/objpool.h"

#include "base/arena.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#define PIECE ((size_t)65536)
#define HEAD ((size_t)64)

struct piece {
	struct list link; /* in the pool's open or full */
	unsigned n_used;
	unsigned n_touched; /* objects from here on are unused, and zero */
	void *free;         /* the first freed object; it begins with the address of the next one */
};

void objpool_init(struct objpool *pool, size_t size)
{
	/* With 32-bit pointers, struct sizes need not be multiples of 8. */
	size = (size + 7) & ~(size_t)7;
	assert(size >= sizeof(void *) && size <= PIECE - HEAD);
	*pool = (struct objpool){ .size = size, .per_piece = (unsigned)((PIECE - HEAD) / size) };
	list_init(&pool->open);
	list_init(&pool->full);
}

static void free_piece(struct objpool *pool, struct piece *piece)
{
	list_remove(&piece->link);
	(void)munmap(piece, PIECE);
	pool->n_pieces--;
}

void objpool_done(struct objpool *pool)
{
	while (!list_is_empty(&pool->open))
		free_piece(pool, container_of(pool->open.next, struct piece, link));
	while (!list_is_empty(&pool->full))
		free_piece(pool, container_of(pool->full.next, struct piece, link));
}

/* Maps twice the size and unmaps the unaligned part. */
static struct piece *new_piece(struct objpool *pool)
{
	char *room = mmap(NULL, 2 * PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *begin;
	struct piece *piece;
	size_t before;

	if (room == MAP_FAILED)
		die_of_memory();
	begin = (char *)(((uintptr_t)room + PIECE - 1) & ~(PIECE - 1));
	before = (size_t)(begin - room);
	if (before)
		(void)munmap(room, before);
	if (before < PIECE)
		(void)munmap(begin + PIECE, PIECE - before);
	piece = (struct piece *)begin;
	list_add_head(&pool->open, &piece->link);
	pool->n_pieces++;
	pool->n_empty++;
	return piece;
}

void *objpool_take(struct objpool *pool)
{
	struct piece *piece =
		list_is_empty(&pool->open) ? new_piece(pool) : container_of(pool->open.next, struct piece, link);
	void *object = piece->free;

	if (object) {
		memcpy(&piece->free, object, sizeof(piece->free));
		memset(object, 0, pool->size);
	} else {
		object = (char *)piece + HEAD + pool->size * piece->n_touched++;
	}
	pool->n_empty -= piece->n_used == 0;
	if (++piece->n_used == pool->per_piece) {
		list_remove(&piece->link);
		list_add_head(&pool->full, &piece->link);
	}
	return object;
}

void objpool_give(struct objpool *pool, void *object)
{
	struct piece *piece = (struct piece *)((uintptr_t)object & ~(PIECE - 1));

	if (piece->n_used-- == pool->per_piece) {
		list_remove(&piece->link);
		list_add_tail(&pool->open, &piece->link);
	}
	if (!piece->n_used && pool->n_empty) {
		free_piece(pool, piece);
		return;
	}
	pool->n_empty += piece->n_used == 0;
	memcpy(object, &piece->free, sizeof(piece->free));
	piece->free = object;
}

size_t objpool_bytes(const struct objpool *pool)
{
	return pool->n_pieces * PIECE;
}
