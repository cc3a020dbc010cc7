/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "eval/expr.h"

/*
 * Replaces parts of names that clients send: hostname-char-set is a regular expression for what is replaced,
 * hostname-char-replacement what each match becomes ($& is the match, $1 to $9 are its groups, $$ is a dollar sign).
 *
 * A single bracket expression with a plain replacement, as nearly all configurations have, becomes a table of bytes.
 * Others need PCRE2 for each name.
 */
struct sanitizer;

/* In the arena. Returns NULL if the expression is invalid: *ret_why says why, *ret_at is the offset in `set`. */
struct sanitizer *sanitizer_new(struct arena *arena, const char *set, const char *replacement, const char **ret_why,
				size_t *ret_at);
/* True if sanitizer_run() needs a scratch with_match. */
bool sanitizer_needs_scratch(const struct sanitizer *s);
/*
 * Writes what the text becomes to buf. Returns its length; -E_SPACE if it is longer than `size`, -E_RANGE if the
 * expression takes too many steps.
 */
int sanitizer_run(const struct sanitizer *s, struct eval_scratch *scratch, struct bytes text, char *buf, size_t size);
