/* SPDX-License-Identifier: MPL-2.0 */
#include "alloc/range_set.h"

#include "base/arena.h"

#include <stdlib.h>

static int by_first(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	return ip_cmp(&a->range->span.first, &b->range->span.first);
}

/*
 * Pools of a subnet nested in another one may overlap those of the outer one, so an address can be in many
 * ranges. The sorted positions [lo, hi) form a tree: its root is in the middle, with a half on each side; each
 * root knows the largest address its tree reaches.
 */
static struct ip find_reach(struct range_set *set, size_t lo, size_t hi)
{
	size_t mid = lo + (hi - lo) / 2;
	struct place *root = &set->sorted[mid];
	struct ip reach = root->range->span.last, other;

	if (lo < mid && (other = find_reach(set, lo, mid), ip_cmp(&other, &reach) > 0))
		reach = other;
	if (mid + 1 < hi && (other = find_reach(set, mid + 1, hi), ip_cmp(&other, &reach) > 0))
		reach = other;
	return root->reach = reach;
}

static void places_in(const struct range_set *set, size_t lo, size_t hi, const struct span *span, range_fn *fn,
		      void *ctx)
{
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct place *place = &set->sorted[mid];

		if (ip_cmp(&span->first, &place->reach) > 0)
			return;
		places_in(set, lo, mid, span, fn, ctx);
		if (ip_cmp(&set->firsts[mid], &span->last) > 0)
			return;
		if (ip_cmp(&span->first, &place->range->span.last) <= 0)
			fn(ctx, place->range);
		lo = mid + 1;
	}
}

static bool is_inside(const struct span *span, const struct range *range)
{
	return ip_cmp(&range->span.first, &span->first) <= 0 && ip_cmp(&span->last, &range->span.last) <= 0;
}

void range_set_each(struct range_set *set, const struct span *span, range_fn *fn, void *ctx)
{
	size_t n;

	if (set->overlap) {
		places_in(set, 0, set->n, span, fn, ctx);
		return;
	}
	if (set->recent && is_inside(span, set->recent)) {
		fn(ctx, set->recent);
		return;
	}
	for (n = ip_count_less(set->firsts, set->n, &span->last, true); n; n--) {
		struct range *range = set->sorted[n - 1].range;

		if (ip_cmp(&span->first, &range->span.last) > 0)
			return;
		set->recent = range;
		fn(ctx, range);
	}
}

static void sort_places(struct range_set *set)
{
	qsort(set->sorted, set->n, sizeof(*set->sorted), by_first);
	for (size_t i = 0; i < set->n; i++) {
		const struct alloc_range *span = &set->sorted[i].range->span;

		set->firsts[i] = span->first;
		set->overlap |= i && ip_cmp(&set->sorted[i - 1].range->span.last, &span->first) >= 0;
	}
	if (set->overlap)
		(void)find_reach(set, 0, set->n);
}

void range_set_init(struct range_set *set, const struct alloc_range *ranges, size_t n)
{
	*set = (struct range_set){ .n = n };
	set->v = xcalloc(n, sizeof(*set->v));
	set->sorted = xcalloc(n, sizeof(*set->sorted));
	set->firsts = xcalloc(n, sizeof(*set->firsts));
	for (size_t i = 0; i < n; i++) {
		range_init(&set->v[i], &ranges[i]);
		set->sorted[i] = (struct place){ .range = &set->v[i] };
		set->has_maps |= set->v[i].map != NULL;
		set->has_prefixes |= ranges[i].shift != 0;
	}
	sort_places(set);
}

void range_set_done(struct range_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		range_done(&set->v[i]);
	free(set->v);
	free(set->firsts);
	free(set->sorted);
}
