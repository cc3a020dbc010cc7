/* SPDX-License-Identifier: MPL-2.0 */
/* Free maps agree with a plain array; claims keep two clients apart and end in time. */
#include "alloc/alloc.h"
#include "alloc/freemap.h"
#include "base/clock.h"
#include "base/hash.h"

#include <check.h>

START_TEST(freemap_agrees_with_an_array)
{
	static const uint64_t sizes[] = { 1, 2, 63, 64, 65, 4096, 4097, 300000 };
	unsigned s, round;

	rand_seed(7);
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t size = sizes[s], n_free = size, i;
		struct freemap *map = freemap_new(size);
		bool *is_free = malloc(size);

		memset(is_free, 1, size);
		for (round = 0; round < 20000; round++) {
			uint64_t from = rand_below(size), want;
			bool on = rand_below(10) == 0;

			i = rand_below(size);
			ck_assert_int_eq(freemap_set(map, i, on), is_free[i] != on);
			n_free += (uint64_t)on - is_free[i];
			is_free[i] = on;
			ck_assert_uint_eq(freemap_count(map), n_free);
			if (size > 5000 && round % 100)
				continue;
			want = FREEMAP_NONE;
			for (i = 0; i < size && want == FREEMAP_NONE; i++)
				if (is_free[(from + i) % size])
					want = (from + i) % size;
			ck_assert_uint_eq(freemap_next(map, from), want);
		}
		freemap_free(map);
		free(is_free);
	}
}
END_TEST

START_TEST(a_full_map_says_none)
{
	struct freemap *map = freemap_new(1 << 20);
	uint64_t i;

	for (i = 0; i < 1 << 20; i++)
		(void)freemap_set(map, i, false);
	ck_assert_uint_eq(freemap_next(map, 12345), FREEMAP_NONE);
	(void)freemap_set(map, 777777, true);
	ck_assert_uint_eq(freemap_next(map, 0), 777777);
	ck_assert_uint_eq(freemap_next(map, 777778), 777777);
	freemap_free(map);
}
END_TEST

static struct alloc_range four(void)
{
	return (struct alloc_range){ .first = ip_from4(0xc000020a), .last = ip_from4(0xc000020d), .size = 4 };
}

START_TEST(no_address_is_claimed_twice)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = four();
	struct alloc_set *set = alloc_set_new(alloc, &span, 1);
	struct ip ip, seen[4];
	unsigned i, j;

	for (i = 0; i < 4; i++) {
		ck_assert(alloc_pick(alloc, set, 0, &(struct client_key){ i + 1, 9 }, &ip));
		for (j = 0; j < i; j++)
			ck_assert(!ip_equal(&seen[j], &ip));
		seen[i] = ip;
	}
	ck_assert(!alloc_pick(alloc, set, 0, &(struct client_key){ 99, 9 }, &ip));
	ck_assert(!alloc_claim(alloc, &seen[0], &(struct client_key){ 99, 9 }, false));
	ck_assert(alloc_claim(alloc, &seen[0], &(struct client_key){ 1, 9 }, false));
	ck_assert(alloc_claimed_by(alloc, &(struct client_key){ 3, 9 }, &ip));
	ck_assert(ip_equal(&ip, &seen[2]));
	alloc_unclaim(alloc, &(struct client_key){ 3, 9 });
	ck_assert(alloc_pick(alloc, set, 0, &(struct client_key){ 99, 9 }, &ip));
	ck_assert(ip_equal(&ip, &seen[2]));
	alloc_free(alloc);
}
END_TEST

START_TEST(the_queue_gives_what_was_free_for_longest)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = four();
	struct alloc_set *set;
	static const unsigned order[] = { 1, 3, 2, 0 };
	struct ip ip;
	unsigned i;

	span.how = ALLOC_FLQ;
	set = alloc_set_new(alloc, &span, 1);
	/* 0 and 2 had leases, and 2 became free first. */
	ip = span.first;
	alloc_note(alloc, &ip, true);
	ip = ip_add(&span.first, 2);
	alloc_note(alloc, &ip, true);
	alloc_note(alloc, &ip, false);
	ip = span.first;
	alloc_note(alloc, &ip, false);
	for (i = 0; i < 4; i++) {
		struct ip want = ip_add(&span.first, order[i]);

		ck_assert(alloc_pick(alloc, set, 0, &(struct client_key){ i + 1, 9 }, &ip));
		ck_assert(ip_equal(&ip, &want));
	}
	ck_assert(!alloc_pick(alloc, set, 0, &(struct client_key){ 99, 9 }, &ip));
	alloc_set_free(alloc, set);
	alloc_free(alloc);
}
END_TEST

START_TEST(random_finds_all)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = { .first = ip_from4(0x0a000000),
				    .last = ip_from4(0x0a0000ff),
				    .size = 256,
				    .how = ALLOC_RANDOM,
				    .skip_ends = true };
	struct alloc_set *set = alloc_set_new(alloc, &span, 1);
	bool seen[256] = { false };
	unsigned i, in_order = 0, last = 0;
	struct ip ip;

	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 254);
	for (i = 0; i < 254; i++) {
		ck_assert(alloc_pick(alloc, set, 0, &(struct client_key){ i + 1, 9 }, &ip));
		ck_assert(!seen[ip.b[15]] && ip.b[15] != 0 && ip.b[15] != 255);
		seen[ip.b[15]] = true;
		in_order += ip.b[15] == last + 1;
		last = ip.b[15];
	}
	ck_assert(!alloc_pick(alloc, set, 0, &(struct client_key){ 999, 9 }, &ip));
	ck_assert_uint_lt(in_order, 200);
	ip = span.first;
	ck_assert(!alloc_claim(alloc, &ip, &(struct client_key){ 999, 9 }, false));
	alloc_set_free(alloc, set);
	alloc_free(alloc);
}
END_TEST

/* Many who are offered an address and never ask for it do not keep out one who would. */
START_TEST(a_stale_claim_is_taken_over)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = four();
	struct alloc_set *set = alloc_set_new(alloc, &span, 1);
	struct client_key me = { 100, 1 }, first = { 1, 1 }, other = { 101, 1 };
	struct ip ip, mine;

	clock_set_virtual(1000, 1000);
	for (uint64_t i = 1; i <= 4; i++)
		ck_assert(alloc_pick(alloc, set, 0, &(struct client_key){ i, 1 }, &ip));
	ck_assert(!alloc_pick(alloc, set, 0, &me, &ip));
	ck_assert(!alloc_take_over(alloc, set, 0, &me, &ip));
	clock_advance(900);
	/* Asking again changes nothing. */
	for (uint64_t i = 1; i <= 4; i++) {
		ck_assert(alloc_claimed_by(alloc, &(struct client_key){ i, 1 }, &ip));
		ck_assert(alloc_claim(alloc, &ip, &(struct client_key){ i, 1 }, false));
	}
	ck_assert(!alloc_take_over(alloc, set, 0, &me, &ip));
	clock_advance(100);
	ck_assert(alloc_take_over(alloc, set, 0, &me, &mine));
	ck_assert(!alloc_claimed_by(alloc, &first, &ip));
	ck_assert_uint_eq(alloc_n_claims(alloc), 4);
	/* Each in turn, never what was leased meanwhile, nor mine so soon. */
	alloc_note(alloc, &span.last, true);
	ck_assert(!alloc_take_over(alloc, set, 0, &other, &ip)); /* so soon only who comes back */
	ck_assert(!alloc_take_over(alloc, set, 0, &other, &ip));
	clock_advance(100);
	ck_assert(!alloc_take_over(alloc, set, 0, &(struct client_key){ 102, 1 }, &ip));
	ck_assert(alloc_take_over(alloc, set, 0, &other, &ip) && !ip_equal(&ip, &mine));
	clock_advance(100);
	ck_assert(alloc_take_over(alloc, set, 0, &(struct client_key){ 102, 1 }, &ip) && !ip_equal(&ip, &mine));
	clock_advance(250);
	ck_assert(!alloc_take_over(alloc, set, 0, &(struct client_key){ 103, 1 }, &ip)); /* none is stale */
	/* The first one comes after all; then it is its own, and nobody else's. */
	ck_assert(alloc_claim(alloc, &mine, &first, false));
	ck_assert(!alloc_claimed_by(alloc, &me, &ip));
	ck_assert(!alloc_claim(alloc, &mine, &me, false));
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 0);
	clock_advance(15001);
	ck_assert(!alloc_claimed_by(alloc, &first, &ip));
	ck_assert_uint_eq(alloc_n_claims(alloc), 0);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 3);
	alloc_free(alloc);
	clock_set_real();
}
END_TEST

START_TEST(claims_end_and_leases_stay)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = four();
	struct alloc_set *set = alloc_set_new(alloc, &span, 1), *second;
	struct ip ip;

	clock_set_virtual(1000, 1000);
	ck_assert(alloc_pick(alloc, set, 0, &(struct client_key){ 1, 1 }, &ip));
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 3);
	alloc_note(alloc, &ip, true); /* it became a lease */
	alloc_unclaim(alloc, &(struct client_key){ 1, 1 });
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 3);
	ck_assert(alloc_pick(alloc, set, 0, &(struct client_key){ 2, 1 }, &ip));
	/* A set that comes later knows the claim. */
	second = alloc_set_new(alloc, &span, 1);
	ck_assert_uint_eq(alloc_n_free(alloc, second, 0), 3);
	clock_advance(15001);
	ck_assert(!alloc_claimed_by(alloc, &(struct client_key){ 2, 1 }, &ip));
	ck_assert_uint_eq(alloc_n_claims(alloc), 0);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 3);
	ck_assert_uint_eq(alloc_n_free(alloc, second, 0), 4);
	alloc_free(alloc);
	clock_set_real();
}
END_TEST

/* Pools of nested subnets: what one of them gives, no other one gives. */
START_TEST(ranges_that_overlap_agree)
{
	static const struct {
		uint32_t first, last;
	} spans[] = {
		{ 0, 255 }, { 16, 31 }, { 24, 47 }, { 31, 31 }, { 100, 255 }, { 200, 220 }, { 205, 206 }, { 255, 300 },
	};
	enum { N = sizeof(spans) / sizeof(spans[0]) };
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range ranges[N];
	struct alloc_set *set;
	bool taken[301] = { false };
	uint32_t base = 0x0a000000;
	unsigned round, i, a;

	for (i = 0; i < N; i++)
		ranges[i] = (struct alloc_range){ .first = ip_from4(base + spans[i].first),
						  .last = ip_from4(base + spans[i].last),
						  .size = spans[i].last - spans[i].first + 1 };
	set = alloc_set_new(alloc, ranges, N);
	rand_seed(11);
	for (round = 0; round < 3000; round++) {
		struct client_key client = { round + 1, 1 };
		struct ip addr;

		i = (unsigned)rand_below(N);
		if (rand_below(3)) {
			if (!alloc_pick(alloc, set, i, &client, &addr)) {
				for (a = spans[i].first; a <= spans[i].last; a++)
					ck_assert_msg(taken[a], "%u is free in range %u", a, i);
				continue;
			}
			a = ip_to4(&addr) - base;
			ck_assert_uint_ge(a, spans[i].first);
			ck_assert_uint_le(a, spans[i].last);
			ck_assert_msg(!taken[a], "%u was given twice", a);
			alloc_note(alloc, &addr, true);
			alloc_unclaim(alloc, &client);
			taken[a] = true;
		} else {
			a = (unsigned)rand_below(301);
			addr = ip_from4(base + a);
			ck_assert_int_eq(alloc_claim(alloc, &addr, &client, false), !taken[a]);
			alloc_unclaim(alloc, &client);
			if (taken[a])
				alloc_note(alloc, &addr, taken[a] = false);
		}
	}
	alloc_free(alloc);
}
END_TEST

/*
 * Two sets at a reload, one whose pools overlap and one whose pools do not; in both exactly the addresses with a
 * lease are taken, at the ends of each pool and in the gaps, too.
 */
START_TEST(both_sets_of_a_reload_follow)
{
	static const struct {
		uint32_t first, last;
	} old[] = { { 0, 9 }, { 0, 4 }, { 4, 20 }, { 90, 99 } },
	  new[] = { { 90, 99 }, { 10, 12 }, { 13, 13 }, { 20, 30 }, { 0, 3 } };
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range ranges[5];
	struct alloc_set *sets[3];
	bool taken[100] = { false };
	uint32_t base = 0x0a000000;
	unsigned i, round, a;

	for (i = 0; i < 4; i++)
		ranges[i] = (struct alloc_range){ .first = ip_from4(base + old[i].first),
						  .last = ip_from4(base + old[i].last),
						  .size = old[i].last - old[i].first + 1 };
	sets[0] = alloc_set_new(alloc, ranges, 4);
	for (i = 0; i < 5; i++)
		ranges[i] = (struct alloc_range){ .first = ip_from4(base + new[i].first),
						  .last = ip_from4(base + new[i].last),
						  .size = new[i].last - new[i].first + 1 };
	sets[1] = alloc_set_new(alloc, ranges, 5);
	sets[2] = alloc_set_new(alloc, ranges, 0);
	rand_seed(12);
	for (round = 0; round < 2000; round++) {
		struct ip addr = ip_from4(base + (a = (unsigned)rand_below(100)));

		alloc_note(alloc, &addr, taken[a] = !taken[a]);
		for (i = 0; i < 9; i++) {
			unsigned first = i < 4 ? old[i].first : new[i - 4].first,
				 last = i < 4 ? old[i].last : new[i - 4].last, n = 0;

			for (a = first; a <= last; a++)
				n += !taken[a];
			ck_assert_uint_eq(alloc_n_free(alloc, sets[i >= 4], i < 4 ? i : i - 4), n);
		}
	}
	for (i = 0; i < 3; i++)
		alloc_set_free(alloc, sets[i]);
	alloc_free(alloc);
}
END_TEST

START_TEST(a_range_without_a_map_goes_on_elsewhere)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = { .size = UINT64_MAX, .how = ALLOC_ITERATIVE };
	struct alloc_set *set;
	struct client_key me = { 1, 1 }, other = { 2, 2 };
	struct ip ip, third;
	unsigned i;

	rand_seed(5);
	ck_assert_int_eq(ip_parse("2001:db8:1::1", &span.first), 0);
	ck_assert_int_eq(ip_parse("2001:db8:1:0:ffff:ffff:ffff:ffff", &span.last), 0);
	set = alloc_set_new(alloc, &span, 1);
	/* in order, and past what somebody else was offered */
	third = ip_add(&span.first, 2);
	ck_assert(alloc_claim(alloc, &third, &other, false));
	for (i = 0; i < 3; i++) {
		struct ip want = ip_add(&span.first, i < 2 ? i : 3);

		ck_assert(alloc_pick(alloc, set, 0, &me, &ip));
		ck_assert(ip_equal(&ip, &want));
	}
	/* a lease here and there is passed over, a row of them is left behind */
	for (i = 0; i < 4; i++) {
		struct ip want = ip_add(&span.first, 4 + i);

		ck_assert(alloc_pick(alloc, set, 0, &me, &ip));
		ck_assert(ip_equal(&ip, &want));
		alloc_missed(alloc, set, 0, &me, &ip);
		ck_assert(!alloc_claimed_by(alloc, &me, &want));
	}
	ck_assert(alloc_pick(alloc, set, 0, &me, &ip));
	ck_assert_uint_gt(ip_distance(&span.first, &ip), 1u << 20);
	alloc_set_free(alloc, set);
	alloc_free(alloc);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alloc");
	TCase *tc = tcase_create("alloc");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, freemap_agrees_with_an_array);
	tcase_add_test(tc, a_full_map_says_none);
	tcase_add_test(tc, no_address_is_claimed_twice);
	tcase_add_test(tc, the_queue_gives_what_was_free_for_longest);
	tcase_add_test(tc, random_finds_all);
	tcase_add_test(tc, a_stale_claim_is_taken_over);
	tcase_add_test(tc, claims_end_and_leases_stay);
	tcase_add_test(tc, ranges_that_overlap_agree);
	tcase_add_test(tc, both_sets_of_a_reload_follow);
	tcase_add_test(tc, a_range_without_a_map_goes_on_elsewhere);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
