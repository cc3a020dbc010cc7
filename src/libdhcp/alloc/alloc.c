/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Ranges and claims. A range small enough for a map has three: which addresses have a lease, which
 * are claimed, and the free map over both, so a pick is a few word reads and a full range says so
 * at once. With flq it also has a queue (freequeue.c). A larger range (DHCPv6) is so empty that the next address, or
 * else one at a random place, is free: the caller checks it against the store.
 *
 * All claims last equally long, so the list in order of making is also the order of ending; ended
 * claims are swept from its head whenever something is claimed.
 */
#include "alloc/alloc.h"

#include "alloc/freemap.h"
#include "alloc/freequeue.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fetch.h"
#include "base/hash.h"
#include "base/list.h"

#include <pthread.h>

#define CLAIMS_MAX (1u << 20)
#define STALE_MS 1000 /* a client asks for what it was offered at once, or not at all */
#define STALE_LOOK 32 /* how many claims are looked at for one of the range */
#define TAKE_MS 250   /* so often a client that asks for the first time may take one over */
#define AGAIN_MS 100  /* a client that comes back after so long asked before */
#define ASKED (1u << 14)
#define MISSED_MAX 4     /* in a row: then the next free one is looked for elsewhere */
#define CLAIMED_TRIES 32 /* in a range without a map */
#define BUCKETS (1u << 16)

struct range {
	struct alloc_range span;
	struct freemap *map;     /* free of lease and claim; NULL when the range is too large for one */
	uint64_t *leased;        /* a bit per address */
	uint64_t *claimed;       /* in the same piece of memory, behind it */
	uint64_t cursor;         /* iterative: where the next pick starts looking */
	uint64_t missed;         /* no map: the last number that was picked and had a lease, */
	unsigned n_missed;       /* and how many there were in a row */
	struct freequeue *queue; /* flq; else NULL */
};

struct alloc_set {
	struct list link; /* in alloc->sets */
	size_t n;
	bool has_maps;        /* any of the ranges; else there is nothing to mark */
	struct range *ranges; /* in the caller's order */
	struct ip *firsts; /* first addresses of the ranges in ascending order: a search reads few places in memory */
	struct place {
		struct ip reach; /* with overlap: the largest last address of the places below; see find_reach() */
		struct range *range;
	} * sorted;   /* in the same order */
	bool overlap; /* an address can be in several ranges */
	struct range
		*recent; /* what happens to an address happens several times in a row: without overlap, where it was */
};

struct claim {
	struct list link;                      /* in alloc->order, or in alloc->spare */
	struct claim *next_addr, *next_client; /* hash chains */
	struct ip addr;
	struct client_key client;
	int64_t ends_ms;  /* boot time */
	int64_t since_ms; /* of the first offer: asking again does not keep it from others */
	bool taken_over;  /* it was offered to somebody else before */
};

struct alloc {
	pthread_mutex_t lock; /* guards everything below */
	unsigned hold_ms;
	struct list sets;
	struct list order, spare;
	size_t n_claims;
	int64_t taken_ms; /* of the last claim that was taken over */
	struct asked {
		uint64_t client;
		int64_t since_ms;
	} asked[ASKED]; /* who wanted to take one over; the last one in each place */
	struct claim *by_addr[BUCKETS], *by_client[BUCKETS];
};

struct alloc *alloc_new(unsigned hold_ms)
{
	struct alloc *alloc = xcalloc(1, sizeof(*alloc));

	(void)pthread_mutex_init(&alloc->lock, NULL);
	alloc->hold_ms = hold_ms;
	list_init(&alloc->sets);
	list_init(&alloc->order);
	list_init(&alloc->spare);
	return alloc;
}

static void free_claims(struct list *list)
{
	struct list *item;

	while ((item = list_pop(list)))
		free(container_of(item, struct claim, link));
}

void alloc_free(struct alloc *alloc)
{
	if (!alloc)
		return;
	while (!list_is_empty(&alloc->sets))
		alloc_set_free(alloc, container_of(alloc->sets.next, struct alloc_set, link));
	free_claims(&alloc->order);
	free_claims(&alloc->spare);
	(void)pthread_mutex_destroy(&alloc->lock);
	free(alloc);
}

static size_t addr_bucket(const struct ip *addr)
{
	return hash_16(addr->b) % BUCKETS;
}

static size_t client_bucket(const struct client_key *client)
{
	return client->a % BUCKETS;
}

static bool same_client(const struct client_key *x, const struct client_key *y)
{
	return x->a == y->a && x->b == y->b;
}

/* --- ranges ---------------------------------------------------------------- */

static int by_first(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	return ip_cmp(&a->range->span.first, &b->range->span.first);
}

/*
 * Pools of a subnet that lies inside another one may overlap with the outer one's, so an address can be
 * in many ranges. The sorted places [lo, hi) are a tree: its root in the middle, the halves below; each
 * root knows how far its tree reaches.
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

typedef void range_fn(void *ctx, struct range *range, uint64_t i);

static void range_at(struct range *range, const struct ip *addr, range_fn *fn, void *ctx)
{
	if (ip_cmp(addr, &range->span.last) <= 0)
		fn(ctx, range, ip_count_steps(&range->span.first, addr, range->span.shift));
}

static void places_in(const struct alloc_set *set, size_t lo, size_t hi, const struct ip *addr, range_fn *fn, void *ctx)
{
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct place *place = &set->sorted[mid];

		if (ip_cmp(addr, &place->reach) > 0)
			return;
		places_in(set, lo, mid, addr, fn, ctx);
		if (ip_cmp(&set->firsts[mid], addr) > 0)
			return;
		range_at(place->range, addr, fn, ctx);
		lo = mid + 1;
	}
}

/* Call fn for each range of the set that holds addr, with its number there. */
static void ranges_in(struct alloc_set *set, const struct ip *addr, range_fn *fn, void *ctx)
{
	size_t n;

	if (set->overlap) {
		places_in(set, 0, set->n, addr, fn, ctx);
		return;
	}
	if (!set->recent || ip_cmp(addr, &set->recent->span.first) < 0 || ip_cmp(addr, &set->recent->span.last) > 0) {
		n = ip_count_less(set->firsts, set->n, addr, true);
		if (!n)
			return;
		set->recent = set->sorted[n - 1].range;
	}
	range_at(set->recent, addr, fn, ctx);
}

/* The same for all sets; `marked`: for those that have maps. */
static void ranges_at(struct alloc *alloc, const struct ip *addr, bool marked, range_fn *fn, void *ctx)
{
	list_for_each (pos, &alloc->sets) {
		struct alloc_set *set = container_of(pos, struct alloc_set, link);

		if (set->has_maps || !marked)
			ranges_in(set, addr, fn, ctx);
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
	struct ip addr = ip_add(&range->span.first, i);

	return range->span.skip_ends && (addr.b[15] == 0 || addr.b[15] == 255);
}

static void set_free(struct range *range, uint64_t i, bool is_free)
{
	if (is_free && is_skipped(range, i))
		return;
	if (freemap_set(range->map, i, is_free) && range->queue)
		freequeue_set(range->queue, (uint32_t)i, is_free);
}

struct mark {
	enum { MARK_LEASED, MARK_CLAIMED } what;
	bool on;
};

static void mark_range(void *ctx, struct range *range, uint64_t i)
{
	const struct mark *mark = ctx;

	if (!range->map)
		return;
	bit_set(mark->what == MARK_LEASED ? range->leased : range->claimed, i, mark->on);
	set_free(range, i, !bit_get(range->leased, i) && !bit_get(range->claimed, i));
}

static void mark_leased(struct alloc *alloc, const struct ip *addr, bool on)
{
	struct mark mark = { MARK_LEASED, on };

	ranges_at(alloc, addr, true, mark_range, &mark);
}

static void mark_claimed(struct alloc *alloc, const struct ip *addr, bool on)
{
	struct mark mark = { MARK_CLAIMED, on };

	ranges_at(alloc, addr, true, mark_range, &mark);
}

static void skip_ends(struct range *range)
{
	unsigned last = range->span.first.b[15];
	uint64_t i;

	if (!range->span.skip_ends)
		return;
	for (i = (256 - last) % 256; i < range->span.size; i += 256)
		(void)freemap_set(range->map, i, false);
	for (i = 255 - last; i < range->span.size; i += 256)
		(void)freemap_set(range->map, i, false);
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
		range->map = freemap_new(ranges[i].size);
		if (range->map) {
			set->has_maps = true;
			range->leased = xcalloc((ranges[i].size + 63) / 64 * 2, sizeof(uint64_t));
			range->claimed = range->leased + (ranges[i].size + 63) / 64;
			skip_ends(range);
			if (range->span.how == ALLOC_FLQ)
				range->queue = freequeue_new(range->map);
		}
	}
	sort_places(set);
	(void)pthread_mutex_lock(&alloc->lock);
	list_add_tail(&alloc->sets, &set->link);
	list_for_each (pos, &alloc->order)
		mark_claimed(alloc, &container_of(pos, struct claim, link)->addr, true);
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
	(void)pthread_mutex_unlock(&alloc->lock);
	for (i = 0; i < set->n; i++) {
		freemap_free(set->ranges[i].map);
		freequeue_free(set->ranges[i].queue);
		free(set->ranges[i].leased); /* and claimed, behind it */
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

void alloc_note(struct alloc *alloc, const struct ip *addr, bool in_use)
{
	(void)pthread_mutex_lock(&alloc->lock);
	mark_leased(alloc, addr, in_use);
	(void)pthread_mutex_unlock(&alloc->lock);
}

/* --- claims ---------------------------------------------------------------- */

static void unlink_claim(struct alloc *alloc, struct claim *claim)
{
	struct claim **p;

	for (p = &alloc->by_addr[addr_bucket(&claim->addr)]; *p != claim; p = &(*p)->next_addr)
		;
	*p = claim->next_addr;
	for (p = &alloc->by_client[client_bucket(&claim->client)]; *p != claim; p = &(*p)->next_client)
		;
	*p = claim->next_client;
	list_remove(&claim->link);
	list_add_tail(&alloc->spare, &claim->link);
	alloc->n_claims--;
	mark_claimed(alloc, &claim->addr, false);
}

static void sweep(struct alloc *alloc, int64_t now_ms)
{
	while (!list_is_empty(&alloc->order)) {
		struct claim *oldest = container_of(alloc->order.next, struct claim, link);

		if (oldest->ends_ms > now_ms && alloc->n_claims < CLAIMS_MAX)
			return;
		unlink_claim(alloc, oldest);
	}
}

static struct claim *claim_at(struct alloc *alloc, const struct ip *addr)
{
	struct claim *claim = alloc->by_addr[addr_bucket(addr)];

	while (claim && !ip_equal(&claim->addr, addr))
		claim = claim->next_addr;
	return claim;
}

static struct claim *claim_of(struct alloc *alloc, const struct client_key *client)
{
	struct claim *claim = alloc->by_client[client_bucket(client)];

	while (claim && !same_client(&claim->client, client))
		claim = claim->next_client;
	return claim;
}

/* The address becomes the client's one claim. */
static struct claim *put_claim(struct alloc *alloc, const struct ip *addr, const struct client_key *client)
{
	struct claim *old = claim_of(alloc, client), *claim;
	int64_t now_ms = clock_boot_ms(), since_ms = now_ms;
	struct list *spare;
	struct claim **bucket;

	if (old && ip_equal(&old->addr, addr))
		since_ms = old->since_ms;
	if (old)
		unlink_claim(alloc, old);
	spare = list_pop(&alloc->spare);
	claim = spare ? container_of(spare, struct claim, link) : xcalloc(1, sizeof(*claim));
	claim->addr = *addr;
	claim->client = *client;
	claim->ends_ms = now_ms + alloc->hold_ms;
	claim->since_ms = since_ms;
	claim->taken_over = false;
	bucket = &alloc->by_addr[addr_bucket(addr)];
	claim->next_addr = *bucket;
	*bucket = claim;
	bucket = &alloc->by_client[client_bucket(client)];
	claim->next_client = *bucket;
	*bucket = claim;
	list_add_tail(&alloc->order, &claim->link);
	alloc->n_claims++;
	mark_claimed(alloc, addr, true);
	return claim;
}

/* In a range without a map: by its way, but claimed by nobody else. FREEMAP_NONE when there is none. */
static uint64_t next_unclaimed(struct alloc *alloc, struct range *range, const struct client_key *client)
{
	uint64_t n = range->cursor;
	unsigned i;

	for (i = 0; i < CLAIMED_TRIES; i++, n++) {
		const struct claim *other;
		struct ip addr;

		if (range->span.how != ALLOC_ITERATIVE || n >= range->span.size)
			n = range->span.how != ALLOC_ITERATIVE ? rand_below(range->span.size) : 0;
		addr = ip_add_steps(&range->span.first, n, range->span.shift);
		other = claim_at(alloc, &addr);
		if (!other || same_client(&other->client, client))
			return n;
	}
	return FREEMAP_NONE;
}

/* The number of the next free address by the range's way; FREEMAP_NONE when there is none. */
static uint64_t next_free(struct alloc *alloc, struct range *range, const struct client_key *client)
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

bool alloc_pick(struct alloc *alloc, struct alloc_set *set, size_t i, const struct client_key *client, struct ip *ret)
{
	struct range *range = &set->ranges[i];
	uint64_t n;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc, clock_boot_ms());
	n = next_free(alloc, range, client);
	if (n != FREEMAP_NONE) {
		*ret = ip_add_steps(&range->span.first, n, range->span.shift);
		range->cursor = n + 1;
		set->recent = range;
		(void)put_claim(alloc, ret, client);
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return n != FREEMAP_NONE;
}

void alloc_missed(struct alloc *alloc, struct alloc_set *set, size_t i, const struct client_key *client,
		  const struct ip *addr)
{
	struct range *range = &set->ranges[i];
	uint64_t n = ip_count_steps(&range->span.first, addr, range->span.shift);
	struct claim *claim;

	(void)pthread_mutex_lock(&alloc->lock);
	claim = claim_of(alloc, client);
	if (claim && ip_equal(&claim->addr, addr))
		unlink_claim(alloc, claim);
	range->n_missed = range->n_missed && n == range->missed + 1 ? range->n_missed + 1 : 1;
	range->missed = n;
	if (range->n_missed >= MISSED_MAX) {
		range->cursor = rand_below(range->span.size);
		range->n_missed = 0;
	}
	(void)pthread_mutex_unlock(&alloc->lock);
}

/* A claim in the range that its client does not seem to want, one of the oldest. */
static struct claim *stale_claim(struct alloc *alloc, const struct range *range)
{
	int64_t made_before = clock_boot_ms() - STALE_MS;
	unsigned n = 0;

	list_for_each (pos, &alloc->order) {
		struct claim *claim = container_of(pos, struct claim, link);
		const struct alloc_range *span = &range->span;

		if (n++ == STALE_LOOK)
			break;
		if (claim->since_ms > made_before || ip_cmp(&span->first, &claim->addr) > 0 ||
		    ip_cmp(&claim->addr, &span->last) > 0)
			continue;
		if (!range->map || !bit_get(range->leased, ip_count_steps(&span->first, &claim->addr, span->shift)))
			return claim;
	}
	return NULL;
}

/*
 * One that asked before, and now and then one that did not: in a flood of clients that never come back,
 * the stale claims are left to those that do.
 */
static bool may_take_over(struct alloc *alloc, const struct client_key *client)
{
	struct asked *asked = &alloc->asked[client->a % ASKED];
	int64_t now_ms = clock_boot_ms();

	if (asked->client != client->b)
		*asked = (struct asked){ client->b, now_ms };
	return now_ms - asked->since_ms >= AGAIN_MS || now_ms - alloc->taken_ms >= TAKE_MS;
}

bool alloc_take_over(struct alloc *alloc, struct alloc_set *set, size_t i, const struct client_key *client,
		     struct ip *ret)
{
	struct claim *claim;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc, clock_boot_ms());
	claim = may_take_over(alloc, client) ? stale_claim(alloc, &set->ranges[i]) : NULL;
	if (claim) {
		*ret = claim->addr;
		alloc->taken_ms = clock_boot_ms();
		unlink_claim(alloc, claim);
		put_claim(alloc, ret, client)->taken_over = true;
	}
	(void)pthread_mutex_unlock(&alloc->lock);
	return claim != NULL;
}

struct found {
	bool is_leased;
	unsigned n, n_skipped;
};

static void look_at(void *ctx, struct range *range, uint64_t i)
{
	struct found *found = ctx;

	found->is_leased |= range->map && bit_get(range->leased, i);
	found->n++;
	found->n_skipped += is_skipped(range, i);
}

/* Not for who names it: leased, or never to be given by any of its ranges. */
static bool is_taken(struct alloc *alloc, const struct ip *addr)
{
	struct found found = { 0 };

	ranges_at(alloc, addr, false, look_at, &found);
	return found.is_leased || (found.n && found.n == found.n_skipped);
}

bool alloc_claim(struct alloc *alloc, const struct ip *addr, const struct client_key *client, bool leased_ok)
{
	struct claim *claim;
	bool ok;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc, clock_boot_ms());
	claim = claim_at(alloc, addr);
	/* Whoever it was offered to first may still come. */
	ok = !claim || claim->taken_over || same_client(&claim->client, client);
	ok = ok && (leased_ok || !is_taken(alloc, addr));
	if (ok && claim && !same_client(&claim->client, client))
		unlink_claim(alloc, claim);
	if (ok)
		(void)put_claim(alloc, addr, client);
	(void)pthread_mutex_unlock(&alloc->lock);
	return ok;
}

bool alloc_claimed_by(struct alloc *alloc, const struct client_key *client, struct ip *ret)
{
	struct claim *claim;

	(void)pthread_mutex_lock(&alloc->lock);
	sweep(alloc, clock_boot_ms());
	claim = claim_of(alloc, client);
	if (claim)
		*ret = claim->addr;
	(void)pthread_mutex_unlock(&alloc->lock);
	return claim != NULL;
}

void alloc_unclaim(struct alloc *alloc, const struct client_key *client)
{
	struct claim *claim;

	(void)pthread_mutex_lock(&alloc->lock);
	claim = claim_of(alloc, client);
	if (claim)
		unlink_claim(alloc, claim);
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
	n = alloc->n_claims;
	(void)pthread_mutex_unlock(&alloc->lock);
	return n;
}
