/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"

/* Domain names, RFC 1035 3.1 and 4.1.4, between text and labels. */
enum {
	DOMAIN_WIRE_MAX = 255,
	DOMAIN_TEXT_MAX = 1024, /* every byte of a name as \DDD, plus dots and NUL */
};

/*
 * Converts text to labels ending with the root, never compressed; a trailing dot makes no difference. "\." is a
 * dot inside a label, "\DDD" any byte. -E_INVAL for an empty or too long label or name, -E_SPACE if w is full.
 */
int domain_write(struct writer *w, const char *text, size_t len);
/*
 * Converts the next name of r to text with a trailing dot (the root is "."). Pointers count from the start of
 * `whole` and must point backwards, so there are no loops. Returns the length of the text or -E_INVAL; buf has
 * DOMAIN_TEXT_MAX.
 */
int domain_read(struct reader *r, struct bytes whole, char *buf);
