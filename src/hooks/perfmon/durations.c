/* SPDX-License-Identifier: MPL-2.0 */
#include "perfmon/durations.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHARDS_N = 8,
	PER_SUBNET = 8, /* combinations of query and response, on average */
	TABLE_MIN = 256,
	TABLE_MAX = 1 << 22,
};

struct cell {
	uint64_t total_us;
	uint32_t n, min_us, max_us;
};

struct row {
	uint64_t key; /* 0: free */
	struct cell cells[PAIR_N];
};

/* Open addressing; at most half full. */
struct table {
	struct row *rows;
	uint32_t *used; /* indexes of the rows in use */
	uint32_t size, n_used;
};

struct shard {
	pthread_mutex_t lock; /* guards what follows */
	struct table table;
	uint64_t n_lost;
};

struct durations {
	struct shard shards[SHARDS_N];
	struct table spare; /* empty */
	struct group **groups;
	uint64_t *keys;  /* of the groups */
	uint32_t *index; /* from keys to groups: number + 1; 0: free */
	size_t n, cap, index_size;
};

static uint64_t key_of(uint8_t query, uint8_t response, uint32_t subnet)
{
	return (uint64_t)1 << 63 | (uint64_t)query << 40 | (uint64_t)response << 32 | subnet;
}

static size_t place_of(uint64_t key, size_t size)
{
	return (key * 0x9e3779b97f4a7c15u >> 32) & (size - 1);
}

/* --- tables ----------------------------------------------------------------------------------------------------- */

static bool table_init(struct table *table, uint32_t size)
{
	*table = (struct table){ .size = size };
	table->rows = calloc(size, sizeof(*table->rows));
	table->used = calloc(size / 2, sizeof(*table->used));
	return table->rows && table->used;
}

static void table_done(struct table *table)
{
	free(table->rows);
	free(table->used);
}

/* NULL: there is no room. */
static struct row *table_row(struct table *table, uint64_t key)
{
	size_t i = place_of(key, table->size);

	while (table->rows[i].key && table->rows[i].key != key)
		i = (i + 1) & (table->size - 1);
	if (table->rows[i].key)
		return &table->rows[i];
	if (table->n_used == table->size / 2)
		return NULL;
	table->used[table->n_used++] = (uint32_t)i;
	table->rows[i].key = key;
	return &table->rows[i];
}

static void table_clear(struct table *table)
{
	for (uint32_t i = 0; i < table->n_used; i++)
		memset(&table->rows[table->used[i]], 0, sizeof(*table->rows));
	table->n_used = 0;
}

/* --- adding ------------------------------------------------------------------------------------------------------ */

static void add(struct cell *cell, int64_t us)
{
	uint32_t v = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;

	cell->min_us = !cell->n || v < cell->min_us ? v : cell->min_us;
	cell->max_us = v > cell->max_us ? v : cell->max_us;
	cell->total_us += v;
	cell->n++;
}

/* Of the first event that is known. */
static int64_t start_of(const int64_t *at)
{
	unsigned i = 0;

	while (!at[i] && i < PROCESS_COMPLETED)
		i++;
	return at[i];
}

static bool add_to(struct table *table, uint32_t subnet, const struct sample *sample)
{
	struct row *row = table_row(table, key_of(sample->query, sample->response, subnet));
	const int64_t *at = sample->at_us;

	if (!row)
		return false;
	for (unsigned i = 0; i + 1 < EVENT_N; i++)
		if (at[i] && at[i + 1])
			add(&row->cells[i], at[i + 1] - at[i]);
	add(&row->cells[TOTAL], at[PROCESS_COMPLETED] - start_of(at));
	return true;
}

void durations_add(struct durations *d, unsigned n, const struct sample *sample)
{
	struct shard *shard = &d->shards[n % SHARDS_N];

	(void)pthread_mutex_lock(&shard->lock);
	if (!add_to(&shard->table, 0, sample) || (sample->subnet && !add_to(&shard->table, sample->subnet, sample)))
		shard->n_lost++;
	(void)pthread_mutex_unlock(&shard->lock);
}

/* --- the main thread --------------------------------------------------------------------------------------------- */

static bool grow_index(struct durations *d)
{
	size_t size = d->index_size ? d->index_size * 2 : TABLE_MIN;
	uint32_t *index = calloc(size, sizeof(*index));

	if (!index)
		return false;
	for (size_t i = 0; i < d->n; i++) {
		size_t at = place_of(d->keys[i], size);

		while (index[at])
			at = (at + 1) & (size - 1);
		index[at] = (uint32_t)i + 1;
	}
	free(d->index);
	d->index = index;
	d->index_size = size;
	return true;
}

static bool grow_groups(struct durations *d)
{
	size_t cap = d->cap ? d->cap * 2 : TABLE_MIN / 2;
	struct group **groups = realloc(d->groups, cap * sizeof(*groups));
	uint64_t *keys;

	if (!groups)
		return false;
	d->groups = groups;
	keys = realloc(d->keys, cap * sizeof(*keys));
	if (!keys)
		return false;
	d->keys = keys;
	d->cap = cap;
	return true;
}

/* NULL: out of memory. */
static struct group *group_of(struct durations *d, uint64_t key)
{
	struct group *group;
	size_t at;

	if (d->index_size <= d->n * 2 && !grow_index(d))
		return NULL;
	for (at = place_of(key, d->index_size); d->index[at]; at = (at + 1) & (d->index_size - 1))
		if (d->keys[d->index[at] - 1] == key)
			return d->groups[d->index[at] - 1];
	if (d->n == d->cap && !grow_groups(d))
		return NULL;
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->query = (uint8_t)(key >> 40);
	group->response = (uint8_t)(key >> 32);
	group->subnet = (uint32_t)key;
	d->keys[d->n] = key;
	d->groups[d->n++] = group;
	d->index[at] = (uint32_t)d->n;
	return group;
}

static void merge(struct interval *interval, const struct cell *cell)
{
	if (!cell->n)
		return;
	interval->min_us = !interval->n || cell->min_us < interval->min_us ? cell->min_us : interval->min_us;
	interval->max_us = cell->max_us > interval->max_us ? cell->max_us : interval->max_us;
	interval->total_us += cell->total_us;
	interval->n += cell->n;
}

/* Returns how many samples were lost. */
static uint64_t empty(struct durations *d, struct shard *shard)
{
	struct table full;
	uint64_t n_lost;

	(void)pthread_mutex_lock(&shard->lock);
	full = shard->table;
	shard->table = d->spare;
	n_lost = shard->n_lost;
	shard->n_lost = 0;
	(void)pthread_mutex_unlock(&shard->lock);
	for (uint32_t i = 0; i < full.n_used; i++) {
		const struct row *row = &full.rows[full.used[i]];
		struct group *group = group_of(d, row->key);

		for (unsigned pair = 0; group && pair < PAIR_N; pair++)
			merge(&group->current[pair], &row->cells[pair]);
	}
	table_clear(&full);
	d->spare = full;
	return n_lost;
}

static bool resize(struct durations *d, uint32_t size)
{
	struct table tables[SHARDS_N + 1] = { 0 };
	bool ok = true;

	for (unsigned i = 0; ok && i <= SHARDS_N; i++)
		ok = table_init(&tables[i], size);
	if (!ok) {
		for (unsigned i = 0; i <= SHARDS_N; i++)
			table_done(&tables[i]);
		return false;
	}
	for (unsigned i = 0; i < SHARDS_N; i++) {
		struct shard *shard = &d->shards[i];
		struct table old;

		(void)pthread_mutex_lock(&shard->lock);
		old = shard->table;
		for (uint32_t k = 0; k < old.n_used; k++) {
			const struct row *row = &old.rows[old.used[k]];
			struct row *moved = table_row(&tables[i], row->key);

			if (moved)
				*moved = *row;
		}
		shard->table = tables[i];
		(void)pthread_mutex_unlock(&shard->lock);
		table_done(&old);
	}
	table_done(&d->spare);
	d->spare = tables[SHARDS_N];
	return true;
}

bool durations_reserve(struct durations *d, size_t n_subnets)
{
	uint32_t size = d->spare.size;

	while (size < TABLE_MAX && size / 2 < (n_subnets + 1) * PER_SUBNET)
		size *= 2;
	return size == d->spare.size || resize(d, size);
}

uint64_t durations_close(struct durations *d, int64_t started_us, durations_fn *fn, void *context)
{
	uint64_t n_lost = 0;

	for (unsigned i = 0; i < SHARDS_N; i++)
		n_lost += empty(d, &d->shards[i]);
	for (size_t i = 0; i < d->n; i++) {
		struct group *group = d->groups[i];

		for (unsigned pair = 0; pair < PAIR_N; pair++) {
			if (!group->current[pair].n)
				continue;
			group->last[pair] = group->current[pair];
			group->started_us[pair] = started_us;
			group->current[pair] = (struct interval){ 0 };
			fn(group, pair, context);
		}
	}
	if (n_lost && d->spare.size < TABLE_MAX)
		(void)resize(d, d->spare.size * 2);
	return n_lost;
}

size_t durations_count(const struct durations *d)
{
	return d->n;
}

struct group *durations_at(const struct durations *d, size_t i)
{
	return d->groups[i];
}

struct durations *durations_new(void)
{
	struct durations *d = calloc(1, sizeof(*d));
	bool ok;

	if (!d)
		return NULL;
	for (unsigned i = 0; i < SHARDS_N; i++)
		(void)pthread_mutex_init(&d->shards[i].lock, NULL);
	ok = table_init(&d->spare, TABLE_MIN);
	for (unsigned i = 0; i < SHARDS_N; i++)
		ok &= table_init(&d->shards[i].table, TABLE_MIN);
	if (ok)
		return d;
	durations_free(d);
	return NULL;
}

void durations_free(struct durations *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < SHARDS_N; i++) {
		table_done(&d->shards[i].table);
		(void)pthread_mutex_destroy(&d->shards[i].lock);
	}
	table_done(&d->spare);
	for (size_t i = 0; i < d->n; i++)
		free(d->groups[i]);
	free(d->groups);
	free(d->keys);
	free(d->index);
	free(d);
}
