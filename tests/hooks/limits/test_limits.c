/* SPDX-License-Identifier: MPL-2.0 */
/* Rates: never more than allowed in any period. Counts: limits hold, and a recount while leases change is right. */
#include "../../unit/suite.h"

#include "limits/counts.h"
#include "limits/rate.h"

#include <stdlib.h>
#include <string.h>

START_TEST(rates_are_read)
{
	static const struct {
		const char *text;
		bool ok;
		uint32_t max;
		int64_t ms;
	} rows[] = {
		{ "1 packet per second", true, 1, 1000 },
		{ "4294967295  packets  per  year ", true, UINT32_MAX, 365LL * 86400 * 1000 },
		{ "0 packets per week", true, 0, 7 * 86400LL * 1000 },
		{ "16 packets per hour", true, 16, 3600000 },
		{ "4294967296 packets per hour", false, 0, 0 },
		{ "-1 packets per hour", false, 0, 0 },
		{ "1 packets per fortnight", false, 0, 0 },
		{ "1 packets per hours", false, 0, 0 },
		{ "1 per hour", false, 0, 0 },
		{ "packets per hour", false, 0, 0 },
		{ "", false, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t max = 0;
		int64_t ms = 0;

		ck_assert_msg(rate_parse(rows[i].text, &max, &ms) == rows[i].ok, "\"%s\"", rows[i].text);
		ck_assert_uint_eq(max, rows[i].max);
		ck_assert_int_eq(ms, rows[i].ms);
	}
}
END_TEST

/* Events at random times; what was allowed is counted over every period that ends with an event. */
START_TEST(no_period_has_more)
{
	enum { N = 4000, MAX = 7 };
	static int64_t times[N];
	struct rate rate;
	int64_t now = 1234567;
	unsigned n = 0;

	srand(7);
	rate_init(&rate, MAX, 1000);
	for (unsigned i = 0; i < N; i++) {
		now += rand() % 100;
		if (rand() % 500 == 0)
			now += 5000;
		if (!rate_take(&rate, now)) {
			/* It is not refused without reason. */
			ck_assert_uint_ge(n, MAX);
			ck_assert_int_lt(now - times[n - MAX], 1000 + 1000 / RATE_SLICES + 1);
			continue;
		}
		times[n++] = now;
		if (n > MAX)
			ck_assert_int_ge(times[n - 1] - times[n - 1 - MAX], 1000);
	}
	ck_assert_uint_gt(n, 100);
	rate_done(&rate);
}
END_TEST

static struct counts_key key_of(unsigned n, bool is_prefix)
{
	struct counts_key key = { .is_prefix = is_prefix };

	memcpy(key.addr, &n, sizeof(n));
	return key;
}

START_TEST(limits_hold)
{
	struct counts *counts = counts_new();
	int a = counts_class(counts, "a"), b = counts_class(counts, "b");
	const struct counts_classes both = { .n = 2, .v = { (uint16_t)a, (uint16_t)b }, .limits = { 5000, 3 } },
				    only_a = { .n = 1, .v = { (uint16_t)a }, .limits = { 5000 } }, none = { 0 };
	struct counts_classes before;
	struct counts_key key;

	ck_assert_int_eq(counts_class(counts, "a"), a);
	ck_assert_int_eq(counts_find_class(counts, "c"), -1);
	for (unsigned i = 0; i < 6; i++) {
		key = key_of(i, false);
		ck_assert_int_eq(counts_take(counts, &key, &both, true, &before), i < 3 ? -1 : 1);
		ck_assert_int_eq(counts_take(counts, &key, &both, false, &before), i < 3 ? -1 : 1);
	}
	/* Again for what is counted, and for prefixes. */
	key = key_of(0, false);
	ck_assert_int_eq(counts_take(counts, &key, &both, false, &before), -1);
	ck_assert_uint_eq(before.n, 2);
	key = key_of(0, true);
	ck_assert_int_eq(counts_take(counts, &key, &both, false, &before), -1);
	ck_assert_uint_eq(before.n, 0);
	for (unsigned i = 100; i < 6000; i++) {
		key = key_of(i, false);
		ck_assert_int_eq(counts_take(counts, &key, &only_a, false, &before), i < 100 + 4997 ? -1 : 0);
	}
	ck_assert_uint_eq(counts_of(counts, (unsigned)a, false), 5000);
	ck_assert_uint_eq(counts_of(counts, (unsigned)b, false), 3);
	ck_assert_uint_eq(counts_of(counts, (unsigned)b, true), 1);
	for (unsigned i = 0; i < 6000; i++) {
		key = key_of(i, false);
		counts_set(counts, &key, &none);
	}
	ck_assert_uint_eq(counts_of(counts, (unsigned)a, false), 0);
	ck_assert_uint_eq(counts_of(counts, (unsigned)a, true), 1);
	counts_free(counts);
}
END_TEST

START_TEST(recount_while_leases_change)
{
	struct counts *counts = counts_new();
	int a = counts_class(counts, "a");
	const struct counts_classes one = { .n = 1, .v = { (uint16_t)a } }, none = { 0 };
	struct counts_key key;

	for (unsigned i = 0; i < 10; i++) {
		key = key_of(i, false);
		counts_set(counts, &key, &one);
	}
	counts_begin(counts);
	/* 0 to 4 end, and are seen nevertheless; 20 is new, and is not seen; 5 to 9 are gone. */
	for (unsigned i = 0; i < 5; i++) {
		key = key_of(i, false);
		counts_set(counts, &key, &none);
	}
	key = key_of(20, false);
	counts_set(counts, &key, &one);
	for (unsigned i = 0; i < 5000; i++) {
		key = key_of(i < 5 ? i : 1000 + i, false);
		counts_seen(counts, &key, &one);
	}
	ck_assert_uint_eq(counts_of(counts, (unsigned)a, false), 6);
	counts_end(counts);
	ck_assert_uint_eq(counts_of(counts, (unsigned)a, false), 4996);
	counts_free(counts);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("limits");

	tcase_add_test(tc, rates_are_read);
	tcase_add_test(tc, no_period_has_more);
	tcase_add_test(tc, limits_hold);
	tcase_add_test(tc, recount_while_leases_change);
	return suite_run(tc);
}
