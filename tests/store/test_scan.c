/* SPDX-License-Identifier: MPL-2.0 */
/* Walks, pages and taking ended leases, for each kind of store. */
#include "util.h"

#include "base/clock.h"
#include "base/hash.h"
#include "lease/memfile.h"

#include <pthread.h>
#include <stdatomic.h>

static struct tmp_dir tmp;
static struct store *store;
static struct arena *arena;

static void setup(int kind, int family)
{
	tmp_make(&tmp);
	arena = arena_new(0);
	store = open_kind_of_store((enum store_kind)kind, family, &tmp);
}

static void teardown(void)
{
	store_close(store);
	arena_free(arena);
	tmp_remove(&tmp);
	clock_set_real();
}

static uint32_t number_of(const struct lease *lease)
{
	struct ip base = ip_from4(0x0a000000);

	return (uint32_t)ip_distance(&base, &lease->addr);
}

/* --- walks --- */

#define STAY 700u

/* Leases 0 to STAY - 1 stay or are renewed; higher ones come and go during the walk. */
static void disturb(uint32_t *next, uint32_t *gone)
{
	for (unsigned i = 0; i < 40; i++) {
		struct lease lease = test_lease((*next)++, 1000);

		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	for (unsigned i = 0; i < 20; i++) {
		struct ip addr = ip_from4(0x0a000000 + (*gone)++);

		ck_assert_int_eq(delete_addr(store, &addr, 0), CHANGE_OK);
	}
	for (unsigned i = 0; i < 10; i++) {
		struct lease lease = test_lease((uint32_t)rand_below(STAY), 2000);

		ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
	}
}

START_TEST(a_walk_sees_each_lease_once)
{
	static unsigned seen[20000];
	uint32_t next = STAY + 300, gone = STAY;
	struct store_scan scan = { 0 };
	int n;

	setup(_i, 0);
	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < next; i++) {
		struct lease lease = test_lease(i, 1000);

		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	scan.arena = arena;
	while ((n = store_scan(store, &scan)) > 0) {
		for (int i = 0; i < n; i++) {
			struct lease want = test_lease(number_of(&scan.v[i]), 1000);

			ck_assert_str_eq(scan.v[i].hostname, want.hostname);
			ck_assert(bytes_equal(scan.v[i].client_id, want.client_id));
			seen[number_of(&scan.v[i])]++;
		}
		disturb(&next, &gone);
		arena_reset(arena);
	}
	ck_assert_int_eq(n, 0);
	for (uint32_t i = 0; i < next; i++)
		ck_assert_msg(i < STAY ? seen[i] == 1 : seen[i] <= 1, "lease %u was seen %u times", i, seen[i]);
	ck_assert_int_eq(store_scan(store, &scan), 0);
	teardown();
}
END_TEST

/* Of a store without parts, all are in the first one. */
START_TEST(each_lease_is_in_one_part)
{
	static unsigned seen[3000];
	int n;

	setup(_i, 0);
	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < 3000; i++) {
		struct lease lease = test_lease(i, 1000);

		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	for (unsigned part = 0; part < 5; part++) {
		struct store_scan scan = { .arena = arena, .part = part, .n_parts = 5 };

		while ((n = store_scan(store, &scan)) > 0) {
			for (int i = 0; i < n; i++)
				seen[number_of(&scan.v[i])]++;
			arena_reset(arena);
		}
		ck_assert_int_eq(n, 0);
	}
	for (uint32_t i = 0; i < 3000; i++)
		ck_assert_msg(seen[i] == 1, "lease %u was seen %u times", i, seen[i]);
	ck_assert_uint_eq(store_parts(store, UINT64_MAX), 1);
	ck_assert_uint_le(store_parts(store, 2000), 2);
	teardown();
}
END_TEST

START_TEST(a_brief_walk_leaves_the_bytes_out)
{
	struct lease lease = test_lease(5, 1000);
	struct store_scan scan = { .is_brief = true };

	setup(_i, 0);
	lease.state = LEASE_DECLINED;
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	scan.arena = arena;
	ck_assert_int_eq(store_scan(store, &scan), 1);
	ck_assert(ip_equal(&scan.v[0].addr, &lease.addr));
	ck_assert_int_eq(scan.v[0].state, LEASE_DECLINED);
	ck_assert_int_eq(scan.v[0].expires, lease.expires);
	ck_assert_uint_eq(scan.v[0].subnet_id, lease.subnet_id);
	ck_assert_uint_eq(scan.v[0].client_id.len + scan.v[0].hwaddr.len, 0);
	ck_assert_str_eq(scan.v[0].hostname, "");
	ck_assert_int_eq(store_scan(store, &scan), 0);
	teardown();
}
END_TEST

/* --- walks alongside threads that change the store --- */

static atomic_bool is_over;

static void *churn(void *arg)
{
	uint32_t first = 100000 * (1 + (uint32_t)(uintptr_t)arg);

	for (unsigned round = 0; !atomic_load(&is_over); round++) {
		struct lease lease = test_lease(first + round % 5000, 1000);

		if (insert(store, &lease) == CHANGE_CONFLICT)
			ck_assert_int_eq(delete_addr(store, &lease.addr, 0), CHANGE_OK);
	}
	return NULL;
}

START_TEST(a_walk_beside_threads)
{
	static unsigned seen[STAY];
	pthread_t threads[2];

	setup(_i, 0);
	atomic_store(&is_over, false);
	for (uint32_t i = 0; i < STAY; i++) {
		struct lease lease = test_lease(i, 1000);

		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	for (uintptr_t i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, (void *)i), 0);
	for (unsigned round = 0; round < 20; round++) {
		struct store_scan scan = { .arena = arena };
		int n;

		memset(seen, 0, sizeof(seen));
		while ((n = store_scan(store, &scan)) > 0) {
			for (int i = 0; i < n; i++)
				if (number_of(&scan.v[i]) < STAY)
					seen[number_of(&scan.v[i])]++;
			arena_reset(arena);
		}
		ck_assert_int_eq(n, 0);
		for (uint32_t i = 0; i < STAY; i++)
			ck_assert_uint_eq(seen[i], 1);
	}
	atomic_store(&is_over, true);
	for (unsigned i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	teardown();
}
END_TEST

/* --- pages --- */

#define N 500u

static struct lease lease_for_page(uint32_t i)
{
	struct lease lease = test_lease(i * 7 % 5000, 1000);

	lease.subnet_id = 1 + i % 5;
	lease.state = i % 3 == 0 ? LEASE_DECLINED : i % 7 == 0 ? LEASE_RELEASED : LEASE_DEFAULT;
	lease.hostname = i % 4 ? "desk" : "Phone.Example";
	return lease;
}

static bool passes(const struct lease_query *query, const struct lease *lease)
{
	bool in_subnets = !query->n_subnets;

	for (unsigned i = 0; i < query->n_subnets; i++)
		in_subnets |= query->subnets[i] == lease->subnet_id;
	return in_subnets && (!query->states || query->states & 1U << lease->state) &&
	       (!query->hostname || strcasecmp(query->hostname, lease->hostname) == 0);
}

static void check_pages(struct lease_query query, unsigned max)
{
	static struct lease out[N];
	unsigned want = 0, got = 0;
	int n;

	for (uint32_t i = 0; i < N; i++) {
		struct lease lease = lease_for_page(i);

		want += passes(&query, &lease);
	}
	query.by = BY_PAGE;
	query.type = LEASE_V4;
	while ((n = store_find_wait(store, &query, arena, out, max)) > 0) {
		ck_assert_int_le(n, (int)max);
		for (int i = 0; i < n; i++) {
			ck_assert_int_gt(ip_cmp(&out[i].addr, &query.addr), 0);
			ck_assert(passes(&query, &out[i]));
			query.addr = out[i].addr;
			got++;
		}
	}
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(got, want);
}

START_TEST(pages_are_in_order_and_whole)
{
	static const uint32_t some[] = { 2, 4 };

	setup(_i, 0);
	for (uint32_t i = 0; i < N; i++) {
		struct lease lease = lease_for_page(i);

		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	for (unsigned max = 1; max <= N; max = max * 3 + 1) {
		check_pages((struct lease_query){ 0 }, max);
		check_pages((struct lease_query){ .subnets = some, .n_subnets = 2 }, max);
		check_pages((struct lease_query){ .states = 1U << LEASE_DECLINED | 1U << LEASE_RELEASED }, max);
		check_pages((struct lease_query){ .hostname = "phone.example" }, max);
		check_pages((struct lease_query){ .hostname = "nobody" }, max);
		check_pages(
			(struct lease_query){
				.subnets = some, .n_subnets = 2, .states = 1U << LEASE_DEFAULT, .hostname = "DESK" },
			max);
	}
	teardown();
}
END_TEST

#define CHANGED 600u

/* Pages after changes: the first page puts the addresses in order, later changes must keep that up. */
START_TEST(pages_follow_changes)
{
	static bool is_there[CHANGED];
	struct lease_query query = { .by = BY_PAGE, .type = LEASE_V4 };
	uint32_t want = 0, from = 0;
	struct lease out[50];
	int n;

	setup(_i, 0);
	memset(is_there, 0, sizeof(is_there));
	for (uint32_t round = 0; round < 800; round++) {
		uint32_t i = (uint32_t)rand_below(CHANGED);
		struct lease lease = test_lease(i, 1000);

		if (round % 200 == 0)
			ck_assert_int_ge(store_find_wait(store, &query, arena, out, 50), 0);
		if (is_there[i] && round % 2)
			ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
		else if (is_there[i])
			ck_assert_int_eq(delete_addr(store, &lease.addr, 0), CHANGE_OK);
		else
			ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
		is_there[i] = !is_there[i] || round % 2;
	}
	for (uint32_t i = 0; i < CHANGED; i++)
		want += is_there[i];
	while ((n = store_find_wait(store, &query, arena, out, 50)) > 0)
		for (int k = 0; k < n; k++, want--) {
			uint32_t i = number_of(&out[k]);

			for (; from < i; from++)
				ck_assert_msg(!is_there[from], "lease %u is missing", from);
			ck_assert_msg(is_there[i], "lease %u was deleted", i);
			from = i + 1;
			query.addr = out[k].addr;
		}
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(want, 0);
	teardown();
}
END_TEST

/* A lease of another type at the same address is on the pages of its new type only. */
START_TEST(pages_follow_types)
{
	struct lease_query na = { .by = BY_PAGE, .type = LEASE_NA }, pd = { .by = BY_PAGE, .type = LEASE_PD };
	struct lease lease = test_lease6(1, 1000, true), out[4];

	setup(_i, 1);
	lease.type = LEASE_NA;
	lease.prefix_len = 128;
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	ck_assert_int_eq(store_find_wait(store, &na, arena, out, 4), 1);
	ck_assert_int_eq(delete_addr(store, &lease.addr, 0), CHANGE_OK);
	lease.type = LEASE_PD;
	lease.prefix_len = 56;
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	ck_assert_int_eq(store_find_wait(store, &na, arena, out, 4), 0);
	ck_assert_int_eq(store_find_wait(store, &pd, arena, out, 4), 1);
	teardown();
}
END_TEST

#define PAGED 40000u
#define LIMIT 250u

/* The first page looks at each lease once; the cost of the others depends on their size only. */
START_TEST(a_page_costs_what_is_on_it)
{
	static struct lease out[LIMIT];
	struct lease_query query = { .by = BY_PAGE, .type = _i ? LEASE_NA : LEASE_V4 };
	struct lease_query none = { .by = BY_PAGE, .type = LEASE_TA };
	uint64_t before, cost;
	unsigned got = 0;
	int n;

	setup(IN_MEMORY, _i);
	for (uint32_t i = 1; i <= PAGED; i++) {
		struct lease lease = _i ? test_lease6(i * 7, 1000, false) : test_lease(i * 7, 1000);

		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	ck_assert_uint_eq(memfile_page_cost(store), 0);
	do {
		before = memfile_page_cost(store);
		n = store_find_wait(store, &query, arena, out, LIMIT);
		cost = memfile_page_cost(store) - before - (got ? 0 : PAGED);
		ck_assert_msg(cost <= 4 * LIMIT + 1024, "after %u leases, a page of %d looked at %llu", got, n,
			      (unsigned long long)cost);
		got += (unsigned)n;
		if (n > 0)
			query.addr = out[n - 1].addr;
		arena_reset(arena);
	} while (n > 0);
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(got, PAGED);
	before = memfile_page_cost(store);
	ck_assert_int_eq(store_find_wait(store, &none, arena, out, LIMIT), 0);
	ck_assert_uint_eq(memfile_page_cost(store), before);
	teardown();
}
END_TEST

/* Leases 0 to STAY - 1 stay while threads add and delete others: each page walk sees them, the first one too. */
START_TEST(pages_beside_threads)
{
	struct lease out[64];
	pthread_t threads[2];

	setup(_i, 0);
	atomic_store(&is_over, false);
	for (uint32_t i = 0; i < STAY; i++) {
		struct lease lease = test_lease(i, 1000);

		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	for (uintptr_t i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, (void *)i), 0);
	for (unsigned round = 0; round < 5; round++) {
		struct lease_query query = { .by = BY_PAGE, .type = LEASE_V4 };
		uint32_t next = 0;
		int n;

		while ((n = store_find_wait(store, &query, arena, out, 64)) > 0) {
			for (int i = 0; i < n; i++) {
				ck_assert_int_gt(ip_cmp(&out[i].addr, &query.addr), 0);
				if (number_of(&out[i]) < STAY)
					ck_assert_uint_eq(number_of(&out[i]), next++);
				query.addr = out[i].addr;
			}
			arena_reset(arena);
		}
		ck_assert_int_eq(n, 0);
		ck_assert_uint_eq(next, STAY);
	}
	atomic_store(&is_over, true);
	for (unsigned i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	teardown();
}
END_TEST

START_TEST(pages_are_of_one_type)
{
	struct lease_query query = { .by = BY_PAGE, .type = LEASE_PD };
	struct lease out[40];

	setup(_i, 1);
	for (uint32_t i = 1; i <= 30; i++) {
		struct lease lease = test_lease6(i, 1000, i % 3 == 0);

		if (i == 1)
			lease.state = LEASE_REGISTERED;
		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	ck_assert_int_eq(store_find_wait(store, &query, arena, out, 40), 10);
	query.type = LEASE_NA;
	ck_assert_int_eq(store_find_wait(store, &query, arena, out, 40), 20);
	query.states = 1U << LEASE_REGISTERED;
	ck_assert_int_eq(store_find_wait(store, &query, arena, out, 40), 1);
	teardown();
}
END_TEST

/* --- taking an address --- */

/* A database has a clock of its own, which no test can advance. */
static void start_clock(int kind)
{
	if (kind < PGSQL)
		clock_set_virtual(1700000000, 5000);
}

/* What lease_start() would have done this long ago, or a little longer: times are rounded, and two clocks compared. */
static void age(int kind, struct lease *lease, unsigned sec)
{
	if (kind < PGSQL)
		return;
	sec += 2;
	lease->cltt -= sec;
	lease->expires -= sec;
}

static void pass(int kind, unsigned sec)
{
	if (kind < PGSQL)
		clock_advance(1000 * (int64_t)sec);
}

static enum store_result take(const struct lease *lease)
{
	struct store_change change = { .kind = CHANGE_TAKE, .new = *lease };

	return apply(store, &change, 1);
}

START_TEST(what_has_ended_is_taken)
{
	static const struct {
		enum lease_state state;
		bool is_expired;
		enum store_result want;
	} rows[] = {
		{ LEASE_DEFAULT, false, CHANGE_CONFLICT },  { LEASE_DEFAULT, true, CHANGE_OK },
		{ LEASE_DECLINED, false, CHANGE_CONFLICT }, { LEASE_DECLINED, true, CHANGE_OK },
		{ LEASE_RECLAIMED, false, CHANGE_OK },      { LEASE_RELEASED, false, CHANGE_OK },
		{ LEASE_RELEASED, true, CHANGE_OK },
	};
	struct lease got;

	start_clock(_i);
	setup(_i, 0);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lease old = test_lease(i, rows[i].is_expired ? 10 : 1000), new;

		old.state = rows[i].state;
		age(_i, &old, 11);
		ck_assert_int_eq(take(&old), CHANGE_OK); /* free */
		pass(_i, 11);
		new = test_lease(100 + i, 500);
		new.addr = old.addr;
		ck_assert_msg(take(&new) == rows[i].want, "row %u", i);
		ck_assert_int_eq(get(store, arena, &old.addr, &got), 1);
		new = test_lease(rows[i].want == CHANGE_OK ? 100 + i : i, 1000);
		ck_assert_str_eq(got.hostname, new.hostname);
		ck_assert(bytes_equal(got.client_id, new.client_id));
		ck_assert_int_eq(got.state, rows[i].want == CHANGE_OK ? LEASE_DEFAULT : rows[i].state);
	}
	teardown();
}
END_TEST

START_TEST(a_taken_lease_comes_back_with_its_transaction)
{
	struct store_change changes[2];
	struct lease old, other, got;

	start_clock(_i);
	setup(_i, 0);
	old = test_lease(1, 10);
	age(_i, &old, 11);
	ck_assert_int_eq(insert(store, &old), CHANGE_OK);
	pass(_i, 11);
	other = test_lease(2, 1000);
	ck_assert_int_eq(insert(store, &other), CHANGE_OK);
	changes[0] = (struct store_change){ .kind = CHANGE_TAKE, .new = test_lease(3, 1000) };
	changes[0].new.addr = old.addr;
	changes[1] = (struct store_change){ .kind = CHANGE_TAKE, .new = other };
	ck_assert_int_eq(apply(store, changes, 2), CHANGE_CONFLICT);
	ck_assert_int_eq(changes[0].result, CHANGE_ABORTED);
	ck_assert_int_eq(get(store, arena, &old.addr, &got), 1);
	old = test_lease(1, 10);
	ck_assert_str_eq(got.hostname, old.hostname);
	ck_assert(bytes_equal(got.client_id, old.client_id));
	teardown();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("scan");

	tcase_set_timeout(tc, kinds_first() == IN_MEMORY ? 60 : 300);
	EACH_KIND(tc, a_walk_sees_each_lease_once);
	EACH_KIND(tc, each_lease_is_in_one_part);
	EACH_KIND(tc, a_brief_walk_leaves_the_bytes_out);
	/* the test double is not thread-safe */
	tcase_add_loop_test(tc, a_walk_beside_threads, kinds_first(), kinds_first() == IN_MEMORY ? FAKE : KINDS);
	EACH_KIND(tc, pages_are_in_order_and_whole);
	EACH_KIND(tc, pages_are_of_one_type);
	EACH_KIND(tc, pages_follow_changes);
	EACH_KIND(tc, pages_follow_types);
	EACH_KIND(tc, pages_beside_threads);
	tcase_add_loop_test(tc, a_page_costs_what_is_on_it, 0, 2);
	EACH_KIND(tc, what_has_ended_is_taken);
	EACH_KIND(tc, a_taken_lease_comes_back_with_its_transaction);
	return suite_run(tc);
}
