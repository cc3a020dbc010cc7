/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "../suite.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <string.h>

/* Each test has its own arena. */
static struct arena *arena;

static inline void setup(void)
{
	arena = arena_new(0);
}

static inline void teardown(void)
{
	arena_free(arena);
}

/* Returns a copy of exactly that length, so that a sanitizer detects any overrun; spaces between digits are ignored. */
static inline struct bytes hex(const char *text)
{
	uint8_t buf[2048];
	char plain[4096];
	size_t n = 0;
	int len;

	for (; *text; text++)
		if (*text != ' ')
			plain[n++] = *text;
	len = hex_to_bytes(plain, n, buf, sizeof(buf));
	ck_assert_int_ge(len, 0);
	return bytes_of(arena_dup(arena, buf, (size_t)len), (size_t)len);
}
