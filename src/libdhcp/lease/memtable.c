/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/memtable.h"

#include "base/thread.h"
#include "lease/clientlist.h"

#include <assert.h>
#include <stdatomic.h>

void memtable_init(struct memtable *t, int64_t epoch)
{
	*t = (struct memtable){ .epoch = epoch, .slabs = slabs_new() };
	for (unsigned i = 0; i < STRIPES; i++) {
		mutex_init_brief(&t->stripes[i].lock);
		t->stripes[i].expiry.slabs = t->stripes[i].retired.slabs = t->slabs;
	}
	(void)pthread_mutex_init(&t->order_lock, NULL);
}

void memtable_done(struct memtable *t)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		index_done(&t->stripes[i].by_addr);
		for (enum record_key key = 0; key < RECORD_KEYS; key++) {
			index_done(&t->stripes[i].key[key].lists);
			index_done(&t->stripes[i].key[key].groups);
		}
		for (unsigned type = 0; type < LEASE_TYPES; type++)
			addrset_done(&t->stripes[i].ordered[type]);
		expiry_done(&t->stripes[i].expiry);
		expiry_done(&t->stripes[i].retired);
		(void)pthread_mutex_destroy(&t->stripes[i].lock);
	}
	(void)pthread_mutex_destroy(&t->order_lock);
	slabs_free(t->slabs);
}

/* How many of n records a stripe gets: chance gives some of them more than others. */
static uint32_t share_of(uint64_t n)
{
	uint64_t share = n / STRIPES;

	return (uint32_t)(share + share / 32 < UINT32_MAX ? share + share / 32 : UINT32_MAX);
}

static void resize_indexes(struct memtable *t, uint64_t n)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		index_resize(&t->stripes[i].by_addr, share_of(n));
		for (enum record_key key = 0; key < RECORD_KEYS; key++)
			index_resize(&t->stripes[i].key[key].lists, share_of(n));
	}
}

void memtable_load_begin(struct memtable *t, uint64_t expected)
{
	t->loading = true;
	resize_indexes(t, expected);
}

/* Returns the heap for a record of the stripe; NULL if it belongs in neither. */
static struct expiry *heap_of(struct stripe *stripe, const struct record *rec)
{
	if (record_is_retired(rec))
		return &stripe->retired;
	return record_can_expire(rec) ? &stripe->expiry : NULL;
}

static void build_heaps(struct memtable *t, struct stripe *stripe)
{
	const struct index *index = &stripe->by_addr;
	uint32_t n_retired = (uint32_t)(stripe->count[LEASE_RECLAIMED] + stripe->count[LEASE_RELEASED]);

	expiry_reserve(&stripe->expiry, index->n - n_retired);
	expiry_reserve(&stripe->retired, n_retired);
	for (uint32_t s = 0; s < index->cap; s++) {
		struct expiry *heap;

		memtable_look_ahead(t, index, s);
		heap = index->v[s].ref ? heap_of(stripe, memtable_record(t, index->v[s].ref)) : NULL;
		if (heap)
			expiry_push(heap, index->v[s].ref);
	}
	expiry_build(&stripe->expiry);
	expiry_build(&stripe->retired);
}

struct building {
	struct memtable *t;
	unsigned n_parts;
};

static void build_part(void *ctx, unsigned part)
{
	const struct building *building = ctx;

	for (unsigned i = part; i < STRIPES; i += building->n_parts)
		build_heaps(building->t, &building->t->stripes[i]);
}

#define THREADS_MIN 4096 /* records of a stripe that are worth threads */

void memtable_load_end(struct memtable *t)
{
	struct building building = { t, t->stripes[0].by_addr.n >= THREADS_MIN ? thread_cpus() : 1 };

	/* A file may have many rows of the same lease, or of the same client. */
	resize_indexes(t, 0);
	thread_each(building.n_parts, build_part, &building);
	t->loading = false;
}

uint64_t memtable_mask(const struct record *rec)
{
	struct ip addr = record_addr(rec);

	return memtable_bit(memtable_hash_addr(&addr)) | memtable_key_bit(KEY_HWADDR, record_key(rec, KEY_HWADDR)) |
	       memtable_key_bit(KEY_ID, record_key(rec, KEY_ID));
}

struct match_addr {
	const struct memtable *t;
	const struct ip *addr;
};

static bool match_addr(const void *ctx, uint32_t ref)
{
	const struct match_addr *want = ctx;
	struct ip addr = record_addr(memtable_record(want->t, ref));

	return ip_equal(&addr, want->addr);
}

static struct index_slot *slot_of_addr(struct memtable *t, const struct ip *addr, uint64_t hash)
{
	struct match_addr want = { t, addr };

	return index_find(&t->stripes[memtable_stripe(hash)].by_addr, hash, match_addr, &want);
}

uint32_t memtable_by_addr(struct memtable *t, const struct ip *addr, uint64_t hash)
{
	struct index_slot *slot = slot_of_addr(t, addr, hash);

	return slot ? slot->ref : 0;
}

/* --- inserting and removing records; the locks of all their stripes are held --- */

static void swap_expiry(struct memtable *t, struct stripe *stripe, uint32_t old, uint32_t new)
{
	struct expiry *from, *to;

	if (t->loading)
		return;
	from = old ? heap_of(stripe, memtable_record(t, old)) : NULL;
	to = new ? heap_of(stripe, memtable_record(t, new)) : NULL;
	if (from)
		expiry_remove(from, old);
	if (to)
		expiry_add(to, new);
}

static void count_state(struct stripe *stripe, const struct record *rec, int n)
{
	_Atomic uint64_t *count = &stripe->count[rec->state];

	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + (uint64_t)n,
			      memory_order_relaxed);
}

uint64_t memtable_count(const struct memtable *t, enum lease_state state)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < STRIPES; i++)
		sum += atomic_load_explicit(&t->stripes[i].count[state], memory_order_relaxed);
	return sum;
}

static void swap_order(const struct memtable *t, struct stripe *stripe, const struct ip *addr, uint32_t old,
		       uint32_t new)
{
	const struct record *from = old ? memtable_record(t, old) : NULL, *to = new ? memtable_record(t, new) : NULL;

	if (from && to && from->type == to->type)
		return;
	if (from) {
		addrset_remove(&stripe->ordered[from->type], addr);
		stripe->n_disordered++;
	}
	if (to)
		addrset_add(&stripe->ordered[to->type], addr);
}

/* Changes the index of addresses, and the counts. `slot` is that of the address; NULL: it has none. */
static void set_addr(struct memtable *t, struct index_slot *slot, uint64_t hash, uint32_t new)
{
	struct stripe *stripe = &t->stripes[memtable_stripe(hash)];
	struct index *index = &stripe->by_addr;

	if (slot)
		count_state(stripe, memtable_record(t, slot->ref), -1);
	if (new)
		count_state(stripe, memtable_record(t, new), 1);
	if (slot && new)
		slot->ref = new;
	else if (slot)
		index_remove(index, slot);
	else if (new)
		index_add(index, hash, new);
}

void memtable_swap(struct memtable *t, uint32_t old, uint32_t new)
{
	struct ip addr = record_addr(memtable_record(t, old ? old : new));
	uint64_t hash = memtable_hash_addr(&addr);
	struct stripe *stripe = &t->stripes[memtable_stripe(hash)];
	struct index_slot *slot = old ? slot_of_addr(t, &addr, hash) : NULL;

	assert(!old || (slot && slot->ref == old));
	set_addr(t, slot, hash, new);
	for (enum record_key key = 0; key < RECORD_KEYS; key++)
		clientlist_swap(t, old, new, key);
	if (stripe->is_ordered)
		swap_order(t, stripe, &addr, old, new);
	swap_expiry(t, stripe, old, new);
}

uint32_t memtable_make(struct memtable *t, const struct lease *lease)
{
	unsigned i = memtable_stripe(memtable_hash_addr(&lease->addr));
	uint32_t ref = slab_alloc(t->slabs, i, record_size(lease));

	if (ref)
		record_pack(memtable_record(t, ref), lease, t->epoch, ++t->stripes[i].version);
	return ref;
}

uint32_t memtable_load_copy(struct memtable *t, uint64_t hash, const struct record *packed, size_t len)
{
	uint32_t ref = slab_alloc(t->slabs, memtable_stripe(hash), len);
	struct record *rec;

	if (!ref)
		return 0;
	rec = memtable_record(t, ref);
	memcpy(rec, packed, len);
	rec->version = ++t->stripes[memtable_stripe(hash)].version;
	return ref;
}

uint32_t memtable_load_addr(struct memtable *t, const struct ip *addr, uint64_t hash, uint32_t new)
{
	struct index_slot *slot = slot_of_addr(t, addr, hash);
	uint32_t old = slot ? slot->ref : 0;

	set_addr(t, slot, hash, new);
	return old;
}

void memtable_drop(struct memtable *t, uint32_t ref)
{
	slab_free(t->slabs, ref, record_size_of(memtable_record(t, ref)));
}

#define WALK_SLOTS 64 /* slots of a stripe to visit before releasing its lock */

bool memtable_walk(struct memtable *t, struct memtable_walk *walk, unsigned step, void (*fn)(void *ctx, uint32_t ref),
		   void *ctx)
{
	const struct index *index;
	bool more = true;

	if (walk->stripe >= STRIPES)
		return false;
	index = &t->stripes[walk->stripe].by_addr;
	memtable_lock(t, 1ULL << walk->stripe);
	for (unsigned i = 0; more && i < WALK_SLOTS; i++) {
		memtable_look_ahead(t, index, walk->walk.next);
		more = index_walk(index, &walk->walk, fn, ctx);
	}
	memtable_unlock(t, 1ULL << walk->stripe);
	if (!more)
		*walk = (struct memtable_walk){ .stripe = walk->stripe + (step ? step : 1) };
	return true;
}

/* --- in order of address --- */

struct found {
	struct ip *v, *work;
	size_t n, cap;
};

struct ordering {
	struct memtable *t;
	struct found found[LEASE_TYPES];
};

static void note_address(void *ctx, uint32_t ref)
{
	struct ordering *o = ctx;
	const struct record *rec = memtable_record(o->t, ref);
	struct found *found = &o->found[rec->type];

	if (found->n == found->cap) {
		found->cap = found->cap ? found->cap * 2 : 1024;
		found->v = xrealloc(found->v, found->cap * sizeof(*found->v));
	}
	found->v[found->n++] = record_addr(rec);
}

#define ORDER_AT_ONCE 256 /* addresses to add before releasing the stripe's lock */

/* Adds what was found, unless it was removed meanwhile. */
static void add_found(struct memtable *t, unsigned at, unsigned type, struct found *found, uint64_t n_disordered)
{
	struct stripe *stripe = &t->stripes[at];
	const struct ip *v;

	if (!found->n)
		return;
	found->work = xrealloc(found->work, found->cap * sizeof(*found->work));
	v = addrset_sort(found->v, found->work, found->n);
	for (size_t i = 0; i < found->n;) {
		size_t end = found->n - i < ORDER_AT_ONCE ? found->n : i + ORDER_AT_ONCE;

		memtable_lock(t, 1ULL << at);
		for (; i < end; i++) {
			uint32_t ref = stripe->n_disordered == n_disordered
					       ? 0
					       : memtable_by_addr(t, &v[i], memtable_hash_addr(&v[i]));

			if (stripe->n_disordered == n_disordered || (ref && memtable_record(t, ref)->type == type))
				addrset_add(&stripe->ordered[type], &v[i]);
		}
		memtable_unlock(t, 1ULL << at);
	}
}

/* Changes from now on are made in order too; the lock is not held for long, and records come and go. */
static void order_stripe(struct ordering *o, unsigned at)
{
	struct stripe *stripe = &o->t->stripes[at];
	struct memtable_walk walk = { .stripe = at };
	uint64_t n_disordered;

	memtable_lock(o->t, 1ULL << at);
	for (unsigned type = 0; type < LEASE_TYPES; type++)
		stripe->ordered[type].is_ip6 = type != LEASE_V4;
	stripe->is_ordered = true;
	n_disordered = stripe->n_disordered;
	memtable_unlock(o->t, 1ULL << at);
	while (walk.stripe == at && memtable_walk(o->t, &walk, 1, note_address, o))
		;
	for (unsigned type = 0; type < LEASE_TYPES; type++) {
		struct found *found = &o->found[type];

		add_found(o->t, at, type, found, n_disordered);
		atomic_fetch_add_explicit(&o->t->n_paged, found->n, memory_order_relaxed);
		found->n = 0;
	}
}

void memtable_order(struct memtable *t)
{
	struct ordering ordering = { .t = t };

	(void)pthread_mutex_lock(&t->order_lock);
	for (unsigned i = 0; i < STRIPES && !t->has_order; i++)
		order_stripe(&ordering, i);
	t->has_order = true;
	(void)pthread_mutex_unlock(&t->order_lock);
	for (unsigned type = 0; type < LEASE_TYPES; type++) {
		free(ordering.found[type].v);
		free(ordering.found[type].work);
	}
}

unsigned memtable_after(struct memtable *t, unsigned stripe, enum lease_type type, const struct ip *addr,
			struct ip *ret, unsigned max)
{
	unsigned n;

	memtable_lock(t, 1ULL << stripe);
	n = addrset_after(&t->stripes[stripe].ordered[type], addr, ret, max);
	memtable_unlock(t, 1ULL << stripe);
	atomic_fetch_add_explicit(&t->n_paged, n, memory_order_relaxed);
	return n;
}

static uint64_t index_bytes(const struct index *index)
{
	return (uint64_t)index->cap * sizeof(*index->v);
}

uint64_t memtable_bytes(struct memtable *t)
{
	uint64_t sum = slabs_used(t->slabs);

	for (unsigned i = 0; i < STRIPES; i++) {
		memtable_lock(t, 1ULL << i);
		sum += index_bytes(&t->stripes[i].by_addr);
		for (enum record_key key = 0; key < RECORD_KEYS; key++)
			sum += index_bytes(&t->stripes[i].key[key].lists) + index_bytes(&t->stripes[i].key[key].groups);
		for (unsigned type = 0; type < LEASE_TYPES; type++)
			sum += addrset_bytes(&t->stripes[i].ordered[type]);
		sum += ((uint64_t)t->stripes[i].expiry.cap + t->stripes[i].retired.cap) * sizeof(struct expiry_item);
		memtable_unlock(t, 1ULL << i);
	}
	return sum;
}
