/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* Result of checking the relay information stored with a lease. */
enum context_verdict {
	CONTEXT_FINE,
	CONTEXT_UPGRADED, /* an older form, or corrected */
	CONTEXT_REMOVED,  /* unreadable: removed */
};

#include "base/arena.h"
#include "base/bytes.h"

struct json_object;

/* Writes the hexadecimal digits of the bytes at `at`, without a terminator; returns the position after them. */
char *context_put_hex(char *at, struct bytes data);
char *context_put_text(char *at, const char *text);
/* Returns a context as text in the arena; NULL if the arena is full or the text is longer than a lease can hold. */
const char *context_print(struct arena *arena, struct json_object *context);
/*
 * A check found this and corrected the context. Returns it as text, NULL if nothing is left. A context that is
 * too long for a lease stays unchanged.
 */
enum context_verdict context_checked(struct arena *arena, struct json_object *context, enum context_verdict verdict,
				     const char **ret);
/*
 * Returns a context of another origin (a library or an operator) with the value of `fresh` at ISC / key added.
 * Rare. Unchanged if a lease cannot hold both.
 */
const char *context_merge(struct arena *arena, const char *old, const char *fresh, const char *key);
