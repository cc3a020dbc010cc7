/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/ends.h"
#include "alloc/holds.h"
#include "base/ip.h"
#include "subnet/subnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alloc_range {
	struct ip first, last;
	uint64_t size;      /* number of addresses, at most UINT64_MAX; or of prefixes */
	uint8_t shift;      /* prefixes: bits after their length; 0 for addresses */
	enum allocator how; /* how the next free one is found */
	bool skip_ends;     /* never assign addresses ending in .0 or .255 */
	bool skip_first;    /* never assign the first address */
	bool skip_reserved; /* skip the addresses that ip_next_reserved() returns */
	/*
	 * Reserved: never picked, neither when free nor after a lease has ended; the owner claims it by name. As in
	 * struct pool; borrowed as long as the range exists.
	 */
	const struct ip_span *withheld;
	size_t n_withheld;
};

/*
 * A range small enough for maps has several: leased addresses, claimed addresses, those that are never picked, and a
 * free map over all of them, so a pick is a few word reads and a full range is detected at once. With flq it also has a
 * queue (freequeue.h). A larger range (DHCPv6) has none of these. Not locked: the owner (alloc.c) does that.
 *
 * Addresses or prefixes of a range are numbered from 0.
 */
struct range {
	struct alloc_range span;
	struct freemap *map;     /* neither leased nor claimed; NULL if the range is too large for a map */
	uint64_t *leased;        /* one bit per number */
	uint64_t *claimed;       /* in the same allocation, after `leased` */
	uint64_t *never;         /* numbers that are never picked, after `claimed`; NULL if there are none */
	uint64_t cursor;         /* iterative: where the next pick starts */
	uint64_t missed;         /* no map: the last number that was picked and had a lease */
	unsigned n_missed;       /* consecutive misses */
	struct freequeue *queue; /* flq; else NULL */
	struct ends ends;        /* of leases that nobody claims; unused without a map */
	struct hold_list holds;  /* claims on the range; unused without a map */
};

/* Copies the span. All numbers are free, except those that are never picked. */
void range_init(struct range *range, const struct alloc_range *span);
/* Frees the maps. The owner has emptied `ends` and `holds`, which use its memory. */
void range_done(struct range *range);

/* The space a lease or claim occupies. */
struct span {
	struct ip first, last;
	struct prefix prefix; /* bits after its length cleared */
	uint8_t shift;        /* bits after its length */
	bool is_clean;        /* no bits were set after its length */
};

struct span span_of(const struct prefix *prefix);

/* True if the span is not one of the range's numbers: its length differs. */
static inline bool span_is_odd(const struct span *span, const struct range *range)
{
	return span->shift != range->span.shift || !span->is_clean;
}

/*
 * The number, within the range, of an address, or of the prefix that contains it; the first or last number if the
 * address is before or after the range.
 */
uint64_t range_number(const struct range *range, const struct ip *addr);
struct prefix range_prefix(const struct range *range, uint64_t i);

/* True if the range skips the number: no client gets it. */
bool range_skips(const struct range *range, uint64_t i);
/* True if the range skips or withholds the number, so the allocator never picks it. */
bool range_never_picks(const struct range *range, uint64_t i);
/* Returns the first number at i or after it that the range neither skips nor withholds; its size if there is none. */
uint64_t range_step_over(const struct range *range, uint64_t i);

/* For a range with a map: marks a number as free, unless it is never picked, or as taken. */
void range_set_free(struct range *range, uint64_t i, bool is_free);
/* The same for the numbers of a word that the mask selects: `bits` are free, the others taken. */
void range_set_word(struct range *range, uint64_t word, uint64_t mask, uint64_t bits);
/* Marks the numbers from first to last that are never picked as taken. */
void range_clear(struct range *range, uint64_t first, uint64_t last);

/* The bits of word `word` that belong to the numbers from first to last. */
static inline uint64_t bits_between(uint64_t word, uint64_t first, uint64_t last)
{
	uint64_t mask = UINT64_MAX;

	if (word == first / 64)
		mask &= UINT64_MAX << first % 64;
	if (word == last / 64)
		mask &= UINT64_MAX >> (63 - last % 64);
	return mask;
}

static inline bool bit_get(const uint64_t *bits, uint64_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static inline void bit_set(uint64_t *bits, uint64_t i, bool on)
{
	if (on)
		bits[i / 64] |= 1ULL << i % 64;
	else
		bits[i / 64] &= ~(1ULL << i % 64);
}
