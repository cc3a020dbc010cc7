/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Marks and claims. The ranges of each configuration are in range_set.c, what a range consists of in range.c. A range
 * without a map (DHCPv6) is so empty that the next address, or one at a random position, is almost always free: the
 * caller checks it against the store.
 *
 * Claims are kept in holds.c; ended ones are swept with every new claim.
 */
#include "alloc/alloc.h"

#include "alloc/ends.h"
#include "alloc/freemap.h"
#include "alloc/freequeue.h"
#include "alloc/holds.h"
#include "alloc/range_set.h"
#include "alloc/spans.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fetch.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/thread.h"
#include "base/vec.h"

#include <pthread.h>

#define OWN_LOOK 16            /* claims of the client to look at for its oldest one in a range */
#define EPOCH_BACK (1LL << 24) /* s; leases that ended up to this long before the start keep their order */
#define ODD_LOOK 4096          /* numbers that a trial looks at for what another length takes */
#define MISSED_MAX 4           /* consecutive misses before the next pick starts elsewhere */
#define SCATTER_TRIES 32       /* random positions, until one is free */
#define FILL_AT_ONCE 64        /* leases to fill in before releasing the lock: workers wait for it */
#define CLAIMED_TRIES 32       /* in a range without a map */

/* A stored call of alloc_note(). */
struct note {
	struct prefix prefix;
	bool in_use;
	uint32_t end_key;
};

struct alloc_set {
	struct list link;       /* in alloc->sets */
	bool watches_outside;   /* see alloc_set_watch_outside() */
	bool is_filling;        /* between alloc_fill_begin() and alloc_fill_end() */
	VEC(struct note) notes; /* received meanwhile */
	struct range_set ranges;
};

/* What a trial has claimed; `end_key` is for first_ended_try(). */
struct tried {
	struct prefix prefix;
	uint32_t end_key;
};

/* Where the next pick of a range begins, after those of the trial. */
struct trial_cursor {
	const struct range *range;
	uint64_t n;
};

/* A claim from before the trial that its client would have left for another one. */
struct left {
	struct prefix prefix;
	struct alloc_client client;
};

struct trial {
	struct list link; /* in alloc->trials */
	uint32_t number;
	VEC(struct tried) claims;
	VEC(struct left) left;
	VEC(struct trial_cursor) cursors;
	VEC(uint64_t) hidden; /* see hide_tried() */
};

struct alloc {
	pthread_mutex_t lock; /* guards everything below */
	struct list sets;
	unsigned n_filling; /* number of sets being filled */
	struct spans odd;   /* leases and claims that ranges do not number, see mark_set(); by enum mark */
	struct holds holds;
	struct ends_memory ends;
	int64_t epoch;  /* boot s; keys of ends count from here */
	int64_t now_ms; /* boot time when the lock was last taken to claim something */
	bool is_scattered;
	unsigned number, n_servers; /* see alloc_share() */
	struct list trials;
	uint32_t last_trial;
};

struct alloc *alloc_new(unsigned hold_ms)
{
	struct alloc *alloc = xcalloc(1, sizeof(*alloc));

	mutex_init_brief(&alloc->lock);
	list_init(&alloc->sets);
	list_init(&alloc->trials);
	holds_init(&alloc->holds, hold_ms);
	ends_memory_init(&alloc->ends);
	alloc->epoch = clock_boot_sec() - EPOCH_BACK;
	alloc->n_servers = 1;
	return alloc;
}

void alloc_scatter(struct alloc *alloc)
{
	alloc->is_scattered = true;
}

void alloc_share(struct alloc *alloc, unsigned number, unsigned n)
{
	(void)pthread_mutex_lock(&alloc->lock);
	alloc->number = number;
	alloc->n_servers = n;
	(void)pthread_mutex_unlock(&alloc->lock);
}

/* Where this server's part of the range begins; of the next server: where it ends. */
static uint64_t part_begin(const struct range *range, unsigned number, unsigned n)
{
	uint64_t size = range->span.size;

	/* size * number / n, which may have more than 64 bits in between */
	return size / n * number + size % n * number / n;
}

/* The numbers of a range from lo to before hi. */
struct part {
	uint64_t lo, hi;
};

static struct part part_of(const struct alloc *alloc, const struct range *range)
{
	return (struct part){ part_begin(range, alloc->number, alloc->n_servers),
			      part_begin(range, alloc->number + 1, alloc->n_servers) };
}

bool alloc_is_others(struct alloc *alloc, const struct alloc_set *set, size_t i, const struct ip *addr)
{
	const struct range *range = i < set->ranges.n ? &set->ranges.v[i] : NULL;
	struct part part;
	uint64_t n;

	if (!range || ip_cmp(addr, &range->span.first) < 0 || ip_cmp(addr, &range->span.last) > 0)
		return false;
	n = range_number(range, addr);
	(void)pthread_mutex_lock(&alloc->lock);
	part = part_of(alloc, range);
	(void)pthread_mutex_unlock(&alloc->lock);
	return n < part.lo || n >= part.hi;
}

/* An empty part has no number: any number of the range. */
static uint64_t rand_in(const struct part *part, const struct range *range)
{
	return part->lo < part->hi ? part->lo + rand_below(part->hi - part->lo) : rand_below(range->span.size);
}

static void trial_free(struct trial *trial)
{
	list_remove(&trial->link);
	vec_free(&trial->claims);
	vec_free(&trial->left);
	vec_free(&trial->cursors);
	vec_free(&trial->hidden);
	free(trial);
}

void alloc_free(struct alloc *alloc)
{
	if (!alloc)
		return;
	while (!list_is_empty(&alloc->sets))
		alloc_set_free(alloc, container_of(alloc->sets.next, struct alloc_set, link));
	while (!list_is_empty(&alloc->trials))
		trial_free(container_of(alloc->trials.next, struct trial, link));
	holds_done(&alloc->holds);
	ends_memory_done(&alloc->ends);
	spans_done(&alloc->odd);
	(void)pthread_mutex_destroy(&alloc->lock);
	free(alloc);
}

enum mark { MARK_LEASED = 1, MARK_CLAIMED = 2, MARK_ANY = 3 };

static bool has_odd(const struct alloc *alloc, const struct range *range, uint64_t i)
{
	struct prefix prefix, other;

	if (!alloc->odd.n)
		return false;
	prefix = range_prefix(range, i);
	return spans_overlap(&alloc->odd, &prefix, MARK_ANY, NULL, &other);
}

struct marking {
	struct alloc *alloc;
	struct span span;
	enum mark mark;
	bool on;
	uint32_t end_key;  /* MARK_LEASED, on: its end; MARK_CLAIMED, off: the end of the lease that has ended there */
	struct hold *hold; /* MARK_CLAIMED, on */
	bool any_odd;      /* some range has a different length, or a set has no range for it */
	bool any_range;    /* of the set */
};

/* Marks all numbers that an odd span overlaps: 64 at a time, as there may be very many. */
static void mark_numbers(const struct marking *m, struct range *range)
{
	uint64_t first = range_number(range, &m->span.first), last = range_number(range, &m->span.last), w;
	struct prefix around = first == last ? range_prefix(range, first) : m->span.prefix, other;
	bool any = !m->on && spans_overlap(&m->alloc->odd, &around, MARK_ANY, NULL, &other);

	for (w = first / 64; w <= last / 64; w++) {
		uint64_t mask = bits_between(w, first, last), bits = 0, rest;

		if (!m->on)
			bits = ~(range->leased[w] | range->claimed[w]) & mask;
		for (rest = any ? bits : 0; rest; rest &= rest - 1) {
			unsigned i = (unsigned)__builtin_ctzll(rest);

			if (has_odd(m->alloc, range, w * 64 + i))
				bits &= ~(1ULL << i);
		}
		range_set_word(range, w, mask, bits);
	}
	if (!m->on)
		range_clear(range, first, last);
}

/* A claimed number has no end in the tree, so nobody else can take it. Called before the bits change. */
static void mark_end(const struct marking *m, struct range *range, uint64_t i)
{
	uint32_t key = 0;

	if (m->mark == MARK_LEASED ? bit_get(range->claimed, i) : !bit_get(range->leased, i))
		return;
	if (m->hold) {
		uint32_t old = ends_get(&range->ends, i);

		m->hold->end_key = old ? old : m->hold->end_key;
	} else if (!range_never_picks(range, i)) {
		key = m->end_key;
	}
	ends_set(&range->ends, &m->alloc->ends, i, key);
}

static void mark_range(void *ctx, struct range *range)
{
	struct marking *m = ctx;
	uint64_t *bits, i;

	m->any_range = true;
	m->any_odd |= span_is_odd(&m->span, range);
	if (!range->map)
		return;
	if (m->hold)
		holds_enter(&m->alloc->holds, m->hold, &range->holds);
	if (span_is_odd(&m->span, range)) {
		mark_numbers(m, range);
		return;
	}
	i = range_number(range, &m->span.first);
	bits = m->mark == MARK_LEASED ? range->leased : range->claimed;
	mark_end(m, range, i);
	/* Most leases are only extended. */
	if (m->on && bit_get(bits, i))
		return;
	bit_set(bits, i, m->on);
	range_set_free(range, i,
		       !bit_get(range->leased, i) && !bit_get(range->claimed, i) && !has_odd(m->alloc, range, i));
}

/*
 * Ranges number what has their length. `odd` has the rest: what has another length, and what is in no range but may
 * overlap something that a host has reserved there.
 */
static void mark_set(struct alloc_set *set, struct marking *m)
{
	m->any_range = false;
	if (set->ranges.has_maps || set->ranges.has_prefixes || set->watches_outside || m->span.shift ||
	    !m->span.is_clean)
		range_set_each(&set->ranges, &m->span, mark_range, m);
	m->any_odd |= !m->any_range && (m->span.shift || set->watches_outside);
}

/* Sets the mark of a prefix (or address) in the ranges of one set, for a set that is new. */
static void mark_in(struct alloc_set *set, struct marking *m)
{
	mark_set(set, m);
	if (m->any_odd)
		spans_mark(&m->alloc->odd, &m->span.prefix, m->mark);
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

static void scatter(struct range_set *set, const struct alloc_range *ranges, size_t n)
{
	struct alloc_range *copy = xcalloc(n ? n : 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++) {
		copy[i] = ranges[i];
		if (copy[i].how == ALLOC_FLQ)
			copy[i].how = ALLOC_ITERATIVE;
	}
	range_set_init(set, copy, n);
	for (size_t i = 0; i < n; i++)
		set->v[i].cursor = rand_below(set->v[i].span.size);
	free(copy);
}

struct alloc_set *alloc_set_new(struct alloc *alloc, const struct alloc_range *ranges, size_t n)
{
	struct alloc_set *set = xcalloc(1, sizeof(*set));

	if (alloc->is_scattered)
		scatter(&set->ranges, ranges, n);
	else
		range_set_init(&set->ranges, ranges, n);
	(void)pthread_mutex_lock(&alloc->lock);
	list_add_tail(&alloc->sets, &set->link);
	list_for_each (pos, &alloc->holds.order) {
		struct hold *hold = container_of(pos, struct hold, order);
		struct marking m = marking_of(alloc, &hold->prefix, MARK_CLAIMED, true);

		m.hold = hold;
		mark_in(set, &m);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return set;
}

void alloc_set_watch_outside(struct alloc *alloc, struct alloc_set *set)
{
	(void)pthread_mutex_lock(&alloc->lock);
	set->watches_outside = true;
	list_for_each (pos, &alloc->holds.order) {
		const struct hold *hold = container_of(pos, struct hold, order);

		/* In a range it does no harm. */
		spans_mark(&alloc->odd, &hold->prefix, MARK_CLAIMED);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
}

void alloc_set_free(struct alloc *alloc, struct alloc_set *set)
{
	if (!set)
		return;
	(void)pthread_mutex_lock(&alloc->lock);
	list_remove(&set->link);
	for (size_t i = 0; i < set->ranges.n; i++) {
		holds_leave_all(&alloc->holds, &set->ranges.v[i].holds);
		ends_done(&set->ranges.v[i].ends, &alloc->ends);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	range_set_done(&set->ranges);
	free(set);
}

void alloc_fetch(const struct alloc_set *set, size_t i)
{
	fetch(&set->ranges.v[i], sizeof(set->ranges.v[i]));
}

void alloc_fetch_map(const struct alloc_set *set, size_t i)
{
	const struct range *range = &set->ranges.v[i];

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
	struct marking m = marking_of(alloc, prefix, MARK_LEASED, in_use);
	struct hold *hold;

	m.end_key = in_use ? key_of_end(alloc, expires) : 0;
	holds_fetch(&alloc->holds, &prefix->addr);
	(void)pthread_mutex_lock(&alloc->lock);
	if (alloc->n_filling)
		keep_note(alloc, &(struct note){ *prefix, in_use, m.end_key });
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

bool alloc_fill_by_order(const struct alloc_set *set)
{
	return set->ranges.has_maps;
}

/* Another server of the store assigned what this one offered: the end is recorded again when the claim ends. */
static void note_end(struct alloc *alloc, const struct prefix *prefix, uint32_t end_key)
{
	struct hold *hold = alloc->holds.n ? holds_at(&alloc->holds, &prefix->addr) : NULL;

	if (hold && hold->prefix.len == prefix->len)
		hold->end_key = end_key;
}

static void fill_one(struct alloc *alloc, struct alloc_set *set, const struct alloc_lease *lease)
{
	struct marking m = marking_of(alloc, &lease->prefix, MARK_LEASED, true);

	m.end_key = key_of_end(alloc, lease->expires);
	mark_in(set, &m);
	note_end(alloc, &lease->prefix, m.end_key);
}

void alloc_fill(struct alloc *alloc, struct alloc_set *set, const struct alloc_lease *leases, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t end = n - i < FILL_AT_ONCE ? n : i + FILL_AT_ONCE;

		(void)pthread_mutex_lock(&alloc->lock);
		for (; i < end; i++)
			fill_one(alloc, set, &leases[i]);
		(void)pthread_mutex_unlock(&alloc->lock);
	}
}

void alloc_fill_end(struct alloc *alloc, struct alloc_set *set)
{
	(void)pthread_mutex_lock(&alloc->lock);
	for (size_t i = 0; i < set->notes.n; i++) {
		const struct note *note = &set->notes.v[i];
		struct marking m = marking_of(alloc, &note->prefix, MARK_LEASED, note->in_use);

		m.end_key = note->end_key;
		mark(alloc, &m);
		note_end(alloc, &note->prefix, note->end_key);
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

	count->is_odd |= span_is_odd(&count->span, range);
}

static void count_odd(void *ctx, const struct prefix *prefix, unsigned marks)
{
	struct odd_count *count = ctx;

	count->span = span_of(prefix);
	count->is_odd = false;
	if (marks & MARK_LEASED)
		range_set_each(&count->set->ranges, &count->span, check_odd, count);
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

/*
 * Takes the lock and ends old claims. All workers meet at this lock, so the clock is read before, and meanwhile what
 * the claims of the client and on the address are found by is fetched; either may be NULL.
 */
static void lock_swept(struct alloc *alloc, const struct alloc_client *client, const struct ip *addr)
{
	struct hold *hold;
	int64_t now_ms;

	if (client)
		holds_fetch_client(&alloc->holds, client);
	if (addr)
		holds_fetch(&alloc->holds, addr);
	now_ms = clock_boot_ms();
	(void)pthread_mutex_lock(&alloc->lock);
	alloc->now_ms = now_ms;
	while ((hold = holds_ended(&alloc->holds, now_ms)))
		unclaim(alloc, hold);
}

/* True if another client that was offered the same may still request it when its client leaves it. */
static bool is_kept(const struct hold *hold)
{
	return hold->is_contested && !hold->client.commits;
}

/* The client no longer needs its claim. */
static void leave_claim(struct alloc *alloc, struct hold *hold)
{
	if (is_kept(hold))
		holds_disown(&alloc->holds, hold);
	else
		unclaim(alloc, hold);
}

/* Makes the prefix the client's only claim. */
static struct hold *put_claim(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client)
{
	struct hold *own = holds_of(&alloc->holds, client), *hold = holds_at(&alloc->holds, &prefix->addr);
	struct marking m;
	bool is_contested;

	if (own && own != hold)
		leave_claim(alloc, own);
	if (hold && hold->prefix.len == prefix->len) {
		holds_renew(&alloc->holds, hold, client, alloc->now_ms);
		return hold;
	}
	is_contested = hold && hold->is_contested;
	if (hold)
		unclaim(alloc, hold);
	hold = holds_add(&alloc->holds, prefix, client, alloc->now_ms);
	hold->is_contested = is_contested;
	m = marking_of(alloc, prefix, MARK_CLAIMED, true);
	m.hold = hold;
	mark(alloc, &m);
	return hold;
}

/* For a range without a map: returns the first number at n or after it that no span of another length occupies. */
static uint64_t step_over_odd(const struct alloc *alloc, const struct range *range, uint64_t n)
{
	struct prefix prefix = range_prefix(range, n);
	struct ip gap;

	if (!alloc->odd.n)
		return n;
	if (!spans_next_gap(&alloc->odd, &prefix, &gap) || ip_cmp(&gap, &range->span.last) > 0)
		return range->span.size;
	return ip_count_steps(&range->span.first, &gap, range->span.shift);
}

static uint64_t step_over(const struct alloc *alloc, const struct range *range, uint64_t n)
{
	uint64_t before;

	do {
		before = n;
		if (n < range->span.size)
			n = step_over_odd(alloc, range, n);
		if (n < range->span.size)
			n = range_step_over(range, n);
	} while (n != before && n < range->span.size);
	return n;
}

/*
 * For a range without a map: the next number according to the allocator that no other client claims;
 * FREEMAP_NONE if there is none.
 */
static uint64_t next_unclaimed(struct alloc *alloc, struct range *range, const struct alloc_client *client)
{
	struct part part = part_of(alloc, range);
	uint64_t n = range->cursor;
	unsigned i, n_ends = 0;

	if (part.lo < part.hi && (n < part.lo || n >= part.hi))
		n = part.lo;
	for (i = 0; i < CLAIMED_TRIES; i++, n++) {
		const struct hold *other;
		struct ip addr;

		if (range->span.how != ALLOC_ITERATIVE && !n_ends)
			n = rand_in(&part, range);
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

/* The first free number of the part at or after `from`, else its first one; FREEMAP_NONE if there is none. */
static uint64_t next_in(const struct range *range, const struct part *part, uint64_t from)
{
	uint64_t n;

	if (from >= part->lo && from < part->hi) {
		n = freemap_next(range->map, from);
		if (n >= from && n < part->hi)
			return n;
	}
	n = freemap_next(range->map, part->lo);
	return n >= part->lo && n < part->hi ? n : FREEMAP_NONE;
}

/*
 * What is taken at the cursor was taken by another server, which probably takes the next ones at this moment, too:
 * leave it alone and continue in the middle of some other free space. In this server's part of the range, if that has
 * any, where there are others only if the servers do not know of each other.
 */
static uint64_t next_scattered(const struct alloc *alloc, const struct range *range)
{
	struct part part = part_of(alloc, range), all = { 0, range->span.size };
	const struct part *in = &part;
	uint64_t n = next_in(range, in, range->cursor);

	if (n == FREEMAP_NONE) {
		in = &all;
		n = next_in(range, in, range->cursor);
	}
	for (unsigned i = 0; i < SCATTER_TRIES && n != FREEMAP_NONE; i++) {
		uint64_t start = i ? rand_in(in, range) : range->cursor;

		if (start >= in->lo && start < in->hi && freemap_is_free(range->map, start))
			return start;
	}
	return n;
}

static uint64_t next_random(const struct alloc *alloc, const struct range *range)
{
	struct part part = part_of(alloc, range);
	uint64_t n = next_in(range, &part, rand_in(&part, range));

	return n != FREEMAP_NONE ? n : freemap_next(range->map, rand_below(range->span.size));
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
		return next_random(alloc, range);
	case ALLOC_SHARED: /* only where alloc_scatter() was called */
	case ALLOC_ITERATIVE:
		break;
	}
	if (alloc->is_scattered)
		return next_scattered(alloc, range);
	return freemap_next(range->map, range->cursor);
}

/* --- trials --- */

static struct trial *trial_of(const struct alloc *alloc, uint32_t number)
{
	list_for_each (pos, &alloc->trials) {
		struct trial *trial = container_of(pos, struct trial, link);

		if (trial->number == number)
			return trial;
	}
	return NULL;
}

/* Returns what the trial has that overlaps the prefix; NULL if nothing does. */
static const struct prefix *tried_at(const struct trial *trial, const struct prefix *prefix)
{
	for (size_t i = 0; i < trial->claims.n; i++) {
		const struct prefix *tried = &trial->claims.v[i].prefix;

		if (prefix_contains(tried, &prefix->addr) || prefix_contains(prefix, &tried->addr))
			return tried;
	}
	return NULL;
}

static bool has_left(const struct trial *trial, const struct hold *hold)
{
	for (size_t i = 0; i < trial->left.n; i++)
		if (prefix_equal(&trial->left.v[i].prefix, &hold->prefix) && hold_is_of(hold, &trial->left.v[i].client))
			return true;
	return false;
}

/* What put_claim() would do: the prefix is the client's only claim. */
static void put_tried(const struct alloc *alloc, struct trial *trial, const struct prefix *prefix,
		      const struct alloc_client *client)
{
	const struct hold *own = holds_of(&alloc->holds, client);

	*vec_push(&trial->claims) = (struct tried){ .prefix = *prefix };
	if (own && own != holds_at(&alloc->holds, &prefix->addr) && !is_kept(own) && !has_left(trial, own))
		*vec_push(&trial->left) = (struct left){ own->prefix, *client };
}

/*
 * Clears the marks of what the clients of the trial have left, and sets them again, before and after a search with the
 * lock held. The holds themselves stay, in all their lists.
 */
static void mark_left(struct alloc *alloc, const struct trial *trial, bool on)
{
	for (size_t i = 0; trial && i < trial->left.n; i++) {
		const struct hold *hold = holds_at(&alloc->holds, &trial->left.v[i].prefix.addr);
		struct marking m;

		if (!hold || !has_left(trial, hold))
			continue;
		m = marking_of(alloc, &hold->prefix, MARK_CLAIMED, on);
		m.end_key = on ? 0 : hold->end_key;
		mark(alloc, &m);
	}
}

uint32_t alloc_trial_begin(struct alloc *alloc)
{
	struct trial *trial = xcalloc(1, sizeof(*trial));
	uint32_t number;

	(void)pthread_mutex_lock(&alloc->lock);
	/* 0 means none. */
	do
		number = ++alloc->last_trial;
	while (!number || trial_of(alloc, number));
	trial->number = number;
	list_add_tail(&alloc->trials, &trial->link);
	(void)pthread_mutex_unlock(&alloc->lock);
	return number;
}

void alloc_trial_end(struct alloc *alloc, uint32_t number)
{
	struct trial *trial;

	(void)pthread_mutex_lock(&alloc->lock);
	trial = trial_of(alloc, number);
	if (trial)
		trial_free(trial);
	(void)pthread_mutex_unlock(&alloc->lock);
}

static bool is_in(const struct range *range, const struct prefix *prefix)
{
	struct span span = span_of(prefix);

	return ip_cmp(&range->span.first, &span.first) <= 0 && ip_cmp(&span.last, &range->span.last) <= 0 &&
	       !span_is_odd(&span, range);
}

uint64_t alloc_trial_n(struct alloc *alloc, uint32_t number, struct alloc_set *set, size_t i)
{
	const struct range *range = &set->ranges.v[i];
	const struct trial *trial;
	uint64_t n = 0;

	(void)pthread_mutex_lock(&alloc->lock);
	trial = trial_of(alloc, number);
	for (size_t k = 0; trial && range->map && k < trial->claims.n; k++) {
		const struct prefix *prefix = &trial->claims.v[k].prefix;

		n += is_in(range, prefix) && freemap_is_free(range->map, range_number(range, &prefix->addr));
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return n;
}

static void set_trial_cursor(struct trial *trial, const struct range *range, uint64_t n)
{
	for (size_t i = 0; i < trial->cursors.n; i++)
		if (trial->cursors.v[i].range == range) {
			trial->cursors.v[i].n = n;
			return;
		}
	*vec_push(&trial->cursors) = (struct trial_cursor){ range, n };
}

static uint64_t trial_cursor(const struct trial *trial, const struct range *range)
{
	for (size_t i = 0; i < trial->cursors.n; i++)
		if (trial->cursors.v[i].range == range)
			return trial->cursors.v[i].n;
	return range->cursor;
}

/* What the trial has is not free for as long as the lock is held, so the search and its random numbers are the same. */
static void hide_tried(struct range *range, struct trial *trial)
{
	for (size_t i = 0; range->map && i < trial->claims.n; i++) {
		struct span span = span_of(&trial->claims.v[i].prefix);
		uint64_t n, last, tries = ODD_LOOK;

		if (!is_in(range, &trial->claims.v[i].prefix))
			continue;
		last = range_number(range, &span.last);
		for (n = range_number(range, &span.first); n <= last && n < range->span.size && tries--; n++)
			if (freemap_is_free(range->map, n)) {
				(void)freemap_set(range->map, n, false);
				*vec_push(&trial->hidden) = n;
			}
	}
}

static void show_tried(struct range *range, struct trial *trial)
{
	while (trial->hidden.n)
		(void)freemap_set(range->map, trial->hidden.v[--trial->hidden.n], true);
}

/* The next free number that the trial does not have yet. The lock is held: nobody else sees the cursor. */
static uint64_t next_free_try(struct alloc *alloc, struct range *range, const struct alloc_client *client,
			      struct trial *trial)
{
	uint64_t cursor = range->cursor, n;
	size_t tries = SCATTER_TRIES + trial->claims.n;

	range->cursor = trial_cursor(trial, range);
	hide_tried(range, trial);
	n = next_free(alloc, range, client);
	while (n != FREEMAP_NONE) {
		struct prefix prefix = range_prefix(range, n);
		const struct prefix *tried = tried_at(trial, &prefix);
		struct span span;

		if (!tried)
			break;
		span = span_of(tried);
		range->cursor = range_number(range, &span.last) + 1;
		n = !tries--       ? FREEMAP_NONE
		    : range->queue ? freequeue_after(range->queue, n)
				   : next_free(alloc, range, client);
	}
	show_tried(range, trial);
	range->cursor = cursor;
	if (n != FREEMAP_NONE)
		set_trial_cursor(trial, range, n + 1);
	return n;
}

static uint64_t pick_try(struct alloc *alloc, struct range *range, const struct alloc_client *client, struct ip *ret)
{
	struct trial *trial = trial_of(alloc, client->trial);
	uint64_t n = FREEMAP_NONE;
	struct prefix prefix;

	mark_left(alloc, trial, false);
	if (trial)
		n = next_free_try(alloc, range, client, trial);
	mark_left(alloc, trial, true);
	if (n == FREEMAP_NONE)
		return n;
	prefix = range_prefix(range, n);
	*ret = prefix.addr;
	put_tried(alloc, trial, &prefix, client);
	return n;
}

/* --- what clients ask for --- */

bool alloc_pick(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client, struct ip *ret)
{
	struct range *range = &set->ranges.v[i];
	uint64_t n;

	lock_swept(alloc, client, NULL);
	if (client->trial) {
		n = pick_try(alloc, range, client, ret);
		goto out;
	}
	n = next_free(alloc, range, client);
	if (n != FREEMAP_NONE) {
		struct prefix prefix = range_prefix(range, n);

		*ret = prefix.addr;
		range->cursor = n + 1;
		set->ranges.recent = range;
		(void)put_claim(alloc, &prefix, client);
	}
out:
	(void)pthread_mutex_unlock(&alloc->lock);
	return n != FREEMAP_NONE;
}

void alloc_missed(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		  const struct ip *addr)
{
	struct range *range = &set->ranges.v[i];
	uint64_t n = ip_count_steps(&range->span.first, addr, range->span.shift);
	struct hold *hold;
	struct part part;

	(void)pthread_mutex_lock(&alloc->lock);
	part = part_of(alloc, range);
	if (client->trial) {
		struct trial *trial = alloc->is_scattered ? trial_of(alloc, client->trial) : NULL;

		if (trial)
			set_trial_cursor(trial, range, rand_in(&part, range));
		goto out;
	}
	hold = holds_at(&alloc->holds, addr);
	if (hold && hold_is_of(hold, client))
		unclaim(alloc, hold);
	if (alloc->is_scattered)
		range->cursor = rand_in(&part, range);
	if (range->map)
		goto out;
	range->n_missed = range->n_missed && n == range->missed + 1 ? range->n_missed + 1 : 1;
	range->missed = n;
	if (range->n_missed >= MISSED_MAX) {
		range->cursor = rand_in(&part, range);
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
	if (client->trial)
		return;
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
	bool leased_ok;  /* a lease is fine in a range of its own length */
	bool claimed_ok; /* claims are fine, and leases that have ended */
	bool is_taken;
	unsigned n, n_skipped;
};

static bool any_bit(const uint64_t *bits, uint64_t first, uint64_t last)
{
	uint64_t i;

	for (i = first; i <= last; i = (i / 64 + 1) * 64) {
		if (bits[i / 64] & bits_between(i / 64, first, last))
			return true;
	}
	return false;
}

/* Leases and claims in a range of another length: a range without marks of its own only knows them from `odd`. */
static bool has_any(const struct alloc *alloc, const struct range *range, const struct span *span, bool claimed_ok)
{
	uint64_t first = range_number(range, &span->first), last = range_number(range, &span->last);
	struct ip addr;

	if (range->map)
		return any_bit(range->leased, first, last) || (!claimed_ok && any_bit(range->claimed, first, last));
	if (claimed_ok)
		return false;
	addr = range_prefix(range, first).addr;
	return first == last && holds_at(&alloc->holds, &addr);
}

static bool has_lease_ended(const struct alloc *alloc, const struct range *range, uint64_t i)
{
	struct ip addr = range_prefix(range, i).addr;
	const struct hold *hold = holds_at(&alloc->holds, &addr);

	return has_ended(alloc, hold ? hold->end_key : ends_get(&range->ends, i));
}

static void look_at(void *ctx, struct range *range)
{
	struct found *found = ctx;
	uint64_t i;

	if (span_is_odd(&found->span, range)) {
		found->is_taken |= has_any(found->alloc, range, &found->span, found->claimed_ok);
		return;
	}
	found->n++;
	i = range_number(range, &found->span.first);
	found->is_taken |= !found->leased_ok && range->map && bit_get(range->leased, i) &&
			   !(found->claimed_ok && has_lease_ended(found->alloc, range, i));
	found->n_skipped += range_skips(range, i);
}

static bool look(struct alloc *alloc, struct found *found, const struct prefix *prefix)
{
	struct prefix other;

	found->alloc = alloc;
	found->span = span_of(prefix);
	/* A span that begins at the same address is the one being replaced. */
	if (alloc->odd.n && spans_overlap(&alloc->odd, &found->span.prefix, found->claimed_ok ? MARK_LEASED : MARK_ANY,
					  &prefix->addr, &other))
		return true;
	list_for_each (pos, &alloc->sets)
		range_set_each(&container_of(pos, struct alloc_set, link)->ranges, &found->span, look_at, found);
	return found->is_taken;
}

/* True if a client cannot have it on request: it is leased, in whole or in part, or skipped by all of its ranges. */
static bool is_taken(struct alloc *alloc, const struct prefix *prefix, bool leased_ok)
{
	struct found found = { .leased_ok = leased_ok };

	return look(alloc, &found, prefix) || (found.n && found.n == found.n_skipped);
}

/* True if it is leased, in whole or in part, or about to be leased as a whole. */
static bool is_leased(struct alloc *alloc, const struct prefix *prefix)
{
	const struct hold *hold = holds_at(&alloc->holds, &prefix->addr);
	struct found found = { .claimed_ok = true };

	return (hold && hold->client.commits) || look(alloc, &found, prefix);
}

/* Returns the number in that part whose lease ended first; FREEMAP_NONE if none has ended. */
static uint64_t first_ended_in(struct alloc *alloc, struct range *range, const struct part *part)
{
	uint32_t key;
	uint64_t n;

	while ((n = ends_first(&range->ends, part->lo, part->hi, &key)) != ENDS_NONE && has_ended(alloc, key)) {
		struct prefix prefix = range_prefix(range, n);

		if (!is_taken(alloc, &prefix, true))
			return n;
		/* Something else overlaps it: it is added again when it is free. */
		ends_set(&range->ends, &alloc->ends, n, 0);
	}
	return FREEMAP_NONE;
}

/*
 * The same anywhere. Servers that share the range begin in their parts: otherwise all would pick the same one. What the
 * others have left is looked for at random positions.
 */
static uint64_t first_ended(struct alloc *alloc, struct range *range)
{
	struct part part = part_of(alloc, range), all = { 0, range->span.size };
	uint64_t n = first_ended_in(alloc, range, &part);

	for (unsigned i = 0; i < SCATTER_TRIES && alloc->is_scattered && n == FREEMAP_NONE; i++) {
		part.lo = rand_below(range->span.size);
		part.hi = part.lo + range->span.size / SCATTER_TRIES;
		n = first_ended_in(alloc, range, &part);
	}
	return n != FREEMAP_NONE ? n : first_ended_in(alloc, range, &all);
}

/* The same without what the trial has; the lock is held. */
static uint64_t first_ended_try(struct alloc *alloc, struct range *range, struct trial *trial)
{
	uint64_t n;
	size_t i;

	if (!range->map)
		return first_ended(alloc, range);
	for (i = 0; i < trial->claims.n; i++) {
		struct tried *tried = &trial->claims.v[i];

		tried->end_key = 0;
		if (!is_in(range, &tried->prefix))
			continue;
		n = range_number(range, &tried->prefix.addr);
		tried->end_key = ends_get(&range->ends, n);
		if (tried->end_key)
			ends_set(&range->ends, &alloc->ends, n, 0);
	}
	n = first_ended(alloc, range);
	for (i = 0; i < trial->claims.n; i++) {
		const struct tried *tried = &trial->claims.v[i];

		if (tried->end_key)
			ends_set(&range->ends, &alloc->ends, range_number(range, &tried->prefix.addr), tried->end_key);
	}
	return n;
}

bool alloc_take_ended(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		      struct ip *ret)
{
	struct range *range = &set->ranges.v[i];
	struct trial *trial;
	uint64_t n;

	lock_swept(alloc, client, NULL);
	trial = client->trial ? trial_of(alloc, client->trial) : NULL;
	mark_left(alloc, trial, false);
	n = trial ? first_ended_try(alloc, range, trial) : first_ended(alloc, range);
	mark_left(alloc, trial, true);
	if (n != FREEMAP_NONE) {
		struct prefix prefix = range_prefix(range, n);

		*ret = prefix.addr;
		if (trial)
			put_tried(alloc, trial, &prefix, client);
		else
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
	bool is_odd;               /* claims whose length differs from the range's */
	const struct trial *trial; /* NULL: none */
};

static bool may_take(const struct take_over *over, const struct hold *hold)
{
	struct span span = span_of(&hold->prefix);
	uint64_t n = range_number(over->range, &span.first);

	if (!hold_is_open_in(hold, &over->range->holds) || span_is_odd(&span, over->range) != over->is_odd)
		return false;
	if (over->trial && (tried_at(over->trial, &hold->prefix) || has_left(over->trial, hold)))
		return false;
	/* Taking it over must free something that may be picked: not only what a host has reserved. */
	if (over->is_odd && range_step_over(over->range, n) > range_number(over->range, &span.last))
		return false;
	/* A claim for the client that still has the lease is not available to others. */
	if (!over->is_odd && (range_never_picks(over->range, n) ||
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

/* True if the number would be free without the claims of other lengths. */
static bool is_free_without_odd(const struct alloc *alloc, const struct range *range, uint64_t n)
{
	struct prefix prefix = range_prefix(range, n), other;

	return !bit_get(range->leased, n) && !bit_get(range->claimed, n) && !range_never_picks(range, n) &&
	       !spans_overlap(&alloc->odd, &prefix, MARK_LEASED, NULL, &other);
}

/* The number that take_over_odd() would return, if it is where the first of these claims is. */
static uint64_t take_over_odd_try(const struct alloc *alloc, struct take_over *over, const struct alloc_client *client)
{
	struct range *range = over->range;
	uint64_t first, last, low = FREEMAP_NONE, n, tries = ODD_LOOK;
	struct hold *hold;
	struct span span;

	over->is_odd = true;
	hold = alloc->odd.n && range->map ? victim(alloc, over, client) : NULL;
	if (!hold)
		return FREEMAP_NONE;
	span = span_of(&hold->prefix);
	first = range_number(range, &span.first);
	last = range_number(range, &span.last);
	for (n = first; n <= last && tries--; n++) {
		if (!is_free_without_odd(alloc, range, n))
			continue;
		if (n >= range->cursor)
			return n;
		low = low == FREEMAP_NONE ? n : low;
	}
	return low;
}

bool alloc_take_over(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		     bool (*skip)(void *ctx, const struct ip *addr), void *ctx, struct ip *ret)
{
	struct take_over over = { alloc, &set->ranges.v[i], skip, ctx, false, NULL };
	struct prefix prefix;
	struct trial *trial;
	struct hold *hold;
	uint64_t n = 0;

	lock_swept(alloc, client, NULL);
	over.trial = trial = client->trial ? trial_of(alloc, client->trial) : NULL;
	mark_left(alloc, trial, false);
	hold = victim(alloc, &over, client);
	if (hold)
		prefix = hold->prefix;
	else if ((n = trial ? take_over_odd_try(alloc, &over, client) : take_over_odd(alloc, &over, client)) !=
		 FREEMAP_NONE)
		prefix = range_prefix(over.range, n);
	mark_left(alloc, trial, true);
	if (n != FREEMAP_NONE)
		*ret = prefix.addr;
	if (trial && n != FREEMAP_NONE) {
		put_tried(alloc, trial, &prefix, client);
	} else if (n != FREEMAP_NONE) {
		put_claim(alloc, &prefix, client)->is_contested = hold != NULL;
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return n != FREEMAP_NONE;
}

static bool claim_try(const struct alloc *alloc, struct trial *trial, const struct prefix *prefix,
		      const struct alloc_client *client)
{
	if (!trial || tried_at(trial, prefix))
		return false;
	put_tried(alloc, trial, prefix, client);
	return true;
}

bool alloc_claim(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client,
		 enum alloc_stored stored)
{
	struct hold *hold;
	bool returns = stored == ALLOC_OWN || stored == ALLOC_RESERVED, leased_ok, is_own, ok;
	struct trial *trial;

	lock_swept(alloc, client, &prefix->addr);
	trial = client->trial ? trial_of(alloc, client->trial) : NULL;
	hold = holds_at(&alloc->holds, &prefix->addr);
	if (trial && hold && has_left(trial, hold))
		hold = NULL;
	is_own = hold && hold_is_of(hold, client);
	ok = !hold || is_own || (!hold->client.commits && (hold->is_contested || hold->end_key || returns));
	/* An address cannot be claimed while someone has a lease for it. */
	leased_ok = stored == ALLOC_ENDED || stored == ALLOC_OWN || is_own;
	mark_left(alloc, trial, false);
	ok = ok && !is_taken(alloc, prefix, leased_ok);
	mark_left(alloc, trial, true);
	if (client->trial) {
		ok = ok && claim_try(alloc, trial, prefix, client);
	} else if (ok) {
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

	/* Only its own messages claim something for a client, one at a time: what others do now makes no difference. */
	if (!holds_may_have(&alloc->holds, client))
		return false;
	lock_swept(alloc, client, NULL);
	hold = holds_of(&alloc->holds, client);
	if (hold)
		*ret = hold->prefix.addr;
	(void)pthread_mutex_unlock(&alloc->lock);
	return hold != NULL;
}

bool alloc_is_claimed(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client)
{
	bool ok;

	if (client->trial)
		return true;
	lock_swept(alloc, NULL, &prefix->addr);
	ok = is_for(holds_at(&alloc->holds, &prefix->addr), prefix, client);
	(void)pthread_mutex_unlock(&alloc->lock);
	return ok;
}

bool alloc_may_offer(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client)
{
	bool ok;

	if (client->trial)
		return true;
	(void)pthread_mutex_lock(&alloc->lock);
	ok = is_for(holds_at(&alloc->holds, &prefix->addr), prefix, client) || !is_leased(alloc, prefix);
	(void)pthread_mutex_unlock(&alloc->lock);
	return ok;
}

void alloc_unclaim(struct alloc *alloc, const struct alloc_client *client)
{
	struct hold *hold;

	if (client->trial)
		return;
	(void)pthread_mutex_lock(&alloc->lock);
	hold = holds_of(&alloc->holds, client);
	if (hold)
		leave_claim(alloc, hold);
	(void)pthread_mutex_unlock(&alloc->lock);
}

void alloc_sweep(struct alloc *alloc)
{
	lock_swept(alloc, NULL, NULL);
	(void)pthread_mutex_unlock(&alloc->lock);
}

uint64_t alloc_n_free(struct alloc *alloc, struct alloc_set *set, size_t i)
{
	uint64_t n;

	(void)pthread_mutex_lock(&alloc->lock);
	n = set->ranges.v[i].map ? freemap_count(set->ranges.v[i].map) : set->ranges.v[i].span.size;
	(void)pthread_mutex_unlock(&alloc->lock);
	return n;
}

/* What is read does not change while the set is in use. */
bool alloc_may_exclude(const struct alloc_set *set, size_t i, const struct prefix *prefix)
{
	const struct range *range = &set->ranges.v[i];
	unsigned bits = ip_is4(&prefix->addr) ? 32 : 128;

	return !range->map || prefix->len + range->span.shift < bits ||
	       (range->never && bit_get(range->never, range_number(range, &prefix->addr)));
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
