/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stddef.h>

/*
 * A set of IPv6 prefixes of any length that answers what overlaps with a prefix: a binary trie with compressed
 * paths, so a question costs about as many steps as the logarithm of the set's size, 128 at most. Each
 * member has marks and leaves the set with its last one. Not locked: the owner does that.
 */
struct spans {
	struct spans_node *root, *spare;
	struct spans_chunk *chunks;
	size_t n; /* members */
};

/* Zeroed memory is an empty set. */
void spans_done(struct spans *spans);
/* Marks are bits. Bits after the prefix's length are ignored. */
void spans_mark(struct spans *spans, const struct prefix *prefix, unsigned mark);
void spans_unmark(struct spans *spans, const struct prefix *prefix, unsigned mark);
/*
 * Is there a member that contains the prefix or lies in it? Members that begin at `except` do not count (NULL:
 * all count). *ret is one of them, the outermost that contains the prefix if any does.
 */
bool spans_overlap(const struct spans *spans, const struct prefix *prefix, const struct ip *except, struct prefix *ret);
/* The address of the first prefix of the same length, at `from` or after it, that overlaps with no member. False: none.
 */
bool spans_next_gap(const struct spans *spans, const struct prefix *from, struct ip *ret);
/* All members in ascending order. */
void spans_each(const struct spans *spans, void (*fn)(void *ctx, const struct prefix *prefix, unsigned marks),
		void *ctx);
