/* SPDX-License-Identifier: MPL-2.0 */
/* Reservations of a file: what is found agrees with a linear search in a list. */
#include "../suite.h"

#include "base/err.h"
#include "base/hash.h"
#include "host/file.h"

#include <stdlib.h>
#include <strings.h>

#define N 400u
#define PLACES 3u
#define SUBNETS 4u

static struct arena *arena;
static struct host hosts[N];
static struct host_place places[N][PLACES];
static uint8_t ids[N][4];
static const struct host *added[N];
static unsigned n_added;

static struct host_id random_id(uint8_t *buf)
{
	struct host_id id = { .type = (enum host_id_type)rand_below(HOST_ID_N) };

	for (unsigned i = 0; i < 4; i++)
		buf[i] = (uint8_t)rand_below(i < 2 ? 1 : 16);
	id.value = bytes_of(buf, 4);
	return id;
}

static struct host_place random_place(bool is_v4)
{
	static const uint8_t lens[] = { 52, 56, 60, 64 };
	struct host_place place = { .prefix.len = 32 };

	if (is_v4) {
		place.prefix.addr = ip_from4(0x0a000000 + (uint32_t)rand_below(300));
		return place;
	}
	ck_assert_int_eq(ip_parse("2001:db8::", &place.prefix.addr), 0);
	place.is_delegated = rand_below(2);
	place.prefix.addr.b[6] = (uint8_t)rand_below(256);
	place.prefix.len = place.is_delegated ? lens[rand_below(4)] : 128;
	place.prefix.addr.b[15] = place.is_delegated ? 0 : (uint8_t)rand_below(4);
	if (place.is_delegated)
		place.prefix.addr = prefix_first(&place.prefix);
	return place;
}

/* Returns the host in the list that conflicts with one to be added. */
static const struct host *rival_of(const struct host *host, bool unique)
{
	for (unsigned i = 0; i < n_added; i++)
		if (added[i]->subnet_id == host->subnet_id && added[i]->id.type == host->id.type &&
		    bytes_equal(added[i]->id.value, host->id.value))
			return added[i];
	for (unsigned k = 0; unique && k < host->n_places; k++)
		for (unsigned i = 0; i < n_added; i++)
			for (unsigned m = 0; m < added[i]->n_places; m++)
				if (added[i]->subnet_id == host->subnet_id &&
				    prefix_equal(&added[i]->places[m].prefix, &host->places[k].prefix))
					return added[i];
	return NULL;
}

static struct host_file *fill(bool is_v4, bool unique)
{
	struct host_file *file = host_file_new(arena, hosts, N, (size_t)N * PLACES, unique);

	n_added = 0;
	for (unsigned i = 0; i < N; i++) {
		const struct host *other = NULL, *want;
		struct host *host = &hosts[n_added];

		*host = (struct host){
			.id = random_id(ids[n_added]),
			.subnet_id = (uint32_t)rand_below(SUBNETS),
			.n_places = (uint32_t)rand_below(is_v4 ? 2 : PLACES + 1),
			.places = places[n_added],
			.hostname = rand_below(3) ? "" : "Printer",
		};
		for (unsigned k = 0; k < host->n_places; k++)
			places[n_added][k] = random_place(is_v4);
		want = rival_of(host, unique);
		ck_assert_int_eq(host_file_add(file, &other), want ? -E_EXIST : 0);
		/* Of several rivals any one may be reported. */
		ck_assert(!want == !other);
		if (!want)
			added[n_added++] = host;
	}
	host_file_ready(file);
	ck_assert_uint_eq(host_file_n(file), n_added);
	return file;
}

static int find(struct host_file *file, struct host_query *query)
{
	struct host_find all = { .v = query, .n = 1, .arena = arena };

	ck_assert_int_eq(host_find(host_file_source(file), &all), 0);
	return query->n;
}

static bool has(const struct host_query *query, const struct host *host)
{
	for (int i = 0; i < query->n; i++)
		if (query->out[i] == host)
			return true;
	return false;
}

static void check_ids(struct host_file *file)
{
	uint8_t bufs[3][4];
	struct host_id three[3];
	struct host_query query = { .by = HOST_BY_ID, .ids = three };
	const struct host *want = NULL;

	query.subnet_id = (uint32_t)rand_below(SUBNETS);
	query.n_ids = (unsigned)rand_below(4);
	for (unsigned i = 0; i < 3; i++)
		three[i] = random_id(bufs[i]);
	for (unsigned i = 0; i < query.n_ids && !want; i++)
		for (unsigned k = 0; k < n_added; k++)
			if (added[k]->subnet_id == query.subnet_id && added[k]->id.type == three[i].type &&
			    bytes_equal(added[k]->id.value, three[i].value))
				want = added[k];
	ck_assert_int_eq(find(file, &query), want != NULL);
	ck_assert(!want || query.out[0] == want);
}

static bool overlaps(const struct host *host, const struct prefix *place)
{
	struct ip first = prefix_first(place), last = prefix_last(place);

	for (unsigned k = 0; k < host->n_places; k++) {
		struct ip there = prefix_first(&host->places[k].prefix), end = prefix_last(&host->places[k].prefix);

		if (ip_cmp(&there, &last) <= 0 && ip_cmp(&first, &end) <= 0)
			return true;
	}
	return false;
}

static void check_places(struct host_file *file, bool is_v4)
{
	struct host_place place = random_place(is_v4);
	struct host_query query = { .by = HOST_BY_PLACE, .place = place.prefix, .max = N };
	unsigned n = 0;

	query.subnet_id = (uint32_t)rand_below(SUBNETS);
	ck_assert_int_ge(find(file, &query), 0);
	for (unsigned i = 0; i < n_added; i++) {
		bool want = added[i]->subnet_id == query.subnet_id && overlaps(added[i], &place.prefix);

		ck_assert_msg(has(&query, added[i]) == want, "host %u", i);
		n += want;
	}
	ck_assert_int_eq(query.n, (int)n);
	query.max = 1;
	ck_assert_int_eq(find(file, &query), n ? 1 : 0);
}

static void check_pages(struct host_file *file)
{
	struct host_query query = { .by = HOST_BY_PAGE, .max = 1 + (unsigned)rand_below(50) };
	unsigned want = 0, got = 0;

	query.in_subnet = rand_below(2);
	query.subnet_id = (uint32_t)rand_below(SUBNETS);
	query.hostname = rand_below(2) ? "printer" : NULL;
	for (unsigned i = 0; i < n_added; i++)
		want += (!query.in_subnet || added[i]->subnet_id == query.subnet_id) &&
			(!query.hostname || strcasecmp(added[i]->hostname, query.hostname) == 0);
	while (find(file, &query) > 0) {
		ck_assert_int_le(query.n, (int)query.max);
		got += (unsigned)query.n;
		query.after = query.next;
	}
	ck_assert_int_eq(query.n, 0);
	ck_assert_uint_eq(got, want);
}

START_TEST(found_as_in_a_list)
{
	for (unsigned seed = 1; seed <= 9; seed++) {
		bool is_v4 = seed % 2, unique = seed % 3;
		struct host_file *file;

		rand_seed(seed);
		arena = arena_new(0);
		file = fill(is_v4, unique);
		for (unsigned i = 0; i < 200; i++) {
			check_ids(file);
			check_places(file, is_v4);
		}
		for (unsigned i = 0; i < 10; i++)
			check_pages(file);
		arena_free(arena);
	}
}
END_TEST

START_TEST(an_empty_file_has_nothing)
{
	struct host_id id = { HOST_ID_DUID, bytes_of("abcd", 4) };
	struct host_query query = { .by = HOST_BY_ID, .ids = &id, .n_ids = 1 };
	const struct host *other;
	struct host_file *file;

	arena = arena_new(0);
	file = host_file_new(arena, hosts, 0, 0, true);
	ck_assert_int_eq(host_file_add(file, &other), -E_RANGE);
	host_file_ready(file);
	ck_assert_int_eq(find(file, &query), 0);
	query = (struct host_query){ .by = HOST_BY_PLACE, .place = { ip_from4(1), 32 }, .max = 9 };
	ck_assert_int_eq(find(file, &query), 0);
	query = (struct host_query){ .by = HOST_BY_PAGE, .max = 9 };
	ck_assert_int_eq(find(file, &query), 0);
	arena_free(arena);
}
END_TEST

START_TEST(a_full_arena_is_said)
{
	struct host_query query = { .by = HOST_BY_PAGE, .max = N };
	struct host_find all = { .v = &query, .n = 1 };
	struct host_file *file;

	rand_seed(1);
	arena = arena_new(0);
	file = fill(true, false);
	all.arena = arena_new(256);
	ck_assert_int_eq(host_find(host_file_source(file), &all), 0);
	ck_assert_int_eq(query.n, -E_NOMEM);
	arena_free(all.arena);
	arena_free(arena);
}
END_TEST

START_TEST(identifier_types)
{
	enum host_id_type type;

	for (unsigned i = 0; i < HOST_ID_N; i++) {
		ck_assert_int_eq(host_id_type_of(host_id_rows[i].name, &type), 0);
		ck_assert_uint_eq(type, i);
	}
	ck_assert_int_eq(host_id_type_of("hwaddr", &type), -E_NOENT);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("host-file");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, found_as_in_a_list);
	tcase_add_test(tc, an_empty_file_has_nothing);
	tcase_add_test(tc, a_full_arena_is_said);
	tcase_add_test(tc, identifier_types);
	return suite_run(tc);
}
