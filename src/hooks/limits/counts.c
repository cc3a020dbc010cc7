/* SPDX-License-Identifier: MPL-2.0 */
#include "limits/counts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CAPACITY_MIN 1024

struct entry {
	struct counts_key key;
	bool is_used;
	uint8_t n;
	uint16_t v[COUNTS_PER_LEASE];
};

/*
 * Open addressing. An entry for no classes is removed when the table grows, except during a recount, where it says that
 * the lease has ended since.
 */
struct table {
	struct entry *v;
	size_t n, capacity; /* a power of two */
	uint32_t sums[COUNTS_CLASSES_MAX][2];
};

struct counts {
	pthread_mutex_t lock;      /* guards the tables */
	struct table *now, *fresh; /* fresh: during a recount, else NULL */
	uint64_t seed;
	char *names[COUNTS_CLASSES_MAX];
	unsigned n_names;
};

static struct table *table_new(size_t capacity)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table)
		table->v = calloc(capacity, sizeof(table->v[0]));
	if (!table || !table->v)
		abort();
	table->capacity = capacity;
	return table;
}

static void table_free(struct table *table)
{
	if (table)
		free(table->v);
	free(table);
}

struct counts *counts_new(void)
{
	struct counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		return NULL;
	(void)pthread_mutex_init(&counts->lock, NULL);
	(void)!getrandom(&counts->seed, sizeof(counts->seed), 0);
	counts->now = table_new(CAPACITY_MIN);
	return counts;
}

void counts_free(struct counts *counts)
{
	if (!counts)
		return;
	table_free(counts->now);
	table_free(counts->fresh);
	for (unsigned i = 0; i < counts->n_names; i++)
		free(counts->names[i]);
	(void)pthread_mutex_destroy(&counts->lock);
	free(counts);
}

/* --- classes -------------------------------------------------------------------------------------------------- */

int counts_find_class(const struct counts *counts, const char *name)
{
	for (unsigned i = 0; i < counts->n_names; i++)
		if (!strcmp(counts->names[i], name))
			return (int)i;
	return -1;
}

int counts_class(struct counts *counts, const char *name)
{
	int found = counts_find_class(counts, name);
	char *copy = found < 0 && counts->n_names < COUNTS_CLASSES_MAX ? strdup(name) : NULL;

	if (!copy)
		return found;
	counts->names[counts->n_names] = copy;
	return (int)counts->n_names++;
}

/* --- the table ------------------------------------------------------------------------------------------------ */

static uint64_t hash(uint64_t seed, const struct counts_key *key)
{
	uint64_t words[2], h = seed ^ key->is_prefix;

	memcpy(words, key->addr, sizeof(words));
	for (unsigned i = 0; i < 2; i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h * 0xbf58476d1ce4e5b9ULL >> 20;
}

/* Returns the entry of the key, or the free one where it belongs. */
static struct entry *find(const struct table *table, uint64_t seed, const struct counts_key *key)
{
	size_t i = hash(seed, key) & (table->capacity - 1);

	while (table->v[i].is_used && (memcmp(table->v[i].key.addr, key->addr, COUNTS_ADDR) != 0 ||
				       table->v[i].key.is_prefix != key->is_prefix))
		i = (i + 1) & (table->capacity - 1);
	return &table->v[i];
}

static void grow(struct table *table, uint64_t seed, bool keeps_none)
{
	struct table old = *table;
	size_t n_kept = 0;

	for (size_t i = 0; i < old.capacity; i++)
		n_kept += old.v[i].is_used && (keeps_none || old.v[i].n);
	while (table->capacity < 4 * (n_kept + 1))
		table->capacity *= 2;
	table->v = calloc(table->capacity, sizeof(table->v[0]));
	if (!table->v)
		abort();
	table->n = n_kept;
	for (size_t i = 0; i < old.capacity; i++)
		if (old.v[i].is_used && (keeps_none || old.v[i].n))
			*find(table, seed, &old.v[i].key) = old.v[i];
	free(old.v);
}

static void add(struct table *table, const struct entry *entry, uint32_t n)
{
	for (unsigned i = 0; i < entry->n; i++)
		table->sums[entry->v[i]][entry->key.is_prefix] += n;
}

static void put(struct table *table, uint64_t seed, const struct counts_key *key, const struct counts_classes *classes,
		bool keeps_none)
{
	struct entry *entry = find(table, seed, key);

	if (!entry->is_used && !classes->n && !keeps_none)
		return;
	if (!entry->is_used && 4 * (table->n + 1) > 3 * table->capacity) {
		grow(table, seed, keeps_none);
		entry = find(table, seed, key);
	}
	table->n += !entry->is_used;
	add(table, entry, (uint32_t)-1);
	*entry = (struct entry){ .key = *key, .is_used = true, .n = (uint8_t)classes->n };
	memcpy(entry->v, classes->v, classes->n * sizeof(entry->v[0]));
	add(table, entry, 1);
}

static void set(struct counts *counts, const struct counts_key *key, const struct counts_classes *classes)
{
	put(counts->now, counts->seed, key, classes, false);
	if (counts->fresh)
		put(counts->fresh, counts->seed, key, classes, true);
}

void counts_set(struct counts *counts, const struct counts_key *key, const struct counts_classes *classes)
{
	(void)pthread_mutex_lock(&counts->lock);
	set(counts, key, classes);
	(void)pthread_mutex_unlock(&counts->lock);
}

static bool is_counted(const struct entry *entry, unsigned class)
{
	for (unsigned i = 0; i < entry->n; i++)
		if (entry->v[i] == class)
			return true;
	return false;
}

int counts_take(struct counts *counts, const struct counts_key *key, const struct counts_classes *classes,
		bool only_checks, struct counts_classes *ret_before)
{
	const struct entry *entry;
	int exceeded = -1;

	(void)pthread_mutex_lock(&counts->lock);
	entry = find(counts->now, counts->seed, key);
	for (unsigned i = 0; i < classes->n && exceeded < 0; i++)
		if (!is_counted(entry, classes->v[i]) &&
		    counts->now->sums[classes->v[i]][key->is_prefix] >= classes->limits[i])
			exceeded = (int)i;
	if (exceeded < 0 && !only_checks) {
		*ret_before = (struct counts_classes){ .n = entry->n };
		memcpy(ret_before->v, entry->v, entry->n * sizeof(entry->v[0]));
		set(counts, key, classes);
	}
	(void)pthread_mutex_unlock(&counts->lock);
	return exceeded;
}

uint32_t counts_of(struct counts *counts, unsigned class, bool of_prefixes)
{
	uint32_t n;

	(void)pthread_mutex_lock(&counts->lock);
	n = counts->now->sums[class][of_prefixes];
	(void)pthread_mutex_unlock(&counts->lock);
	return n;
}

/* --- recounting ----------------------------------------------------------------------------------------------- */

void counts_begin(struct counts *counts)
{
	struct table *fresh = table_new(CAPACITY_MIN);

	(void)pthread_mutex_lock(&counts->lock);
	table_free(counts->fresh);
	counts->fresh = fresh;
	(void)pthread_mutex_unlock(&counts->lock);
}

void counts_seen(struct counts *counts, const struct counts_key *key, const struct counts_classes *classes)
{
	(void)pthread_mutex_lock(&counts->lock);
	if (!find(counts->fresh, counts->seed, key)->is_used)
		put(counts->fresh, counts->seed, key, classes, true);
	(void)pthread_mutex_unlock(&counts->lock);
}

void counts_end(struct counts *counts)
{
	struct table *old;

	(void)pthread_mutex_lock(&counts->lock);
	old = counts->now;
	counts->now = counts->fresh;
	counts->fresh = NULL;
	(void)pthread_mutex_unlock(&counts->lock);
	table_free(old);
}
