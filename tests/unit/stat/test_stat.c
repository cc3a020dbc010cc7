/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Counters: sums over blocks, freed blocks keep their numbers, names in both families. Places: kept by
 * configurations and by the leases they count, and found by name.
 */
#include "../suite.h"

#include "stat/place.h"
#include "stat/sample.h"
#include "stat/stat.h"
#include "stat/table.h"

#include "base/arena.h"

#include <pthread.h>

START_TEST(sums_over_blocks)
{
	struct stats *a = stats_new(), *b = stats_new();

	stat_add(a, STAT_SENT, 2);
	stat_add(b, STAT_SENT, 40);
	ck_assert_int_eq(stat_sum(STAT_SENT), 42);
	stats_free(a);
	ck_assert_int_eq(stat_sum(STAT_SENT), 42);
	stat_add(b, STAT_SENT, -2);
	ck_assert_int_eq(stat_sum(STAT_SENT), 40);
	stat_reset(STAT_SENT);
	ck_assert_int_eq(stat_sum(STAT_SENT), 0);
	stat_add(b, STAT_SENT, 1);
	stats_free(b);
	ck_assert_int_eq(stat_sum(STAT_SENT), 1);
	ck_assert_int_eq(stat_sum(STAT_RECEIVED), 0);
}
END_TEST

static void *count(void *arg)
{
	struct stats *s = arg;

	for (int i = 0; i < 100000; i++)
		stat_add(s, STAT_RECEIVED, 1);
	return NULL;
}

START_TEST(reading_while_counting)
{
	struct stats *s[2] = { stats_new(), stats_new() };
	pthread_t t[2];
	int64_t last = 0;

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, count, s[i]), 0);
	for (int i = 0; i < 1000; i++) {
		int64_t now = stat_sum(STAT_RECEIVED);

		ck_assert_int_ge(now, last);
		last = now;
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_int_eq(stat_sum(STAT_RECEIVED), 200000);
	stats_free(s[0]);
	stats_free(s[1]);
}
END_TEST

START_TEST(names)
{
	char buf[STAT_NAME_MAX];

	ck_assert_str_eq(stat_name(STAT_RECEIVED, 0, buf, sizeof(buf)), "pkt4-received");
	ck_assert_str_eq(stat_name(STAT_RECEIVED, 1, buf, sizeof(buf)), "pkt6-received");
	ck_assert_str_eq(stat_name(STAT_ASSIGNED, 1, buf, sizeof(buf)), "assigned-nas");
	ck_assert_ptr_null(stat_name(STAT_SOLICIT_RECEIVED, 0, buf, sizeof(buf)));
	ck_assert_ptr_null(stat_name(STAT_RECEIVED, 0, buf, 5));
	ck_assert_str_eq(stat_name(STAT_SOCKET_STALE, 1, buf, sizeof(buf)), "pkt6-socket-stale");
	ck_assert_ptr_null(stat_name(STAT_SOCKET_CHECKSUM, 1, buf, sizeof(buf)));
	ck_assert_int_eq(stat_by_name("v4-allocation-fail-no-pools", 0), STAT_ALLOC_FAIL_NO_POOLS);
	ck_assert_int_eq(stat_by_name("v6-allocation-fail-no-pools", 0), STAT_N);
}
END_TEST

/* Each row has a name in at least one family, no name occurs twice, each leads back to its row. */
START_TEST(table_is_complete)
{
	char buf[STAT_NAME_MAX];

	for (enum stat_id id = 0; id < STAT_N; id++) {
		int named = 0;

		for (int f = 0; f < 2; f++) {
			if (!stat_name(id, f, buf, sizeof(buf)))
				continue;
			named++;
			ck_assert_int_eq(stat_by_name(buf, f), id);
		}
		ck_assert_msg(named, "row %d has no name", (int)id);
	}
}
END_TEST

/* A place has space for the rows of the table. */
START_TEST(rows_are_in_order)
{
	for (enum stat_id id = 0; id < STAT_N; id++) {
		bool in_pools = stat_is_at(id, PLACE_POOL) || stat_is_at(id, PLACE_PD_POOL);

		ck_assert_int_eq(stat_is_at(id, PLACE_SUBNET), id >= STAT_ASSIGNED);
		if (id < STAT_TOTAL)
			ck_assert_int_eq(in_pools, id >= STAT_ASSIGNED && id < STAT_REGISTERED);
		ck_assert_int_eq(stat_kind(id) == STAT_IS_TOTAL, id >= STAT_TOTAL);
	}
}
END_TEST

static const struct wide few[2] = { { 0, 5 }, { 0, 0 } };
static const struct stat_key sub7 = { PLACE_SUBNET, 7, 0 }, pool7 = { PLACE_POOL, 7, 2 };

static struct stat_place *enter(struct stat_places *places, const struct stat_key *key)
{
	struct stat_place *place = stat_place_use(places, key);

	stat_place_enter(places, place, few);
	return place;
}

static int64_t value_of(struct stat_places *places, const char *name)
{
	struct stat_ref ref;

	ck_assert_msg(stat_find(places, 0, name, &ref), "%s is not there", name);
	return stat_value(ref);
}

static bool is_there(struct stat_places *places, const char *name)
{
	struct stat_ref ref;

	return stat_find(places, 0, name, &ref);
}

/* Adds or removes a lease. */
static void count_lease(struct stat_places *places, const struct stat_key *key, int64_t n)
{
	unsigned pin;

	stat_place_add(stat_places_enter(places, key, &pin), STAT_ASSIGNED, n);
	stat_places_leave(places, pin);
}

START_TEST(places_come_and_go)
{
	struct stat_places *places = stat_places_new();
	struct stats *own = stats_new();
	struct stat_place *pool, *sub;

	stat_places_begin(places);
	pool = enter(places, &pool7);
	ck_assert_ptr_eq(enter(places, &pool7), pool); /* two pools, one id */
	sub = enter(places, &sub7);
	ck_assert_ptr_eq(pool->up, sub);
	ck_assert_int_eq(value_of(places, "subnet[7].pool[2].total-addresses"), 10);
	count_lease(places, &pool7, 1);
	stat_count(own, pool, STAT_LEASE_REUSES, 3);
	ck_assert_int_eq(value_of(places, "v4-lease-reuses"), 3);
	ck_assert_int_eq(value_of(places, "subnet[7].v4-lease-reuses"), 3);
	ck_assert_int_eq(value_of(places, "subnet[7].pool[2].assigned-addresses"), 1);
	ck_assert(!is_there(places, "subnet[7].pool[2].v4-lease-reuses"));
	/* a lease in a subnet that is not configured */
	count_lease(places, &(struct stat_key){ PLACE_POOL, 9, 0 }, 1);
	ck_assert(!is_there(places, "subnet[9].assigned-addresses"));
	ck_assert_int_eq(value_of(places, "assigned-addresses"), 2);
	ck_assert_uint_eq(stat_places_n(places), 4);

	/* the next configuration has only the subnet */
	stat_places_begin(places);
	(void)enter(places, &sub7);
	stat_place_unuse(places, pool);
	stat_place_unuse(places, pool);
	stat_place_unuse(places, sub);
	stat_places_sweep(places);
	ck_assert_uint_eq(stat_places_n(places), 4);
	ck_assert(!is_there(places, "subnet[7].pool[2].assigned-addresses"));
	ck_assert_int_eq(value_of(places, "subnet[7].v4-lease-reuses"), 3);
	count_lease(places, &pool7, -1);
	count_lease(places, &(struct stat_key){ PLACE_POOL, 9, 0 }, -1);
	stat_places_sweep(places);
	ck_assert_uint_eq(stat_places_n(places), 1);

	/* then another one, then it returns */
	stat_places_begin(places);
	stat_places_begin(places);
	ck_assert_ptr_eq(enter(places, &sub7), sub);
	ck_assert_int_eq(value_of(places, "subnet[7].v4-lease-reuses"), 0);
	ck_assert_int_eq(value_of(places, "v4-lease-reuses"), 3);
	stats_free(own);
	stat_places_free(places);
}
END_TEST

START_TEST(counters_are_reset_gauges_are_not)
{
	struct stat_places *places = stat_places_new();
	static const char *const counters[] = { "reclaimed-leases", "subnet[7].reclaimed-leases",
						"subnet[7].pool[2].reclaimed-leases" };
	struct stat_ref ref;

	stat_places_begin(places);
	(void)enter(places, &sub7);
	stat_place_add(enter(places, &pool7), STAT_RECLAIMED, 4);
	count_lease(places, &pool7, 1);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(value_of(places, counters[i]), 4);
		ck_assert(stat_find(places, 0, counters[i], &ref));
		ck_assert(stat_reset_ref(ref));
		ck_assert_int_eq(value_of(places, counters[i]), 0);
	}
	ck_assert(stat_find(places, 0, "subnet[7].assigned-addresses", &ref));
	ck_assert(!stat_reset_ref(ref));
	ck_assert_int_eq(stat_value(ref), 1);
	ck_assert(stat_find(places, 0, "subnet[7].total-addresses", &ref));
	ck_assert(!stat_reset_ref(ref));
	ck_assert_int_eq(stat_value(ref), 5);
	stat_places_forget_leases(places);
	ck_assert_int_eq(value_of(places, "subnet[7].assigned-addresses"), 0);
	ck_assert_int_eq(value_of(places, "assigned-addresses"), 0);
	stat_places_free(places);
}
END_TEST

/* Another lease database: leases are counted again, events continue. */
START_TEST(counters_are_inherited)
{
	struct stat_places *old = stat_places_new(), *places = stat_places_new();

	stat_places_begin(old);
	(void)enter(old, &sub7);
	stat_place_add(enter(old, &pool7), STAT_RECLAIMED, 4);
	count_lease(old, &pool7, 1);
	stat_place_add(enter(old, &(struct stat_key){ PLACE_SUBNET, 8, 0 }), STAT_RECLAIMED, 1);
	stat_places_begin(places);
	(void)enter(places, &sub7);
	(void)enter(places, &pool7);
	(void)stat_place_use(places, &(struct stat_key){ PLACE_SUBNET, 8, 0 });
	stat_places_inherit(places, old);
	ck_assert_int_eq(value_of(places, "subnet[7].pool[2].reclaimed-leases"), 4);
	ck_assert_int_eq(value_of(places, "subnet[7].reclaimed-leases"), 4);
	ck_assert_int_eq(value_of(places, "reclaimed-leases"), 5);
	ck_assert_int_eq(value_of(places, "subnet[7].assigned-addresses"), 0);
	ck_assert(!is_there(places, "subnet[8].reclaimed-leases"));
	stat_places_free(old);
	stat_places_free(places);
}
END_TEST

START_TEST(names_of_places)
{
	static const char *const wrong[] = {
		"subnet[8].declined-addresses",
		"subnet[7].pool[1].declined-addresses",
		"subnet[7]declined-addresses",
		"subnet[7].",
		"subnet[].declined-addresses",
		"subnet[07].declined-addresses",
		"subnet[-7].declined-addresses",
		"subnet[4294967303].declined-addresses",
		"subnet[18446744073709551623].declined-addresses",
		"subnet[7",
		"subnet[7].pool[2]",
		"subnet[7].pool[2].total-nas",
		"subnet[7].pkt4-sent",
		"pool[2].declined-addresses",
		"total-addresses",
		"",
	};
	struct stat_places *places = stat_places_new();

	stat_places_begin(places);
	(void)enter(places, &sub7);
	(void)enter(places, &pool7);
	ck_assert(is_there(places, "declined-addresses"));
	ck_assert(is_there(places, "subnet[7].pool[2].declined-addresses"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!is_there(places, wrong[i]), "%s is there", wrong[i]);
	stat_places_free(places);
}
END_TEST

struct walk {
	unsigned n, stop_at;
	char last[STAT_PLACE_NAME_MAX];
};

static bool look_at(void *ctx, struct stat_ref ref)
{
	struct walk *walk = ctx;

	ck_assert_ptr_nonnull(stat_ref_name(ref, 1, walk->last));
	return ++walk->n != walk->stop_at;
}

/* Large totals, and a walk over all rows. */
START_TEST(totals_and_walk)
{
	static const struct wide largest = { UINT64_MAX, UINT64_MAX };
	struct stat_places *places = stat_places_new();
	struct walk all = { 0 }, some = { .stop_at = 3 };
	struct wide total[2] = { { 4, 0 }, { 0, 7 } };
	char text[WIDE_TEXT_MAX];
	struct stat_ref ref;

	stat_places_begin(places);
	stat_place_enter(places, stat_place_use(places, &(struct stat_key){ PLACE_SUBNET, UINT32_MAX, 0 }), total);
	stat_place_enter(places, stat_place_use(places, &(struct stat_key){ PLACE_PD_POOL, UINT32_MAX, UINT32_MAX }),
			 total);
	ck_assert(stat_find(places, 1, "subnet[4294967295].total-nas", &ref));
	ck_assert_str_eq(stat_value_text(ref, text), "73786976294838206464");
	ck_assert_int_eq(stat_value(ref), INT64_MAX);
	ck_assert(stat_find(places, 1, "subnet[4294967295].pd-pool[4294967295].total-pds", &ref));
	ck_assert_str_eq(stat_value_text(ref, text), "7");
	stat_each(places, 1, look_at, &all);
	ck_assert_str_eq(all.last, "subnet[4294967295].pd-pool[4294967295].total-pds");
	stat_each(places, 1, look_at, &some);
	ck_assert_uint_eq(some.n, 3);
	ck_assert_uint_gt(all.n, 60);
	ck_assert_str_eq(wide_format(largest, text), "340282366920938463463374607431768211455");
	ck_assert_str_eq(wide_format((struct wide){ 0, 0 }, text), "0");
	ck_assert_uint_eq(wide_add(largest, (struct wide){ 0, 1 }).hi, UINT64_MAX);
	ck_assert_uint_eq(wide_add((struct wide){ 0, UINT64_MAX }, (struct wide){ 0, 1 }).hi, 1);
	ck_assert_uint_eq(wide_sub((struct wide){ 1, 0 }, (struct wide){ 0, 1 }).lo, UINT64_MAX);
	ck_assert_uint_eq(wide_shift_right(largest, 124).lo, 15);
	ck_assert_uint_eq(wide_shift_right(largest, 4).hi, UINT64_MAX >> 4);
	stat_places_free(places);
}
END_TEST

/* Ten thousand subnets, found again, in memory proportional to their number. */
START_TEST(many_places)
{
	struct stat_places *places = stat_places_new();
	struct stat_place **used = xcalloc(20000, sizeof(struct stat_place *));
	char name[STAT_PLACE_NAME_MAX];

	for (unsigned round = 0; round < 2; round++) {
		stat_places_begin(places);
		for (uint32_t i = 0; i < 10000; i++) {
			uint32_t id = 100000 * round + i;
			struct stat_key pool = { PLACE_POOL, id, 0 }, sub = { PLACE_SUBNET, id, 0 };

			if (round) {
				stat_place_unuse(places, used[2 * i]);
				stat_place_unuse(places, used[2 * i + 1]);
			}
			used[2 * i] = enter(places, &pool);
			used[2 * i + 1] = enter(places, &sub);
			count_lease(places, &pool, 1);
			count_lease(places, &pool, -1);
		}
		stat_places_sweep(places);
		ck_assert_uint_eq(stat_places_n(places), 20000);
		(void)snprintf(name, sizeof(name), "subnet[%u].total-addresses", 100000 * round + 9999);
		ck_assert_int_eq(value_of(places, name), 5);
	}
	free(used);
	stat_places_free(places);
}
END_TEST

/* Samples of places whose rows are 0 or do not change use no memory, and say the same as others. */
START_TEST(samples_without_history)
{
	const struct stat_limit limit = { .n = 20 };
	const struct stat_key key = { PLACE_SUBNET, 1, 0 };
	struct stat_places *places = stat_places_new();
	const struct wide total[2] = { { 0, 5 }, { 0, 0 } }, more[2] = { { 0, 9 }, { 0, 0 } };
	struct stat_ref assigned, sum, declined;
	struct stat_place *place;
	int64_t since_us;

	stat_places_begin(places);
	place = stat_place_use(places, &key);
	stat_place_enter(places, place, total);
	since_us = place->since_us;
	assigned = (struct stat_ref){ place, STAT_ASSIGNED };
	declined = (struct stat_ref){ place, STAT_DECLINED };
	sum = (struct stat_ref){ place, STAT_TOTAL };
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(stat_samples(assigned, &limit), 1);
		ck_assert_int_eq(stat_sample(assigned, 0).value, 0);
		ck_assert_int_eq(stat_sample(assigned, 0).at_us, since_us);
		ck_assert_uint_eq(stat_samples(sum, &limit), 1);
		ck_assert_int_eq(stat_sample(sum, 0).value, 5);
		ck_assert_int_eq(stat_sample(sum, 0).at_us, since_us);
	}
	ck_assert_ptr_null(place->history);
	/* The total changes with a configuration. */
	stat_places_begin(places);
	stat_place_enter(places, place, more);
	ck_assert_uint_eq(stat_samples(sum, &limit), 2);
	ck_assert_int_eq(stat_sample(sum, 0).value, 9);
	ck_assert_int_eq(stat_sample(sum, 1).value, 5);
	ck_assert_int_eq(stat_sample(sum, 1).at_us, since_us);
	ck_assert_ptr_nonnull(place->history);
	/* What was read before its row had a history is not forgotten; what was not read has no such sample. */
	stat_place_add(place, STAT_ASSIGNED, 2);
	stat_place_add(place, STAT_DECLINED, 1);
	ck_assert_uint_eq(stat_samples(assigned, &limit), 2);
	ck_assert_int_eq(stat_sample(assigned, 0).value, 2);
	ck_assert_int_eq(stat_sample(assigned, 1).value, 0);
	ck_assert_int_eq(stat_sample(assigned, 1).at_us, since_us);
	ck_assert_uint_eq(stat_samples(declined, &limit), 1);
	ck_assert_int_eq(stat_sample(declined, 0).value, 1);
	/* A row that is hidden before it had a history. */
	stat_hide((struct stat_ref){ place, STAT_RECLAIMED });
	ck_assert_uint_eq(stat_samples((struct stat_ref){ place, STAT_RECLAIMED }, &limit), 0);
	/* Out of service and back: it begins again. */
	stat_places_begin(places);
	stat_places_begin(places);
	stat_place_enter(places, place, total);
	ck_assert_uint_eq(stat_samples(sum, &limit), 1);
	ck_assert_int_eq(stat_sample(sum, 0).value, 5);
	stat_places_free(places);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("stat");

	tcase_add_test(tc, sums_over_blocks);
	tcase_add_test(tc, reading_while_counting);
	tcase_add_test(tc, names);
	tcase_add_test(tc, table_is_complete);
	tcase_add_test(tc, rows_are_in_order);
	tcase_add_test(tc, places_come_and_go);
	tcase_add_test(tc, counters_are_reset_gauges_are_not);
	tcase_add_test(tc, counters_are_inherited);
	tcase_add_test(tc, names_of_places);
	tcase_add_test(tc, totals_and_walk);
	tcase_add_test(tc, many_places);
	tcase_add_test(tc, samples_without_history);
	return suite_run(tc);
}
