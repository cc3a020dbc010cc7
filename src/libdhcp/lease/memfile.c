/* SPDX-License-Identifier: MPL-2.0 */
/*
 * All leases in memory, each change in the journal.
 *
 * The store is cut into 64 stripes. A stripe has a lock, a slab of records and three indexes: by
 * address, by hardware address, by client id. A key's hash chooses its stripe, so one record is
 * reached through up to three of them. The rule: a record enters or leaves the store only while the
 * locks of all its stripes are held; so whoever holds any one of them may read it. Locks are taken
 * in ascending order. Records with the same key (one hardware address in many subnets, or with many
 * client ids) are a list behind one index slot.
 *
 * Records never change: an update puts a new record in the old one's place. The old one is kept until
 * the change is durable; taking a change back is putting it in again. Transactions are taken back
 * newest first, so each finds the state it left.
 *
 * Lock order: stripes, then one of expiry lock, journal's queue lock.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "lease/expiry.h"
#include "lease/index.h"
#include "lease/journal.h"
#include "lease/load.h"
#include "lease/record.h"
#include "lease/slab.h"
#include "log/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#define STRIPES SLAB_N
#define EPOCH_BACK (1LL << 24) /* leases that ended up to half a year before we started keep their order */
#define MAX_PENDING 65536
#define CHECK_MS 10000

struct stripe {
	pthread_mutex_t lock;
	struct index by_addr, by_key[RECORD_KEYS];
} __attribute__((aligned(64)));

struct memfile {
	struct store store;
	int family;
	int64_t epoch; /* boot s from which records count their end */
	struct stripe stripes[STRIPES];
	struct slabs *slabs;
	pthread_mutex_t expiry_lock;
	struct expiry expiry;
	bool loading; /* single-threaded: the heap is built at the end */
	struct journal *journal; /* NULL without persist */
	store_watch_fn *changed;
	void *changed_ctx;
	_Atomic uint64_t next_version;
	_Atomic uint64_t count[LEASE_STATE_N];
	uint64_t loaded_rows, bad_rows;
};

/* --- keys, stripes, records --- */

static struct memfile *memfile_of(struct store *store)
{
	return container_of(store, struct memfile, store);
}

static struct record *rec_of(const struct memfile *m, uint32_t ref)
{
	return slab_get(m->slabs, ref);
}

static uint64_t hash_addr(const struct ip *addr)
{
	return hash_bytes(addr->b, sizeof(addr->b), 0);
}

static uint64_t hash_key(enum record_key key, struct bytes id)
{
	return hash_bytes(id.data, id.len, 1 + (uint64_t)key);
}

static unsigned stripe_of(uint64_t hash)
{
	return (unsigned)(hash >> 58);
}

static void lock_stripe(struct memfile *m, unsigned i)
{
	(void)pthread_mutex_lock(&m->stripes[i].lock);
}

static void unlock_stripe(struct memfile *m, unsigned i)
{
	(void)pthread_mutex_unlock(&m->stripes[i].lock);
}

static void lock_mask(struct memfile *m, uint64_t mask)
{
	for (; mask; mask &= mask - 1)
		lock_stripe(m, (unsigned)__builtin_ctzll(mask));
}

static void unlock_mask(struct memfile *m, uint64_t mask)
{
	for (; mask; mask &= mask - 1)
		unlock_stripe(m, (unsigned)__builtin_ctzll(mask));
}

static uint64_t bit_of(uint64_t hash)
{
	return 1ULL << stripe_of(hash);
}

static uint64_t key_bit(enum record_key key, struct bytes id)
{
	return id.len ? bit_of(hash_key(key, id)) : 0;
}

static uint64_t record_mask(const struct record *rec)
{
	struct ip addr = record_addr(rec);

	return bit_of(hash_addr(&addr)) | key_bit(KEY_HWADDR, record_key(rec, KEY_HWADDR)) |
	       key_bit(KEY_ID, record_key(rec, KEY_ID));
}

struct match_addr {
	const struct memfile *m;
	const struct ip *addr;
};

static bool match_addr(const void *ctx, uint32_t ref)
{
	const struct match_addr *want = ctx;
	struct ip addr = record_addr(rec_of(want->m, ref));

	return ip_equal(&addr, want->addr);
}

struct match_key {
	const struct memfile *m;
	enum record_key key;
	struct bytes id;
};

static bool match_key(const void *ctx, uint32_t ref)
{
	const struct match_key *want = ctx;

	return bytes_equal(record_key(rec_of(want->m, ref), want->key), want->id);
}

static struct index_slot *slot_of_addr(struct memfile *m, const struct ip *addr, uint64_t hash)
{
	struct match_addr want = { m, addr };

	return index_find(&m->stripes[stripe_of(hash)].by_addr, hash, match_addr, &want);
}

static struct index_slot *slot_of_key(struct memfile *m, enum record_key key, struct bytes id, uint64_t hash)
{
	struct match_key want = { m, key, id };

	return index_find(&m->stripes[stripe_of(hash)].by_key[key], hash, match_key, &want);
}

/* --- putting records in and out; the locks of all their stripes are held --- */

static void link_key(struct memfile *m, uint32_t ref, enum record_key key)
{
	struct record *rec = rec_of(m, ref);
	struct bytes id = record_key(rec, key);
	struct index_slot *slot;
	uint64_t hash;

	rec->link[key].next = rec->link[key].prev = 0;
	if (!id.len)
		return;
	hash = hash_key(key, id);
	slot = slot_of_key(m, key, id, hash);
	if (!slot) {
		index_add(&m->stripes[stripe_of(hash)].by_key[key], hash, ref);
		return;
	}
	rec->link[key].next = slot->ref;
	rec_of(m, slot->ref)->link[key].prev = ref;
	slot->ref = ref;
}

static void unlink_key(struct memfile *m, uint32_t ref, enum record_key key)
{
	struct record *rec = rec_of(m, ref);
	struct bytes id = record_key(rec, key);
	uint32_t next = rec->link[key].next, prev = rec->link[key].prev;

	if (!id.len)
		return;
	if (next)
		rec_of(m, next)->link[key].prev = prev;
	if (prev) {
		rec_of(m, prev)->link[key].next = next;
	} else {
		uint64_t hash = hash_key(key, id);
		struct index_slot *slot = slot_of_key(m, key, id, hash);

		assert(slot && slot->ref == ref);
		if (next)
			slot->ref = next;
		else
			index_remove(&m->stripes[stripe_of(hash)].by_key[key], slot);
	}
}

/* Same key: the new record takes the old one's place in the list. */
static void relink_key(struct memfile *m, uint32_t old, uint32_t new, enum record_key key)
{
	struct record *from = rec_of(m, old), *to = rec_of(m, new);
	struct bytes id = record_key(to, key);

	to->link[key] = from->link[key];
	if (!id.len)
		return;
	if (to->link[key].next)
		rec_of(m, to->link[key].next)->link[key].prev = new;
	if (to->link[key].prev)
		rec_of(m, to->link[key].prev)->link[key].next = new;
	else
		slot_of_key(m, key, id, hash_key(key, id))->ref = new;
}

static void swap_key(struct memfile *m, uint32_t old, uint32_t new, enum record_key key)
{
	if (old && new && bytes_equal(record_key(rec_of(m, old), key), record_key(rec_of(m, new), key))) {
		relink_key(m, old, new, key);
		return;
	}
	if (old)
		unlink_key(m, old, key);
	if (new)
		link_key(m, new, key);
}

static void swap_expiry(struct memfile *m, uint32_t old, uint32_t new)
{
	if (m->loading)
		return;
	(void)pthread_mutex_lock(&m->expiry_lock);
	if (old)
		expiry_remove(&m->expiry, old);
	if (new && record_can_expire(rec_of(m, new)))
		expiry_add(&m->expiry, new);
	(void)pthread_mutex_unlock(&m->expiry_lock);
}

/* Put `new` in the place of `old`, the record of the same address; either may be 0 (none). */
static void swap_record(struct memfile *m, uint32_t old, uint32_t new)
{
	struct ip addr = record_addr(rec_of(m, old ? old : new));
	uint64_t hash = hash_addr(&addr);
	struct index *index = &m->stripes[stripe_of(hash)].by_addr;

	if (old) {
		struct index_slot *slot = slot_of_addr(m, &addr, hash);

		assert(slot && slot->ref == old);
		if (new)
			slot->ref = new;
		else
			index_remove(index, slot);
		atomic_fetch_sub_explicit(&m->count[rec_of(m, old)->state], 1, memory_order_relaxed);
	} else {
		index_add(index, hash, new);
	}
	if (new)
		atomic_fetch_add_explicit(&m->count[rec_of(m, new)->state], 1, memory_order_relaxed);
	for (enum record_key key = 0; key < RECORD_KEYS; key++)
		swap_key(m, old, new, key);
	swap_expiry(m, old, new);
}

static bool in_use(const struct memfile *m, uint32_t ref)
{
	const struct record *rec = ref ? rec_of(m, ref) : NULL;

	return rec && rec->state != LEASE_RECLAIMED && rec->state != LEASE_RELEASED;
}

/* The address went from one record to the other: tell the watcher if that makes it taken or free. */
static void notify(struct memfile *m, uint32_t from, uint32_t to)
{
	const struct record *rec = rec_of(m, to ? to : from);
	struct ip addr = record_addr(rec);

	if (m->changed && in_use(m, from) != in_use(m, to))
		m->changed(m->changed_ctx, &addr, (enum lease_type)rec->type, in_use(m, to));
}

/* The lock of the address's stripe is held. 0 when the slab is full. */
static uint32_t make_record(struct memfile *m, const struct lease *lease)
{
	uint32_t ref = slab_alloc(m->slabs, stripe_of(hash_addr(&lease->addr)), record_size(lease));

	if (ref)
		record_pack(rec_of(m, ref), lease, m->epoch,
			    atomic_fetch_add_explicit(&m->next_version, 1, memory_order_relaxed) + 1);
	return ref;
}

static void free_record(struct memfile *m, uint32_t ref)
{
	slab_free(m->slabs, ref, record_size_of(rec_of(m, ref)));
}

/* --- transactions --- */

static const struct ip *change_addr(const struct store_change *change)
{
	return change->kind == CHANGE_DELETE ? &change->addr : &change->new.addr;
}

/* The stripes a change touches, as far as the change itself says. */
static uint64_t change_mask(const struct store_change *change)
{
	uint64_t mask = bit_of(hash_addr(change_addr(change)));

	if (change->kind != CHANGE_DELETE)
		mask |= key_bit(KEY_HWADDR, change->new.hwaddr) | key_bit(KEY_ID, change->new.client_id);
	return mask;
}

/* The stripes of the records that are there now; the address's lock is taken for the look. */
static uint64_t present_mask(struct memfile *m, const struct store_change *change, bool locked)
{
	const struct ip *addr = change_addr(change);
	uint64_t hash = hash_addr(addr), mask = 0;
	struct index_slot *slot;

	if (!locked)
		lock_stripe(m, stripe_of(hash));
	slot = slot_of_addr(m, addr, hash);
	if (slot)
		mask = record_mask(rec_of(m, slot->ref));
	if (!locked)
		unlock_stripe(m, stripe_of(hash));
	return mask;
}

static uint64_t txn_present_mask(struct memfile *m, const struct store_txn *txn, bool locked)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < txn->n; i++)
		mask |= present_mask(m, &txn->v[i], locked);
	return mask;
}

/*
 * Lock all stripes of the transaction. Which ones the records there now belong to is known only after
 * a look at them, and they may change before all is locked: then look again.
 */
static uint64_t lock_txn(struct memfile *m, const struct store_txn *txn)
{
	uint64_t own = 0, mask;

	for (unsigned i = 0; i < txn->n; i++)
		own |= change_mask(&txn->v[i]);
	for (;;) {
		mask = own | txn_present_mask(m, txn, false);
		lock_mask(m, mask);
		if (!(txn_present_mask(m, txn, true) & ~mask))
			return mask;
		unlock_mask(m, mask);
	}
}

static enum store_result check_change(const struct store_change *change, const struct record *there)
{
	if (change->kind == CHANGE_INSERT)
		return there ? CHANGE_CONFLICT : CHANGE_OK;
	if (!there)
		return CHANGE_GONE;
	return change->expected_version && there->version != change->expected_version ? CHANGE_CONFLICT :
											CHANGE_OK;
}

static enum store_result make_change(struct memfile *m, struct store_change *change)
{
	const struct ip *addr = change_addr(change);
	struct index_slot *slot = slot_of_addr(m, addr, hash_addr(addr));
	enum store_result result = check_change(change, slot ? rec_of(m, slot->ref) : NULL);

	change->old_ref = slot ? slot->ref : 0;
	change->new_ref = 0;
	if (result != CHANGE_OK)
		return result;
	if (change->kind != CHANGE_DELETE) {
		change->new_ref = make_record(m, &change->new);
		if (!change->new_ref)
			return CHANGE_FAILED;
		change->new.version = rec_of(m, change->new_ref)->version;
	}
	swap_record(m, change->old_ref, change->new_ref);
	return CHANGE_OK;
}

static void undo_change(struct memfile *m, const struct store_change *change)
{
	swap_record(m, change->new_ref, change->old_ref);
	if (change->new_ref)
		free_record(m, change->new_ref);
}

static void undo_changes(struct memfile *m, struct store_txn *txn, unsigned n)
{
	while (n-- > 0)
		undo_change(m, &txn->v[n]);
}

static void set_results(struct store_txn *txn, enum store_result result)
{
	for (unsigned i = 0; i < txn->n; i++)
		txn->v[i].result = result;
	txn->result = result;
}

static void forget_old(struct memfile *m, const struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++)
		if (txn->v[i].old_ref)
			free_record(m, txn->v[i].old_ref);
}

/* All changes or none, in memory; the locks are held. */
static bool make_changes(struct memfile *m, struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++) {
		enum store_result result = make_change(m, &txn->v[i]);

		if (result == CHANGE_OK)
			continue;
		undo_changes(m, txn, i);
		set_results(txn, CHANGE_ABORTED);
		txn->result = txn->v[i].result = result;
		return false;
	}
	set_results(txn, CHANGE_OK);
	return true;
}

static int check_txn(const struct memfile *m, const struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++) {
		const struct store_change *change = &txn->v[i];

		if (change->kind != CHANGE_DELETE && record_check(&change->new, m->family) < 0)
			return -E_RANGE;
	}
	return 0;
}

static int memfile_apply(struct store *store, struct store_txn *txn)
{
	struct memfile *m = memfile_of(store);
	bool queued = false;
	uint64_t mask;

	if (check_txn(m, txn) < 0)
		return -E_RANGE;
	if (m->journal && journal_is_failing(m->journal)) {
		set_results(txn, CHANGE_FAILED);
		txn->done(txn);
		return 0;
	}
	if (m->journal && journal_is_full(m->journal))
		return -E_BUSY;
	mask = lock_txn(m, txn);
	if (make_changes(m, txn)) {
		/*
		 * From journal_queue() on the journal thread has it, but committed() and failed()
		 * need the stripes: it is not over before we let go of them.
		 */
		queued = m->journal && journal_queue(m->journal, txn) == 0;
		if (m->journal && !queued) {
			undo_changes(m, txn, txn->n);
			set_results(txn, CHANGE_FAILED);
		} else {
			for (unsigned i = 0; i < txn->n; i++)
				notify(m, txn->v[i].old_ref, txn->v[i].new_ref);
			if (!m->journal)
				forget_old(m, txn);
		}
	}
	unlock_mask(m, mask);
	if (!queued)
		txn->done(txn);
	return 0;
}

/* --- what the journal asks --- */

static void rows_of(void *ctx, const struct store_txn *txn,
		    void (*row)(void *arg, const struct lease *lease, bool deleted), void *arg)
{
	struct memfile *m = ctx;

	for (unsigned i = 0; i < txn->n; i++) {
		const struct store_change *change = &txn->v[i];
		struct lease lease;

		record_unpack(rec_of(m, change->new_ref ? change->new_ref : change->old_ref), m->epoch, &lease);
		row(arg, &lease, !change->new_ref);
	}
}

static void committed(void *ctx, struct store_txn *list)
{
	struct memfile *m = ctx;

	while (list) {
		struct store_txn *txn = list;

		list = txn->next;
		/* Taking the lock also waits for store_apply() to be done with the transaction. */
		for (unsigned i = 0; i < txn->n; i++) {
			const struct store_change *change = &txn->v[i];
			unsigned stripe = stripe_of(hash_addr(change_addr(change)));

			lock_stripe(m, stripe);
			if (change->old_ref)
				free_record(m, change->old_ref);
			unlock_stripe(m, stripe);
		}
		txn->done(txn);
	}
}

static uint64_t refs_mask(const struct memfile *m, const struct store_txn *txn)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < txn->n; i++) {
		if (txn->v[i].old_ref)
			mask |= record_mask(rec_of(m, txn->v[i].old_ref));
		if (txn->v[i].new_ref)
			mask |= record_mask(rec_of(m, txn->v[i].new_ref));
	}
	return mask;
}

static struct store_txn *reversed(struct store_txn *list)
{
	struct store_txn *ret = NULL;

	while (list) {
		struct store_txn *next = list->next;

		list->next = ret;
		ret = list;
		list = next;
	}
	return ret;
}

/* Newest first: each transaction finds the records it left. Only then is anybody told. */
static void failed(void *ctx, struct store_txn *list)
{
	struct memfile *m = ctx;
	struct store_txn *newest = reversed(list);

	for (struct store_txn *txn = newest; txn; txn = txn->next) {
		uint64_t mask = refs_mask(m, txn);

		lock_mask(m, mask);
		for (unsigned i = txn->n; i-- > 0;) {
			swap_record(m, txn->v[i].new_ref, txn->v[i].old_ref);
			notify(m, txn->v[i].new_ref, txn->v[i].old_ref);
			if (txn->v[i].new_ref)
				free_record(m, txn->v[i].new_ref);
		}
		unlock_mask(m, mask);
		set_results(txn, CHANGE_FAILED);
	}
	list = reversed(newest);
	while (list) {
		struct store_txn *txn = list;

		list = txn->next;
		txn->done(txn);
	}
}

static bool each_in_stripe(struct memfile *m, unsigned i, bool (*fn)(void *, const struct lease *), void *arg)
{
	struct stripe *stripe = &m->stripes[i];
	bool more = true;

	lock_stripe(m, i);
	for (uint32_t s = 0; more && s < stripe->by_addr.cap; s++) {
		struct lease lease;

		if (!stripe->by_addr.v[s].ref)
			continue;
		record_unpack(rec_of(m, stripe->by_addr.v[s].ref), m->epoch, &lease);
		more = fn(arg, &lease);
	}
	unlock_stripe(m, i);
	return more;
}

static bool each_part(void *ctx, unsigned part, bool (*fn)(void *, const struct lease *), void *arg)
{
	if (part >= STRIPES)
		return false;
	(void)each_in_stripe(ctx, part, fn, arg);
	return true;
}

static const struct journal_owner journal_owner = {
	.rows = rows_of,
	.committed = committed,
	.failed = failed,
	.each = each_part,
};

/* --- reading --- */

static bool wanted(const struct lease_query *query, const struct lease *lease)
{
	return lease->type == query->type && (!query->subnet_id || lease->subnet_id == query->subnet_id) &&
	       (!query->has_iaid || lease->iaid == query->iaid) &&
	       /* A v4 file does not keep the hardware type, so it cannot tell clients apart. */
	       (query->by != BY_HWADDR || lease->type == LEASE_V4 || lease->hwtype == query->hwtype);
}

/* The lock of the key's stripe is held. */
static int collect(struct memfile *m, const struct lease_query *query, uint32_t ref, struct arena *arena,
		   struct lease *out, unsigned max)
{
	enum record_key key = query->by == BY_HWADDR ? KEY_HWADDR : KEY_ID;
	unsigned n = 0;

	while (ref && n < max) {
		const struct record *rec = rec_of(m, ref);
		struct lease lease;

		record_unpack(rec, m->epoch, &lease);
		if (wanted(query, &lease)) {
			if (lease_copy(arena, &lease, &out[n]) < 0)
				return -E_NOMEM;
			n++;
		}
		ref = query->by == BY_ADDR ? 0 : rec->link[key].next;
	}
	return (int)n;
}

static int memfile_find(struct store *store, struct lease_query *query, struct arena *arena,
			struct lease *out, unsigned max)
{
	struct memfile *m = memfile_of(store);
	enum record_key key = query->by == BY_HWADDR ? KEY_HWADDR : KEY_ID;
	struct index_slot *slot;
	uint64_t hash;
	int n;

	if (query->by != BY_ADDR && !query->id.len)
		return 0;
	hash = query->by == BY_ADDR ? hash_addr(&query->addr) : hash_key(key, query->id);
	lock_stripe(m, stripe_of(hash));
	slot = query->by == BY_ADDR ? slot_of_addr(m, &query->addr, hash) :
				      slot_of_key(m, key, query->id, hash);
	n = collect(m, query, slot ? slot->ref : 0, arena, out, max);
	unlock_stripe(m, stripe_of(hash));
	return n;
}

static int memfile_each(struct store *store, bool (*fn)(void *, const struct lease *), void *ctx)
{
	struct memfile *m = memfile_of(store);

	for (unsigned i = 0; i < STRIPES; i++)
		if (!each_in_stripe(m, i, fn, ctx))
			return -E_CLOSED;
	return 0;
}

static bool still_expired(const struct lease *lease, int64_t boot_sec)
{
	return lease_is_in_use(lease) && lease_is_expired(lease, boot_sec);
}

/*
 * The heap's lock is below the stripes', so addresses are noted under it and looked up after; what
 * changed in between is left out.
 */
static unsigned memfile_expired(struct store *store, int64_t boot_sec, struct arena *arena,
				struct lease *out, unsigned max)
{
	struct memfile *m = memfile_of(store);
	/* The epoch may lie before the boot: leases of the past are loaded. */
	int64_t now = boot_sec < INT64_MAX / 2 ? boot_sec - m->epoch : INT64_MAX;
	uint32_t *refs = arena_new_array(arena, uint32_t, max);
	uint32_t *work = arena_new_array(arena, uint32_t, 3 * (size_t)max + 2);
	struct ip *addrs = arena_new_array(arena, struct ip, max);
	unsigned n, kept = 0;

	if (!refs || !work || !addrs || now < 0)
		return 0;
	(void)pthread_mutex_lock(&m->expiry_lock);
	n = expiry_first(&m->expiry, now >= RECORD_NEVER ? RECORD_NEVER - 1 : (uint32_t)now, refs, max, work);
	for (unsigned i = 0; i < n; i++)
		addrs[i] = record_addr(rec_of(m, refs[i]));
	(void)pthread_mutex_unlock(&m->expiry_lock);
	for (unsigned i = 0; i < n; i++) {
		uint64_t hash = hash_addr(&addrs[i]);
		struct index_slot *slot;
		struct lease lease;
		int err = 0;

		lock_stripe(m, stripe_of(hash));
		slot = slot_of_addr(m, &addrs[i], hash);
		if (slot) {
			record_unpack(rec_of(m, slot->ref), m->epoch, &lease);
			if (still_expired(&lease, boot_sec)) {
				err = lease_copy(arena, &lease, &out[kept]);
				kept += err == 0;
			}
		}
		unlock_stripe(m, stripe_of(hash));
		if (err < 0)
			break;
	}
	return kept;
}

static uint64_t memfile_count(struct store *store, enum lease_state state)
{
	return atomic_load_explicit(&memfile_of(store)->count[state], memory_order_relaxed);
}

static void memfile_watch(struct store *store, store_watch_fn *changed, void *ctx)
{
	struct memfile *m = memfile_of(store);

	m->changed = changed;
	m->changed_ctx = ctx;
}

static uint64_t index_bytes(const struct index *index)
{
	return (uint64_t)index->cap * sizeof(*index->v);
}

static void memfile_stats(struct store *store, struct store_stats *ret)
{
	struct memfile *m = memfile_of(store);
	struct store_stats stats = { .loaded_rows = m->loaded_rows, .bad_rows = m->bad_rows };

	for (unsigned i = 0; i < LEASE_STATE_N; i++)
		stats.leases += memfile_count(store, (enum lease_state)i);
	stats.memory = slabs_used(m->slabs);
	for (unsigned i = 0; i < STRIPES; i++) {
		lock_stripe(m, i);
		stats.memory += index_bytes(&m->stripes[i].by_addr) + index_bytes(&m->stripes[i].by_key[0]) +
				index_bytes(&m->stripes[i].by_key[1]);
		unlock_stripe(m, i);
	}
	(void)pthread_mutex_lock(&m->expiry_lock);
	stats.memory += (uint64_t)m->expiry.cap * sizeof(*m->expiry.v);
	(void)pthread_mutex_unlock(&m->expiry_lock);
	if (m->journal)
		journal_stats(m->journal, &stats);
	*ret = stats;
}

/* --- opening --- */

/* One row of a file, in the order of the file: the last one of an address wins. No locks yet. */
static void load_row(void *ctx, const struct lease_row *row)
{
	struct memfile *m = ctx;
	const struct ip *addr = &row->lease.addr;
	struct index_slot *slot = slot_of_addr(m, addr, hash_addr(addr));
	uint32_t old = slot ? slot->ref : 0, new = row->deleted ? 0 : make_record(m, &row->lease);

	if (!row->deleted && !new)
		m->bad_rows++; /* 512 MiB of leases in one stripe */
	else if (old || new)
		swap_record(m, old, new);
	if (old && (new || row->deleted))
		free_record(m, old);
}

static int load_one(struct memfile *m, const char *path, const char *suffix, struct load_result *ret,
		    char **reterr)
{
	char *name = NULL;
	int err;

	if (asprintf(&name, "%s%s", path, suffix) < 0)
		return -E_NOMEM;
	err = load_file(name, m->family, load_row, m, ret, reterr);
	free(name);
	if (err < 0)
		return err;
	m->loaded_rows += ret->rows;
	m->bad_rows += ret->bad;
	return 0;
}

/*
 * An interrupted clean-up leaves what it read (.2 then .1) or what it made of that (.completed);
 * the lease file itself comes last and wins.
 */
static int load_all(struct memfile *m, const char *path, struct load_result *ret, char **reterr)
{
	struct load_result old;
	int err = load_one(m, path, ".completed", &old, reterr);

	if (err == 0 && !old.exists) {
		err = load_one(m, path, ".2", &old, reterr);
		if (err == 0)
			err = load_one(m, path, ".1", &old, reterr);
	}
	return err < 0 ? err : load_one(m, path, "", ret, reterr);
}

static void build_expiry(struct memfile *m)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		const struct index *index = &m->stripes[i].by_addr;

		for (uint32_t s = 0; s < index->cap; s++)
			if (index->v[s].ref && record_can_expire(rec_of(m, index->v[s].ref)))
				expiry_push(&m->expiry, index->v[s].ref);
	}
	expiry_build(&m->expiry);
}

static void memfile_close(struct store *store)
{
	struct memfile *m = memfile_of(store);

	journal_free(m->journal);
	for (unsigned i = 0; i < STRIPES; i++) {
		index_done(&m->stripes[i].by_addr);
		index_done(&m->stripes[i].by_key[KEY_HWADDR]);
		index_done(&m->stripes[i].by_key[KEY_ID]);
		(void)pthread_mutex_destroy(&m->stripes[i].lock);
	}
	expiry_done(&m->expiry);
	(void)pthread_mutex_destroy(&m->expiry_lock);
	slabs_free(m->slabs);
	free(m);
}

static struct memfile *memfile_new(const struct store_conf *conf)
{
	struct memfile *m = aligned_alloc(64, (sizeof(*m) + 63) / 64 * 64);

	if (!m)
		abort();
	memset(m, 0, sizeof(*m));
	m->store.ops = &memfile_ops;
	m->family = conf->family;
	m->epoch = clock_boot_sec() - EPOCH_BACK;
	m->slabs = slabs_new();
	m->expiry.slabs = m->slabs;
	for (unsigned i = 0; i < STRIPES; i++)
		(void)pthread_mutex_init(&m->stripes[i].lock, NULL);
	(void)pthread_mutex_init(&m->expiry_lock, NULL);
	return m;
}

static int open_file(struct memfile *m, const struct store_conf *conf, char **reterr)
{
	struct journal_conf jconf = {
		.family = conf->family,
		.path = conf->path,
		.sync = conf->sync,
		.max_pending = conf->max_pending ? conf->max_pending : MAX_PENDING,
		.check_ms = conf->check_ms ? conf->check_ms : CHECK_MS,
		.sys = conf->sys,
		.owner = &journal_owner,
		.ctx = m,
	};
	int64_t start_us = clock_boot_us();
	struct load_result res;
	struct store_stats stats;
	int err;

	err = journal_new(&jconf, &m->journal, reterr);
	if (err < 0)
		return err;
	m->loading = true;
	err = load_all(m, journal_path(m->journal), &res, reterr);
	if (err < 0)
		return err;
	build_expiry(m);
	m->loading = false;
	memfile_stats(&m->store, &stats);
	LOG(DHCPSRV_MEMFILE_LEASE_FILE_LOADED, (unsigned long long)stats.leases,
	    (unsigned long long)m->loaded_rows, (long long)((clock_boot_us() - start_us) / 1000));
	return journal_start(m->journal, res.good_len, res.needs_rewrite, reterr);
}

static int memfile_open(const struct store_conf *conf, struct store **ret, char **reterr)
{
	struct memfile *m = memfile_new(conf);
	int err = 0;

	if (conf->persist) {
		LOG(DHCPSRV_MEMFILE_DB, conf->path, conf->sync ? "" : ", without sync");
		if (!conf->sync)
			LOG(DHCPSRV_MEMFILE_NO_SYNC);
		err = open_file(m, conf, reterr);
	} else {
		LOG(DHCPSRV_MEMFILE_NO_STORAGE);
	}
	if (err < 0) {
		memfile_close(&m->store);
		return err;
	}
	*ret = &m->store;
	return 0;
}

const struct store_ops memfile_ops = {
	.name = "memfile",
	.open = memfile_open,
	.close = memfile_close,
	.find = memfile_find,
	.apply = memfile_apply,
	.each = memfile_each,
	.expired = memfile_expired,
	.count = memfile_count,
	.watch = memfile_watch,
	.stats = memfile_stats,
};
