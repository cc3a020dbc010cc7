/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The places are in a hash table that is read without a lock. While reading, a reader is counted in one of a few
 * `readers`: in its thread's own, unless there are more threads. A place removed from the table, or a replaced table,
 * is freed once each of these counts has been seen at zero: earlier readers have then left, and later ones cannot find
 * it. The lock guards changes to the table.
 */
#include "stat/place.h"
#include "stat/history.h"
#include "stat/table.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/vec.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READERS 16
#define TABLE_MIN 64u

struct table {
	size_t size; /* a power of two, at least twice the number of places */
	size_t n;
	struct stat_place *_Atomic v[]; /* NULL: free; open addressing */
};

struct readers {
	atomic_uint n;
} __attribute__((aligned(CACHE_LINE)));

struct stat_places {
	struct readers readers[READERS];
	struct table *_Atomic table;
	pthread_mutex_t lock; /* guards changes to the table, and n_users */
	unsigned serial;      /* of the latest configuration */
	struct stat_place *global;
};

static const struct wide no_total[2];

static size_t n_rows(enum place_kind kind)
{
	return (kind < PLACE_POOL ? STAT_TOTAL : STAT_REGISTERED) - STAT_ASSIGNED;
}

static bool has_row(const struct stat_place *place, enum stat_id id)
{
	return stat_is_at(id, place->key.kind);
}

static struct stat_place *place_new(const struct stat_key *key, struct stat_place *up)
{
	struct stat_place *place = xcalloc(1, sizeof(*place) + n_rows(key->kind) * sizeof(place->n[0]));

	place->key = *key;
	place->up = up;
	place->since_us = clock_wall_us();
	return place;
}

static void place_free(struct stat_place *place)
{
	if (!place)
		return;
	stat_history_free(place->history);
	free(place);
}

static uint64_t hash_of(const struct stat_key *key)
{
	uint64_t halves[2] = { (uint64_t)key->subnet_id << 32 | key->pool_id, key->kind };

	return hash_16(halves);
}

static bool same_key(const struct stat_key *a, const struct stat_key *b)
{
	return a->kind == b->kind && a->subnet_id == b->subnet_id && a->pool_id == b->pool_id;
}

/* --- the table --- */

static struct table *table_new(size_t n)
{
	size_t size = TABLE_MIN;
	struct table *table;

	while (size < 3 * n)
		size *= 2;
	table = xcalloc(1, sizeof(*table) + size * sizeof(table->v[0]));
	table->size = size;
	return table;
}

static struct stat_place *table_find(struct table *table, const struct stat_key *key, uint64_t hash)
{
	for (size_t i = hash & (table->size - 1);; i = (i + 1) & (table->size - 1)) {
		struct stat_place *place = atomic_load_explicit(&table->v[i], memory_order_acquire);

		if (!place || same_key(&place->key, key))
			return place;
	}
}

static void table_put(struct table *table, struct stat_place *place)
{
	size_t i = hash_of(&place->key) & (table->size - 1);

	while (atomic_load_explicit(&table->v[i], memory_order_relaxed))
		i = (i + 1) & (table->size - 1);
	atomic_store_explicit(&table->v[i], place, memory_order_release);
	table->n++;
}

static struct table *table_of(struct stat_places *places)
{
	return atomic_load(&places->table);
}

/* Waits until nobody reads what was in the table before. */
static void wait_readers(struct stat_places *places)
{
	for (unsigned i = 0; i < READERS; i++)
		while (atomic_load(&places->readers[i].n))
			(void)sched_yield();
}

static void replace_table(struct stat_places *places, struct table *table)
{
	struct table *old = table_of(places);

	atomic_store(&places->table, table);
	wait_readers(places);
	free(old);
}

static void grow(struct stat_places *places)
{
	struct table *old = table_of(places), *table = table_new(2 * old->n);

	for (size_t i = 0; i < old->size; i++)
		if (old->v[i])
			table_put(table, old->v[i]);
	replace_table(places, table);
}

/* The lock is held, and the caller is not a reader. */
static struct stat_place *find_or_add(struct stat_places *places, const struct stat_key *key)
{
	struct stat_place *place = table_find(table_of(places), key, hash_of(key)), *up = places->global;

	if (place)
		return place;
	if (key->kind != PLACE_SUBNET)
		up = find_or_add(places, &(struct stat_key){ PLACE_SUBNET, key->subnet_id, 0 });
	up->n_users++;
	place = place_new(key, up);
	if (2 * (table_of(places)->n + 1) > table_of(places)->size)
		grow(places);
	table_put(table_of(places), place);
	return place;
}

struct stat_places *stat_places_new(void)
{
	struct stat_places *places = xcalloc_lines(1, sizeof(*places));

	(void)pthread_mutex_init(&places->lock, NULL);
	atomic_init(&places->table, table_new(0));
	/* A place that no configuration has named has 0. */
	places->serial = 1;
	places->global = place_new(&(struct stat_key){ .kind = PLACE_GLOBAL }, NULL);
	places->global->serial = 1;
	return places;
}

void stat_places_free(struct stat_places *places)
{
	struct table *table;

	if (!places)
		return;
	table = table_of(places);
	for (size_t i = 0; i < table->size; i++)
		place_free(table->v[i]);
	free(table);
	place_free(places->global);
	(void)pthread_mutex_destroy(&places->lock);
	free(places);
}

size_t stat_places_n(struct stat_places *places)
{
	size_t n;

	(void)pthread_mutex_lock(&places->lock);
	n = table_of(places)->n;
	(void)pthread_mutex_unlock(&places->lock);
	return n;
}

/* --- counting --- */

static void add_here(struct stat_place *place, enum stat_id id, int64_t n)
{
	if (has_row(place, id))
		atomic_fetch_add_explicit(&place->n[id - STAT_ASSIGNED], n, memory_order_relaxed);
}

void stat_place_add(struct stat_place *place, enum stat_id id, int64_t n)
{
	for (; place; place = place->up)
		add_here(place, id, n);
}

void stat_count(struct stats *own, struct stat_place *place, enum stat_id id, int64_t n)
{
	stat_add(own, id, n);
	for (; place && place->up; place = place->up)
		add_here(place, id, n);
}

/* The `readers` of this thread. */
static unsigned own_readers(void)
{
	static atomic_uint n_threads;
	static _Thread_local unsigned own; /* + 1; 0: not chosen yet */

	if (!own)
		own = atomic_fetch_add_explicit(&n_threads, 1, memory_order_relaxed) % READERS + 1;
	return own - 1;
}

struct stat_place *stat_places_enter(struct stat_places *places, const struct stat_key *key, unsigned *ret_pin)
{
	uint64_t hash = hash_of(key);
	unsigned pin = own_readers();

	for (;;) {
		struct stat_place *place;

		atomic_fetch_add(&places->readers[pin].n, 1);
		place = table_find(table_of(places), key, hash);
		*ret_pin = pin;
		if (place)
			return place;
		stat_places_leave(places, pin);
		(void)pthread_mutex_lock(&places->lock);
		(void)find_or_add(places, key);
		(void)pthread_mutex_unlock(&places->lock);
	}
}

void stat_places_leave(struct stat_places *places, unsigned pin)
{
	atomic_fetch_sub_explicit(&places->readers[pin].n, 1, memory_order_release);
}

/* --- configurations --- */

static void reset_place(struct stat_place *place, enum stat_kind kind)
{
	for (enum stat_id id = STAT_ASSIGNED; id < STAT_TOTAL; id++)
		if (has_row(place, id) && stat_kind(id) == kind)
			atomic_store_explicit(&place->n[id - STAT_ASSIGNED], 0, memory_order_relaxed);
}

static bool counts_leases(const struct stat_place *place)
{
	for (enum stat_id id = STAT_ASSIGNED; id < STAT_TOTAL; id++)
		if (has_row(place, id) && stat_kind(id) == STAT_IS_GAUGE &&
		    atomic_load_explicit(&place->n[id - STAT_ASSIGNED], memory_order_relaxed))
			return true;
	return false;
}

void stat_places_begin(struct stat_places *places)
{
	(void)pthread_mutex_lock(&places->lock);
	places->serial++;
	places->global->serial = places->serial;
	(void)pthread_mutex_unlock(&places->lock);
}

struct stat_place *stat_place_use(struct stat_places *places, const struct stat_key *key)
{
	struct stat_place *place;

	(void)pthread_mutex_lock(&places->lock);
	place = find_or_add(places, key);
	place->n_users++;
	(void)pthread_mutex_unlock(&places->lock);
	return place;
}

void stat_place_enter(struct stat_places *places, struct stat_place *place, const struct wide total[2])
{
	(void)pthread_mutex_lock(&places->lock);
	if (place->serial != places->serial) {
		if (place->serial + 1 != places->serial) {
			reset_place(place, STAT_IS_COUNTER);
			stat_history_free(place->history);
			place->history = NULL;
			place->was_read = 0;
			place->since_us = clock_wall_us();
		}
		place->serial = places->serial;
		memcpy(place->total, no_total, sizeof(no_total));
	}
	for (unsigned i = 0; i < 2; i++)
		place->total[i] = wide_add(place->total[i], total[i]);
	(void)pthread_mutex_unlock(&places->lock);
}

static void inherit(struct stat_place *place, const struct stat_place *old)
{
	for (enum stat_id id = STAT_ASSIGNED; id < STAT_TOTAL; id++)
		if (has_row(place, id) && stat_kind(id) == STAT_IS_COUNTER)
			add_here(place, id, atomic_load_explicit(&old->n[id - STAT_ASSIGNED], memory_order_relaxed));
}

void stat_places_inherit(struct stat_places *places, struct stat_places *old)
{
	struct table *table;

	(void)pthread_mutex_lock(&old->lock);
	table = table_of(old);
	for (size_t i = 0; i < table->size; i++) {
		struct stat_place *from = table->v[i], *place;

		if (!from || from->serial != old->serial)
			continue;
		(void)pthread_mutex_lock(&places->lock);
		place = table_find(table_of(places), &from->key, hash_of(&from->key));
		if (place && place->serial == places->serial)
			inherit(place, from);
		(void)pthread_mutex_unlock(&places->lock);
	}
	inherit(places->global, old->global);
	(void)pthread_mutex_unlock(&old->lock);
}

void stat_place_unuse(struct stat_places *places, struct stat_place *place)
{
	(void)pthread_mutex_lock(&places->lock);
	place->n_users--;
	(void)pthread_mutex_unlock(&places->lock);
}

static bool is_idle(const struct stat_place *place, const struct stat_places *places)
{
	return !place->n_users && place->serial != places->serial && !counts_leases(place);
}

static bool any_is_idle(const struct stat_places *places, struct table *table)
{
	for (size_t i = 0; i < table->size; i++)
		if (table->v[i] && is_idle(table->v[i], places))
			return true;
	return false;
}

/* Idle places are removed, then checked again: a reader may have counted meanwhile. */
static bool sweep(struct stat_places *places)
{
	struct table *old = table_of(places), *table;
	VEC(struct stat_place *) idle = { 0 };
	bool any = false;

	if (!any_is_idle(places, old))
		return false;
	table = table_new(old->n);
	for (size_t i = 0; i < old->size; i++) {
		struct stat_place *place = old->v[i];

		if (place && is_idle(place, places))
			*vec_push(&idle) = place;
		else if (place)
			table_put(table, place);
	}
	replace_table(places, table);
	for (size_t i = 0; i < idle.n; i++) {
		if (counts_leases(idle.v[i])) {
			table_put(table, idle.v[i]);
			continue;
		}
		idle.v[i]->up->n_users--;
		place_free(idle.v[i]);
		any = true;
	}
	vec_free(&idle);
	return any;
}

void stat_places_sweep(struct stat_places *places)
{
	(void)pthread_mutex_lock(&places->lock);
	/* Pools first, then the subnets that only existed for them. */
	while (sweep(places))
		;
	(void)pthread_mutex_unlock(&places->lock);
}

void stat_places_forget_leases(struct stat_places *places)
{
	struct table *table;

	(void)pthread_mutex_lock(&places->lock);
	table = table_of(places);
	for (size_t i = 0; i < table->size; i++)
		if (table->v[i])
			reset_place(table->v[i], STAT_IS_GAUGE);
	reset_place(places->global, STAT_IS_GAUGE);
	(void)pthread_mutex_unlock(&places->lock);
}

/* --- reading --- */

static const char *const kind_names[PLACE_N] = { [PLACE_POOL] = "pool", [PLACE_PD_POOL] = "pd-pool" };

const char *stat_place_prefix(const struct stat_place *place, char *buf)
{
	const struct stat_key *key = &place->key;

	buf[0] = '\0';
	if (key->kind == PLACE_SUBNET)
		(void)snprintf(buf, STAT_PLACE_NAME_MAX, "subnet[%u].", key->subnet_id);
	else if (key->kind != PLACE_GLOBAL)
		(void)snprintf(buf, STAT_PLACE_NAME_MAX, "subnet[%u].%s[%u].", key->subnet_id, kind_names[key->kind],
			       key->pool_id);
	return buf;
}

enum stat_id stat_first_at(const struct stat_place *place)
{
	return place->key.kind == PLACE_GLOBAL ? 0 : STAT_ASSIGNED;
}

const char *stat_ref_name(struct stat_ref ref, int family, char *buf)
{
	char name[STAT_NAME_MAX], prefix[STAT_PLACE_NAME_MAX];

	if (!has_row(ref.place, ref.id) || !stat_name(ref.id, family, name, sizeof(name)))
		return NULL;
	(void)snprintf(buf, STAT_PLACE_NAME_MAX, "%s%s", stat_place_prefix(ref.place, prefix), name);
	return buf;
}

/* Parses "WORD[NUMBER]." at *name and advances *name past it. */
static bool read_part(const char **name, const char *word, uint32_t *ret)
{
	size_t len = strlen(word);
	const char *p = *name;
	uint64_t n = 0;

	if (strncmp(p, word, len) != 0 || p[len] != '[')
		return false;
	p += len + 1;
	/* Only the form that stat_ref_name() writes: no leading zeros. */
	if (*p < '0' || *p > '9' || (*p == '0' && p[1] != ']'))
		return false;
	for (; *p >= '0' && *p <= '9' && n <= UINT32_MAX; p++)
		n = 10 * n + (uint64_t)(*p - '0');
	if (n > UINT32_MAX || p[0] != ']' || p[1] != '.')
		return false;
	*ret = (uint32_t)n;
	*name = p + 2;
	return true;
}

static struct stat_key read_key(const char **name)
{
	struct stat_key key = { .kind = PLACE_GLOBAL };

	if (!read_part(name, "subnet", &key.subnet_id))
		return key;
	key.kind = PLACE_SUBNET;
	for (enum place_kind kind = PLACE_POOL; kind < PLACE_N; kind++)
		if (read_part(name, kind_names[kind], &key.pool_id)) {
			key.kind = kind;
			break;
		}
	return key;
}

struct stat_place *stat_places_get(struct stat_places *places, const struct stat_key *key)
{
	struct stat_place *place;

	if (key->kind == PLACE_GLOBAL)
		return places->global;
	(void)pthread_mutex_lock(&places->lock);
	place = table_find(table_of(places), key, hash_of(key));
	(void)pthread_mutex_unlock(&places->lock);
	return place && place->serial == places->serial ? place : NULL;
}

bool stat_find(struct stat_places *places, int family, const char *name, struct stat_ref *ret)
{
	struct stat_key key = read_key(&name);
	struct stat_place *place = stat_places_get(places, &key);
	enum stat_id id = stat_by_name(name, family);

	if (!place || id == STAT_N || !has_row(place, id))
		return false;
	*ret = (struct stat_ref){ place, id };
	return true;
}

static bool is_counted_here(struct stat_ref ref)
{
	return ref.id >= STAT_ASSIGNED && ref.id < STAT_TOTAL;
}

int64_t stat_value(struct stat_ref ref)
{
	int64_t n = 0;

	if (stat_kind(ref.id) == STAT_IS_TOTAL) {
		struct wide total = ref.place->total[ref.id - STAT_TOTAL];

		return total.hi || total.lo > INT64_MAX ? INT64_MAX : (int64_t)total.lo;
	}
	if (is_counted_here(ref))
		n = atomic_load_explicit(&ref.place->n[ref.id - STAT_ASSIGNED], memory_order_relaxed);
	return ref.place->key.kind == PLACE_GLOBAL ? n + stat_sum(ref.id) : n;
}

const char *stat_value_text(struct stat_ref ref, char *buf)
{
	if (stat_kind(ref.id) == STAT_IS_TOTAL)
		return wide_format(ref.place->total[ref.id - STAT_TOTAL], buf);
	(void)snprintf(buf, WIDE_TEXT_MAX, "%lld", (long long)stat_value(ref));
	return buf;
}

bool stat_reset_ref(struct stat_ref ref)
{
	if (stat_kind(ref.id) != STAT_IS_COUNTER)
		return false;
	if (is_counted_here(ref))
		add_here(ref.place, ref.id,
			 -atomic_load_explicit(&ref.place->n[ref.id - STAT_ASSIGNED], memory_order_relaxed));
	if (ref.place->key.kind == PLACE_GLOBAL)
		stat_reset(ref.id);
	return true;
}

static int by_key(const void *x, const void *y)
{
	const struct stat_key *a = x, *b = y;

	if (a->subnet_id != b->subnet_id)
		return a->subnet_id < b->subnet_id ? -1 : 1;
	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	return a->pool_id < b->pool_id ? -1 : a->pool_id > b->pool_id;
}

static bool each_row(struct stat_place *place, int family, bool (*fn)(void *ctx, struct stat_ref ref), void *ctx)
{
	for (enum stat_id id = 0; id < STAT_N; id++)
		if (stat_table[id].name[family] && has_row(place, id) && !fn(ctx, (struct stat_ref){ place, id }))
			return false;
	return true;
}

size_t stat_places_list(struct stat_places *places, struct stat_key **ret)
{
	VEC(struct stat_key) all = { 0 };
	struct table *table;

	(void)pthread_mutex_lock(&places->lock);
	table = table_of(places);
	for (size_t i = 0; i < table->size; i++) {
		const struct stat_place *place = table->v[i];

		if (place && place->serial == places->serial)
			*vec_push(&all) = place->key;
	}
	(void)pthread_mutex_unlock(&places->lock);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_key);
	*ret = all.v;
	return all.n;
}

void stat_each(struct stat_places *places, int family, bool (*fn)(void *ctx, struct stat_ref ref), void *ctx)
{
	struct stat_key *keys;
	size_t n = stat_places_list(places, &keys);
	bool more = each_row(places->global, family, fn, ctx);

	for (size_t i = 0; more && i < n; i++) {
		struct stat_place *place = stat_places_get(places, &keys[i]);

		more = !place || each_row(place, family, fn, ctx);
	}
	free(keys);
}
