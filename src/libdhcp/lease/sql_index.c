/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Open addressing in 64 stripes, each with a lock. An entry's home slot is its hash scaled to the number of slots, so
 * entries are nearly in the order of their hashes: a stripe can grow by a quarter at a time, and a walk is a walk over
 * the hashes, whatever the number of slots.
 */
#include "lease/sql_index.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"

#include <pthread.h>
#include <stdatomic.h>

#define STRIPES 64
#define FIRST_CAP 16
#define TIMES 65536            /* how many addresses share one time of their last change, at random */
#define EPOCH_BACK (1LL << 24) /* leases that ended up to half a year before the start keep their order */
#define NEVER UINT32_MAX
#define SAME_SEC 2 /* ends that differ by less are the same: the clocks' distance is measured */
#define PAGE 512

struct entry {
	uint32_t expires; /* since the epoch; NEVER */
	uint32_t subnet_id, pool_id;
	uint32_t id, hw;
	uint8_t len;
	uint8_t state : 3, type : 2, is_used : 1, sweep : 1;
	uint8_t key[]; /* 4 or 16 bytes */
};

struct stripe {
	pthread_mutex_t lock;
	uint8_t *slots;
	uint32_t n, cap;
};

struct sql_index {
	bool is4;
	unsigned key_len, entry_len;
	int64_t epoch;
	store_watch_fn *changed;
	void *ctx;
	atomic_uint_fast64_t time;
	atomic_uint_fast64_t count[LEASE_STATE_N];
	atomic_uint sweep;
	struct stripe stripes[STRIPES];
	uint64_t times[TIMES]; /* of the last change; guarded by the locks of their stripes, as TIMES is a multiple */
};

struct sql_index *sql_index_new(int family)
{
	struct sql_index *index = xcalloc(1, sizeof(*index));

	index->is4 = family == 0;
	index->key_len = index->is4 ? 4 : 16;
	index->entry_len = (unsigned)(offsetof(struct entry, key) + index->key_len + 3) / 4 * 4;
	index->epoch = clock_boot_sec() - EPOCH_BACK;
	for (unsigned i = 0; i < STRIPES; i++)
		(void)pthread_mutex_init(&index->stripes[i].lock, NULL);
	return index;
}

void sql_index_free(struct sql_index *index)
{
	if (!index)
		return;
	for (unsigned i = 0; i < STRIPES; i++) {
		(void)pthread_mutex_destroy(&index->stripes[i].lock);
		free(index->stripes[i].slots);
	}
	free(index);
}

void sql_index_watch(struct sql_index *index, store_watch_fn *changed, void *ctx)
{
	index->changed = changed;
	index->ctx = ctx;
}

/* --- entries ----------------------------------------------------------------------- */

static uint32_t hash_of_client(struct bytes id, uint32_t seed)
{
	return (uint32_t)hash_bytes(id.data ? id.data : (const uint8_t *)"", id.len, seed) | 1;
}

struct sql_known sql_known_of(const struct lease *lease)
{
	return (struct sql_known){
		.held = { .present = true,
			  .in_use = lease_is_in_use(lease),
			  .len = lease_span_len(lease->type, lease->prefix_len),
			  .type = lease->type,
			  .state = lease->state,
			  .subnet_id = lease->subnet_id,
			  .pool_id = lease->pool_id,
			  .expires = lease->expires },
		.id = lease->client_id.len ? hash_of_client(lease->client_id, lease->iaid) : 0,
		.hw = lease->hwaddr.len ? hash_of_client(lease->hwaddr, 0) : 0,
	};
}

static uint32_t pack_expires(const struct sql_index *index, int64_t expires)
{
	int64_t since = expires == INT64_MAX ? NEVER : expires - index->epoch;

	return since < 0 ? 0 : since >= NEVER ? NEVER : (uint32_t)since;
}

static struct sql_known unpack(const struct sql_index *index, const struct entry *entry)
{
	return (struct sql_known){
		.held = { .present = true,
			  .in_use = entry->state != LEASE_RECLAIMED && entry->state != LEASE_RELEASED,
			  .len = entry->len,
			  .type = (enum lease_type)entry->type,
			  .state = (enum lease_state)entry->state,
			  .subnet_id = entry->subnet_id,
			  .pool_id = entry->pool_id,
			  .expires = entry->expires == NEVER ? INT64_MAX : index->epoch + entry->expires },
		.id = entry->id,
		.hw = entry->hw,
	};
}

static void pack(const struct sql_index *index, struct entry *entry, const struct sql_known *known)
{
	entry->expires = pack_expires(index, known->held.expires);
	entry->subnet_id = known->held.subnet_id;
	entry->pool_id = known->held.pool_id;
	entry->id = known->id;
	entry->hw = known->hw;
	entry->len = known->held.len;
	entry->state = (uint8_t)known->held.state & 7;
	entry->type = (uint8_t)known->held.type & 3;
	entry->is_used = true;
	entry->sweep = atomic_load_explicit(&index->sweep, memory_order_relaxed) & 1;
}

static const uint8_t *key_of(const struct sql_index *index, const struct ip *addr)
{
	return addr->b + (index->is4 ? 12 : 0);
}

static struct ip addr_of(const struct sql_index *index, const struct entry *entry)
{
	struct ip addr = { .b = { [10] = 0xff, [11] = 0xff } };

	memcpy(addr.b + (index->is4 ? 12 : 0), entry->key, index->key_len);
	return addr;
}

/* Hashes are for the stripe (the lowest bits), the time, and the slot (the upper half). */
static uint64_t hash_of(const struct ip *addr)
{
	return hash_16(addr->b);
}

static struct entry *slot(const struct sql_index *index, const struct stripe *stripe, uint32_t i)
{
	return (struct entry *)(stripe->slots + (size_t)i * index->entry_len);
}

static uint32_t home(const struct stripe *stripe, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * stripe->cap >> 32);
}

static uint32_t next(const struct stripe *stripe, uint32_t i)
{
	return i + 1 == stripe->cap ? 0 : i + 1;
}

static struct entry *find(const struct sql_index *index, const struct stripe *stripe, const struct ip *addr,
			  uint64_t hash)
{
	if (!stripe->cap)
		return NULL;
	for (uint32_t i = home(stripe, hash); slot(index, stripe, i)->is_used; i = next(stripe, i))
		if (memcmp(slot(index, stripe, i)->key, key_of(index, addr), index->key_len) == 0)
			return slot(index, stripe, i);
	return NULL;
}

static struct entry *free_slot(const struct sql_index *index, const struct stripe *stripe, uint64_t hash)
{
	uint32_t i = home(stripe, hash);

	while (slot(index, stripe, i)->is_used)
		i = next(stripe, i);
	return slot(index, stripe, i);
}

static void grow(const struct sql_index *index, struct stripe *stripe)
{
	struct stripe old = *stripe;

	stripe->cap = old.cap ? old.cap + old.cap / 4 : FIRST_CAP;
	stripe->slots = xcalloc(stripe->cap, index->entry_len);
	for (uint32_t i = 0; i < old.cap; i++) {
		const struct entry *entry = slot(index, &old, i);
		struct ip addr;

		if (!entry->is_used)
			continue;
		addr = addr_of(index, entry);
		memcpy(free_slot(index, stripe, hash_of(&addr)), entry, index->entry_len);
	}
	free(old.slots);
}

static struct entry *add(const struct sql_index *index, struct stripe *stripe, const struct ip *addr, uint64_t hash)
{
	struct entry *entry;

	if (stripe->n + 1 > stripe->cap - stripe->cap / 8)
		grow(index, stripe);
	entry = free_slot(index, stripe, hash);
	memcpy(entry->key, key_of(index, addr), index->key_len);
	stripe->n++;
	return entry;
}

/* Moves later entries of the same run back, so that no search ends before it finds them. */
static void remove_entry(const struct sql_index *index, struct stripe *stripe, struct entry *entry)
{
	uint32_t hole = (uint32_t)((size_t)((uint8_t *)entry - stripe->slots) / index->entry_len);

	for (uint32_t i = next(stripe, hole); slot(index, stripe, i)->is_used; i = next(stripe, i)) {
		struct ip addr = addr_of(index, slot(index, stripe, i));
		uint32_t from = home(stripe, hash_of(&addr));

		/* It stays if its home is after the hole, going round. */
		if (hole <= i ? from > hole && from <= i : from > hole || from <= i)
			continue;
		memcpy(slot(index, stripe, hole), slot(index, stripe, i), index->entry_len);
		hole = i;
	}
	slot(index, stripe, hole)->is_used = false;
	stripe->n--;
}

/* --- noting ------------------------------------------------------------------------ */

static bool same_client(const struct sql_index *index, const struct sql_known *a, const struct sql_known *b)
{
	if (index->is4 && !(a->id && b->id))
		return a->hw == b->hw;
	return a->id == b->id;
}

static bool is_same(const struct sql_known *a, const struct sql_known *b)
{
	const struct store_held *x = &a->held, *y = &b->held;

	if (!x->present || !y->present)
		return x->present == y->present;
	return x->len == y->len && x->type == y->type && x->state == y->state && x->subnet_id == y->subnet_id &&
	       x->pool_id == y->pool_id && a->id == b->id && a->hw == b->hw &&
	       (x->expires == y->expires || (x->expires != INT64_MAX && y->expires != INT64_MAX &&
					     x->expires - y->expires < SAME_SEC && y->expires - x->expires < SAME_SEC));
}

static void count(struct sql_index *index, const struct store_held *held, uint64_t n)
{
	if (held->present)
		atomic_fetch_add_explicit(&index->count[held->state], n, memory_order_relaxed);
}

static bool note(struct sql_index *index, const struct ip *addr, uint64_t since, const struct sql_known *known,
		 bool is_own, bool was_ended)
{
	uint64_t hash = hash_of(addr), *time = &index->times[hash % TIMES];
	struct stripe *stripe = &index->stripes[hash % STRIPES];
	struct sql_known old = { .held.present = false };
	struct entry *entry;
	bool is_known, is_late;

	(void)pthread_mutex_lock(&stripe->lock);
	entry = find(index, stripe, addr, hash);
	if (entry) {
		old = unpack(index, entry);
		entry->sweep = atomic_load_explicit(&index->sweep, memory_order_relaxed) & 1;
	}
	is_late = *time > since;
	is_known = is_same(&old, known) && (!is_own || is_late);
	if (!is_known && !is_late) {
		if (known->held.present)
			pack(index, entry ? entry : (entry = add(index, stripe, addr, hash)), known);
		else if (entry)
			remove_entry(index, stripe, entry);
		*time = atomic_fetch_add(&index->time, 1) + 1;
		count(index, &old.held, UINT64_MAX);
		count(index, &known->held, 1);
		if (index->changed && (old.held.present || known->held.present)) {
			struct store_notice notice = { .addr = *addr,
						       .old = old.held,
						       .new = known->held,
						       .same_client =
							       old.held.present &&
							       known->held.present &&same_client(index, &old, known),
						       .was_ended = was_ended };

			index->changed(index->ctx, &notice);
		}
	}
	(void)pthread_mutex_unlock(&stripe->lock);
	return is_known || !is_late;
}

uint64_t sql_index_time(struct sql_index *index)
{
	return atomic_load(&index->time);
}

bool sql_index_note(struct sql_index *index, const struct ip *addr, uint64_t since, const struct sql_known *known)
{
	return note(index, addr, since, known, false, false);
}

bool sql_index_note_change(struct sql_index *index, const struct ip *addr, uint64_t since,
			   const struct sql_known *known, bool was_ended)
{
	return note(index, addr, since, known, true, was_ended);
}

bool sql_index_has(struct sql_index *index, const struct ip *addr)
{
	uint64_t hash = hash_of(addr);
	struct stripe *stripe = &index->stripes[hash % STRIPES];
	bool has;

	(void)pthread_mutex_lock(&stripe->lock);
	has = find(index, stripe, addr, hash);
	(void)pthread_mutex_unlock(&stripe->lock);
	return has;
}

uint64_t sql_index_count(struct sql_index *index, enum lease_state state)
{
	return atomic_load_explicit(&index->count[state], memory_order_relaxed);
}

uint64_t sql_index_bytes(struct sql_index *index)
{
	uint64_t bytes = sizeof(*index);

	for (unsigned i = 0; i < STRIPES; i++) {
		struct stripe *stripe = &index->stripes[i];

		(void)pthread_mutex_lock(&stripe->lock);
		bytes += (uint64_t)stripe->cap * index->entry_len;
		(void)pthread_mutex_unlock(&stripe->lock);
	}
	return bytes;
}

/* --- walking ----------------------------------------------------------------------- */

/*
 * Calls fn for the entries of a stripe whose upper hash half is in [from, to). An entry is at its home or after it,
 * before the next free slot.
 */
static void each_between(const struct sql_index *index, const struct stripe *stripe, uint64_t from, uint64_t to,
			 void (*fn)(void *ctx, const struct entry *entry), void *ctx)
{
	uint32_t i, last;

	if (!stripe->n)
		return;
	i = home(stripe, from << 32);
	last = home(stripe, (to - 1) << 32);
	for (uint32_t n = 0; n < stripe->cap; n++, i = next(stripe, i)) {
		const struct entry *entry = slot(index, stripe, i);
		struct ip addr;
		uint64_t high;

		/* Slots in wrapped position belong to the end of the hashes. */
		if (!entry->is_used) {
			if (n >= last - home(stripe, from << 32))
				break;
			continue;
		}
		addr = addr_of(index, entry);
		high = hash_of(&addr) >> 32;
		if (high >= from && high < to)
			fn(ctx, entry);
	}
}

/* How much of the hashes to visit at once, for about PAGE entries. */
static uint64_t step_of(const struct stripe *stripe)
{
	return stripe->n <= PAGE ? 1ULL << 32 : ((uint64_t)PAGE << 32) / stripe->n + 1;
}

/* Visits the entries of one part of a stripe under its lock; place is the stripe and the hash. False at the end. */
static bool walk(struct sql_index *index, uint64_t *place, void (*fn)(void *ctx, const struct entry *entry), void *ctx)
{
	uint64_t from = *place & UINT32_MAX, to;
	unsigned i = (unsigned)(*place >> 32);

	if (i >= STRIPES)
		return false;
	(void)pthread_mutex_lock(&index->stripes[i].lock);
	to = from + step_of(&index->stripes[i]);
	if (to > 1ULL << 32)
		to = 1ULL << 32;
	each_between(index, &index->stripes[i], from, to, fn, ctx);
	(void)pthread_mutex_unlock(&index->stripes[i].lock);
	*place = to == 1ULL << 32 ? (uint64_t)(i + 1) << 32 : (uint64_t)i << 32 | to;
	return true;
}

struct gather {
	const struct sql_index *index;
	struct store_scan *scan;
	unsigned n, cap;
	int err;
};

static void gather(void *ctx, const struct entry *entry)
{
	struct gather *g = ctx;
	struct sql_known known = unpack(g->index, entry);

	if (g->n == g->cap) {
		struct lease *more = arena_room(g->scan->arena, 2 * (size_t)g->cap * sizeof(*more));

		if (!more) {
			g->err = -E_NOMEM;
			return;
		}
		memcpy(more, g->scan->v, g->n * sizeof(*more));
		g->scan->v = more;
		g->cap *= 2;
	}
	g->scan->v[g->n++] = (struct lease){ .addr = addr_of(g->index, entry),
					     .prefix_len = known.held.len,
					     .type = known.held.type,
					     .state = known.held.state,
					     .subnet_id = known.held.subnet_id,
					     .pool_id = known.held.pool_id,
					     .expires = known.held.expires,
					     .hostname = "" };
}

int sql_index_scan(struct sql_index *index, struct store_scan *scan)
{
	struct gather g = { .index = index, .scan = scan, .cap = 2 * PAGE };

	scan->v = arena_room(scan->arena, g.cap * sizeof(*scan->v));
	if (!scan->v)
		return -E_NOMEM;
	while (g.n < PAGE && g.err == 0 && walk(index, &scan->place[0], gather, &g))
		;
	return g.err < 0 ? g.err : (int)g.n;
}

void sql_index_begin_sweep(struct sql_index *index)
{
	atomic_fetch_add(&index->sweep, 1);
}

struct sweep {
	const struct sql_index *index;
	struct ip *v;
	unsigned n, max;
};

static void sweep_one(void *ctx, const struct entry *entry)
{
	struct sweep *s = ctx;

	if (entry->sweep != (atomic_load_explicit(&s->index->sweep, memory_order_relaxed) & 1) && s->n < s->max)
		s->v[s->n++] = addr_of(s->index, entry);
}

bool sql_index_sweep(struct sql_index *index, uint64_t *place, struct ip *ret, unsigned max, unsigned *ret_n)
{
	struct sweep s = { .index = index, .v = ret, .max = max };
	bool more = walk(index, place, sweep_one, &s);

	*ret_n = s.n;
	return more;
}
