/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/memfind.h"

#include "base/err.h"
#include "lease/clientlist.h"

#include <stdlib.h>
#include <strings.h>

#define WALK_MAX 4096 /* maximum number of records one search looks at */

/* A search for a client's leases; the lock of the key's stripe is held. */
struct search {
	const struct memtable *table;
	const struct lease_query *query;
	enum record_key key;
	uint64_t hash;
	struct arena *arena;
	struct lease *out;
	unsigned n, max, n_seen;
	int err;
};

static bool in_subnets(const struct lease_query *query, uint32_t id)
{
	unsigned low = 0, high = query->n_subnets;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (query->subnets[mid] == id)
			return true;
		if (query->subnets[mid] < id)
			low = mid + 1;
		else
			high = mid;
	}
	return query->n_subnets == 0;
}

static bool wanted(const struct lease_query *query, const struct record *rec)
{
	return rec->type == query->type && rec->state != LEASE_REGISTERED && in_subnets(query, rec->subnet_id) &&
	       (!query->has_iaid || record_iaid(rec) == query->iaid) && (!query->without_id || !rec->id_len) &&
	       /* v4 files do not store the hardware type, so it cannot distinguish clients. */
	       (query->by != BY_HWADDR || rec->type == LEASE_V4 || rec->hwtype == query->hwtype);
}

static bool is_searching(const struct search *s)
{
	return s->n < s->max && s->n_seen < WALK_MAX && s->err == 0;
}

static void look_at(struct search *s, const struct record *rec)
{
	struct lease lease;

	s->n_seen++;
	if (!wanted(s->query, rec))
		return;
	record_unpack(rec, s->table->epoch, &lease);
	s->err = lease_copy(s->arena, &lease, &s->out[s->n]);
	s->n += s->err == 0;
}

/* The order of preference: in use first, then without a client id. One bit each; ranks are tried in ascending order. */
enum { RANK_HAS_ID = 1, RANK_RETIRED = 2, RANK_N = 4 };

static unsigned rank_of(const struct search *s, const struct record *rec)
{
	struct record_group group = record_group(rec, s->key);

	return (group.has_id ? RANK_HAS_ID : 0) | (group.is_retired ? RANK_RETIRED : 0);
}

static void search_list(struct search *s, uint32_t first)
{
	for (unsigned rank = 0; rank < RANK_N; rank++)
		for (uint32_t ref = first; ref && is_searching(s);
		     ref = memtable_record(s->table, ref)->link[s->key].next)
			if (rank_of(s, memtable_record(s->table, ref)) == rank)
				look_at(s, memtable_record(s->table, ref));
}

static void search_group(struct search *s, const struct record_group *group)
{
	uint32_t ref = clientlist_group(s->table, s->key, s->query->id, s->hash, group);

	for (; ref && is_searching(s); ref = memtable_record(s->table, ref)->link[s->key].next) {
		struct record_group next = record_group(memtable_record(s->table, ref), s->key);

		if (!record_group_equal(&next, group))
			break;
		look_at(s, memtable_record(s->table, ref));
	}
}

static void search_groups(struct search *s)
{
	const struct lease_query *query = s->query;

	for (unsigned rank = 0; rank < RANK_N; rank += query->without_id ? RANK_RETIRED : 1)
		for (unsigned i = 0; i < query->n_subnets && is_searching(s); i++)
			search_group(s, &(struct record_group){ .subnet_id = query->subnets[i],
								.iaid = query->has_iaid ? query->iaid : 0,
								.type = query->type,
								.is_retired = (rank & RANK_RETIRED) != 0,
								.has_id = (rank & RANK_HAS_ID) != 0 });
}

/* True if the query names the groups it needs. */
static bool names_groups(const struct lease_query *query)
{
	return query->n_subnets && (query->by == BY_HWADDR || query->type == LEASE_V4 || query->has_iaid);
}

static int find_by_client(struct memtable *table, struct lease_query *query, struct arena *arena)
{
	struct search s = { .table = table, .query = query, .arena = arena, .max = query->max };
	uint32_t first;

	query->n_client = 0;
	if (!query->id.len)
		return 0;
	s.key = query->by == BY_HWADDR ? KEY_HWADDR : KEY_ID;
	s.hash = memtable_hash_key(s.key, query->id);
	memtable_lock(table, memtable_bit(s.hash));
	first = clientlist_first(table, s.key, query->id, s.hash, &query->n_client);
	if (first && s.max)
		s.out = query->out = arena_room(arena, s.max * sizeof(*s.out));
	if (first && s.max && !s.out)
		s.err = -E_NOMEM;
	else if (query->n_client > CLIENTLIST_WALK && names_groups(query))
		search_groups(&s);
	else
		search_list(&s, first);
	memtable_unlock(table, memtable_bit(s.hash));
	return s.err < 0 ? s.err : (int)s.n;
}

static int find_by_addr(struct memtable *table, struct lease_query *query, struct arena *arena)
{
	uint64_t hash = memtable_hash_addr(&query->addr);
	struct lease lease;
	int n = 0;
	uint32_t ref;

	memtable_lock(table, memtable_bit(hash));
	ref = memtable_by_addr(table, &query->addr, hash);
	if (ref) {
		record_unpack(memtable_record(table, ref), table->epoch, &lease);
		query->out = arena_room(arena, sizeof(*query->out));
		n = !query->out || lease_copy(arena, &lease, query->out) < 0 ? -E_NOMEM : 1;
	}
	memtable_unlock(table, memtable_bit(hash));
	return n;
}

/* --- leases at addresses that were collected before --- */

typedef bool record_test(const void *ctx, const struct memtable *table, const struct record *rec);

/* Copies the lease for the address if it (still) passes the test: 1, 0 or -E_NOMEM. */
static int copy_if(struct memtable *table, const struct ip *addr, record_test *test, const void *ctx,
		   struct arena *arena, struct lease *ret)
{
	uint64_t hash = memtable_hash_addr(addr);
	struct lease lease;
	uint32_t ref;
	int n = 0;

	memtable_lock(table, memtable_bit(hash));
	ref = memtable_by_addr(table, addr, hash);
	if (ref && test(ctx, table, memtable_record(table, ref))) {
		record_unpack(memtable_record(table, ref), table->epoch, &lease);
		n = lease_copy(arena, &lease, ret) < 0 ? -E_NOMEM : 1;
	}
	memtable_unlock(table, memtable_bit(hash));
	return n;
}

/* --- pages --- */

static bool passes(const void *ctx, const struct memtable *table, const struct record *rec)
{
	const struct lease_query *query = ctx;
	struct lease lease;

	if (rec->type != query->type || (query->states && !(query->states >> rec->state & 1)) ||
	    !in_subnets(query, rec->subnet_id))
		return false;
	if (!query->hostname)
		return true;
	record_unpack(rec, table->epoch, &lease);
	return strcasecmp(lease.hostname, query->hostname) == 0;
}

static int by_address(const void *a, const void *b)
{
	return ip_cmp(a, b);
}

#define BATCH_MAX 4096 /* addresses that are wanted at a time */
#define SHARE_MIN 16   /* addresses from each stripe */

/*
 * Collects addresses after `after` in ascending order, at most `share` from each stripe. A stripe that has more may
 * have some that come before the others' last ones, so what comes after its last one waits for the next call. Returns
 * the number of addresses in v; 0 is the end.
 */
static unsigned next_addresses(struct memtable *table, enum lease_type type, const struct ip *after, unsigned share,
			       struct ip *v)
{
	unsigned n = 0;
	struct ip end = { { 0 } };
	bool has_end = false;

	for (unsigned i = 0; i < STRIPES; i++) {
		unsigned got = memtable_after(table, i, type, after, v + n, share);

		n += got;
		if (got == share && (!has_end || ip_cmp(&v[n - 1], &end) < 0)) {
			end = v[n - 1];
			has_end = true;
		}
	}
	if (n)
		qsort(v, n, sizeof(*v), by_address);
	while (has_end && ip_cmp(&v[n - 1], &end) > 0)
		n--;
	return n;
}

static int find_page(struct memtable *table, struct lease_query *query, struct arena *arena)
{
	unsigned batch = query->max < BATCH_MAX ? query->max : BATCH_MAX;
	/* Twice the mean: addresses are spread over the stripes at random. */
	unsigned share = SHARE_MIN + 2 * batch / STRIPES, n = 0, n_addrs;
	struct ip after = query->addr, *addrs;
	int err = 0;

	if (!query->max)
		return 0;
	query->out = arena_room(arena, query->max * sizeof(*query->out));
	if (!query->out)
		return -E_NOMEM;
	memtable_order(table);
	addrs = xcalloc((size_t)STRIPES * share, sizeof(*addrs));
	do {
		n_addrs = next_addresses(table, query->type, &after, share, addrs);
		for (unsigned i = 0; i < n_addrs && n < query->max && err == 0; i++) {
			int got = copy_if(table, &addrs[i], passes, query, arena, &query->out[n]);

			err = got < 0 ? got : 0;
			n += got > 0;
		}
		if (n_addrs)
			after = addrs[n_addrs - 1];
	} while (n_addrs && n < query->max && err == 0);
	free(addrs);
	return err < 0 ? err : (int)n;
}

/* --- walking --- */

#define PAGE 256

struct gather {
	const struct memtable *table;
	struct store_scan *scan;
	unsigned n, cap;
	int err;
};

/* Returns the lease without its bytes. */
static struct lease brief_of(const struct record *rec, int64_t epoch)
{
	struct lease lease;

	record_unpack(rec, epoch, &lease);
	lease.hwaddr = lease.client_id = (struct bytes){ 0 };
	lease.hostname = "";
	lease.user_context = NULL;
	return lease;
}

static void gather(void *ctx, uint32_t ref)
{
	struct gather *g = ctx;
	struct store_scan *scan = g->scan;
	const struct record *rec = memtable_record(g->table, ref);
	struct lease lease;

	if (g->n == g->cap) { /* very many records with one home slot */
		struct lease *more = arena_room(scan->arena, 2 * (size_t)g->cap * sizeof(*more));

		if (!more) {
			g->err = -E_NOMEM;
			return;
		}
		memcpy(more, scan->v, g->n * sizeof(*more));
		scan->v = more;
		g->cap *= 2;
	}
	if (scan->is_brief) {
		scan->v[g->n++] = brief_of(rec, g->table->epoch);
		return;
	}
	record_unpack(rec, g->table->epoch, &lease);
	if (lease_copy(scan->arena, &lease, &scan->v[g->n++]) < 0)
		g->err = -E_NOMEM;
}

int memfind_scan(struct memtable *table, struct store_scan *scan)
{
	struct gather g = { .table = table, .scan = scan, .cap = 2 * PAGE };
	struct memtable_walk walk;

	_Static_assert(sizeof(walk) <= sizeof(scan->place), "a place holds a walk");
	memcpy(&walk, scan->place, sizeof(walk));
	if (walk.stripe < scan->part)
		walk.stripe = scan->part;
	scan->v = arena_room(scan->arena, g.cap * sizeof(*scan->v));
	if (!scan->v)
		return -E_NOMEM;
	while (g.n < PAGE && g.err == 0 && memtable_walk(table, &walk, scan->n_parts, gather, &g))
		;
	memcpy(scan->place, &walk, sizeof(walk));
	return g.err < 0 ? g.err : (int)g.n;
}

/* --- leases that have ended --- */

struct over {
	bool in_use;
	int64_t boot_sec;
};

static bool is_over(const void *ctx, const struct memtable *table, const struct record *rec)
{
	const struct over *over = ctx;

	return record_is_retired(rec) != over->in_use && record_expires(rec, table->epoch) <= over->boot_sec;
}

/* An address whose lease has ended. */
struct ended {
	uint32_t expires;
	struct ip addr;
};

/* The first ones of all stripes so far, and room for the work on the next stripe. */
struct first_ended {
	struct ended *v, *merged;
	unsigned n, max;
	uint32_t now; /* what ends later is not needed: it has not ended, or `max` others ended before */
	uint32_t *refs, *work;
};

/* By address if they ended in the same second. */
static bool ended_before(const struct ended *a, const struct ended *b)
{
	return a->expires != b->expires ? a->expires < b->expires : ip_cmp(&a->addr, &b->addr) < 0;
}

static struct ended ended_at(const struct memtable *table, uint32_t ref)
{
	const struct record *rec = memtable_record(table, ref);

	return (struct ended){ rec->expires, record_addr(rec) };
}

/* Merges what ended first in a stripe, whose lock is held. */
static void merge_ended(const struct memtable *table, const struct expiry *heap, struct first_ended *first)
{
	unsigned n = expiry_first(heap, first->now, first->refs, first->max, first->work), n_merged = 0, i = 0, k = 0;
	struct ended *old = first->v;
	struct ended next;

	if (!n)
		return;
	next = ended_at(table, first->refs[0]);
	while (n_merged < first->max && (i < first->n || k < n)) {
		if (k == n || (i < first->n && ended_before(&old[i], &next))) {
			first->merged[n_merged++] = old[i++];
			continue;
		}
		first->merged[n_merged++] = next;
		if (++k < n)
			next = ended_at(table, first->refs[k]);
	}
	first->v = first->merged;
	first->merged = old;
	first->n = n_merged;
	if (n_merged == first->max)
		first->now = first->v[n_merged - 1].expires;
}

/* Addresses are collected first and looked up afterwards; leases that changed meanwhile are skipped. */
static int find_over(struct memtable *table, bool in_use, struct lease_query *query, struct arena *arena)
{
	int64_t boot_sec = query->ended_by;
	unsigned max = query->max;
	const struct over over = { in_use, boot_sec };
	/* The epoch may be before the boot, because leases that ended earlier are loaded. */
	int64_t now = boot_sec < INT64_MAX / 2 ? boot_sec - table->epoch : INT64_MAX;
	struct first_ended first = { .v = arena_new_array(arena, struct ended, max),
				     .merged = arena_new_array(arena, struct ended, max),
				     .max = max,
				     .now = now >= RECORD_NEVER ? RECORD_NEVER - 1 : (uint32_t)now,
				     .refs = arena_new_array(arena, uint32_t, max),
				     .work = arena_new_array(arena, uint32_t, 3 * (size_t)max + 2) };
	struct lease *out = query->out = arena_room(arena, max * sizeof(*out));
	unsigned kept = 0;

	if (!first.v || !first.merged || !first.refs || !first.work || !out)
		return -E_NOMEM;
	if (now < 0)
		return 0;
	for (unsigned i = 0; i < STRIPES; i++) {
		memtable_lock(table, 1ULL << i);
		merge_ended(table, in_use ? &table->stripes[i].expiry : &table->stripes[i].retired, &first);
		memtable_unlock(table, 1ULL << i);
	}
	for (unsigned i = 0; i < first.n; i++) {
		int got = copy_if(table, &first.v[i].addr, is_over, &over, arena, &out[kept]);

		if (got < 0)
			return got;
		kept += (unsigned)got;
	}
	return (int)kept;
}

int memfind_query(struct memtable *table, struct lease_query *query, struct arena *arena)
{
	switch (query->by) {
	case BY_ADDR:
		return query->max ? find_by_addr(table, query, arena) : 0;
	case BY_PAGE:
		return find_page(table, query, arena);
	case BY_EXPIRY:
	case BY_RETIRED:
		return query->max ? find_over(table, query->by == BY_EXPIRY, query, arena) : 0;
	case BY_HWADDR:
	case BY_CLIENT_ID:
		break;
	}
	return find_by_client(table, query, arena);
}
