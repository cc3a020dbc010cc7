/* SPDX-License-Identifier: MPL-2.0 */
/* Counters: sums over blocks, freed blocks keep their numbers, names in both families. */
#include "stat/stat.h"

#include <check.h>
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

/* Each row has a name in at least one family, no name is there twice, each goes back to its row. */
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

int main(void)
{
	Suite *s = suite_create("stat");
	TCase *tc = tcase_create("stat");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, sums_over_blocks);
	tcase_add_test(tc, reading_while_counting);
	tcase_add_test(tc, names);
	tcase_add_test(tc, table_is_complete);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
