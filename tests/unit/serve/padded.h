/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"

#include <stdio.h>
#include <string.h>

/* Returns a text of `len` bytes: x between head and tail. */
static inline const char *padded(struct arena *arena, const char *head, const char *tail, size_t len)
{
	size_t n = len - strlen(head) - strlen(tail);
	char *text = arena_alloc(arena, len + 1);

	(void)snprintf(text, len + 1, "%s%*s%s", head, (int)n, "", tail);
	memset(text + strlen(head), 'x', n);
	return text;
}
