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
#include "root/config.h"

struct json_object;

/*
 * How a family stores what the relays of a message said: as the value of a key under "ISC" in the user-context of a
 * lease, where leasequery finds it.
 */
struct context_form {
	const char *key;
	const char *old_key;     /* of an older form; NULL if that has the same key */
	const char *head, *tail; /* of a context with nothing else: what is before and after the content of the value */
	/*
	 * Reads the value that a context has; *ret is the context that this server would write for it, NULL if that is
	 * too long for a lease. False if the value cannot be read.
	 */
	bool (*rewrite)(struct arena *arena, const char *context, struct json_object *value, const char **ret);
};

/* OPEN and CLOSE are those of the value; CLOSE is not part of its content. */
#define CONTEXT_FORM(KEY, OPEN, CLOSE) \
	.key = (KEY), .head = "{ \"ISC\": { \"" KEY "\": " OPEN " ", .tail = " " CLOSE " } }"

/* Writes the hexadecimal digits of the bytes at `at`, without a terminator; returns the position after them. */
char *context_put_hex(char *at, struct bytes data);
char *context_put_text(char *at, const char *text);
/*
 * Begins a context whose value has at most `room` bytes of content; returns where that begins. NULL if the arena is
 * full or the context would be longer than a lease can hold.
 */
char *context_begin(const struct context_form *form, struct arena *arena, size_t room);
/* Ends the context whose content is from `content`, the result of context_begin(), to `at`; returns its text. */
const char *context_end(const struct context_form *form, char *content, char *at);
/*
 * Returns the context of a lease with what `fresh` has: `old` is the current one, whose other members are kept. NULL is
 * none, for both. Unchanged if a lease cannot hold the result.
 */
const char *context_join(const struct context_form *form, struct arena *arena, const char *fresh, const char *old);
/*
 * Checks the relay information in the context of a lease. Unless it is fine, *ret is the corrected context, NULL for
 * none. What would be too long for a lease when corrected stays unchanged.
 */
enum context_verdict context_check(const struct context_form *form, struct arena *arena, const char *context,
				   enum context_checks level, const char **ret);
