/* SPDX-License-Identifier: MPL-2.0 */
/* What every source of reservations must do. See host_suite.h. */
#include "host_suite.h"

#include "../unit/suite.h"

#include "base/err.h"
#include "base/list.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>

#define HOSTS_MAX 64u
#define PLACES_MAX 4u

static const struct host_kind *kinds;
static struct arena *arena;
static struct host_source *source;
static struct host hosts[HOSTS_MAX];
static struct host_place places[HOSTS_MAX][PLACES_MAX];
static unsigned n_hosts;

/* --- filling and asking --- */

static struct host_id id_of(enum host_id_type type, const char *text)
{
	return (struct host_id){ type, bytes_of(text, strlen(text)) };
}

struct prefix host_suite_prefix(const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) < 0) {
		ck_assert_int_eq(ip_parse(text, &prefix.addr), 0);
		prefix.len = ip_is4(&prefix.addr) ? 32 : 128;
	}
	return prefix;
}

static struct host *add(uint32_t subnet_id, enum host_id_type type, const char *id)
{
	struct host *host = &hosts[n_hosts];

	ck_assert_uint_lt(n_hosts, HOSTS_MAX);
	*host = (struct host){
		.id = id_of(type, id), .subnet_id = subnet_id, .places = places[n_hosts], .hostname = ""
	};
	n_hosts++;
	return host;
}

/* An address, or a delegated prefix with a length. */
static void add_place(struct host *host, const char *text)
{
	ck_assert_uint_lt(host->n_places, PLACES_MAX);
	places[host - hosts][host->n_places++] =
		(struct host_place){ .prefix = host_suite_prefix(text), .is_delegated = strchr(text, '/') };
}

/* The hosts that were added, in a source of this kind. */
static void open_kind(int kind)
{
	source = kinds[kind].open(&kinds[kind], arena, hosts, n_hosts);
}

/* Asks one find after the other: as in a server's slot, a second response may arrive during a later find. */
struct asker {
	struct host_find find;
	_Atomic uint64_t ticket; /* of the response that is awaited; 0: none */
	unsigned n_late;         /* finds that were not answered at once */
	sem_t answered;
};

static void done(struct host_find *find, uint64_t ticket)
{
	struct asker *asker = container_of(find, struct asker, find);
	uint64_t awaited = ticket;

	if (atomic_compare_exchange_strong(&asker->ticket, &awaited, 0))
		(void)sem_post(&asker->answered);
}

static void ask_all(struct asker *asker, struct arena *results, struct host_query *v, unsigned n)
{
	static _Atomic uint64_t tickets = 1;
	uint64_t ticket = atomic_fetch_add(&tickets, 1);
	int err;

	asker->find = (struct host_find){ .v = v, .n = n, .arena = results, .done = done, .ticket = ticket };
	atomic_store(&asker->ticket, ticket);
	err = host_find(source, &asker->find);
	if (err == -E_AGAIN) {
		asker->n_late++;
		while (sem_wait(&asker->answered) < 0)
			;
		return;
	}
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq(atomic_exchange(&asker->ticket, 0), ticket);
}

static struct asker asker;

static int ask(struct host_query *query)
{
	ask_all(&asker, arena, query, 1);
	return query->n;
}

static const struct host *ask_id(uint32_t subnet_id, const struct host_id *ids, unsigned n_ids)
{
	struct host_query query = { .by = HOST_BY_ID, .subnet_id = subnet_id, .ids = ids, .n_ids = n_ids };
	int n = ask(&query);

	ck_assert_int_ge(n, 0);
	ck_assert_int_le(n, 1);
	return n ? query.out[0] : NULL;
}

/* Sources may have copies of the hosts. */
static bool is_host(const struct host *found, const struct host *host)
{
	bool is_same = found->subnet_id == host->subnet_id && found->id.type == host->id.type &&
		       bytes_equal(found->id.value, host->id.value) && found->n_places == host->n_places;

	for (unsigned i = 0; is_same && i < host->n_places; i++)
		is_same = prefix_equal(&found->places[i].prefix, &host->places[i].prefix) &&
			  found->places[i].is_delegated == host->places[i].is_delegated;
	return is_same && str_case_equal(found->hostname, host->hostname);
}

static void expect_host(const struct host *found, const struct host *host)
{
	ck_assert_msg(found, "host %td was not found", host - hosts);
	ck_assert_msg(is_host(found, host), "not host %td", host - hosts);
}

static bool has(const struct host_query *query, const struct host *host)
{
	int n = 0;

	for (int i = 0; i < query->n; i++)
		n += is_host(query->out[i], host);
	ck_assert_msg(n <= 1, "host %td is there %d times", host - hosts, n);
	return n;
}

/* Expects these hosts, in any order, and no others. */
static void expect_at(uint32_t subnet_id, const char *place, unsigned n, ...)
{
	struct host_query query = {
		.by = HOST_BY_PLACE, .subnet_id = subnet_id, .place = host_suite_prefix(place), .max = HOSTS_MAX
	};
	va_list args;

	ck_assert_msg(ask(&query) == (int)n, "%d hosts at %s in %u, expected %u", query.n, place, subnet_id, n);
	va_start(args, n);
	for (unsigned i = 0; i < n; i++)
		ck_assert(has(&query, va_arg(args, const struct host *)));
	va_end(args);
}

static void setup(void)
{
	arena = arena_new(0);
	n_hosts = 0;
	asker = (struct asker){ 0 };
	(void)sem_init(&asker.answered, 0, 0);
}

static void teardown(void)
{
	if (source->ops->finds_at_once)
		ck_assert_uint_eq(asker.n_late, 0);
	host_source_close(source);
	source = NULL;
	(void)sem_destroy(&asker.answered);
	arena_free(arena);
}

/* --- tests, with the kind in _i --- */

START_TEST(identifiers_in_search_order)
{
	struct host *by_hw = add(1, HOST_ID_HW_ADDRESS, "abcdef"), *by_duid = add(1, HOST_ID_DUID, "abcd");
	struct host *same_bytes = add(1, HOST_ID_CLIENT_ID, "abcdef"),
		    *elsewhere = add(2, HOST_ID_HW_ADDRESS, "abcdef");
	struct host *global = add(0, HOST_ID_HW_ADDRESS, "abcdef");
	struct host_id ids[] = { by_hw->id, by_duid->id, id_of(HOST_ID_DUID, "none") }, swapped[] = { ids[1], ids[0] };

	open_kind(_i);
	expect_host(ask_id(1, ids, 2), by_hw);
	expect_host(ask_id(1, swapped, 2), by_duid);
	/* one that has no reservation does not end the search */
	swapped[0] = ids[2];
	expect_host(ask_id(1, swapped, 2), by_hw);
	expect_host(ask_id(1, &same_bytes->id, 1), same_bytes);
	/* in this subnet only; 0 is a subnet of its own */
	expect_host(ask_id(2, ids, 3), elsewhere);
	expect_host(ask_id(0, ids, 3), global);
	ck_assert_ptr_null(ask_id(3, ids, 3));
	ck_assert_ptr_null(ask_id(2, &ids[1], 2));
	ck_assert_ptr_null(ask_id(1, ids, 0));
	/* neither a part of an identifier nor more than it */
	ids[0] = id_of(HOST_ID_HW_ADDRESS, "abcde");
	ids[1] = id_of(HOST_ID_HW_ADDRESS, "abcdefg");
	ck_assert_ptr_null(ask_id(1, ids, 2));
}
END_TEST

START_TEST(identifiers_of_any_length)
{
	static char text[256];
	struct host *shortest = add(1, HOST_ID_CIRCUIT_ID, "x"), *longest;
	struct host_id id;

	memset(text, 'x', 255);
	longest = add(1, HOST_ID_CIRCUIT_ID, text);
	open_kind(_i);
	expect_host(ask_id(1, &shortest->id, 1), shortest);
	expect_host(ask_id(1, &longest->id, 1), longest);
	id = longest->id;
	id.value.len--;
	ck_assert_ptr_null(ask_id(1, &id, 1));
}
END_TEST

START_TEST(addresses4)
{
	struct host *a = add(1, HOST_ID_HW_ADDRESS, "a"), *b = add(1, HOST_ID_HW_ADDRESS, "b");
	struct host *other = add(2, HOST_ID_HW_ADDRESS, "a"), *global = add(0, HOST_ID_HW_ADDRESS, "a");

	add(1, HOST_ID_HW_ADDRESS, "without an address");
	add_place(a, "192.0.2.1");
	add_place(b, "192.0.2.1");
	add_place(other, "192.0.2.1");
	add_place(global, "192.0.2.2");
	open_kind(_i);
	expect_at(1, "192.0.2.1", 2, a, b);
	expect_at(2, "192.0.2.1", 1, other);
	expect_at(0, "192.0.2.2", 1, global);
	expect_at(0, "192.0.2.1", 0);
	expect_at(1, "192.0.2.2", 0);
	expect_at(1, "::1", 0);
}
END_TEST

START_TEST(overlapping_prefixes)
{
	struct host *wide = add(1, HOST_ID_DUID, "wide"), *narrow = add(1, HOST_ID_DUID, "narrow");
	struct host *one = add(1, HOST_ID_DUID, "address"), *both = add(1, HOST_ID_DUID, "both");
	struct host *other = add(2, HOST_ID_DUID, "wide");

	add_place(wide, "2001:db8:0:100::/56");
	add_place(narrow, "2001:db8:0:180::/60");
	add_place(one, "2001:db8:0:181::5");
	add_place(both, "2001:db8:0:200::/56");
	add_place(both, "2001:db8:0:200::/64");
	add_place(both, "2001:db8:0:201::1");
	add_place(other, "2001:db8::/32");
	open_kind(_i);
	expect_at(1, "2001:db8:0:100::/56", 3, wide, narrow, one);
	expect_at(1, "2001:db8:0:180::/60", 3, wide, narrow, one);
	expect_at(1, "2001:db8:0:181::/64", 3, wide, narrow, one);
	expect_at(1, "2001:db8:0:182::/64", 2, wide, narrow);
	expect_at(1, "2001:db8:0:181::5", 3, wide, narrow, one);
	expect_at(1, "2001:db8:0:190::/60", 1, wide);
	expect_at(1, "2001:db8:0:1ff:ffff:ffff:ffff:ffff", 1, wide);
	/* a host once, however many of its places overlap */
	expect_at(1, "2001:db8:0:200::/55", 1, both);
	expect_at(1, "2001:db8:0:201::1", 1, both);
	expect_at(1, "2001:db8::/32", 4, wide, narrow, one, both);
	expect_at(1, "::/0", 4, wide, narrow, one, both);
	expect_at(1, "2001:db8:0:ff::/64", 0);
	expect_at(1, "2001:db8:0:300::/56", 0);
	expect_at(2, "2001:db8:0:200::/64", 1, other);
	expect_at(3, "::/0", 0);
}
END_TEST

START_TEST(no_more_than_asked_for)
{
	struct host_query query = { .by = HOST_BY_PLACE, .subnet_id = 1, .place = host_suite_prefix("2001:db8::1") };
	char id[] = "0";

	for (; id[0] <= '9'; id[0]++)
		add_place(add(1, HOST_ID_DUID, arena_strdup(arena, id)), id[0] % 2 ? "2001:db8::1" : "2001:db8::/64");
	open_kind(_i);
	for (query.max = 1; query.max <= 12; query.max++)
		ck_assert_int_eq(ask(&query), query.max < 10 ? (int)query.max : 10);
}
END_TEST

static void check_pages(struct host_query query, unsigned first, unsigned last)
{
	unsigned next = first;

	query.by = HOST_BY_PAGE;
	while (ask(&query) > 0) {
		ck_assert_int_le(query.n, (int)query.max);
		for (int i = 0; i < query.n; i++)
			expect_host(query.out[i], &hosts[next++]);
		query.after = query.next;
	}
	ck_assert_int_eq(query.n, 0);
	ck_assert_uint_eq(next, last);
	/* the end stays the end */
	query.after = query.next;
	ck_assert_int_eq(ask(&query), 0);
}

START_TEST(pages_with_filters)
{
	for (unsigned i = 0; i < 40; i++) {
		struct host *host = add(i / 10, HOST_ID_CLIENT_ID, arena_printf(arena, "client %u", i));

		host->hostname = i >= 15 && i < 25 ? "Printer" : "";
	}
	open_kind(_i);
	for (unsigned max = 1; max < 42; max += max < 9 ? 1 : 16) {
		check_pages((struct host_query){ .max = max }, 0, 40);
		check_pages((struct host_query){ .max = max, .in_subnet = true }, 0, 10);
		check_pages((struct host_query){ .max = max, .in_subnet = true, .subnet_id = 3 }, 30, 40);
		check_pages((struct host_query){ .max = max, .in_subnet = true, .subnet_id = 9 }, 0, 0);
		check_pages((struct host_query){ .max = max, .hostname = "pRINTER" }, 15, 25);
		check_pages((struct host_query){ .max = max, .hostname = "print" }, 0, 0);
		check_pages((struct host_query){ .max = max, .hostname = "printer", .in_subnet = true, .subnet_id = 2 },
			    20, 25);
	}
}
END_TEST

/* An identifier and an address in several subnets, as commands ask for them. */
START_TEST(any_subnet)
{
	struct host_id id = id_of(HOST_ID_DUID, "same");
	struct host_query by_id = { .by = HOST_BY_ID, .any_subnet = true, .ids = &id, .n_ids = 1, .max = 9 };
	struct host_query at = {
		.by = HOST_BY_PLACE, .any_subnet = true, .place = host_suite_prefix("2001:db8::1"), .max = 9
	};

	for (unsigned i = 0; i < 5; i++) {
		add_place(add(i, HOST_ID_DUID, "same"), i % 2 ? "2001:db8::1" : "2001:db8::2");
		(void)add(i, HOST_ID_DUID, "other");
	}
	open_kind(_i);
	ck_assert_int_eq(ask(&by_id), 5);
	for (int i = 0; i < by_id.n; i++)
		expect_host(by_id.out[i], &hosts[2 * by_id.out[i]->subnet_id]);
	ck_assert_int_eq(ask(&at), 2);
	for (int i = 0; i < at.n; i++)
		expect_host(at.out[i], &hosts[2 * at.out[i]->subnet_id]);
	by_id.max = 3;
	ck_assert_int_eq(ask(&by_id), 3);
	by_id.any_subnet = false;
	by_id.subnet_id = 4;
	ck_assert_int_eq(ask(&by_id), 1);
	expect_host(by_id.out[0], &hosts[8]);
	at.max = 1;
	ck_assert_int_eq(ask(&at), 1);
	at.place = host_suite_prefix("2001:db9::1");
	ck_assert_int_eq(ask(&at), 0);
}
END_TEST

START_TEST(an_arena_at_its_cap)
{
	struct host_id id = id_of(HOST_ID_DUID, "0");
	struct host_query v[] = {
		{ .by = HOST_BY_ID, .subnet_id = 1, .ids = &id, .n_ids = 1 },
		{ .by = HOST_BY_PAGE, .max = HOSTS_MAX },
		{ .by = HOST_BY_PLACE, .subnet_id = 1, .place = host_suite_prefix("2001:db8::/32"), .max = HOSTS_MAX },
		{ .by = HOST_BY_PLACE, .subnet_id = 2, .place = host_suite_prefix("2001:db8::1"), .max = 1 },
	};
	struct arena *small;

	for (unsigned i = 0; i < HOSTS_MAX; i++)
		add_place(add(1, HOST_ID_DUID, arena_printf(arena, "%u", i)), "2001:db8::1");
	open_kind(_i);
	if (!kinds[_i].small_arena)
		return;
	small = arena_new(kinds[_i].small_arena);
	/* What does not fit is an error, not a shorter list; what fits is found. */
	ask_all(&asker, small, v, 4);
	ck_assert_int_eq(v[0].n, 1);
	expect_host(v[0].out[0], &hosts[0]);
	ck_assert_int_eq(v[1].n, -E_NOMEM);
	ck_assert_int_eq(v[2].n, -E_NOMEM);
	ck_assert_int_eq(v[3].n, 0);
	arena_free(small);
	ask_all(&asker, arena, v, 4);
	ck_assert_int_gt(v[1].n, 0); /* a page may be shorter */
	ck_assert_int_eq(v[2].n, HOSTS_MAX);
}
END_TEST

START_TEST(batches)
{
	struct host *host = add(1, HOST_ID_DUID, "a");
	struct host_query v[6];

	add_place(host, "2001:db8::1");
	open_kind(_i);
	ask_all(&asker, arena, v, 0);
	for (unsigned i = 0; i < 6; i++)
		v[i] = (struct host_query){ .by = (enum host_by)(i % 3),
					    .subnet_id = i < 3,
					    .ids = &host->id,
					    .n_ids = 1,
					    .place = host->places[0].prefix,
					    .in_subnet = true,
					    .max = 7,
					    .owner = &v[i] };
	ask_all(&asker, arena, v, 6);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(v[i].n, i < 3);
		ck_assert(i >= 3 || is_host(v[i].out[0], host));
		ck_assert_ptr_eq(v[i].owner, &v[i]);
	}
}
END_TEST

START_TEST(no_reservations)
{
	struct host_id id = id_of(HOST_ID_DUID, "abcd");
	struct host_query query = { .by = HOST_BY_PAGE, .max = 9 };

	open_kind(_i);
	ck_assert_ptr_null(ask_id(0, &id, 1));
	expect_at(0, "192.0.2.1", 0);
	expect_at(0, "2001:db8::/32", 0);
	ck_assert_int_eq(ask(&query), 0);
}
END_TEST

/* --- several threads --- */

#define THREADS 4u
#define FINDS 400u

static void *ask_for_all(void *arg)
{
	struct asker *own = arg;
	struct arena *results = arena_new(0);

	for (unsigned i = 0; i < FINDS; i++) {
		const struct host *host = &hosts[(i * 7) % n_hosts];
		struct host_query v[] = {
			{ .by = HOST_BY_ID, .subnet_id = host->subnet_id, .ids = &host->id, .n_ids = 1 },
			{ .by = HOST_BY_PLACE,
			  .subnet_id = host->subnet_id,
			  .place = host->places[0].prefix,
			  .max = 3 },
		};

		arena_reset(results);
		ask_all(own, results, v, 2);
		for (unsigned k = 0; k < 2; k++)
			if (v[k].n != 1 || !is_host(v[k].out[0], host))
				return own;
	}
	arena_free(results);
	return NULL;
}

START_TEST(threads)
{
	struct asker askers[THREADS] = { 0 };
	pthread_t ids[THREADS];
	void *failed;

	for (unsigned i = 0; i < HOSTS_MAX; i++)
		add_place(add(i % 5, HOST_ID_DUID, arena_printf(arena, "%u", i)),
			  arena_printf(arena, "2001:db8::%x", i));
	open_kind(_i);
	for (unsigned i = 0; i < THREADS; i++) {
		(void)sem_init(&askers[i].answered, 0, 0);
		ck_assert_int_eq(pthread_create(&ids[i], NULL, ask_for_all, &askers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(ids[i], &failed), 0);
		ck_assert_ptr_null(failed);
		asker.n_late += askers[i].n_late;
	}
	/* Second responses may still arrive: they end with the source, before its askers. */
	host_source_close(source);
	for (unsigned i = 0; i < THREADS; i++)
		(void)sem_destroy(&askers[i].answered);
	open_kind(_i);
}
END_TEST

void host_suite_add(TCase *tc, const struct host_kind *v, int n)
{
	kinds = v;
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, identifiers_in_search_order, 0, n);
	tcase_add_loop_test(tc, identifiers_of_any_length, 0, n);
	tcase_add_loop_test(tc, addresses4, 0, n);
	tcase_add_loop_test(tc, overlapping_prefixes, 0, n);
	tcase_add_loop_test(tc, no_more_than_asked_for, 0, n);
	tcase_add_loop_test(tc, pages_with_filters, 0, n);
	tcase_add_loop_test(tc, any_subnet, 0, n);
	tcase_add_loop_test(tc, an_arena_at_its_cap, 0, n);
	tcase_add_loop_test(tc, batches, 0, n);
	tcase_add_loop_test(tc, no_reservations, 0, n);
	tcase_add_loop_test(tc, threads, 0, n);
}
