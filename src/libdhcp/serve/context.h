/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* What a check of the relay information kept with a lease finds. */
enum context_verdict {
	CONTEXT_FINE,
	CONTEXT_UPGRADED, /* of an older form, or made right */
	CONTEXT_REMOVED,  /* unreadable: taken out */
};

#include "base/arena.h"
#include "base/bytes.h"

struct json_object;

/* The digits of the bytes, without an end, at `at`; returns what is behind them. */
char *context_put_hex(char *at, struct bytes data);
char *context_put_text(char *at, const char *text);
/* A context as text in the arena; NULL if that has no room for it, or it is longer than a lease can hold. */
const char *context_print(struct arena *arena, struct json_object *context);
/* A check has found this and corrected the context: as text, NULL if nothing is left. What no lease can hold stays. */
enum context_verdict context_checked(struct arena *arena, struct json_object *context, enum context_verdict verdict,
				     const char **ret);
/*
 * Somebody else's context with what `fresh` has at ISC / key put into it. Rare: a library left it, or an
 * operator. Unchanged if a lease cannot hold both.
 */
const char *context_merge(struct arena *arena, const char *old, const char *fresh, const char *key);
