/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Arenas: a chain of blocks, the newest first. A block holds at least BLOCK_MIN bytes; a request larger than a
 * quarter of that gets its own block after the current one.
 */
#include "base/arena.h"

#include <stdbool.h>

#define BLOCK_MIN 16384
#define ALIGN 16

struct block {
	struct block *next;
	size_t size;
	size_t used;
	uint8_t data[] __attribute__((aligned(ALIGN)));
};

struct arena {
	struct block *head;  /* serves small pieces */
	struct block *first; /* kept by arena_reset() */
	size_t cap;
	size_t used;
};

void die_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

void *xmalloc(size_t len)
{
	void *p = malloc(len ? len : 1);

	if (!p)
		die_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		die_of_memory();
	return p;
}

void *xcalloc_lines(size_t n, size_t size)
{
	size_t len;
	void *p = NULL;

	if (!__builtin_mul_overflow(n, size, &len) && len <= SIZE_MAX - CACHE_LINE)
		p = aligned_alloc(CACHE_LINE, (len / CACHE_LINE + 1) * CACHE_LINE);
	if (!p)
		die_of_memory();
	return memset(p, 0, len);
}

void *xrealloc(void *old, size_t len)
{
	void *p = realloc(old, len ? len : 1);

	if (!p)
		die_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(xmalloc(len), s, len);
}

static struct block *block_new(size_t size)
{
	struct block *b = xmalloc(sizeof(*b) + size);

	b->next = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

struct arena *arena_new(size_t cap_bytes)
{
	struct arena *arena = xcalloc(1, sizeof(*arena));

	arena->cap = cap_bytes;
	arena->first = block_new(cap_bytes && cap_bytes < BLOCK_MIN ? cap_bytes : BLOCK_MIN);
	arena->head = arena->first;
	return arena;
}

void arena_free(struct arena *arena)
{
	struct block *b, *next;

	if (!arena)
		return;
	for (b = arena->head; b; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

void arena_reset(struct arena *arena)
{
	struct block *b, *next;

	for (b = arena->head; b; b = next) {
		next = b->next;
		if (b != arena->first)
			free(b);
	}
	arena->first->next = NULL;
	arena->first->used = 0;
	arena->head = arena->first;
	arena->used = 0;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

void *arena_room(struct arena *arena, size_t len)
{
	struct block *b = arena->head;
	size_t need = (len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *p;

	if (need < len || need > SIZE_MAX / 2 || (arena->cap && arena->used + need > arena->cap)) {
		if (arena->cap)
			return NULL;
		die_of_memory();
	}
	if (b->size - b->used < need) {
		struct block *fresh = block_new(need > BLOCK_MIN / 4 ? need : BLOCK_MIN);

		if (need > BLOCK_MIN / 4) {
			/* Large piece: goes after the head, so the head continues to serve small ones. */
			fresh->next = b->next;
			b->next = fresh;
		} else {
			fresh->next = b;
			arena->head = fresh;
		}
		b = fresh;
	}
	p = b->data + b->used;
	b->used += need;
	arena->used += need;
	return p;
}

void *arena_alloc(struct arena *arena, size_t len)
{
	void *p = arena_room(arena, len);

	if (p)
		memset(p, 0, len);
	return p;
}

void *arena_alloc_array(struct arena *arena, size_t n, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(n, size, &len))
		len = SIZE_MAX;
	return arena_alloc(arena, len);
}

void *arena_dup(struct arena *arena, const void *data, size_t len)
{
	void *p = arena_room(arena, len);

	if (p && len)
		memcpy(p, data, len);
	return p;
}

char *arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *p = arena_room(arena, len + 1);

	if (p) {
		if (len)
			memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_room(arena, (size_t)len + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}
