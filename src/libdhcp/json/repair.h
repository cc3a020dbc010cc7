/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "json/diag.h"
#include "json/read.h"

/*
 * A text whose brackets or quotes do not fit, with the fewest insertions and removals that make them fit.
 * What was meant is judged by what may follow what, by indentation and, with a shape, by where a key is known:
 * a "lease-database" among interfaces says that a brace is missing before it. Each change is one error in the
 * diag; the rest of the text is then read as if it had been right.
 *
 * quotes.c finds the quotes, a line at a time; brackets.c the brackets.
 */
struct repair {
	char *text; /* NUL-terminated */
	size_t len;
	size_t *ghosts; /* where in text the inserted characters are, ascending */
	size_t n_ghosts;
};

/* NULL if there is nothing to change, or no telling what. */
struct repair *repair_source(struct diag *diag, uint32_t file, bool is_fragment, const struct json_shape *shape);
void repair_free(struct repair *repair); /* NULL is fine */
