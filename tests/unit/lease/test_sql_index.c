/* SPDX-License-Identifier: MPL-2.0 */
/* What a server remembers of the leases in a database, compared with a plain array; and the clock of a database. */
#include "../suite.h"

#include "base/clock.h"
#include "base/hash.h"
#include "lease/sql_clock.h"
#include "lease/sql_index.h"

#define N 5000u

static struct sql_index *leases;
static struct sql_known known[N];
static unsigned n_notices;

static struct ip addr_of(int family, uint32_t i)
{
	struct ip addr = ip_from4(0x0a000000 + i);

	/* No ck_assert in these loops: it writes a record each time. */
	if (family) {
		(void)ip_parse("2001:db8::", &addr);
		addr.b[14] = (uint8_t)(i >> 8);
		addr.b[15] = (uint8_t)i;
	}
	return addr;
}

static struct sql_known random_lease(int family, uint32_t i)
{
	/* The clock must not tick: times that differ by a second are taken as the same. */
	static int64_t now;
	struct lease lease = { .addr = addr_of(family, i),
			       .prefix_len = family ? 128 : 32,
			       .type = family ? LEASE_NA : LEASE_V4,
			       .state = (enum lease_state)rand_below(4),
			       .subnet_id = (uint32_t)rand_below(5) };

	now = now ? now : clock_boot_sec();
	lease.expires = now + 10 * (int64_t)rand_below(1000);
	return sql_known_of(&lease);
}

/* The old side of each notice is what was known. */
static void check_notice(void *ctx, const struct store_notice *notice)
{
	const uint32_t *i = ctx;

	n_notices++;
	if (notice->old.present != known[*i].held.present ||
	    (notice->old.present && notice->old.state != known[*i].held.state))
		ck_abort_msg("address %u", *i);
}

static unsigned walk(int family)
{
	struct store_scan scan = { .arena = arena_new(0), .is_brief = true };
	struct ip first = addr_of(family, 0);
	bool seen[N] = { false };
	unsigned n = 0;
	int got;

	while ((got = sql_index_scan(leases, &scan)) > 0) {
		for (int k = 0; k < got; k++) {
			uint64_t i = ip_distance(&first, &scan.v[k].addr);

			if (i >= N || seen[i] || !known[i].held.present || scan.v[k].expires != known[i].held.expires ||
			    scan.v[k].state != known[i].held.state)
				ck_abort_msg("address %u", (unsigned)i);
			seen[i] = true;
			n++;
		}
		arena_reset(scan.arena);
	}
	ck_assert_int_eq(got, 0);
	arena_free(scan.arena);
	return n;
}

START_TEST(it_agrees_with_an_array)
{
	unsigned n = 0, count = 0;
	uint32_t i = 0;

	leases = sql_index_new(_i);
	sql_index_watch(leases, check_notice, &i);
	memset(known, 0, sizeof(known));
	for (unsigned step = 0; step < 100000; step++) {
		struct sql_known new = { .held.present = false };
		struct ip addr;

		i = (uint32_t)rand_below(N);
		addr = addr_of(_i, i);
		/* It grows, shrinks and grows again. */
		if (rand_below(3) != (step / 25000 % 2 ? 0 : 1) || !known[i].held.present)
			new = random_lease(_i, i);
		if (step / 25000 % 2 && rand_below(2))
			new = (struct sql_known){ .held.present = false };
		if (!sql_index_note(leases, &addr, sql_index_time(leases), &new))
			ck_abort_msg("address %u", i);
		known[i] = new;
		if (step % 10000 == 0)
			(void)walk(_i);
	}
	for (i = 0; i < N; i++)
		n += known[i].held.present;
	ck_assert_uint_eq(walk(_i), n);
	for (unsigned state = 0; state < LEASE_STATE_N; state++)
		count += (unsigned)sql_index_count(leases, (enum lease_state)state);
	ck_assert_uint_eq(count, n);
	ck_assert_uint_gt(n_notices, 10000);
	sql_index_free(leases);
}
END_TEST

/* What was asked before something else became known has no effect. */
START_TEST(late_responses_are_ignored)
{
	struct ip addr = addr_of(0, 1);
	struct sql_known a = random_lease(0, 1), b = a, none = { .held.present = false };
	uint64_t before;

	leases = sql_index_new(0);
	before = sql_index_time(leases);
	b.held.subnet_id = 77;
	ck_assert(sql_index_note_change(leases, &addr, before, &a, false));
	ck_assert(!sql_index_note(leases, &addr, before, &none));
	ck_assert(!sql_index_note_change(leases, &addr, before, &b, false));
	ck_assert(sql_index_note(leases, &addr, before, &a));
	ck_assert_uint_eq(sql_index_count(leases, a.held.state), 1);
	ck_assert(sql_index_note(leases, &addr, sql_index_time(leases), &none));
	ck_assert_uint_eq(sql_index_count(leases, a.held.state), 0);
	sql_index_free(leases);
}
END_TEST

START_TEST(what_was_not_seen_is_swept)
{
	uint64_t place = 0;
	unsigned n, found = 0;
	struct ip out[64];

	leases = sql_index_new(0);
	for (uint32_t i = 0; i < 1000; i++) {
		struct sql_known lease = random_lease(0, i);
		struct ip addr = addr_of(0, i);

		(void)sql_index_note(leases, &addr, sql_index_time(leases), &lease);
	}
	sql_index_begin_sweep(leases);
	for (uint32_t i = 0; i < 1000; i++) {
		struct sql_known lease = random_lease(0, i);
		struct ip addr = addr_of(0, i);

		if (i % 100)
			(void)sql_index_note(leases, &addr, sql_index_time(leases), &lease);
	}
	while (sql_index_sweep(leases, &place, out, 64, &n)) {
		for (unsigned k = 0; k < n; k++)
			ck_assert_uint_eq((ip_to4(&out[k]) - 0x0a000000) % 100, 0);
		found += n;
	}
	ck_assert_uint_eq(found, 10);
	sql_index_free(leases);
}
END_TEST

START_TEST(it_is_small)
{
	static const unsigned limits[] = { 42, 60 };
	uint64_t empty;

	leases = sql_index_new(_i);
	empty = sql_index_bytes(leases);
	for (uint32_t i = 0; i < 60000; i++) {
		struct sql_known lease = random_lease(_i, i);
		struct ip addr = addr_of(_i, i);

		(void)sql_index_note(leases, &addr, sql_index_time(leases), &lease);
	}
	ck_assert_uint_lt((sql_index_bytes(leases) - empty) / 60000, limits[_i]);
	sql_index_free(leases);
}
END_TEST

/* The distance in whole seconds is stable, and follows a clock that is set. */
START_TEST(the_distance_of_a_clock)
{
	struct sql_clock clock = { .off_sec = 0 };
	const int64_t off = 1700000000;

	ck_assert(sql_clock_measure(&clock, (off + 100) * 1000000 + 400000, 100000000, 100001000));
	ck_assert_int_eq(sql_clock_from_boot(&clock, 5), off + 5);
	ck_assert_int_eq(sql_clock_to_boot(&clock, off + 5), 5);
	/* a little later, or after a long wait for the response: the same */
	ck_assert(!sql_clock_measure(&clock, (off + 200) * 1000000 + 600000, 200000000, 200001000));
	ck_assert(!sql_clock_measure(&clock, (off + 303) * 1000000, 300000000, 305000000));
	/* an hour */
	ck_assert(sql_clock_measure(&clock, (off + 4000) * 1000000, 400000000, 400001000));
	ck_assert_int_eq(sql_clock_from_boot(&clock, 0), off + 3600);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("sql_index");

	tcase_add_loop_test(tc, it_agrees_with_an_array, 0, 2);
	tcase_add_test(tc, late_responses_are_ignored);
	tcase_add_test(tc, what_was_not_seen_is_swept);
	tcase_add_loop_test(tc, it_is_small, 0, 2);
	tcase_add_test(tc, the_distance_of_a_clock);
	return suite_run(tc);
}
