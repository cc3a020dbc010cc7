/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bump allocator. Everything allocated lives until the arena is reset or freed; single pieces are never freed.
 * Memory is zeroed. An arena with a cap returns NULL when it is reached; one without aborts the process when the
 * system is out of memory, so its callers need not check.
 *
 *	struct arena *a = arena_new(0);
 *	struct subnet *sub = arena_new_obj(a, struct subnet);
 *	arena_free(a);
 */
struct arena;

struct arena *arena_new(size_t cap_bytes); /* 0 = no cap */
void arena_free(struct arena *arena);      /* NULL is fine */
/* Frees everything but the first block, which is ready for reuse without malloc. */
void arena_reset(struct arena *arena);
size_t arena_used(const struct arena *arena);

void *arena_alloc(struct arena *arena, size_t len);
/* Same, but not zeroed: for memory that is filled at once. */
void *arena_room(struct arena *arena, size_t len);
void *arena_dup(struct arena *arena, const void *data, size_t len);
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define arena_new_obj(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_new_array(arena, type, n) ((type *)arena_alloc_array((arena), (n), sizeof(type)))
void *arena_alloc_array(struct arena *arena, size_t n, size_t size);

/* Process-wide memory: aborts with a message if there is none left. */
void die_of_memory(void) __attribute__((noreturn));
void *xmalloc(size_t len);
void *xcalloc(size_t n, size_t size);
/* Same, at the beginning of a cache line, for a struct with members that must not share one with others. */
#define CACHE_LINE 64
void *xcalloc_lines(size_t n, size_t size);
void *xrealloc(void *p, size_t len);
char *xstrdup(const char *s);
