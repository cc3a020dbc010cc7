/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two hash tables of hosts: by subnet and identifier, and by subnet and address or prefix. DHCPv6 addresses and
 * prefixes may overlap others of a different length, so they are in a list sorted by subnet and first address instead
 * of the second table, which then only finds duplicates while the hosts are added.
 * Each entry names the one among it and its predecessors in the subnet that ends last: a search walks backwards from
 * the last entry that may overlap until none before it reaches that far.
 */
#include "host/file.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"

#include <stdlib.h>
#include <strings.h>

/*
 * The lower bits of a slot are the index of a host + 1 (0: empty); the other bits are some of the hash, so that a host
 * is hardly ever read for nothing: most lookups find nothing, and cost one cache miss.
 */
struct table {
	uint32_t *v;
	size_t cap;         /* a power of two; at most half full */
	uint32_t host_bits; /* mask */
};

struct ranged {
	uint32_t host, place; /* indexes */
	uint32_t farthest;    /* index of the entry up to here, in this subnet, that ends last */
};

struct host_file {
	struct host_source source;
	struct arena *arena;
	const struct host *v;
	size_t n, max;
	size_t n_places, max_places;
	bool unique;
	unsigned types; /* mask of the identifiers' types that occur: most files have one */
	struct table by_id, by_place;
	struct ranged *ranged;
	size_t n_ranged;
};

/* --- tables -------------------------------------------------------------------- */

static void table_init(struct table *table, size_t n, size_t n_hosts)
{
	table->host_bits = 1;
	while (table->host_bits < n_hosts)
		table->host_bits = table->host_bits << 1 | 1;
	table->cap = 16;
	while (table->cap < 2 * n)
		table->cap *= 2;
	table->v = xcalloc(table->cap, sizeof(*table->v));
}

/* While the table is filled it is on the heap, because it may be needed only for that. */
static void table_settle(struct table *table, struct arena *arena, bool stays)
{
	uint32_t *filled = table->v;

	table->v = stays ? arena_dup(arena, filled, table->cap * sizeof(*filled)) : NULL;
	free(filled);
}

static uint64_t hash_of_id(uint32_t subnet_id, const struct host_id *id)
{
	return hash_bytes(id->value.data, id->value.len, (uint64_t)subnet_id << 8 | id->type);
}

static uint64_t hash_of_place(uint32_t subnet_id, const struct prefix *prefix)
{
	struct ip ip = prefix->addr;
	uint32_t mixed = subnet_id;

	/* Mix the subnet into the hashed bytes: by address alone, the same place in many subnets would collide. */
	for (unsigned i = 0; i < 4; i++, mixed >>= 8)
		ip.b[i] ^= (uint8_t)mixed;
	return hash_16(ip.b) + prefix->len;
}

static void table_add(struct table *table, uint64_t hash, size_t host)
{
	size_t i = hash & (table->cap - 1);

	while (table->v[i])
		i = (i + 1) & (table->cap - 1);
	table->v[i] = ((uint32_t)(hash >> 32) & ~table->host_bits) | ((uint32_t)host + 1);
}

/* Returns the host in a slot that is not empty, or NULL if its hash is another one. */
static const struct host *host_in(const struct host_file *file, const struct table *table, size_t i, uint64_t hash)
{
	uint32_t slot = table->v[i];

	return (slot ^ (uint32_t)(hash >> 32)) & ~table->host_bits ? NULL : &file->v[(slot & table->host_bits) - 1];
}

static const struct host *find_id(const struct host_file *file, uint32_t subnet_id, const struct host_id *id)
{
	const struct table *table = &file->by_id;
	uint64_t hash;

	if (!(file->types >> id->type & 1))
		return NULL;
	hash = hash_of_id(subnet_id, id);
	for (size_t i = hash & (table->cap - 1); table->v[i]; i = (i + 1) & (table->cap - 1)) {
		const struct host *host = host_in(file, table, i, hash);

		if (host && host->subnet_id == subnet_id && host_id_equal(&host->id, id))
			return host;
	}
	return NULL;
}

static bool has_place(const struct host *host, const struct prefix *place)
{
	for (unsigned i = 0; i < host->n_places; i++)
		if (prefix_equal(&host->places[i].prefix, place))
			return true;
	return false;
}

/*
 * Returns the next host with exactly this place, searching from slot *pos; *pos is SIZE_MAX at first. A host with
 * several places may be returned twice.
 */
static const struct host *next_at_place(const struct host_file *file, uint32_t subnet_id, const struct prefix *place,
					size_t *pos)
{
	const struct table *table = &file->by_place;
	uint64_t hash = hash_of_place(subnet_id, place);
	size_t i = *pos == SIZE_MAX ? hash & (table->cap - 1) : (*pos + 1) & (table->cap - 1);

	for (; table->v[i]; i = (i + 1) & (table->cap - 1)) {
		const struct host *host = host_in(file, table, i, hash);

		if (host && host->subnet_id == subnet_id && has_place(host, place)) {
			*pos = i;
			return host;
		}
	}
	return NULL;
}

/* --- filling ------------------------------------------------------------------- */

static const struct host_ops file_ops;

struct host_file *host_file_new(struct arena *arena, const struct host *v, size_t n, size_t n_places, bool unique)
{
	struct host_file *file = arena_new_obj(arena, struct host_file);

	file->source.ops = &file_ops;
	file->arena = arena;
	file->unique = unique;
	file->max = n;
	file->v = v;
	file->max_places = n_places;
	table_init(&file->by_id, n, n);
	table_init(&file->by_place, n_places, n);
	return file;
}

/* Returns an earlier host that has one of this host's places in the same subnet, or NULL. */
static const struct host *find_rival(const struct host_file *file, const struct host *host)
{
	for (unsigned i = 0; i < host->n_places; i++) {
		size_t pos = SIZE_MAX;
		const struct host *rival = next_at_place(file, host->subnet_id, &host->places[i].prefix, &pos);

		if (rival)
			return rival;
	}
	return NULL;
}

int host_file_add(struct host_file *file, const struct host **ret_other)
{
	const struct host *host = &file->v[file->n];

	if (file->n == file->max || file->n_places + host->n_places > file->max_places)
		return -E_RANGE;
	*ret_other = find_id(file, host->subnet_id, &host->id);
	if (!*ret_other && file->unique)
		*ret_other = find_rival(file, host);
	if (*ret_other)
		return -E_EXIST;
	file->n_places += host->n_places;
	file->types |= 1U << host->id.type;
	table_add(&file->by_id, hash_of_id(host->subnet_id, &host->id), file->n);
	for (unsigned i = 0; i < host->n_places; i++)
		table_add(&file->by_place, hash_of_place(host->subnet_id, &host->places[i].prefix), file->n);
	file->n++;
	return 0;
}

static uint32_t subnet_of(const struct host_file *file, const struct ranged *ranged)
{
	return file->v[ranged->host].subnet_id;
}

static const struct prefix *prefix_at(const struct host_file *file, const struct ranged *ranged)
{
	return &file->v[ranged->host].places[ranged->place].prefix;
}

/* Prefixes that are reserved have no host bits, so they begin with their address. */
static int by_subnet_and_first(const void *a, const void *b, void *ctx)
{
	const struct host_file *file = ctx;
	uint32_t x = subnet_of(file, a), y = subnet_of(file, b);

	if (x != y)
		return x < y ? -1 : 1;
	return ip_cmp(&prefix_at(file, a)->addr, &prefix_at(file, b)->addr);
}

static bool ends_later(const struct host_file *file, const struct ranged *a, const struct ranged *b)
{
	struct ip x = prefix_last(prefix_at(file, a)), y = prefix_last(prefix_at(file, b));

	return ip_cmp(&x, &y) > 0;
}

static void list_ranges(struct host_file *file)
{
	struct ranged *v = arena_new_array(file->arena, struct ranged, file->n_places);
	size_t n = 0;

	for (size_t i = 0; i < file->n; i++)
		for (unsigned k = 0; k < file->v[i].n_places; k++)
			v[n++] = (struct ranged){ .host = (uint32_t)i, .place = k };
	qsort_r(v, n, sizeof(*v), by_subnet_and_first, file);
	for (size_t i = 0; i < n; i++) {
		bool has_before = i && subnet_of(file, &v[i - 1]) == subnet_of(file, &v[i]);
		uint32_t before = has_before ? v[i - 1].farthest : 0;

		v[i].farthest = has_before && ends_later(file, &v[before], &v[i]) ? before : (uint32_t)i;
	}
	file->ranged = v;
	file->n_ranged = n;
}

void host_file_ready(struct host_file *file)
{
	bool any_v6 = false;

	for (size_t i = 0; i < file->n && !any_v6; i++)
		any_v6 = file->v[i].n_places && !ip_is4(&file->v[i].places[0].prefix.addr);
	if (any_v6)
		list_ranges(file);
	table_settle(&file->by_id, file->arena, true);
	table_settle(&file->by_place, file->arena, !any_v6);
}

struct host_source *host_file_source(struct host_file *file)
{
	return &file->source;
}

size_t host_file_n(const struct host_file *file)
{
	return file->n;
}

/* --- finding --------------------------------------------------------------------- */

/* Results of a query so far. */
struct found {
	struct arena *arena;
	const struct host **v;
	unsigned n, cap, max;
	bool no_memory;
};

/* Adds a result; false if there is no room for another. */
static bool add_found(struct found *found, const struct host *host)
{
	if (found->n == found->max)
		return false;
	if (found->n == found->cap) {
		unsigned cap = found->cap ? 2 * found->cap : 4;
		const struct host **more = arena_new_array(found->arena, const struct host *, cap);

		if (!more) {
			found->no_memory = true;
			return false;
		}
		if (found->n)
			memcpy(more, found->v, found->n * sizeof(*more));
		found->v = more;
		found->cap = cap;
	}
	found->v[found->n++] = host;
	return true;
}

/* In all subnets, for which there is no index: commands only. */
static void find_anywhere(const struct host_file *file, const struct host_query *query, struct found *found)
{
	for (size_t i = 0; i < file->n; i++) {
		const struct host *host = &file->v[i];
		bool is_found = false;

		for (unsigned k = 0; query->by == HOST_BY_ID && k < query->n_ids; k++)
			is_found |= host_id_equal(&host->id, &query->ids[k]);
		for (unsigned k = 0; query->by == HOST_BY_PLACE && k < host->n_places; k++)
			is_found |= prefix_overlaps(&host->places[k].prefix, &query->place);
		if (is_found && !add_found(found, host))
			return;
	}
}

static void find_by_id(const struct host_file *file, const struct host_query *query, struct found *found)
{
	for (unsigned i = 0; i < query->n_ids; i++) {
		const struct host *host = find_id(file, query->subnet_id, &query->ids[i]);

		if (host) {
			(void)add_found(found, host);
			return;
		}
	}
}

/* Returns the number of entries up to and including this subnet and address. */
static size_t count_up_to(const struct host_file *file, uint32_t subnet_id, const struct ip *last)
{
	size_t low = 0, high = file->n_ranged;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint32_t subnet = subnet_of(file, &file->ranged[mid]);

		if (subnet < subnet_id ||
		    (subnet == subnet_id && ip_cmp(&prefix_at(file, &file->ranged[mid])->addr, last) <= 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool ends_before(const struct host_file *file, const struct ranged *ranged, const struct ip *first)
{
	struct ip last = prefix_last(prefix_at(file, ranged));

	return ip_cmp(&last, first) < 0;
}

/* True if the entry is for the first place of its host that overlaps, so that each host is found once. */
static bool is_first_overlap(const struct host_file *file, const struct ranged *ranged, const struct prefix *place)
{
	const struct host *host = &file->v[ranged->host];
	unsigned i = 0;

	while (i < ranged->place && !prefix_overlaps(&host->places[i].prefix, place))
		i++;
	return i == ranged->place && prefix_overlaps(&host->places[i].prefix, place);
}

static void find_overlaps(const struct host_file *file, const struct host_query *query, struct found *found)
{
	struct ip first = prefix_first(&query->place), last = prefix_last(&query->place);

	for (size_t i = count_up_to(file, query->subnet_id, &last); i--;) {
		const struct ranged *ranged = &file->ranged[i];

		if (subnet_of(file, ranged) != query->subnet_id ||
		    ends_before(file, &file->ranged[ranged->farthest], &first))
			return;
		if (is_first_overlap(file, ranged, &query->place) && !add_found(found, &file->v[ranged->host]))
			return;
	}
}

static void find_by_place(const struct host_file *file, const struct host_query *query, struct found *found)
{
	const struct host *host;
	size_t pos = SIZE_MAX;

	if (file->n_ranged) {
		find_overlaps(file, query, found);
		return;
	}
	/* All of them have one address, or none. */
	while (query->place.len == 32 && (host = next_at_place(file, query->subnet_id, &query->place, &pos)))
		if (!add_found(found, host))
			return;
}

static bool passes(const struct host_query *query, const struct host *host)
{
	return (!query->in_subnet || host->subnet_id == query->subnet_id) &&
	       (!query->hostname || strcasecmp(host->hostname, query->hostname) == 0);
}

static void find_page(const struct host_file *file, struct host_query *query, struct found *found)
{
	for (query->next = query->after; query->next < file->n; query->next++) {
		const struct host *host = &file->v[query->next];

		if (passes(query, host) && !add_found(found, host))
			return;
	}
}

static int find_in_file(struct host_source *source, struct host_find *find)
{
	struct host_file *file = container_of(source, struct host_file, source);

	for (unsigned i = 0; i < find->n; i++) {
		struct host_query *query = &find->v[i];
		bool is_first = query->by == HOST_BY_ID && !query->any_subnet;
		struct found found = { .arena = find->arena, .max = is_first ? 1 : query->max };

		if (query->any_subnet && query->by != HOST_BY_PAGE)
			find_anywhere(file, query, &found);
		else if (query->by == HOST_BY_ID)
			find_by_id(file, query, &found);
		else if (query->by == HOST_BY_PLACE)
			find_by_place(file, query, &found);
		else
			find_page(file, query, &found);
		query->out = found.v;
		query->n = found.no_memory ? -E_NOMEM : (int)found.n;
	}
	return 0;
}

/* The configuration owns the memory. */
static void close_file(struct host_source *source)
{
	(void)source;
}

static const struct host_ops file_ops = {
	.name = "file",
	.finds_at_once = true,
	.find = find_in_file,
	.close = close_file,
};

bool host_is_file(const struct host_source *source)
{
	return source->ops == &file_ops;
}

bool host_file_has(const struct host_source *source, const struct host *host)
{
	const struct host_file *file = container_of(source, const struct host_file, source);

	return host_is_file(source) && host >= file->v && host < file->v + file->n;
}

size_t host_file_index(const struct host_source *source, const struct host *host)
{
	return (size_t)(host - container_of(source, const struct host_file, source)->v);
}
