/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A hash table of entries by subnet and identifier, and one of their addresses and prefixes; a list of all in the order
 * in which they came, whose head makes room for new ones. Negative entries have a list of their own, because clients
 * choose identifiers: there may be any number of them. A lookup changes nothing, so many can be made at once.
 * What a source finds is kept only if nothing was removed since it was asked: it may have been found before the change.
 */
#include "host/keeper.h"

#include "base/hash.h"
#include "base/list.h"
#include "host/chain.h"
#include "host/copy.h"
#include "host/file.h"

#include <pthread.h>
#include <stdlib.h>

#define SEED_ID 0x6b656570u
#define SEED_PLACE 0x706c6163u
#define RESULT_MAX 65536 /* bytes; a larger host is not kept */

/* An address or prefix of an entry. */
struct kept_place {
	struct kept_place *next; /* in the chain */
	struct entry *entry;
	struct prefix prefix;
};

struct entry {
	struct list link;   /* among the hosts, or the negative ones */
	struct entry *next; /* in the chain */
	uint64_t number;    /* grows */
	uint64_t hash;
	const struct host *host; /* with texts; those of messages do not have them: */
	struct host served;
	struct host_extra served_extra;
	struct kept_place *places;
	bool is_negative;
	max_align_t room[];
};

struct host_keeper {
	struct host_source source, *inner, *file; /* file: of inner; NULL: none */
	uint32_t max;
	pthread_rwlock_t lock; /* guards all that follows */
	struct entry **by_id;
	struct kept_place **by_place;
	size_t cap, n, n_negative; /* cap: of both tables, a power of two */
	struct list hosts, negatives;
	uint64_t numbers, changes;
	size_t n_lengths[129]; /* entries in by_place with a prefix of this length; of IPv4 in 128 bits as well */
};

/* --- tables ----------------------------------------------------------------------------------------------------- */

static uint64_t hash_id(uint32_t subnet_id, const struct host_id *id)
{
	uint8_t buf[HOST_ID_ROOM + 8];
	struct writer w = writer_init(buf, sizeof(buf));

	write_u32(&w, subnet_id);
	write_u8(&w, (uint8_t)id->type);
	write_bytes(&w, id->value.data, id->value.len);
	return hash_bytes(buf, writer_len(&w), SEED_ID);
}

static uint64_t hash_place(uint32_t subnet_id, const struct prefix *prefix)
{
	uint8_t buf[32];
	struct writer w = writer_init(buf, sizeof(buf));

	write_u32(&w, subnet_id);
	write_bytes(&w, prefix->addr.b, sizeof(prefix->addr.b));
	write_u8(&w, prefix->len);
	return hash_bytes(buf, writer_len(&w), SEED_PLACE);
}

static struct entry **id_chain(struct host_keeper *keeper, uint64_t hash)
{
	return &keeper->by_id[hash & (keeper->cap - 1)];
}

static struct kept_place **place_chain(struct host_keeper *keeper, uint32_t subnet_id, const struct prefix *prefix)
{
	return &keeper->by_place[hash_place(subnet_id, prefix) & (keeper->cap - 1)];
}

/* With the lock held, as all below. NULL if there is none. */
static struct entry *find_entry(struct host_keeper *keeper, uint32_t subnet_id, const struct host_id *id)
{
	uint64_t hash = hash_id(subnet_id, id);
	struct entry *entry = *id_chain(keeper, hash);

	while (entry &&
	       (entry->hash != hash || entry->host->subnet_id != subnet_id || !host_id_equal(&entry->host->id, id)))
		entry = entry->next;
	return entry;
}

static void link_places(struct host_keeper *keeper, struct entry *entry)
{
	for (unsigned i = 0; i < entry->host->n_places; i++) {
		struct kept_place *place = &entry->places[i], **chain;

		place->entry = entry;
		place->prefix = entry->host->places[i].prefix;
		chain = place_chain(keeper, entry->host->subnet_id, &place->prefix);
		place->next = *chain;
		*chain = place;
		keeper->n_lengths[place->prefix.len]++;
	}
}

static void unlink_places(struct host_keeper *keeper, struct entry *entry)
{
	for (unsigned i = 0; i < entry->host->n_places; i++) {
		struct kept_place **at = place_chain(keeper, entry->host->subnet_id, &entry->places[i].prefix);

		while (*at != &entry->places[i])
			at = &(*at)->next;
		*at = entry->places[i].next;
		keeper->n_lengths[entry->places[i].prefix.len]--;
	}
}

static void link_entry(struct host_keeper *keeper, struct entry *entry)
{
	struct entry **chain = id_chain(keeper, entry->hash);

	entry->next = *chain;
	*chain = entry;
	link_places(keeper, entry);
}

static void drop(struct host_keeper *keeper, struct entry *entry)
{
	struct entry **at = id_chain(keeper, entry->hash);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	unlink_places(keeper, entry);
	list_remove(&entry->link);
	keeper->n--;
	keeper->n_negative -= entry->is_negative;
	free(entry);
}

static void relink(struct host_keeper *keeper, struct list *list)
{
	for (struct list *at = list->next; at != list; at = at->next)
		link_entry(keeper, container_of(at, struct entry, link));
}

/* Doubles the tables if they are full. */
static void grow(struct host_keeper *keeper)
{
	if (keeper->n < keeper->cap)
		return;
	free(keeper->by_id);
	free(keeper->by_place);
	keeper->cap *= 2;
	keeper->by_id = xcalloc(keeper->cap, sizeof(*keeper->by_id));
	keeper->by_place = xcalloc(keeper->cap, sizeof(*keeper->by_place));
	memset(keeper->n_lengths, 0, sizeof(keeper->n_lengths));
	relink(keeper, &keeper->hosts);
	relink(keeper, &keeper->negatives);
}

/* --- entries ---------------------------------------------------------------------------------------------------- */

static struct entry *first_of(const struct list *list)
{
	return list_is_empty(list) ? NULL : container_of(list->next, struct entry, link);
}

/* Returns the oldest entry; NULL if there is none. */
static struct entry *oldest(const struct host_keeper *keeper)
{
	struct entry *host = first_of(&keeper->hosts), *negative = first_of(&keeper->negatives);

	if (!host || !negative)
		return host ? host : negative;
	return host->number < negative->number ? host : negative;
}

static void make_room(struct host_keeper *keeper)
{
	while (keeper->max && keeper->n > keeper->max)
		drop(keeper, oldest(keeper));
	while (keeper->n_negative > HOST_KEEPER_NEGATIVE_MAX)
		drop(keeper, first_of(&keeper->negatives));
}

/* Returns a copy outside of the tables; NULL: it is too large. */
static struct entry *entry_new(const struct host *host, bool is_negative)
{
	const struct host bare = { .id = host->id, .subnet_id = host->subnet_id, .hostname = "" };
	const struct host *kept = is_negative ? &bare : host;
	size_t size = host_copy_size(&kept, 1);
	struct entry *entry;

	if (size > RESULT_MAX)
		return NULL;
	/* The size is a multiple of that of a pointer only by chance. */
	size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	entry = xcalloc(1, sizeof(*entry) + size + kept->n_places * sizeof(struct kept_place));
	entry->host = host_copy(&kept, 1, entry->room)[0];
	entry->places = (struct kept_place *)((uint8_t *)entry->room + size);
	entry->hash = hash_id(host->subnet_id, &host->id);
	entry->is_negative = is_negative;
	entry->served = *entry->host;
	if (entry->host->extra) {
		entry->served_extra = *entry->host->extra;
		entry->served_extra.texts = NULL;
		entry->served.extra = &entry->served_extra;
	}
	return entry;
}

/* Takes the entry. True: it replaced one. */
static bool add(struct host_keeper *keeper, struct entry *entry)
{
	struct entry *before = find_entry(keeper, entry->host->subnet_id, &entry->host->id);

	if (before)
		drop(keeper, before);
	grow(keeper);
	entry->number = ++keeper->numbers;
	list_add_tail(entry->is_negative ? &keeper->negatives : &keeper->hosts, &entry->link);
	link_entry(keeper, entry);
	keeper->n++;
	keeper->n_negative += entry->is_negative;
	make_room(keeper);
	return before != NULL;
}

/* --- looking up ------------------------------------------------------------------------------------------------- */

/* Copies hosts to the arena, after those of the query. */
static void give(struct host_query *query, const struct host *const *v, unsigned n, struct arena *arena)
{
	void *room = arena_alloc(arena, host_copy_size(v, n));
	const struct host **all = room ? arena_new_array(arena, const struct host *, (unsigned)query->n + n) : NULL;

	if (!all) {
		query->n = -E_NOMEM;
		return;
	}
	if (query->n)
		memcpy(all, query->out, (size_t)query->n * sizeof(*all));
	memcpy(all + query->n, host_copy(v, n, room), n * sizeof(*all));
	query->out = all;
	query->n += (int)n;
}

/* The configuration file comes first: it has its hosts at once. */
static bool ask_file(const struct host_keeper *keeper, struct host_query *query, struct arena *arena)
{
	struct host_find find = { .v = query, .n = 1, .arena = arena };

	if (!keeper->file)
		return false;
	(void)host_find(keeper->file, &find);
	return query->n != 0;
}

/* True if the query is answered without the databases. */
static bool recall(struct host_keeper *keeper, struct host_query *query, struct arena *arena)
{
	if (ask_file(keeper, query, arena))
		return true;
	for (unsigned i = 0; i < query->n_ids; i++) {
		const struct entry *entry = find_entry(keeper, query->subnet_id, &query->ids[i]);
		const struct host *host = entry ? &entry->served : NULL;

		if (!entry)
			return false;
		if (entry->is_negative)
			continue;
		give(query, &host, 1, arena);
		return true;
	}
	return true;
}

static bool is_kept(const struct host_query *query)
{
	return query->by == HOST_BY_ID && !query->any_subnet && !query->with_texts;
}

/* True if the source has found the host, too. */
static bool is_found(const struct host_query *query, const struct host *host)
{
	for (int i = 0; i < query->n; i++)
		if (query->out[i]->subnet_id == host->subnet_id && host_id_equal(&query->out[i]->id, &host->id))
			return true;
	return false;
}

static void join_at(struct host_keeper *keeper, struct host_query *query, const struct prefix *prefix,
		    struct arena *arena)
{
	for (const struct kept_place *place = *place_chain(keeper, query->subnet_id, prefix); place;
	     place = place->next) {
		const struct host *host = &place->entry->served;

		if (query->n < 0 || (unsigned)query->n >= query->max)
			return;
		if (host->subnet_id == query->subnet_id && prefix_equal(&place->prefix, prefix) &&
		    !is_found(query, host))
			give(query, &host, 1, arena);
	}
}

/* Adds hosts whose address or prefix contains the one that is looked up. Smaller ones in it only the source knows. */
static void join(struct host_keeper *keeper, struct host_query *query, struct arena *arena)
{
	struct prefix prefix;

	for (unsigned len = query->place.len + 1u; len-- > 0;) {
		if (!keeper->n_lengths[len])
			continue;
		prefix = (struct prefix){ query->place.addr, (uint8_t)len };
		prefix.addr = prefix_first(&prefix);
		join_at(keeper, query, &prefix, arena);
	}
}

/* --- asking the source ------------------------------------------------------------------------------------------ */

/* A find on its way: the queries that are not answered from what is kept. */
struct asking {
	struct host_find find;
	struct host_query **whose;
	struct host_find *outer;
	struct host_keeper *keeper;
	uint64_t changes;
};

/* Keeps that the identifiers before the host's have none, and the host. */
static void keep(struct asking *asking, const struct host_query *query)
{
	const struct host *found = query->n > 0 ? query->out[0] : NULL;
	struct host_keeper *keeper = asking->keeper;
	struct entry *entry;

	for (unsigned i = 0; i < query->n_ids; i++) {
		const struct host none = { .id = query->ids[i], .subnet_id = query->subnet_id };
		bool is_it = found && host_id_equal(&found->id, &query->ids[i]);

		entry = entry_new(is_it ? found : &none, !is_it);
		if (!entry)
			return;
		(void)pthread_rwlock_wrlock(&keeper->lock);
		if (keeper->changes == asking->changes)
			(void)add(keeper, entry);
		else
			free(entry);
		(void)pthread_rwlock_unlock(&keeper->lock);
		if (is_it)
			return;
	}
}

static void take_results(struct asking *asking)
{
	struct host_keeper *keeper = asking->keeper;

	for (unsigned i = 0; i < asking->find.n; i++) {
		const struct host_query *own = &asking->find.v[i];
		struct host_query *query = asking->whose[i];

		query->n = own->n;
		query->out = own->out;
		query->next = own->next;
		/* What a source has at once is not worth keeping, and the thread is a worker. */
		if (is_kept(query) && own->n >= 0 && !keeper->inner->ops->finds_at_once)
			keep(asking, query);
		if (query->by == HOST_BY_PLACE && !query->any_subnet && query->n >= 0) {
			(void)pthread_rwlock_rdlock(&keeper->lock);
			join(keeper, query, asking->outer->arena);
			(void)pthread_rwlock_unlock(&keeper->lock);
		}
	}
}

static void responded(struct host_find *find, uint64_t ticket)
{
	struct asking *asking = container_of(find, struct asking, find);

	take_results(asking);
	asking->outer->done(asking->outer, ticket);
}

static struct asking *asking_new(struct host_keeper *keeper, struct host_find *outer)
{
	struct asking *asking = arena_alloc(
		outer->arena, sizeof(*asking) + outer->n * (sizeof(struct host_query) + sizeof(struct host_query *)));

	if (!asking)
		return NULL;
	asking->find = (struct host_find){ .v = (struct host_query *)(asking + 1),
					   .arena = outer->arena,
					   .done = responded,
					   .ticket = outer->ticket };
	asking->whose = (struct host_query **)(asking->find.v + outer->n);
	asking->outer = outer;
	asking->keeper = keeper;
	return asking;
}

static int keeper_find(struct host_source *source, struct host_find *outer)
{
	struct host_keeper *keeper = container_of(source, struct host_keeper, source);
	struct asking *asking = asking_new(keeper, outer);
	int err;

	(void)pthread_rwlock_rdlock(&keeper->lock);
	for (unsigned i = 0; i < outer->n; i++) {
		struct host_query *query = &outer->v[i], *own;

		query->n = asking ? 0 : -E_NOMEM;
		query->out = NULL;
		query->next = query->after;
		if (!asking || (is_kept(query) && recall(keeper, query, outer->arena)))
			continue;
		asking->whose[asking->find.n] = query;
		own = &asking->find.v[asking->find.n++];
		*own = *query;
		own->with_texts |= is_kept(query);
	}
	if (asking)
		asking->changes = keeper->changes;
	(void)pthread_rwlock_unlock(&keeper->lock);
	if (!asking || !asking->find.n)
		return 0;
	err = host_find(keeper->inner, &asking->find);
	if (err != -E_AGAIN)
		take_results(asking);
	return err;
}

/* --- commands --------------------------------------------------------------------------------------------------- */

bool host_keeper_insert(struct host_keeper *keeper, const struct host *host, bool is_negative)
{
	struct entry *entry = entry_new(host, is_negative);
	bool is_replaced;

	if (!entry)
		return false;
	(void)pthread_rwlock_wrlock(&keeper->lock);
	keeper->changes++;
	is_replaced = add(keeper, entry);
	(void)pthread_rwlock_unlock(&keeper->lock);
	return is_replaced;
}

bool host_keeper_remove(struct host_keeper *keeper, uint32_t subnet_id, const struct host_id *id)
{
	struct entry *entry;

	(void)pthread_rwlock_wrlock(&keeper->lock);
	keeper->changes++;
	entry = find_entry(keeper, subnet_id, id);
	if (entry)
		drop(keeper, entry);
	(void)pthread_rwlock_unlock(&keeper->lock);
	return entry != NULL;
}

/* NULL if there is none. */
static struct entry *entry_at(struct host_keeper *keeper, uint32_t subnet_id, const struct ip *addr)
{
	for (unsigned len = 0; len <= 128; len++) {
		struct prefix prefix = { *addr, (uint8_t)len };

		if (!keeper->n_lengths[len])
			continue;
		for (const struct kept_place *place = *place_chain(keeper, subnet_id, &prefix); place;
		     place = place->next)
			if (place->entry->host->subnet_id == subnet_id && prefix_equal(&place->prefix, &prefix))
				return place->entry;
	}
	return NULL;
}

bool host_keeper_remove_at(struct host_keeper *keeper, uint32_t subnet_id, const struct ip *addr)
{
	struct entry *entry;

	(void)pthread_rwlock_wrlock(&keeper->lock);
	keeper->changes++;
	entry = entry_at(keeper, subnet_id, addr);
	if (entry)
		drop(keeper, entry);
	(void)pthread_rwlock_unlock(&keeper->lock);
	return entry != NULL;
}

size_t host_keeper_flush(struct host_keeper *keeper, size_t n)
{
	struct entry *entry;
	size_t flushed = 0;

	(void)pthread_rwlock_wrlock(&keeper->lock);
	keeper->changes++;
	while (flushed < n && (entry = oldest(keeper)) != NULL) {
		drop(keeper, entry);
		flushed++;
	}
	(void)pthread_rwlock_unlock(&keeper->lock);
	return flushed;
}

size_t host_keeper_size(struct host_keeper *keeper)
{
	size_t n;

	(void)pthread_rwlock_rdlock(&keeper->lock);
	n = keeper->n;
	(void)pthread_rwlock_unlock(&keeper->lock);
	return n;
}

static struct entry *next_of(const struct entry *entry, const struct list *list)
{
	return entry->link.next != list ? container_of(entry->link.next, struct entry, link) : NULL;
}

static const struct host *copy_of(const struct entry *entry, struct arena *arena)
{
	const struct host *const *v = (const struct host *const *)&entry->host;

	return host_copy(v, 1, arena_alloc(arena, host_copy_size(v, 1)))[0];
}

size_t host_keeper_read(struct host_keeper *keeper, const struct host_id *id, struct arena *arena,
			struct host_kept **ret)
{
	struct entry *host, *negative, *entry;
	size_t n = 0;

	(void)pthread_rwlock_rdlock(&keeper->lock);
	*ret = arena_new_array(arena, struct host_kept, keeper->n);
	host = first_of(&keeper->hosts);
	negative = first_of(&keeper->negatives);
	while (host || negative) {
		entry = !negative || (host && host->number < negative->number) ? host : negative;
		if (entry == host)
			host = next_of(host, &keeper->hosts);
		else
			negative = next_of(negative, &keeper->negatives);
		if (!id || host_id_equal(&entry->host->id, id))
			(*ret)[n++] = (struct host_kept){ copy_of(entry, arena), entry->is_negative };
	}
	(void)pthread_rwlock_unlock(&keeper->lock);
	return n;
}

/* --- opening and closing ---------------------------------------------------------------------------------------- */

/* The caller closes the source, which then responds to all. */
static void keeper_close(struct host_source *source)
{
	(void)source;
}

#define KEEPER_OPS .name = "host_cache", .find = keeper_find, .close = keeper_close

static const struct host_ops keeper_ops = { KEEPER_OPS };
static const struct host_ops keeper_ops_at_once = { .finds_at_once = true, KEEPER_OPS };

struct host_keeper *host_keeper_new(struct host_source *source, uint32_t max)
{
	struct host_keeper *keeper = xcalloc(1, sizeof(*keeper));

	keeper->source.ops = source->ops->finds_at_once ? &keeper_ops_at_once : &keeper_ops;
	keeper->inner = source;
	for (unsigned i = 0; i < host_chain_size(source) && !keeper->file; i++)
		if (host_is_file(host_chain_at(source, i)))
			keeper->file = host_chain_at(source, i);
	keeper->max = max;
	(void)pthread_rwlock_init(&keeper->lock, NULL);
	list_init(&keeper->hosts);
	list_init(&keeper->negatives);
	keeper->cap = 64;
	keeper->by_id = xcalloc(keeper->cap, sizeof(*keeper->by_id));
	keeper->by_place = xcalloc(keeper->cap, sizeof(*keeper->by_place));
	return keeper;
}

void host_keeper_free(struct host_keeper *keeper)
{
	if (!keeper)
		return;
	(void)host_keeper_flush(keeper, SIZE_MAX);
	(void)pthread_rwlock_destroy(&keeper->lock);
	free(keeper->by_id);
	free(keeper->by_place);
	free(keeper);
}

struct host_source *host_keeper_source(struct host_keeper *keeper)
{
	return &keeper->source;
}
