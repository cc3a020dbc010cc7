/* SPDX-License-Identifier: MPL-2.0 */
#include "alloc/range.h"

#include "alloc/freemap.h"
#include "alloc/freequeue.h"
#include "base/arena.h"

#include <stdlib.h>

struct span span_of(const struct prefix *prefix)
{
	unsigned bits = ip_is4(&prefix->addr) ? prefix->len + 96u : prefix->len;
	struct span span = { .first = prefix->addr, .last = prefix->addr, .is_clean = true };

	if (bits < 128) {
		span.shift = (uint8_t)(128 - bits);
		span.first = prefix_first(prefix);
		span.last = prefix_last(prefix);
		span.is_clean = ip_equal(&span.first, &prefix->addr);
	}
	span.prefix = (struct prefix){ span.first, prefix->len };
	return span;
}

uint64_t range_number(const struct range *range, const struct ip *addr)
{
	if (ip_cmp(addr, &range->span.first) <= 0)
		return 0;
	if (ip_cmp(addr, &range->span.last) >= 0)
		return range->span.size - 1;
	return ip_count_steps(&range->span.first, addr, range->span.shift);
}

struct prefix range_prefix(const struct range *range, uint64_t i)
{
	struct ip addr = ip_add_steps(&range->span.first, i, range->span.shift);

	return (struct prefix){ addr, (uint8_t)((ip_is4(&addr) ? 32 : 128) - range->span.shift) };
}

/* --- what is never picked --- */

bool range_skips(const struct range *range, uint64_t i)
{
	struct ip addr, first, last;

	/* The map has everything that is skipped, and more. */
	if (range->map && !range_never_picks(range, i))
		return false;
	if (!range->span.skip_ends && !range->span.skip_reserved)
		return range->span.skip_first && !i;
	addr = ip_add(&range->span.first, i);
	if (range->span.skip_ends)
		return addr.b[15] == 0 || addr.b[15] == 255;
	return ip_next_reserved(&addr, &first, &last) && ip_cmp(&first, &addr) <= 0;
}

static __attribute__((noinline)) bool withholds(const struct range *range, uint64_t i)
{
	struct prefix prefix = range_prefix(range, i);

	return ip_span_overlaps(range->span.withheld, range->span.n_withheld, &prefix);
}

bool range_never_picks(const struct range *range, uint64_t i)
{
	if (range->map)
		return range->never && bit_get(range->never, i);
	return range_skips(range, i) || (range->span.n_withheld && withholds(range, i));
}

static uint64_t step_over_skipped(const struct range *range, uint64_t i)
{
	struct ip addr, first, last;

	if (range->span.skip_first && !i)
		return 1;
	if (!range->span.skip_reserved)
		return i;
	addr = ip_add(&range->span.first, i);
	if (!ip_next_reserved(&addr, &first, &last) || ip_cmp(&first, &addr) > 0)
		return i;
	return ip_cmp(&last, &range->span.last) < 0 ? ip_distance(&range->span.first, &last) + 1 : range->span.size;
}

static uint64_t step_over_withheld(const struct range *range, uint64_t i)
{
	const struct ip_span *spans = range->span.withheld;
	struct prefix prefix;
	size_t k;

	if (!range->span.n_withheld || !withholds(range, i))
		return i;
	prefix = range_prefix(range, i);
	k = ip_span_at(spans, range->span.n_withheld, &prefix.addr);
	return ip_cmp(&spans[k].last, &range->span.last) < 0
		       ? ip_count_steps(&range->span.first, &spans[k].last, range->span.shift) + 1
		       : range->span.size;
}

uint64_t range_step_over(const struct range *range, uint64_t i)
{
	uint64_t before;

	do {
		before = i;
		if (i < range->span.size)
			i = step_over_skipped(range, i);
		if (i < range->span.size)
			i = step_over_withheld(range, i);
	} while (i != before && i < range->span.size);
	return i;
}

/* --- maps --- */

void range_set_free(struct range *range, uint64_t i, bool is_free)
{
	if (is_free && range_never_picks(range, i))
		return;
	if (freemap_set(range->map, i, is_free) && range->queue)
		freequeue_set(range->queue, (uint32_t)i, is_free);
}

void range_set_word(struct range *range, uint64_t word, uint64_t mask, uint64_t bits)
{
	uint64_t changed = freemap_set_word(range->map, word, mask, bits);

	for (; range->queue && changed; changed &= changed - 1) {
		unsigned i = (unsigned)__builtin_ctzll(changed);

		freequeue_set(range->queue, (uint32_t)(word * 64) + i, bits >> i & 1);
	}
}

static void clear(struct range *range, uint64_t i)
{
	bit_set(range->never, i, true);
	range_set_free(range, i, false);
}

/* Marks those of the numbers from first to last that lie between two addresses as never picked. */
static void clear_block(struct range *range, const struct ip_span *block, uint64_t first, uint64_t last)
{
	uint64_t i = range_number(range, &block->first), end = range_number(range, &block->last);

	for (i = i > first ? i : first; i <= end && i <= last; i++)
		clear(range, i);
}

static void clear_ends(struct range *range, uint64_t first, uint64_t last)
{
	unsigned low = (unsigned)(range->span.first.b[15] + first) % 256;
	uint64_t i;

	for (i = first + (256 - low) % 256; i <= last; i += 256)
		clear(range, i);
	for (i = first + 255 - low; i <= last; i += 256)
		clear(range, i);
}

void range_clear(struct range *range, uint64_t first, uint64_t last)
{
	struct prefix begin = range_prefix(range, first), end = range_prefix(range, last);
	struct ip from = begin.addr, until = prefix_last(&end);
	struct ip_span block;

	if (range->span.skip_first && !first)
		clear(range, 0);
	if (range->span.skip_ends)
		clear_ends(range, first, last);
	while (range->span.skip_reserved && ip_next_reserved(&from, &block.first, &block.last) &&
	       ip_cmp(&block.first, &until) <= 0) {
		clear_block(range, &block, first, last);
		from = ip_add(&block.last, 1);
	}
	for (size_t i = ip_span_at(range->span.withheld, range->span.n_withheld, &begin.addr);
	     i < range->span.n_withheld && ip_cmp(&range->span.withheld[i].first, &until) <= 0; i++)
		clear_block(range, &range->span.withheld[i], first, last);
}

static bool excludes(const struct alloc_range *span)
{
	return span->skip_first || span->skip_ends || span->skip_reserved || span->n_withheld;
}

void range_init(struct range *range, const struct alloc_range *span)
{
	size_t n_words = (size_t)((span->size + 63) / 64);

	*range = (struct range){ .span = *span, .map = freemap_new(span->size) };
	hold_list_init(&range->holds);
	if (!range->map)
		return;
	ends_init(&range->ends, span->size);
	range->leased = xcalloc(n_words * (2 + excludes(span)), sizeof(uint64_t));
	range->claimed = range->leased + n_words;
	range->never = excludes(span) ? range->claimed + n_words : NULL;
	range_clear(range, 0, span->size - 1);
	if (span->how == ALLOC_FLQ)
		range->queue = freequeue_new(range->map);
}

void range_done(struct range *range)
{
	freemap_free(range->map);
	freequeue_free(range->queue);
	free(range->leased); /* also frees `claimed` and `never` after it */
}
