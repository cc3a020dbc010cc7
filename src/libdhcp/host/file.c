/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two hash tables of indexes into the list of hosts: by subnet and identifier, and by subnet and address. Delegated
 * prefixes may overlap others of a different length, so they are also in a list sorted by subnet and address, each with
 * the largest last address among it and its predecessors in the subnet: a search walks backwards from the last one that
 * may overlap.
 */
#include "host/file.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"

#include <stdlib.h>
#include <strings.h>

/* Refers to a host and, in by_place, to one of its places. */
struct entry {
	uint32_t host;  /* index + 1; 0 = empty */
	uint32_t place; /* index */
};

struct table {
	struct entry *v;
	size_t cap; /* a power of two; at most half full */
};

struct delegated {
	const struct host *host;
	struct ip first, last;
	struct ip reach; /* largest last address up to here, in this subnet */
};

struct host_file {
	struct host_source source;
	struct arena *arena;
	const struct host **v;
	size_t n, max;
	size_t n_places, max_places;
	bool unique;
	struct table by_id, by_place;
	struct delegated *delegated;
	size_t n_delegated;
};

/* --- tables -------------------------------------------------------------------- */

static void table_init(struct table *table, struct arena *arena, size_t n)
{
	table->cap = 16;
	while (table->cap < 2 * n)
		table->cap *= 2;
	table->v = arena_new_array(arena, struct entry, table->cap);
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

static void table_add(struct table *table, uint64_t hash, struct entry entry)
{
	size_t i = hash & (table->cap - 1);

	while (table->v[i].host)
		i = (i + 1) & (table->cap - 1);
	table->v[i] = entry;
}

static const struct host *host_of(const struct host_file *file, const struct entry *entry)
{
	return file->v[entry->host - 1];
}

static bool id_equal(const struct host_id *a, const struct host_id *b)
{
	return a->type == b->type && bytes_equal(a->value, b->value);
}

static const struct host *find_id(const struct host_file *file, uint32_t subnet_id, const struct host_id *id)
{
	const struct table *table = &file->by_id;
	size_t i = hash_of_id(subnet_id, id) & (table->cap - 1);

	for (; table->v[i].host; i = (i + 1) & (table->cap - 1)) {
		const struct host *host = host_of(file, &table->v[i]);

		if (host->subnet_id == subnet_id && id_equal(&host->id, id))
			return host;
	}
	return NULL;
}

/* Returns the next host with exactly this place, searching from slot *pos; *pos is SIZE_MAX at first. */
static const struct host *next_at_place(const struct host_file *file, uint32_t subnet_id, const struct prefix *place,
					size_t *pos)
{
	const struct table *table = &file->by_place;
	size_t i;

	i = *pos == SIZE_MAX ? hash_of_place(subnet_id, place) & (table->cap - 1) : (*pos + 1) & (table->cap - 1);
	for (; table->v[i].host; i = (i + 1) & (table->cap - 1)) {
		const struct host *host = host_of(file, &table->v[i]);
		const struct prefix *there = &host->places[table->v[i].place].prefix;

		if (host->subnet_id == subnet_id && prefix_equal(there, place)) {
			*pos = i;
			return host;
		}
	}
	return NULL;
}

/* --- filling ------------------------------------------------------------------- */

static const struct host_ops file_ops;

struct host_file *host_file_new(struct arena *arena, size_t n, size_t n_places, bool unique)
{
	struct host_file *file = arena_new_obj(arena, struct host_file);

	file->source.ops = &file_ops;
	file->arena = arena;
	file->unique = unique;
	file->max = n;
	file->v = arena_new_array(arena, const struct host *, n);
	file->max_places = n_places;
	table_init(&file->by_id, arena, n);
	table_init(&file->by_place, arena, n_places);
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

int host_file_add(struct host_file *file, const struct host *host, const struct host **ret_other)
{
	if (file->n == file->max || file->n_places + host->n_places > file->max_places)
		return -E_RANGE;
	*ret_other = find_id(file, host->subnet_id, &host->id);
	if (!*ret_other && file->unique)
		*ret_other = find_rival(file, host);
	if (*ret_other)
		return -E_EXIST;
	file->v[file->n++] = host;
	file->n_places += host->n_places;
	table_add(&file->by_id, hash_of_id(host->subnet_id, &host->id), (struct entry){ (uint32_t)file->n, 0 });
	for (uint32_t i = 0; i < host->n_places; i++)
		table_add(&file->by_place, hash_of_place(host->subnet_id, &host->places[i].prefix),
			  (struct entry){ (uint32_t)file->n, i });
	return 0;
}

static int by_subnet_and_first(const void *a, const void *b)
{
	const struct delegated *x = a, *y = b;

	if (x->host->subnet_id != y->host->subnet_id)
		return x->host->subnet_id < y->host->subnet_id ? -1 : 1;
	return ip_cmp(&x->first, &y->first);
}

void host_file_ready(struct host_file *file)
{
	size_t n = 0;

	for (size_t i = 0; i < file->n; i++)
		for (unsigned k = 0; k < file->v[i]->n_places; k++)
			n += file->v[i]->places[k].is_delegated;
	file->delegated = arena_new_array(file->arena, struct delegated, n);
	for (size_t i = 0; i < file->n; i++)
		for (unsigned k = 0; k < file->v[i]->n_places; k++) {
			const struct host_place *place = &file->v[i]->places[k];

			if (place->is_delegated)
				file->delegated[file->n_delegated++] = (struct delegated){
					.host = file->v[i],
					.first = prefix_first(&place->prefix),
					.last = prefix_last(&place->prefix),
				};
		}
	if (n)
		qsort(file->delegated, n, sizeof(*file->delegated), by_subnet_and_first);
	for (size_t i = 0; i < n; i++) {
		struct delegated *d = &file->delegated[i], *before = i ? d - 1 : NULL;
		bool is_farther =
			before && before->host->subnet_id == d->host->subnet_id && ip_cmp(&before->reach, &d->last) > 0;

		d->reach = is_farther ? before->reach : d->last;
	}
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

/* Returns the number of delegated prefixes up to and including this subnet and address. */
static size_t count_up_to(const struct host_file *file, uint32_t subnet_id, const struct ip *last)
{
	size_t low = 0, high = file->n_delegated;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct delegated *d = &file->delegated[mid];

		if (d->host->subnet_id < subnet_id || (d->host->subnet_id == subnet_id && ip_cmp(&d->first, last) <= 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void find_delegated(const struct host_file *file, const struct host_query *query, struct found *found)
{
	struct ip first = prefix_first(&query->place), last = prefix_last(&query->place);

	for (size_t i = count_up_to(file, query->subnet_id, &last); i--;) {
		const struct delegated *d = &file->delegated[i];

		if (d->host->subnet_id != query->subnet_id || ip_cmp(&d->reach, &first) < 0)
			return;
		if (ip_cmp(&d->last, &first) >= 0 && !add_found(found, d->host))
			return;
	}
}

static void find_by_place(const struct host_file *file, const struct host_query *query, struct found *found)
{
	unsigned bits = ip_is4(&query->place.addr) ? 32 : 128;
	const struct host *host;
	size_t pos = SIZE_MAX;

	while (query->place.len == bits && (host = next_at_place(file, query->subnet_id, &query->place, &pos)))
		if (!add_found(found, host))
			return;
	if (file->n_delegated)
		find_delegated(file, query, found);
}

static bool passes(const struct host_query *query, const struct host *host)
{
	return (!query->in_subnet || host->subnet_id == query->subnet_id) &&
	       (!query->hostname || strcasecmp(host->hostname, query->hostname) == 0);
}

static void find_page(const struct host_file *file, struct host_query *query, struct found *found)
{
	for (query->next = query->after; query->next < file->n; query->next++) {
		const struct host *host = file->v[query->next];

		if (passes(query, host) && !add_found(found, host))
			return;
	}
}

static int find_in_file(struct host_source *source, struct host_find *find)
{
	struct host_file *file = container_of(source, struct host_file, source);

	for (unsigned i = 0; i < find->n; i++) {
		struct host_query *query = &find->v[i];
		struct found found = { .arena = find->arena, .max = query->by == HOST_BY_ID ? 1 : query->max };

		if (query->by == HOST_BY_ID)
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
