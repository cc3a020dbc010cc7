/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "json/diag.h"
#include "json/shape.h"

#include <stdbool.h>

/*
 * Repairs a text with unmatched brackets or quotes with the fewest insertions and removals that make it
 * consistent. What was intended is judged from the order of tokens, from indentation and, with a shape, from
 * where a key is known: a "lease-database" among interfaces indicates that a brace is missing before it. Each
 * change is one error in the diag; the rest of the text is then read as if it had been correct.
 *
 * quotes.c finds the quotes, a line at a time; brackets.c the brackets.
 */
struct repair {
	char *text; /* NUL-terminated */
	size_t len;
	size_t *ghosts; /* positions of the inserted characters in text, ascending */
	size_t n_ghosts;
};

/* Returns NULL if nothing has to be changed, or if it is unclear what. */
struct repair *repair_source(struct diag *diag, uint32_t file, bool is_fragment, const struct json_shape *shape);
void repair_free(struct repair *repair); /* NULL is fine */
