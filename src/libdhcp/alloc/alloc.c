/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Ranges and claims. A range small enough for a map has three: leased addresses, claimed addresses, and a free
 * map over both, so a pick is a few word reads and a full range is detected at once. With flq it also has a
 * queue (freequeue.c). A larger range (DHCPv6) is so empty that the next address, or one at a random position,
 * is almost always free: the caller checks it against the store.
 *
 * Claims are kept in holds.c; ended ones are swept with every new claim.
 */
#include "alloc/alloc.h"

#include "alloc/ends.h"
#include "alloc/freemap.h"
#include "alloc/freequeue.h"
#include "alloc/holds.h"
#include "alloc/spans.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fetch.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/vec.h"

#include <pthread.h>

#define OWN_LOOK 16            /* claims of the client to look at for its oldest one in a range */
#define EPOCH_BACK (1LL << 24) /* s; leases that ended up to this long before the start keep their order */
#define MISSED_MAX 4           /* consecutive misses before the next pick starts elsewhere */
#define CLAIMED_TRIES 32       /* in a range without a map */

struct range {
	struct alloc_range span;
	struct freemap *map;     /* neither leased nor claimed; NULL if the range is too large for a map */
	uint64_t *leased;        /* one bit per address */
	uint64_t *claimed;       /* in the same allocation, after `leased` */
	uint64_t cursor;         /* iterative: where the next pick starts */
	uint64_t missed;         /* no map: the last number that was picked and had a lease */
	unsigned n_missed;       /* consecutive misses */
	struct freequeue *queue; /* flq; else NULL */
	struct ends ends;        /* of leases that nobody claims; unused without a map */
	struct hold_list holds;  /* claims on the range; unused without a map */
};

/* A stored call of alloc_note(). */
struct note {
	struct prefix prefix;
	bool in_use;
	uint32_t end_key;
};

struct alloc_set {
	struct list link; /* in alloc->sets */
	size_t n;
	bool is_filling;        /* between alloc_fill_begin() and alloc_fill_end() */
	VEC(struct note) notes; /* received meanwhile */
	bool has_maps;          /* some range has a map; otherwise addresses have nothing to mark */
	bool has_prefixes;      /* some range has prefixes, so an address may be in one of them */
	struct range *ranges;   /* in the caller's order */
	struct ip *firsts;      /* first addresses of the ranges in ascending order: a search touches little memory */
	struct place {
		struct ip reach; /* with overlap: the largest last address of the ranges below; see find_reach() */
		struct range *range;
	} * sorted;           /* in the same order */
	bool overlap;         /* an address can be in several ranges */
	struct range *recent; /* without overlap: the range of the last address, as several operations on one address
				 usually follow each other */
};

struct alloc {
	pthread_mutex_t lock; /* guards everything below */
	struct list sets;
	unsigned n_filling; /* number of sets being filled */
	struct spans odd;   /* leases and claims whose length differs from that of a range they overlap; by enum mark */
	struct holds holds;
	struct ends_memory ends;
	int64_t epoch; /* boot s; keys of ends count from here */
};

struct alloc *alloc_new(unsigned hold_ms)
{
	struct alloc *alloc = xcalloc(1, sizeof(*alloc));

	(void)pthread_mutex_init(&alloc->lock, NULL);
	list_init(&alloc->sets);
	holds_init(&alloc->holds, hold_ms);
	ends_memory_init(&alloc->ends);
	alloc->epoch = clock_boot_sec() - EPOCH_BACK;
	return alloc;
}

void alloc_free(struct alloc *alloc)
{
	if (!alloc)
		return;
	while (!list_is_empty(&alloc->sets))
		alloc_set_free(alloc, container_of(alloc->sets.next, struct alloc_set, link));
	holds_done(&alloc->holds);
	ends_memory_done(&alloc->ends);
	spans_done(&alloc->odd);
	(void)pthread_mutex_destroy(&alloc->lock);
	free(alloc);
}

/* --- ranges --- */

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
static struct ip find_reach(struct alloc_set *set, size_t lo, size_t hi)
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

/* The space a lease or claim occupies. */
struct span {
	struct ip first, last;
	struct prefix prefix; /* bits after its length cleared */
	uint8_t shift;        /* bits after its length */
	bool is_clean;        /* no bits were set after its length */
};

static struct span span_of(const struct prefix *prefix)
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

typedef void range_fn(void *ctx, struct range *range);

static void places_in(const struct alloc_set *set, size_t lo, size_t hi, const struct span *span, range_fn *fn,
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

/* Calls fn for each range of the set that overlaps the span. */
static void ranges_in(struct alloc_set *set, const struct span *span, range_fn *fn, void *ctx)
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

static bool bit_get(const uint64_t *bits, uint64_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static void bit_set(uint64_t *bits, uint64_t i, bool on)
{
	if (on)
		bits[i / 64] |= 1ULL << i % 64;
	else
		bits[i / 64] &= ~(1ULL << i % 64);
}

static bool is_skipped(const struct range *range, uint64_t i)
{
	struct ip addr, first, last;

	if (!range->span.skip_ends && !range->span.skip_reserved)
		return range->span.skip_first && !i;
	addr = ip_add(&range->span.first, i);
	if (range->span.skip_ends)
		return addr.b[15] == 0 || addr.b[15] == 255;
	return ip_next_reserved(&addr, &first, &last) && ip_cmp(&first, &addr) <= 0;
}

static struct prefix prefix_at(const struct range *range, uint64_t i)
{
	struct ip addr = ip_add_steps(&range->span.first, i, range->span.shift);

	return (struct prefix){ addr, (uint8_t)((ip_is4(&addr) ? 32 : 128) - range->span.shift) };
}

/* It is for whom it is reserved. */
static __attribute__((noinline)) bool is_withheld(const struct range *range, uint64_t i)
{
	struct prefix prefix = prefix_at(range, i);

	return ip_span_overlaps(range->span.withheld, range->span.n_withheld, &prefix);
}

static bool is_not_picked(const struct range *range, uint64_t i)
{
	return is_skipped(range, i) || (range->span.n_withheld && is_withheld(range, i));
}

static void set_free(struct range *range, uint64_t i, bool is_free)
{
	if (is_free && is_not_picked(range, i))
		return;
	if (freemap_set(range->map, i, is_free) && range->queue)
		freequeue_set(range->queue, (uint32_t)i, is_free);
}

/*
 * The number, within the range, of the span's first address, or of the prefix that contains it; and of its last
 * address.
 */
static uint64_t first_number(const struct range *range, const struct span *span)
{
	if (ip_cmp(&span->first, &range->span.first) <= 0)
		return 0;
	return ip_count_steps(&range->span.first, &span->first, range->span.shift);
}

static uint64_t last_number(const struct range *range, const struct span *span)
{
	if (ip_cmp(&span->last, &range->span.last) >= 0)
		return range->span.size - 1;
	return ip_count_steps(&range->span.first, &span->last, range->span.shift);
}

/* The span is not one of the range's numbers if its length differs. */
static bool is_odd(const struct span *span, const struct range *range)
{
	return span->shift != range->span.shift || !span->is_clean;
}

/* Marks the numbers that the span overlaps as taken. */
static void clear_span(struct range *range, const struct ip_span *span)
{
	struct span block = { .first = span->first, .last = span->last };
	uint64_t end = last_number(range, &block);

	for (uint64_t i = first_number(range, &block); i <= end; i++)
		set_free(range, i, false);
}

/* Marks everything the range skips or withholds as taken. */
static void clear_skipped(struct range *range)
{
	unsigned last_byte = range->span.first.b[15];
	struct ip from = range->span.first, first, last;
	uint64_t i;

	if (range->span.skip_first)
		set_free(range, 0, false);
	for (i = (256 - last_byte) % 256; range->span.skip_ends && i < range->span.size; i += 256)
		set_free(range, i, false);
	for (i = 255 - last_byte; range->span.skip_ends && i < range->span.size; i += 256)
		set_free(range, i, false);
	while (range->span.skip_reserved && ip_next_reserved(&from, &first, &last) &&
	       ip_cmp(&first, &range->span.last) <= 0) {
		clear_span(range, &(struct ip_span){ first, last });
		from = ip_add(&last, 1);
	}
	for (i = 0; i < range->span.n_withheld; i++)
		clear_span(range, &range->span.withheld[i]);
}

static bool has_odd(const struct alloc *alloc, const struct range *range, uint64_t i)
{
	struct prefix prefix, other;

	if (!alloc->odd.n)
		return false;
	prefix = prefix_at(range, i);
	return spans_overlap(&alloc->odd, &prefix, NULL, &other);
}

enum mark { MARK_LEASED = 1, MARK_CLAIMED = 2 };

struct marking {
	struct alloc *alloc;
	struct span span;
	enum mark mark;
	bool on;
	uint32_t end_key;  /* MARK_LEASED, on: its end; MARK_CLAIMED, off: the end of the lease that has ended there */
	struct hold *hold; /* MARK_CLAIMED, on */
	bool any_odd;      /* some range has a different length */
};

/* Marks all numbers that an odd span overlaps: 64 at a time, as there may be very many. */
static void mark_numbers(const struct marking *m, struct range *range)
{
	uint64_t first = first_number(range, &m->span), last = last_number(range, &m->span), w;
	struct prefix around = first == last ? prefix_at(range, first) : m->span.prefix, other;
	bool any = !m->on && spans_overlap(&m->alloc->odd, &around, NULL, &other);

	for (w = first / 64; w <= last / 64; w++) {
		uint64_t mask = UINT64_MAX, bits = 0, changed, rest;

		if (w == first / 64)
			mask &= UINT64_MAX << first % 64;
		if (w == last / 64)
			mask &= UINT64_MAX >> (63 - last % 64);
		if (!m->on)
			bits = ~(range->leased[w] | range->claimed[w]) & mask;
		for (rest = any ? bits : 0; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctzll(rest);

			if (has_odd(m->alloc, range, w * 64 + i))
				bits &= ~(1ULL << i);
		}
		changed = freemap_set_word(range->map, w, mask, bits);
		for (; range->queue && changed; changed &= changed - 1)
			freequeue_set(range->queue, (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(changed), !m->on);
	}
	if (!m->on)
		clear_skipped(range);
}

/* A claimed number has no end in the tree, so nobody else can take it. Called before the bits change. */
static void mark_end(const struct marking *m, struct range *range, uint64_t i)
{
	uint32_t key = is_not_picked(range, i) ? 0 : m->end_key;

	if (m->mark == MARK_LEASED ? bit_get(range->claimed, i) : !bit_get(range->leased, i))
		return;
	if (m->hold) {
		key = ends_get(&range->ends, i);
		m->hold->end_key = key ? key : m->hold->end_key;
		key = 0;
	}
	ends_set(&range->ends, &m->alloc->ends, i, key);
}

static void mark_range(void *ctx, struct range *range)
{
	struct marking *m = ctx;
	uint64_t i;

	m->any_odd |= is_odd(&m->span, range);
	if (!range->map)
		return;
	if (m->hold)
		holds_enter(&m->alloc->holds, m->hold, &range->holds);
	if (is_odd(&m->span, range)) {
		mark_numbers(m, range);
		return;
	}
	i = first_number(range, &m->span);
	mark_end(m, range, i);
	bit_set(m->mark == MARK_LEASED ? range->leased : range->claimed, i, m->on);
	set_free(range, i, !bit_get(range->leased, i) && !bit_get(range->claimed, i) && !has_odd(m->alloc, range, i));
}

static void mark_set(struct alloc_set *set, struct marking *m)
{
	if (set->has_maps || set->has_prefixes || m->span.shift || !m->span.is_clean)
		ranges_in(set, &m->span, mark_range, m);
}

/* Sets or clears the mark of a prefix (or address) in all ranges of all sets. */
static void mark(struct alloc *alloc, struct marking *m)
{
	if (!m->on && alloc->odd.n)
		spans_unmark(&alloc->odd, &m->span.prefix, m->mark);
	list_for_each (pos, &alloc->sets)
		mark_set(container_of(pos, struct alloc_set, link), m);
	if (m->on && m->any_odd)
		spans_mark(&alloc->odd, &m->span.prefix, m->mark);
}

static struct marking marking_of(struct alloc *alloc, const struct prefix *prefix, enum mark what, bool on)
{
	return (struct marking){ .alloc = alloc, .span = span_of(prefix), .mark = what, .on = on };
}

static void sort_places(struct alloc_set *set)
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

struct alloc_set *alloc_set_new(struct alloc *alloc, const struct alloc_range *ranges, size_t n)
{
	struct alloc_set *set = xcalloc(1, sizeof(*set));
	size_t i;

	set->n = n;
	set->ranges = xcalloc(n, sizeof(*set->ranges));
	set->sorted = xcalloc(n, sizeof(*set->sorted));
	set->firsts = xcalloc(n, sizeof(*set->firsts));
	for (i = 0; i < n; i++) {
		struct range *range = &set->ranges[i];

		set->sorted[i] = (struct place){ .range = range };
		range->span = ranges[i];
		hold_list_init(&range->holds);
		set->has_prefixes |= ranges[i].shift != 0;
		range->map = freemap_new(ranges[i].size);
		if (range->map) {
			set->has_maps = true;
			ends_init(&range->ends, ranges[i].size);
			range->leased = xcalloc((ranges[i].size + 63) / 64 * 2, sizeof(uint64_t));
			range->claimed = range->leased + (ranges[i].size + 63) / 64;
			clear_skipped(range);
			if (range->span.how == ALLOC_FLQ)
				range->queue = freequeue_new(range->map);
		}
	}
	sort_places(set);
	(void)pthread_mutex_lock(&alloc->lock);
	list_add_tail(&alloc->sets, &set->link);
	list_for_each (pos, &alloc->holds.order) {
		struct hold *hold = container_of(pos, struct hold, order);
		struct marking m = marking_of(alloc, &hold->prefix, MARK_CLAIMED, true);

		m.hold = hold;
		mark_set(set, &m);
		if (m.any_odd)
			spans_mark(&alloc->odd, &m.span.prefix, MARK_CLAIMED);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return set;
}

void alloc_set_free(struct alloc *alloc, struct alloc_set *set)
{
	size_t i;

	if (!set)
		return;
	(void)pthread_mutex_lock(&alloc->lock);
	list_remove(&set->link);
	for (i = 0; i < set->n; i++) {
		holds_leave_all(&alloc->holds, &set->ranges[i].holds);
		ends_done(&set->ranges[i].ends, &alloc->ends);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	for (i = 0; i < set->n; i++) {
		freemap_free(set->ranges[i].map);
		freequeue_free(set->ranges[i].queue);
		free(set->ranges[i].leased); /* also frees `claimed` after it */
	}
	free(set->ranges);
	free(set->firsts);
	free(set->sorted);
	free(set);
}

void alloc_fetch(const struct alloc_set *set, size_t i)
{
	fetch(&set->ranges[i], sizeof(set->ranges[i]));
}

void alloc_fetch_map(const struct alloc_set *set, size_t i)
{
	const struct range *range = &set->ranges[i];

	if (!range->map)
		return;
	fetch(range->map, 128);
	fetch(range->leased, 1);
}

static void unclaim(struct alloc *alloc, struct hold *hold)
{
	struct marking m = marking_of(alloc, &hold->prefix, MARK_CLAIMED, false);

	m.end_key = hold->end_key;
	holds_remove(&alloc->holds, hold);
	mark(alloc, &m);
}

/* The key for the end of a lease; 0: it never ends. */
static uint32_t key_of_end(const struct alloc *alloc, int64_t expires)
{
	int64_t n;

	if (expires == INT64_MAX)
		return 0;
	n = expires - alloc->epoch;
	return UINT32_MAX - (n < 0 ? 0 : n < UINT32_MAX ? (uint32_t)n : UINT32_MAX - 1);
}

/* True if the key belongs to an end that has passed. */
static bool has_ended(const struct alloc *alloc, uint32_t key)
{
	return key && alloc->epoch + (UINT32_MAX - key) <= clock_boot_sec();
}

/* While a set is being filled, its caller may have seen an older state of the store: apply this afterwards. */
static void keep_note(struct alloc *alloc, const struct note *note)
{
	list_for_each (pos, &alloc->sets) {
		struct alloc_set *set = container_of(pos, struct alloc_set, link);

		if (set->is_filling)
			*vec_push(&set->notes) = *note;
	}
}

void alloc_note(struct alloc *alloc, const struct prefix *prefix, bool in_use, int64_t expires)
{
	struct note note = { *prefix, in_use, in_use ? key_of_end(alloc, expires) : 0 };
	struct marking m = marking_of(alloc, prefix, MARK_LEASED, in_use);
	struct hold *hold;

	m.end_key = note.end_key;
	(void)pthread_mutex_lock(&alloc->lock);
	if (alloc->n_filling)
		keep_note(alloc, &note);
	mark(alloc, &m);
	hold = alloc->holds.n ? holds_at(&alloc->holds, &prefix->addr) : NULL;
	if (hold)
		hold->end_key = m.end_key;
	/* It was requested, or belongs to another client: the offer is void. */
	if (hold && in_use && !has_ended(alloc, m.end_key))
		unclaim(alloc, hold);
	(void)pthread_mutex_unlock(&alloc->lock);
}

void alloc_fill_begin(struct alloc *alloc, struct alloc_set *set)
{
	(void)pthread_mutex_lock(&alloc->lock);
	set->is_filling = true;
	alloc->n_filling++;
	(void)pthread_mutex_unlock(&alloc->lock);
}

void alloc_fill(struct alloc *alloc, struct alloc_set *set, const struct prefix *prefix, int64_t expires)
{
	struct marking m = marking_of(alloc, prefix, MARK_LEASED, true);
	struct hold *hold;

	m.end_key = key_of_end(alloc, expires);
	(void)pthread_mutex_lock(&alloc->lock);
	mark_set(set, &m);
	if (m.any_odd)
		spans_mark(&alloc->odd, &m.span.prefix, MARK_LEASED);
	/* Another server of the store assigned what this one offered: the end is recorded again when the claim ends. */
	hold = alloc->holds.n ? holds_at(&alloc->holds, &prefix->addr) : NULL;
	if (hold && hold->prefix.len == prefix->len)
		hold->end_key = m.end_key;
	(void)pthread_mutex_unlock(&alloc->lock);
}

void alloc_fill_end(struct alloc *alloc, struct alloc_set *set)
{
	(void)pthread_mutex_lock(&alloc->lock);
	for (size_t i = 0; i < set->notes.n; i++) {
		const struct note *note = &set->notes.v[i];
		struct marking m = marking_of(alloc, &note->prefix, MARK_LEASED, note->in_use);

		m.end_key = note->end_key;
		mark(alloc, &m);
	}
	vec_free(&set->notes);
	set->is_filling = false;
	alloc->n_filling--;
	(void)pthread_mutex_unlock(&alloc->lock);
}

struct odd_count {
	struct alloc_set *set;
	struct span span;
	uint64_t n;
	bool is_odd;
};

static void check_odd(void *ctx, struct range *range)
{
	struct odd_count *count = ctx;

	count->is_odd |= is_odd(&count->span, range);
}

static void count_odd(void *ctx, const struct prefix *prefix, unsigned marks)
{
	struct odd_count *count = ctx;

	count->span = span_of(prefix);
	count->is_odd = false;
	if (marks & MARK_LEASED)
		ranges_in(count->set, &count->span, check_odd, count);
	count->n += count->is_odd;
}

uint64_t alloc_n_odd(struct alloc *alloc, struct alloc_set *set)
{
	struct odd_count count = { .set = set };

	(void)pthread_mutex_lock(&alloc->lock);
	spans_each(&alloc->odd, count_odd, &count);
	(void)pthread_mutex_unlock(&alloc->lock);
	return count.n;
}

/* --- claims --- */

static void sweep(struct alloc *alloc)
{
	int64_t now_ms = clock_boot_ms();
	struct hold *hold;

	while ((hold = holds_ended(&alloc->holds, now_ms)))
		unclaim(alloc, hold);
}

/* Makes the prefix the client's only claim. */
static struct hold *put_claim(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client)
{
	struct hold *own = holds_of(&alloc->holds, client), *hold = holds_at(&alloc->holds, &prefix->addr);
	struct marking m;
	bool is_contested;

	if (own && own != hold)
		unclaim(alloc, own);
	if (hold && hold->prefix.len == prefix->len) {
		holds_renew(&alloc->holds, hold, client);
		return hold;
	}
	is_contested = hold && hold->is_contested;
	if (hold)
		unclaim(alloc, hold);
	hold = holds_add(&alloc->holds, prefix, client);
	hold->is_contested = is_contested;
	m = marking_of(alloc, prefix, MARK_CLAIMED, true);
	m.hold = hold;
	mark(alloc, &m);
	return hold;
}

/* For a range without a map: returns the first number at n or after it that no span of another length occupies. */
static uint64_t step_over_odd(const struct alloc *alloc, const struct range *range, uint64_t n)
{
	struct prefix prefix = prefix_at(range, n);
	struct ip gap;

	if (!alloc->odd.n)
		return n;
	if (!spans_next_gap(&alloc->odd, &prefix, &gap) || ip_cmp(&gap, &range->span.last) > 0)
		return range->span.size;
	return ip_count_steps(&range->span.first, &gap, range->span.shift);
}

/* Same for the numbers that the range skips. */
static uint64_t step_over_skipped(const struct range *range, uint64_t n)
{
	struct ip addr, first, last;

	if (range->span.skip_first && !n)
		return 1;
	if (!range->span.skip_reserved)
		return n;
	addr = ip_add(&range->span.first, n);
	if (!ip_next_reserved(&addr, &first, &last) || ip_cmp(&first, &addr) > 0)
		return n;
	return ip_cmp(&last, &range->span.last) < 0 ? ip_distance(&range->span.first, &last) + 1 : range->span.size;
}

/* The same for what the range withholds. */
static uint64_t step_over_withheld(const struct range *range, uint64_t n)
{
	const struct ip_span *spans = range->span.withheld;
	struct prefix prefix;
	size_t i;

	if (!range->span.n_withheld || !is_withheld(range, n))
		return n;
	prefix = prefix_at(range, n);
	i = ip_span_at(spans, range->span.n_withheld, &prefix.addr);
	return ip_cmp(&spans[i].last, &range->span.last) < 0
		       ? ip_count_steps(&range->span.first, &spans[i].last, range->span.shift) + 1
		       : range->span.size;
}

static uint64_t step_over(const struct alloc *alloc, const struct range *range, uint64_t n)
{
	uint64_t before;

	do {
		before = n;
		if (n < range->span.size)
			n = step_over_odd(alloc, range, n);
		if (n < range->span.size)
			n = step_over_skipped(range, n);
		if (n < range->span.size)
			n = step_over_withheld(range, n);
	} while (n != before && n < range->span.size);
	return n;
}

/*
 * For a range without a map: the next number according to the allocator that no other client claims;
 * FREEMAP_NONE if there is none.
 */
static uint64_t next_unclaimed(struct alloc *alloc, struct range *range, const struct alloc_client *client)
{
	uint64_t n = range->cursor;
	unsigned i, n_ends = 0;

	for (i = 0; i < CLAIMED_TRIES; i++, n++) {
		const struct hold *other;
		struct ip addr;

		if (range->span.how != ALLOC_ITERATIVE && !n_ends)
			n = rand_below(range->span.size);
		n = step_over(alloc, range, n);
		if (n >= range->span.size) {
			if (n_ends++)
				break;
			n = step_over(alloc, range, 0);
			if (n >= range->span.size)
				break;
		}
		addr = ip_add_steps(&range->span.first, n, range->span.shift);
		other = holds_at(&alloc->holds, &addr);
		if (!other || hold_is_of(other, client))
			return n;
	}
	return FREEMAP_NONE;
}

/* The next free number according to the range's allocator; FREEMAP_NONE if there is none. */
static uint64_t next_free(struct alloc *alloc, struct range *range, const struct alloc_client *client)
{
	if (!range->map)
		return next_unclaimed(alloc, range, client);
	switch (range->span.how) {
	case ALLOC_FLQ:
		return freequeue_first(range->queue);
	case ALLOC_RANDOM:
		return freemap_next(range->map, rand_below(range->span.size));
	case ALLOC_ITERATIVE:
		break;
	}
	return freemap_next(range->map, range->cursor);
}

bool alloc_pick(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client, struct ip *ret)
{
	struct range *range = &set->ranges[i];
	uint64_t n;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc);
	n = next_free(alloc, range, client);
	if (n != FREEMAP_NONE) {
		struct prefix prefix = prefix_at(range, n);

		*ret = prefix.addr;
		range->cursor = n + 1;
		set->recent = range;
		(void)put_claim(alloc, &prefix, client);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return n != FREEMAP_NONE;
}

void alloc_missed(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		  const struct ip *addr)
{
	struct range *range = &set->ranges[i];
	uint64_t n = ip_count_steps(&range->span.first, addr, range->span.shift);
	struct hold *hold;

	(void)pthread_mutex_lock(&alloc->lock);
	hold = holds_at(&alloc->holds, addr);
	if (hold && hold_is_of(hold, client))
		unclaim(alloc, hold);
	if (range->map)
		goto out;
	range->n_missed = range->n_missed && n == range->missed + 1 ? range->n_missed + 1 : 1;
	range->missed = n;
	if (range->n_missed >= MISSED_MAX) {
		range->cursor = rand_below(range->span.size);
		range->n_missed = 0;
	}
out:
	(void)pthread_mutex_unlock(&alloc->lock);
}

/* True if the address the client claimed is still available to it, unless another client requests it first. */
static bool is_for(const struct hold *hold, const struct prefix *prefix, const struct alloc_client *client)
{
	if (!hold || hold->prefix.len != prefix->len)
		return false;
	return hold_is_of(hold, client) || (!client->commits && !hold->client.commits && hold->is_contested);
}

void alloc_found_taken(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client,
		       int64_t expires)
{
	struct marking m = marking_of(alloc, prefix, MARK_LEASED, true);
	struct hold *hold;

	m.end_key = key_of_end(alloc, expires);
	(void)pthread_mutex_lock(&alloc->lock);
	hold = holds_at(&alloc->holds, &prefix->addr);
	if (is_for(hold, prefix, client)) {
		hold->end_key = m.end_key;
		mark(alloc, &m);
		unclaim(alloc, hold);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
}

struct found {
	const struct alloc *alloc;
	struct span span;
	bool leased_ok; /* a lease is fine in a range of its own length */
	bool is_taken;
	unsigned n, n_skipped;
};

static bool any_bit(const uint64_t *bits, uint64_t first, uint64_t last)
{
	uint64_t i;

	for (i = first; i <= last; i = (i / 64 + 1) * 64) {
		uint64_t mask = UINT64_MAX << i % 64;

		if (i / 64 == last / 64)
			mask &= UINT64_MAX >> (63 - last % 64);
		if (bits[i / 64] & mask)
			return true;
	}
	return false;
}

/* Leases and claims in a range of another length: a range without marks of its own only knows them from `odd`. */
static bool has_any(const struct alloc *alloc, const struct range *range, const struct span *span)
{
	uint64_t first = first_number(range, span), last = last_number(range, span);
	struct ip addr;

	if (range->map)
		return any_bit(range->leased, first, last) || any_bit(range->claimed, first, last);
	addr = prefix_at(range, first).addr;
	return first == last && holds_at(&alloc->holds, &addr);
}

static void look_at(void *ctx, struct range *range)
{
	struct found *found = ctx;
	uint64_t i;

	if (is_odd(&found->span, range)) {
		found->is_taken |= has_any(found->alloc, range, &found->span);
		return;
	}
	found->n++;
	i = first_number(range, &found->span);
	found->is_taken |= !found->leased_ok && range->map && bit_get(range->leased, i);
	found->n_skipped += is_skipped(range, i);
}

/* True if a client cannot have it on request: it is leased, in whole or in part, or skipped by all of its ranges. */
static bool is_taken(struct alloc *alloc, const struct prefix *prefix, bool leased_ok)
{
	struct found found = { .alloc = alloc, .span = span_of(prefix), .leased_ok = leased_ok };
	struct prefix other;

	/* A span that begins at the same address is the one being replaced. */
	if (alloc->odd.n && spans_overlap(&alloc->odd, &found.span.prefix, &prefix->addr, &other))
		return true;
	list_for_each (pos, &alloc->sets)
		ranges_in(container_of(pos, struct alloc_set, link), &found.span, look_at, &found);
	return found.is_taken || (found.n && found.n == found.n_skipped);
}

/* Returns the number whose lease ended first; FREEMAP_NONE if none has ended. */
static uint64_t first_ended(struct alloc *alloc, struct range *range)
{
	uint32_t key;
	uint64_t n;

	while ((n = ends_first(&range->ends, &key)) != ENDS_NONE && has_ended(alloc, key)) {
		struct prefix prefix = prefix_at(range, n);

		if (!is_taken(alloc, &prefix, true))
			return n;
		/* Something else overlaps it: it is added again when it is free. */
		ends_set(&range->ends, &alloc->ends, n, 0);
	}
	return FREEMAP_NONE;
}

bool alloc_take_ended(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		      struct ip *ret)
{
	struct range *range = &set->ranges[i];
	uint64_t n;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc);
	n = first_ended(alloc, range);
	if (n != FREEMAP_NONE) {
		struct prefix prefix = prefix_at(range, n);

		*ret = prefix.addr;
		(void)put_claim(alloc, &prefix, client);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return n != FREEMAP_NONE;
}

struct take_over {
	const struct alloc *alloc;
	struct range *range;
	bool (*skip)(void *ctx, const struct ip *addr);
	void *ctx;
	bool is_odd; /* claims whose length differs from the range's */
};

static bool may_take(const struct take_over *over, const struct hold *hold)
{
	struct span span = span_of(&hold->prefix);
	uint64_t n = first_number(over->range, &span);

	if (!hold_is_open_in(hold, &over->range->holds) || is_odd(&span, over->range) != over->is_odd)
		return false;
	/* A claim for the client that still has the lease is not available to others. */
	if (!over->is_odd && (is_not_picked(over->range, n) ||
			      (bit_get(over->range->leased, n) && !has_ended(over->alloc, hold->end_key))))
		return false;
	return !(over->skip && over->skip(over->ctx, &hold->prefix.addr));
}

/* Selects a claim of the range: the oldest one of this client, otherwise the oldest one. */
static struct hold *victim(const struct alloc *alloc, const struct take_over *over, const struct alloc_client *client)
{
	struct hold *first = holds_of_other(&alloc->holds, &client->other), *own = first;

	for (unsigned i = 0; own && i < OWN_LOOK; i++) {
		if (may_take(over, own))
			return own;
		own = container_of(own->ring.next, struct hold, ring);
		if (own == first)
			break;
	}
	list_for_each (pos, &over->range->holds.open) {
		struct hold *hold = container_of(pos, struct spot, link)->hold;

		if (may_take(over, hold))
			return hold;
	}
	return NULL;
}

/* Returns a number that becomes free if a claim of another length ends; FREEMAP_NONE if there is none. */
static uint64_t take_over_odd(struct alloc *alloc, struct take_over *over, const struct alloc_client *client)
{
	uint64_t n = FREEMAP_NONE;
	struct hold *hold;

	over->is_odd = true;
	while (n == FREEMAP_NONE && alloc->odd.n && (hold = victim(alloc, over, client))) {
		unclaim(alloc, hold);
		n = next_free(alloc, over->range, client);
	}
	return n;
}

bool alloc_take_over(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		     bool (*skip)(void *ctx, const struct ip *addr), void *ctx, struct ip *ret)
{
	struct take_over over = { alloc, &set->ranges[i], skip, ctx, false };
	struct prefix prefix;
	struct hold *hold;
	uint64_t n = 0;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc);
	hold = victim(alloc, &over, client);
	if (hold)
		prefix = hold->prefix;
	else if ((n = take_over_odd(alloc, &over, client)) != FREEMAP_NONE)
		prefix = prefix_at(over.range, n);
	if (n != FREEMAP_NONE) {
		*ret = prefix.addr;
		put_claim(alloc, &prefix, client)->is_contested = hold != NULL;
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return n != FREEMAP_NONE;
}

bool alloc_claim(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client,
		 enum alloc_stored stored)
{
	struct hold *hold;
	bool is_own, ok;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc);
	hold = holds_at(&alloc->holds, &prefix->addr);
	is_own = hold && hold_is_of(hold, client);
	ok = !hold || is_own || (!hold->client.commits && (hold->is_contested || hold->end_key || stored == ALLOC_OWN));
	/* An address cannot be claimed while someone has a lease for it. */
	ok = ok && !is_taken(alloc, prefix, stored != ALLOC_NOTHING || is_own);
	if (ok) {
		bool is_shared = hold && !is_own;

		hold = put_claim(alloc, prefix, client);
		hold->is_contested |= is_shared;
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return ok;
}

bool alloc_claimed_by(struct alloc *alloc, const struct alloc_client *client, struct ip *ret)
{
	const struct hold *hold;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc);
	hold = holds_of(&alloc->holds, client);
	if (hold)
		*ret = hold->prefix.addr;
	(void)pthread_mutex_unlock(&alloc->lock);
	return hold != NULL;
}

bool alloc_is_claimed(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client)
{
	bool ok;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc);
	ok = is_for(holds_at(&alloc->holds, &prefix->addr), prefix, client);
	(void)pthread_mutex_unlock(&alloc->lock);
	return ok;
}

void alloc_unclaim(struct alloc *alloc, const struct alloc_client *client)
{
	struct hold *hold;

	(void)pthread_mutex_lock(&alloc->lock);
	hold = holds_of(&alloc->holds, client);
	if (hold)
		unclaim(alloc, hold);
	(void)pthread_mutex_unlock(&alloc->lock);
}

void alloc_sweep(struct alloc *alloc)
{
	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc);
	(void)pthread_mutex_unlock(&alloc->lock);
}

uint64_t alloc_n_free(struct alloc *alloc, struct alloc_set *set, size_t i)
{
	uint64_t n;

	(void)pthread_mutex_lock(&alloc->lock);
	n = set->ranges[i].map ? freemap_count(set->ranges[i].map) : set->ranges[i].span.size;
	(void)pthread_mutex_unlock(&alloc->lock);
	return n;
}

size_t alloc_n_claims(struct alloc *alloc)
{
	size_t n;

	(void)pthread_mutex_lock(&alloc->lock);
	n = alloc->holds.n;
	(void)pthread_mutex_unlock(&alloc->lock);
	return n;
}

size_t alloc_bytes(struct alloc *alloc)
{
	size_t bytes;

	(void)pthread_mutex_lock(&alloc->lock);
	bytes = objpool_bytes(&alloc->holds.pool) + objpool_bytes(&alloc->holds.spots);
	(void)pthread_mutex_unlock(&alloc->lock);
	return bytes;
}
