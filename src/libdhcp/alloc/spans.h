/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stddef.h>

/*
 * A set of IPv6 prefixes of any length that finds overlaps with a prefix: a binary trie with compressed paths,
 * so a lookup takes about as many steps as the logarithm of the set's size, at most 128. Each member has marks
 * and leaves the set when its last mark is removed. Not locked: the owner does that.
 */
struct spans {
	struct spans_node *root, *spare;
	struct spans_chunk *chunks;
	size_t n; /* number of members */
};

/* Zeroed memory is an empty set. */
void spans_done(struct spans *spans);
/* Marks are bits. Bits after the prefix's length are ignored. */
void spans_mark(struct spans *spans, const struct prefix *prefix, unsigned mark);
void spans_unmark(struct spans *spans, const struct prefix *prefix, unsigned mark);
/*
 * True if a member with one of the marks contains the prefix or lies in it. Members that begin at `except` are ignored
 * (NULL: none are). *ret is one such member, the outermost one that contains the prefix if there is one.
 */
bool spans_overlap(const struct spans *spans, const struct prefix *prefix, unsigned marks, const struct ip *except,
		   struct prefix *ret);
/*
 * Finds the first prefix of the same length, at `from` or after it, that overlaps no member, and returns its
 * address. False if there is none.
 */
bool spans_next_gap(const struct spans *spans, const struct prefix *from, struct ip *ret);
/* Visits all members in ascending order. */
void spans_each(const struct spans *spans, void (*fn)(void *ctx, const struct prefix *prefix, unsigned marks),
		void *ctx);
