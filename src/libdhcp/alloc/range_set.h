/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/range.h"

/*
 * The ranges of a configuration, found by address. Ranges of nested subnets may overlap, so an address can be in
 * several. Not locked: the owner (alloc.c) does that.
 */
struct range_set {
	size_t n;
	bool has_maps;     /* some range has a map; otherwise addresses have nothing to mark */
	bool has_prefixes; /* some range has prefixes, so an address may be in one of them */
	struct range *v;   /* in the caller's order */
	struct ip *firsts; /* first addresses of the ranges in ascending order: a search touches little memory */
	struct place {
		struct ip reach; /* with overlap: the largest last address of the ranges below; see find_reach() */
		struct range *range;
	} * sorted;           /* in the same order */
	bool overlap;         /* an address can be in several ranges */
	struct range *recent; /* without overlap: the range of the last address, as several operations on one address
				 usually follow each other */
};

void range_set_init(struct range_set *set, const struct alloc_range *ranges, size_t n);
void range_set_done(struct range_set *set);

typedef void range_fn(void *ctx, struct range *range);
/* Calls fn for each range that overlaps the span. */
void range_set_each(struct range_set *set, const struct span *span, range_fn *fn, void *ctx);
