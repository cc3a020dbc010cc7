/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A hash table of sets with a few places each; the oldest of a set makes room for a new one. The hash has a random key,
 * so clients cannot choose their sets. A change increments a number that each entry has, instead of searching for what
 * it concerns: another host's prefix may overlap what was looked up.
 */
#include "host/cache.h"

#include "base/clock.h"
#include "base/hash.h"
#include "host/copy.h"

#include <pthread.h>
#include <stdatomic.h>

#define SHARDS 16u
#define WAYS 4u
#define KEY_MAX 1400     /* all identifiers of a client */
#define RESULT_MAX 16384 /* bytes; larger results are not remembered */

struct entry {
	uint64_t hash, begun;
	int64_t until_ms;
	const struct host *const *hosts; /* behind the struct */
	int n;
	uint16_t key_len;
	const uint8_t *key;
	max_align_t room[];
};

struct shard {
	pthread_mutex_t lock; /* guards the entries of its sets */
	struct entry **v;
};

struct host_cache {
	unsigned ms;
	uint64_t sets; /* of a shard, a power of two */
	_Atomic uint64_t begun;
	struct shard shards[SHARDS];
};

struct host_cache *host_cache_new(unsigned max, unsigned ms)
{
	struct host_cache *cache = xcalloc(1, sizeof(*cache));

	cache->ms = ms;
	cache->sets = 1;
	while (cache->sets * SHARDS * WAYS < max)
		cache->sets *= 2;
	for (unsigned i = 0; i < SHARDS; i++) {
		(void)pthread_mutex_init(&cache->shards[i].lock, NULL);
		cache->shards[i].v = xcalloc(cache->sets * WAYS, sizeof(*cache->shards[i].v));
	}
	return cache;
}

void host_cache_free(struct host_cache *cache)
{
	if (!cache)
		return;
	for (unsigned i = 0; i < SHARDS; i++) {
		for (uint64_t k = 0; k < cache->sets * WAYS; k++)
			free(cache->shards[i].v[k]);
		free(cache->shards[i].v);
		(void)pthread_mutex_destroy(&cache->shards[i].lock);
	}
	free(cache);
}

/* --- keys --------------------------------------------------------------------------- */

/* Returns the length, or 0 if the query is not remembered. */
static size_t write_key(const struct host_query *query, uint8_t buf[KEY_MAX])
{
	struct writer w = writer_init(buf, KEY_MAX);

	if (query->by == HOST_BY_PAGE || query->with_texts || query->any_subnet)
		return 0;
	write_u8(&w, (uint8_t)query->by);
	write_u32(&w, query->subnet_id);
	if (query->by == HOST_BY_PLACE) {
		write_bytes(&w, query->place.addr.b, sizeof(query->place.addr.b));
		write_u8(&w, query->place.len);
		write_u32(&w, query->max);
	} else {
		for (unsigned i = 0; i < query->n_ids; i++) {
			write_u8(&w, (uint8_t)query->ids[i].type);
			write_u16(&w, (uint16_t)query->ids[i].value.len);
			write_bytes(&w, query->ids[i].value.data, query->ids[i].value.len);
		}
	}
	return w.err ? 0 : writer_len(&w);
}

struct place {
	struct shard *shard;
	struct entry **set;
	uint64_t hash;
};

static struct place place_of(struct host_cache *cache, const uint8_t *key, size_t len)
{
	uint64_t hash = hash_bytes(key, len, 0x686f7374);
	struct shard *shard = &cache->shards[hash % SHARDS];

	return (struct place){ shard, &shard->v[(hash / SHARDS & (cache->sets - 1)) * WAYS], hash };
}

/* With the lock held. NULL if there is none. */
static struct entry **find(const struct place *place, const uint8_t *key, size_t len)
{
	for (unsigned i = 0; i < WAYS; i++) {
		const struct entry *entry = place->set[i];

		if (entry && entry->hash == place->hash && entry->key_len == len && !memcmp(entry->key, key, len))
			return &place->set[i];
	}
	return NULL;
}

/* --- results ------------------------------------------------------------------------ */

static void take_copies(const struct entry *entry, struct host_query *query, struct arena *arena)
{
	void *room = NULL;

	query->out = NULL;
	query->n = entry->n;
	if (!entry->n)
		return;
	room = arena_alloc(arena, host_copy_size(entry->hosts, (unsigned)entry->n));
	if (room)
		query->out = host_copy(entry->hosts, (unsigned)entry->n, room);
	else
		query->n = -E_NOMEM;
}

bool host_cache_get(struct host_cache *cache, struct host_query *query, struct arena *arena)
{
	uint8_t key[KEY_MAX];
	size_t len = write_key(query, key);
	struct place place;
	struct entry **found;
	bool is_known;

	if (!len)
		return false;
	place = place_of(cache, key, len);
	(void)pthread_mutex_lock(&place.shard->lock);
	found = find(&place, key, len);
	is_known = found && (*found)->until_ms > clock_mono_ms() &&
		   (*found)->begun == atomic_load_explicit(&cache->begun, memory_order_acquire);
	if (is_known)
		take_copies(*found, query, arena);
	(void)pthread_mutex_unlock(&place.shard->lock);
	return is_known;
}

uint64_t host_cache_begin(const struct host_cache *cache)
{
	return atomic_load_explicit(&cache->begun, memory_order_acquire);
}

static struct entry *entry_new(const struct host_query *query, const uint8_t *key, size_t len)
{
	size_t size = query->n ? host_copy_size(query->out, (unsigned)query->n) : 0;
	struct entry *entry;

	if (size > RESULT_MAX)
		return NULL;
	entry = xmalloc(sizeof(*entry) + size + len);
	*entry = (struct entry){ .n = query->n, .key_len = (uint16_t)len };
	entry->key = memcpy((uint8_t *)entry->room + size, key, len);
	if (query->n)
		entry->hosts = host_copy(query->out, (unsigned)query->n, entry->room);
	return entry;
}

/* The same query's, an empty one, or that of the oldest. With the lock held. */
static struct entry **choose(const struct place *place, const uint8_t *key, size_t len)
{
	struct entry **oldest = find(place, key, len);

	for (unsigned i = 0; !oldest && i < WAYS; i++)
		if (!place->set[i])
			return &place->set[i];
	if (oldest)
		return oldest;
	oldest = place->set;
	for (unsigned i = 1; i < WAYS; i++)
		if (place->set[i]->until_ms < (*oldest)->until_ms)
			oldest = &place->set[i];
	return oldest;
}

void host_cache_put(struct host_cache *cache, const struct host_query *query, uint64_t begun)
{
	uint8_t key[KEY_MAX];
	size_t len = query->n < 0 ? 0 : write_key(query, key);
	struct entry *entry = len ? entry_new(query, key, len) : NULL, *before;
	struct entry **to;
	struct place place;

	if (!entry)
		return;
	place = place_of(cache, key, len);
	entry->hash = place.hash;
	entry->begun = begun;
	entry->until_ms = clock_mono_ms() + cache->ms;
	(void)pthread_mutex_lock(&place.shard->lock);
	to = choose(&place, key, len);
	before = *to;
	*to = entry;
	(void)pthread_mutex_unlock(&place.shard->lock);
	free(before);
}

void host_cache_clear(struct host_cache *cache)
{
	atomic_fetch_add_explicit(&cache->begun, 1, memory_order_acq_rel);
}
