/* SPDX-License-Identifier: MPL-2.0 */
/* Free maps agree with a plain array; claims keep two clients apart and expire in time. */
#include "../suite.h"

#include "alloc/alloc.h"
#include "alloc/freemap.h"
#include "base/clock.h"
#include "base/hash.h"

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

static struct prefix whole(const struct ip *ip)
{
	return (struct prefix){ *ip, ip_is4(ip) ? 32 : 128 };
}

static void note_ip(struct alloc *alloc, const struct ip *ip, bool in_use)
{
	struct prefix prefix = whole(ip);

	alloc_note(alloc, &prefix, in_use, INT64_MAX);
}

static bool claim_ip(struct alloc *alloc, const struct ip *ip, const struct alloc_client *client, bool leased_ok)
{
	struct prefix prefix = whole(ip);

	return alloc_claim(alloc, &prefix, client, leased_ok ? ALLOC_ENDED : ALLOC_NOTHING);
}

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
		ck_assert(alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { i + 1, 9 } }, &ip));
		for (j = 0; j < i; j++)
			ck_assert(!ip_equal(&seen[j], &ip));
		seen[i] = ip;
	}
	ck_assert(!alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { 99, 9 } }, &ip));
	ck_assert(!claim_ip(alloc, &seen[0], &(struct alloc_client){ .id = { 99, 9 } }, false));
	ck_assert(claim_ip(alloc, &seen[0], &(struct alloc_client){ .id = { 1, 9 } }, false));
	ck_assert(alloc_claimed_by(alloc, &(struct alloc_client){ .id = { 3, 9 } }, &ip));
	ck_assert(ip_equal(&ip, &seen[2]));
	alloc_unclaim(alloc, &(struct alloc_client){ .id = { 3, 9 } });
	ck_assert(alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { 99, 9 } }, &ip));
	ck_assert(ip_equal(&ip, &seen[2]));
	alloc_free(alloc);
}
END_TEST

#define SERVERS 3

/* Servers that share a range pick different addresses, and together all of them; the same when leases have ended. */
START_TEST(servers_share_a_range)
{
	static const uint64_t sizes[] = { 1, 2, 3, 10, 64, 1000 };
	static const enum allocator hows[] = { ALLOC_ITERATIVE, ALLOC_RANDOM, ALLOC_FLQ, ALLOC_SHARED };

	for (unsigned t = 0; t < 4 * sizeof(sizes) / sizeof(sizes[0]); t++) {
		uint64_t size = sizes[t / 4];
		struct alloc_range span = { .first = ip_from4(0x0a000000),
					    .last = ip_from4(0x0a000000 + (uint32_t)size - 1),
					    .size = size,
					    .how = hows[t % 4] };
		struct alloc *allocs[SERVERS];
		struct alloc_set *sets[SERVERS];
		unsigned n_of[1000] = { 0 };
		struct ip ip;

		for (unsigned i = 0; i < SERVERS; i++) {
			allocs[i] = alloc_new(15000);
			alloc_scatter(allocs[i]);
			sets[i] = alloc_set_new(allocs[i], &span, 1);
			alloc_share(allocs[i], i, SERVERS);
		}
		for (unsigned round = 0; round < 2; round++) {
			memset(n_of, 0, sizeof(n_of));
			for (unsigned i = 0; i < SERVERS; i++)
				for (unsigned k = 0; k < size * (i + 1) / SERVERS - size * i / SERVERS; k++) {
					struct alloc_client who = { .id = { k + 1, 9 } };

					ck_assert(round ? alloc_take_ended(allocs[i], sets[i], 0, &who, &ip)
							: alloc_pick(allocs[i], sets[i], 0, &who, &ip));
					n_of[ip_to4(&ip) - 0x0a000000]++;
				}
			for (unsigned i = 0; i < size; i++)
				ck_assert_msg(n_of[i] == 1, "size %d, how %d: %u is picked %u times", (int)size,
					      (int)t % 4, i, n_of[i]);
			/* What the others have is not out of reach. */
			for (unsigned k = 0; k < size - size / SERVERS; k++) {
				struct alloc_client who = { .id = { 5000 + k, 9 } };

				ck_assert(round ? alloc_take_ended(allocs[0], sets[0], 0, &who, &ip)
						: alloc_pick(allocs[0], sets[0], 0, &who, &ip));
			}
			ck_assert(!alloc_pick(allocs[0], sets[0], 0, &(struct alloc_client){ .id = { 9999, 9 } }, &ip));
			/* For the next round: leases at all of them, which ended one after the other. */
			for (unsigned i = 0; i < SERVERS; i++)
				for (uint32_t k = 0; k < size; k++) {
					struct ip addr = ip_from4(0x0a000000 + k);
					struct prefix prefix = whole(&addr);

					alloc_note(allocs[i], &prefix, true, INT64_MAX);
					alloc_note(allocs[i], &prefix, true, clock_boot_sec() - 2000 + k);
				}
		}
		for (unsigned i = 0; i < SERVERS; i++) {
			alloc_set_free(allocs[i], sets[i]);
			alloc_free(allocs[i]);
		}
	}
}
END_TEST

/* A range without a map: each has its part. */
START_TEST(servers_share_a_large_range)
{
	for (unsigned t = 0; t < 8; t++) {
		struct alloc_range span = { .size = UINT64_MAX, .how = t % 2 ? ALLOC_RANDOM : ALLOC_ITERATIVE };
		struct alloc *alloc = alloc_new(15000);
		struct alloc_set *set;
		uint64_t number;
		struct ip ip;

		ck_assert(ip_parse("2001:db8::", &span.first) == 0 &&
			  ip_parse("2001:db8::ffff:ffff:ffff:ffff", &span.last) == 0);
		alloc_scatter(alloc);
		set = alloc_set_new(alloc, &span, 1);
		alloc_share(alloc, t / 2, 4);
		for (unsigned k = 0; k < 100; k++) {
			struct alloc_client who = { .id = { k + 1, 9 } };

			ck_assert(alloc_pick(alloc, set, 0, &who, &ip));
			number = 0;
			for (unsigned i = 8; i < 16; i++)
				number = number << 8 | ip.b[i];
			/* The size is one less than a power of two, so is where parts begin. */
			ck_assert_uint_eq((number + 1) >> 62, t / 2);
			if (k % 3 == 0)
				alloc_missed(alloc, set, 0, &who, &ip);
		}
		alloc_set_free(alloc, set);
		alloc_free(alloc);
	}
}
END_TEST

/* With maps of each kind and without one; a lease that ends there does not make it available either. */
START_TEST(what_is_withheld_is_claimed_by_name_only)
{
	struct alloc_range ranges[4] = { four(), four(), four() };
	struct ip_span v4[2] = { { ip_from4(0xc0000201), ip_from4(0xc000020a) },
				 { ip_from4(0xc000020c), ip_from4(0xc000020c) } };
	struct ip_span v6;
	unsigned i;

	ranges[1].how = ALLOC_FLQ;
	ranges[2].how = ALLOC_RANDOM;
	ck_assert(ip_parse("2001:db8::", &ranges[3].first) == 0 && ip_parse("2001:db8:ffff::", &ranges[3].last) == 0);
	ranges[3].size = UINT64_MAX;
	v6.first = ip_add(&ranges[3].first, 0);
	v6.last = ip_add(&ranges[3].first, 9999);
	for (i = 0; i < 4; i++) {
		const bool is_small = i < 3;
		struct alloc_client owner = { .id = { 1, 9 } }, other = { .id = { 2, 9 } }, third = { .id = { 3, 9 } };
		struct alloc *alloc = alloc_new(15000);
		struct alloc_set *set;
		struct ip ip, reserved = is_small ? ip_from4(0xc000020c) : ip_add(&ranges[3].first, 77);
		struct prefix whole_reserved = whole(&reserved);

		ranges[i].withheld = is_small ? v4 : &v6;
		ranges[i].n_withheld = is_small ? 2 : 1;
		set = alloc_set_new(alloc, &ranges[i], 1);
		if (is_small)
			ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 2);
		for (unsigned k = 0; k < 2; k++) {
			struct alloc_client client = { .id = { 10 + k, 9 } };

			ck_assert(alloc_pick(alloc, set, 0, &client, &ip));
			ck_assert(!ip_span_overlaps(ranges[i].withheld, ranges[i].n_withheld,
						    &(struct prefix){ ip, is_small ? 32 : 128 }));
		}
		ck_assert(alloc_claim(alloc, &whole_reserved, &owner, ALLOC_NOTHING));
		alloc_unclaim(alloc, &owner);
		/* Neither a lease that has ended there, nor an offer to its owner, is for others. */
		alloc_note(alloc, &whole_reserved, true, 0);
		ck_assert(!alloc_take_ended(alloc, set, 0, &other, &ip));
		ck_assert(alloc_claim(alloc, &whole_reserved, &owner, ALLOC_ENDED));
		if (is_small) {
			ck_assert(alloc_take_over(alloc, set, 0, &third, NULL, NULL, &ip));
			ck_assert(!ip_equal(&ip, &reserved));
		}
		alloc_note(alloc, &whole_reserved, false, 0);
		alloc_unclaim(alloc, &owner);
		if (is_small) {
			ck_assert(!alloc_pick(alloc, set, 0, &other, &ip));
			ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 0);
		}
		alloc_free(alloc);
	}
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
	note_ip(alloc, &ip, true);
	ip = ip_add(&span.first, 2);
	note_ip(alloc, &ip, true);
	note_ip(alloc, &ip, false);
	ip = span.first;
	note_ip(alloc, &ip, false);
	for (i = 0; i < 4; i++) {
		struct ip want = ip_add(&span.first, order[i]);

		ck_assert(alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { i + 1, 9 } }, &ip));
		ck_assert(ip_equal(&ip, &want));
	}
	ck_assert(!alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { 99, 9 } }, &ip));
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
		ck_assert(alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { i + 1, 9 } }, &ip));
		ck_assert(!seen[ip.b[15]] && ip.b[15] != 0 && ip.b[15] != 255);
		seen[ip.b[15]] = true;
		in_order += ip.b[15] == last + 1;
		last = ip.b[15];
	}
	ck_assert(!alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { 999, 9 } }, &ip));
	ck_assert_uint_lt(in_order, 200);
	ip = span.first;
	ck_assert(!claim_ip(alloc, &ip, &(struct alloc_client){ .id = { 999, 9 } }, false));
	alloc_set_free(alloc, set);
	alloc_free(alloc);
}
END_TEST

START_TEST(claims_end_and_leases_stay)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = four();
	struct alloc_set *set = alloc_set_new(alloc, &span, 1), *second;
	struct ip ip;

	clock_set_virtual(1000, 1000);
	ck_assert(alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { 1, 1 } }, &ip));
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 3);
	note_ip(alloc, &ip, true); /* it became a lease */
	alloc_unclaim(alloc, &(struct alloc_client){ .id = { 1, 1 } });
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 3);
	ck_assert(alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { 2, 1 } }, &ip));
	/* A set created later knows the claim. */
	second = alloc_set_new(alloc, &span, 1);
	ck_assert_uint_eq(alloc_n_free(alloc, second, 0), 3);
	clock_advance(15001);
	ck_assert(!alloc_claimed_by(alloc, &(struct alloc_client){ .id = { 2, 1 } }, &ip));
	ck_assert_uint_eq(alloc_n_claims(alloc), 0);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 3);
	ck_assert_uint_eq(alloc_n_free(alloc, second, 0), 4);
	alloc_free(alloc);
	clock_set_real();
}
END_TEST

/* Pools of nested subnets: an address assigned from one is not assigned from another. */
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
		struct alloc_client client = { .id = { round + 1, 1 } };
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
			note_ip(alloc, &addr, true);
			alloc_unclaim(alloc, &client);
			taken[a] = true;
		} else {
			a = (unsigned)rand_below(301);
			addr = ip_from4(base + a);
			ck_assert_int_eq(claim_ip(alloc, &addr, &client, false), !taken[a]);
			alloc_unclaim(alloc, &client);
			if (taken[a])
				note_ip(alloc, &addr, taken[a] = false);
		}
	}
	alloc_free(alloc);
}
END_TEST

/*
 * Two sets at a reload, one with overlapping pools and one without; in both exactly the leased addresses are
 * taken, also at the ends of each pool and in the gaps.
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

		note_ip(alloc, &addr, taken[a] = !taken[a]);
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

/*
 * A new set is filled with the store's state of some time ago, address by address, while the store keeps
 * changing. With prefixes, some of which differ in length from the pool.
 */
START_TEST(a_set_is_filled_while_leases_change)
{
	enum { N = 64 };
	struct alloc_range range = { .size = N, .shift = 72 };
	struct prefix prefix = { .len = 56 };
	struct ip base;

	ck_assert_int_eq(ip_parse("2001:db8::", &base), 0);
	range.first = range.last = base;
	range.last = ip_add_steps(&base, N, 72);
	range.last = ip_add(&range.last, UINT64_MAX); /* minus one */
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct alloc *alloc = alloc_new(15000);
		struct alloc_set *set;
		bool taken[N] = { false }, seen[N];
		uint8_t len[N];
		uint64_t n_free = 0;

		rand_seed(seed);
		for (unsigned i = 0; i < N; i++)
			len[i] = rand_below(4) ? 56 : 60;
		for (unsigned step = 0; step < 100; step++)
			taken[rand_below(N)] ^= true;
		set = alloc_set_new(alloc, &range, 1);
		alloc_fill_begin(alloc, set);
		for (unsigned i = 0; i < N; i++) {
			memcpy(seen, taken, sizeof(seen));
			for (unsigned n = (unsigned)rand_below(6); n; n--) {
				unsigned k = (unsigned)rand_below(N);

				taken[k] = !taken[k];
				prefix.addr = ip_add_steps(&base, k, 72);
				prefix.len = len[k];
				alloc_note(alloc, &prefix, taken[k], INT64_MAX);
			}
			prefix.addr = ip_add_steps(&base, i, 72);
			prefix.len = len[i];
			if (seen[i])
				alloc_fill(alloc, set, &(struct alloc_lease){ prefix, INT64_MAX }, 1);
		}
		alloc_fill_end(alloc, set);
		for (unsigned i = 0; i < N; i++)
			n_free += !taken[i];
		ck_assert_msg(alloc_n_free(alloc, set, 0) == n_free, "seed %u", seed);
		alloc_free(alloc);
	}
}
END_TEST

START_TEST(a_range_without_a_map_goes_on_elsewhere)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range span = { .size = UINT64_MAX, .how = ALLOC_ITERATIVE };
	struct alloc_set *set;
	struct alloc_client me = { .id = { 1, 1 } }, other = { .id = { 2, 2 } };
	struct ip ip, third;
	unsigned i;

	rand_seed(5);
	ck_assert_int_eq(ip_parse("2001:db8:1::1", &span.first), 0);
	ck_assert_int_eq(ip_parse("2001:db8:1:0:ffff:ffff:ffff:ffff", &span.last), 0);
	set = alloc_set_new(alloc, &span, 1);
	/* in order, skipping what was offered to someone else */
	third = ip_add(&span.first, 2);
	ck_assert(claim_ip(alloc, &third, &other, false));
	for (i = 0; i < 3; i++) {
		struct ip want = ip_add(&span.first, i < 2 ? i : 3);

		ck_assert(alloc_pick(alloc, set, 0, &me, &ip));
		ck_assert(ip_equal(&ip, &want));
	}
	/* a single lease is skipped, a row of them is jumped over */
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

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix), 0);
	return prefix;
}

/* For prefixes of length len. */
static struct alloc_range range_of(const char *text, uint8_t len)
{
	struct prefix prefix = prefix_of(text);
	struct alloc_range range = { .first = prefix_first(&prefix), .last = prefix_last(&prefix), .shift = 128 - len };

	range.size = ip_count_steps(&range.first, &range.last, range.shift) + 1;
	return range;
}

static void note_text(struct alloc *alloc, const char *text, bool in_use)
{
	struct prefix prefix = prefix_of(text);

	alloc_note(alloc, &prefix, in_use, INT64_MAX);
}

START_TEST(a_lease_of_another_length_takes_what_it_overlaps)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range ranges[] = { range_of("2001:db8::/48", 64), range_of("2001:db8:1::/48", 56),
					range_of("2001:db8:2::/112", 128) };
	struct alloc_set *set = alloc_set_new(alloc, ranges, 3);
	struct ip ip;

	note_text(alloc, "2001:db8:0:100::/56", true);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 65536 - 256);
	note_text(alloc, "2001:db8:0:100::/60", true); /* imported: two for one prefix */
	note_text(alloc, "2001:db8:0:101::/64", true);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 65536 - 256);
	note_text(alloc, "2001:db8:0:100::/56", true); /* reported twice, as at a reload */
	note_text(alloc, "2001:db8:0:100::/56", false);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 65536 - 16);
	ck_assert_uint_eq(alloc_n_odd(alloc, set), 1);
	note_text(alloc, "2001:db8:0:100::/60", false);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 65535);
	ck_assert_uint_eq(alloc_n_odd(alloc, set), 0);

	/* several inside one: the last to end frees it */
	note_text(alloc, "2001:db8:1:201::/64", true);
	note_text(alloc, "2001:db8:1:2ff:1::5/128", true);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 1), 255);
	note_text(alloc, "2001:db8:1:201::/64", false);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 1), 255);
	note_text(alloc, "2001:db8:1:2ff:1::5/128", false);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 1), 256);

	/* from before the first range to after the last one, and one that contains addresses without beginning there */
	note_text(alloc, "2001:db8::/32", true);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(alloc_n_free(alloc, set, i), 0);
	note_text(alloc, "2001:db8:2::/64", true);
	note_text(alloc, "2001:db8::/32", false);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 65535);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 1), 256);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 2), 0);
	/* what it overlaps may have its own lease (imported), which remains when it ends */
	note_text(alloc, "2001:db8:2::77/128", true);
	note_text(alloc, "2001:db8:2::/64", false);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 2), 65535);
	alloc_set_free(alloc, set);

	/* what is never assigned does not become free with it */
	ranges[0] = range_of("2001:db8:0:0:fdff:ffff:ffff:ff00/120", 128);
	ranges[0].skip_reserved = true;
	ranges[0].how = ALLOC_FLQ;
	ranges[1] = range_of("2001:db8:1::/120", 128);
	ranges[1].skip_first = true;
	set = alloc_set_new(alloc, ranges, 2);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 128);
		ck_assert_uint_eq(alloc_n_free(alloc, set, 1), 255);
		note_text(alloc, "2001:db8::/32", true);
		ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 0);
		note_text(alloc, "2001:db8::/32", false);
	}
	for (unsigned i = 0; i < 128; i++)
		ck_assert(alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { i + 1, 1 } }, &ip) &&
			  ip.b[15] < 0x80);
	ck_assert(!alloc_pick(alloc, set, 0, &(struct alloc_client){ .id = { 999, 1 } }, &ip));
	alloc_free(alloc);
}
END_TEST

/* Nobody gets a prefix around an address that a host has reserved, so its claim need not end. */
START_TEST(a_reserved_claim_is_not_taken_over)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range range = range_of("2001:db8::/124", 125);
	struct alloc_client me = { .id = { 1, 1 } }, other = { .id = { 2, 2 } };
	struct prefix mine = prefix_of("2001:db8::2/128"), free = prefix_of("2001:db8::c/128");
	struct ip_span span = { mine.addr, mine.addr };
	struct alloc_set *set;
	struct ip ip;

	range.withheld = &span;
	range.n_withheld = 1;
	set = alloc_set_new(alloc, &range, 1);
	note_text(alloc, "2001:db8::8/125", true);
	ck_assert(alloc_claim(alloc, &mine, &me, ALLOC_NOTHING));
	ck_assert(!alloc_take_over(alloc, set, 0, &other, NULL, NULL, &ip));
	ck_assert(alloc_is_claimed(alloc, &mine, &me));
	/* what is not reserved may be taken over */
	note_text(alloc, "2001:db8::8/125", false);
	ck_assert(alloc_claim(alloc, &free, &me, ALLOC_NOTHING));
	ck_assert(alloc_take_over(alloc, set, 0, &other, NULL, NULL, &ip));
	ck_assert_uint_eq(ip.b[15], 8);
	alloc_free(alloc);
}
END_TEST

/* What is in no range is remembered where something reserved may overlap it. */
START_TEST(leases_outside_are_in_the_way)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range range = range_of("2001:db8::/112", 128);
	struct alloc_client me = { .id = { 1, 1 } };
	struct prefix outer = prefix_of("2001:db8:8::/48"), inner = prefix_of("2001:db8:8:1::/64");
	struct prefix addr = prefix_of("2001:db8:8:1::5/128");
	struct alloc_set *set = alloc_set_new(alloc, &range, 1);

	/* prefixes always */
	note_text(alloc, "2001:db8:8::/48", true);
	ck_assert(!alloc_claim(alloc, &inner, &me, ALLOC_NOTHING));
	ck_assert(!alloc_claim(alloc, &addr, &me, ALLOC_NOTHING));
	note_text(alloc, "2001:db8:8::/48", false);
	ck_assert(alloc_claim(alloc, &inner, &me, ALLOC_NOTHING));
	alloc_unclaim(alloc, &me);
	/* addresses, if prefixes may be claimed there */
	alloc_set_watch_outside(alloc, set);
	note_text(alloc, "2001:db8:8:1::5/128", true);
	ck_assert(!alloc_claim(alloc, &outer, &me, ALLOC_NOTHING));
	note_text(alloc, "2001:db8:8:1::5/128", false);
	ck_assert(alloc_claim(alloc, &outer, &me, ALLOC_NOTHING));
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 65536);
	alloc_free(alloc);
}
END_TEST

START_TEST(a_claim_takes_what_it_overlaps)
{
	struct alloc *alloc = alloc_new(15000);
	struct alloc_range ranges[] = { range_of("2001:db8::/56", 64), range_of("2001:db8:0:5::/112", 128) };
	struct alloc_set *set = alloc_set_new(alloc, ranges, 2), *second;
	struct alloc_client me = { .id = { 1, 1 } }, other = { .id = { 2, 2 } };
	struct prefix five = prefix_of("2001:db8:0:5::/64"), addr = prefix_of("2001:db8:0:5::7/128"), around;

	ck_assert(alloc_claim(alloc, &addr, &me, ALLOC_NOTHING));
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 255);
	ck_assert(!alloc_claim(alloc, &five, &other, ALLOC_NOTHING));
	alloc_unclaim(alloc, &me);
	ck_assert(alloc_claim(alloc, &five, &other, ALLOC_NOTHING));
	ck_assert_uint_eq(alloc_n_free(alloc, set, 1), 0);
	ck_assert(!alloc_claim(alloc, &addr, &me, ALLOC_NOTHING));
	/* it becomes a lease; the one kept for its client before does not justify both */
	note_text(alloc, "2001:db8:0:5::/64", true);
	alloc_unclaim(alloc, &other);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 1), 0);
	ck_assert(!alloc_claim(alloc, &addr, &me, ALLOC_ENDED));
	/* an address in no address range */
	addr = prefix_of("2001:db8:0:77::1/128");
	ck_assert(alloc_claim(alloc, &addr, &me, ALLOC_NOTHING));
	addr = prefix_of("2001:db8:0:77::/64");
	ck_assert(!alloc_claim(alloc, &addr, &other, ALLOC_NOTHING));
	ck_assert(!alloc_claim(alloc, &five, &me, ALLOC_NOTHING));
	alloc_unclaim(alloc, &me);
	ck_assert(alloc_claim(alloc, &addr, &other, ALLOC_NOTHING));

	/* divided differently meanwhile: the claim counts there, too */
	ranges[0] = range_of("2001:db8::/52", 60);
	second = alloc_set_new(alloc, ranges, 1);
	note_text(alloc, "2001:db8:0:5::/64", true);
	ck_assert_uint_eq(alloc_n_free(alloc, second, 0), 254);
	around = prefix_of("2001:db8:0:70::/60");
	ck_assert(!alloc_claim(alloc, &around, &me, ALLOC_NOTHING));
	alloc_unclaim(alloc, &other);
	ck_assert_uint_eq(alloc_n_free(alloc, second, 0), 255);
	ck_assert(alloc_claim(alloc, &around, &me, ALLOC_NOTHING));
	ck_assert(!alloc_claim(alloc, &addr, &other, ALLOC_NOTHING));
	ck_assert(!alloc_claim(alloc, &(struct prefix){ prefix_of("2001:db8:0:7f::/64").addr, 64 }, &other,
			       ALLOC_NOTHING));
	alloc_free(alloc);
}
END_TEST

/* A range too large for a map: picks skip leases of other lengths, however large or many these are. */
START_TEST(a_range_without_a_map_steps_over_other_lengths)
{
	static const enum allocator how[] = { ALLOC_ITERATIVE, ALLOC_RANDOM };
	struct alloc_client me = { .id = { 1, 1 } };
	struct ip ip;

	rand_seed(6);
	for (unsigned h = 0; h < 2; h++) {
		struct alloc *alloc = alloc_new(15000);
		struct alloc_range range = range_of("2001:d00::/24", 60);
		struct alloc_set *set;
		struct prefix half = prefix_of("2001:d80::/25"), most = prefix_of("2001:d00::/26");

		range.how = how[h];
		set = alloc_set_new(alloc, &range, 1);
		note_text(alloc, "2001:d80::/25", true);
		note_text(alloc, "2001:d00::/26", true);
		/* 10000 consecutive ones of half the current length */
		for (unsigned i = 0; i < 10000; i++) {
			struct prefix old = prefix_of("2001:d40::/64");

			old.addr = ip_add_steps(&old.addr, 16 * i + 3, 64);
			alloc_note(alloc, &old, true, INT64_MAX);
		}
		ck_assert_uint_eq(alloc_n_odd(alloc, set), 10002);
		for (unsigned i = 0; i < 500; i++) {
			struct prefix first_10000 = prefix_of("2001:d40::/46");

			ck_assert(alloc_pick(alloc, set, 0, &me, &ip));
			ck_assert(!prefix_contains(&half, &ip) && !prefix_contains(&most, &ip));
			ck_assert(!prefix_contains(&first_10000, &ip) ||
				  ip_count_steps(&first_10000.addr, &ip, 68) >= 10000);
		}
		alloc_free(alloc);
	}
}
END_TEST

/* Ranges of several lengths, overlapping or not, compared with a plain list of leases and claims. */
START_TEST(no_overlap_of_any_length)
{
	enum { MAX = 64 };
	struct {
		struct prefix prefix;
		struct alloc_client client;
	} held[MAX];

	rand_seed(21);
	for (unsigned game = 0; game < 60; game++) {
		static const char *const around[] = { "2001:db8::/52", "2001:db8::/56", "2001:db8:0:30::/60",
						      "2001:db8:0:800::/53", "2001:db8:0:42::/121" };
		static const uint8_t lens[] = { 56, 60, 64, 68, 128 };
		struct alloc *alloc = alloc_new(15000);
		struct alloc_range ranges[2][3];
		struct alloc_set *sets[2];
		unsigned n = 0;

		for (unsigned s = 0; s < 2; s++) {
			for (unsigned i = 0; i < 3; i++) {
				const char *text = around[rand_below(5)];
				uint8_t len = prefix_of(text).len > 64 ? 128 : lens[rand_below(4)];

				if (len < prefix_of(text).len)
					len = 64;
				ranges[s][i] = range_of(text, len);
				ranges[s][i].how = (enum allocator)rand_below(3);
			}
		}
		sets[0] = alloc_set_new(alloc, ranges[0], 3);
		for (unsigned round = 1; round <= 1500; round++) {
			struct alloc_client client = { .id = { round, game } };
			unsigned s = round < 700 ? 0 : (unsigned)rand_below(2), i = (unsigned)rand_below(3);
			struct prefix got = { .len = (uint8_t)(128 - ranges[s][i].shift) };
			bool ok;

			if (round == 700) {
				sets[1] = alloc_set_new(alloc, ranges[1], 3);
				for (unsigned k = 0; k < n; k++)
					alloc_note(alloc, &held[k].prefix, true, INT64_MAX);
			}
			if (n == MAX || (n && !rand_below(3))) {
				unsigned k = (unsigned)rand_below(n);

				alloc_note(alloc, &held[k].prefix, false, INT64_MAX);
				alloc_unclaim(alloc, &held[k].client);
				held[k] = held[--n];
				continue;
			}
			if (rand_below(2)) {
				ok = alloc_pick(alloc, sets[s], i, &client, &got.addr);
			} else {
				got.addr = ip_add_steps(&ranges[s][i].first, rand_below(ranges[s][i].size),
							ranges[s][i].shift);
				ok = alloc_claim(alloc, &got, &client, ALLOC_NOTHING);
			}
			for (unsigned k = 0; ok && k < n; k++)
				if (prefix_contains(&got, &held[k].prefix.addr) ||
				    prefix_contains(&held[k].prefix, &got.addr))
					ck_abort_msg("game %u, round %u: a /%u overlaps with a /%u", game, round,
						     got.len, held[k].prefix.len);
			if (!ok)
				continue;
			held[n].prefix = got;
			held[n++].client = client;
			if (rand_below(2)) {
				alloc_note(alloc, &got, true, INT64_MAX);
				if (rand_below(2))
					alloc_unclaim(alloc, &client);
			}
		}
		/* Nothing is left: everything is free again. */
		for (unsigned k = 0; k < n; k++) {
			alloc_note(alloc, &held[k].prefix, false, INT64_MAX);
			alloc_unclaim(alloc, &held[k].client);
		}
		for (unsigned k = 0; k < 6; k++)
			ck_assert_uint_eq(alloc_n_free(alloc, sets[k / 3], k % 3), ranges[k / 3][k % 3].size);
		alloc_free(alloc);
	}
}
END_TEST

/* What the IAs of one message ask for: an address by name, a free one, one whose lease has ended. */
static unsigned ask(struct alloc *alloc, struct alloc_set *set, uint64_t seed, uint32_t trial, struct ip v[3])
{
	unsigned n = 0;

	rand_seed(seed);
	for (unsigned i = 0; i < 3; i++) {
		struct alloc_client who = { .id = { 100 + i, 9 }, .other = { 100, 9 }, .trial = trial };
		struct ip named = ip_from4(0xc000020a + (uint32_t)rand_below(12));
		unsigned how = (unsigned)rand_below(3);
		bool leased_ok = rand_below(2), ok = true;

		v[i] = named;
		/* No step proposes what another IA of the message has. */
		for (unsigned k = 0; how == 0 && k < i; k++)
			ok = ok && !ip_equal(&v[k], &named);
		if (how == 0)
			ok = ok && claim_ip(alloc, &named, &who, leased_ok);
		else if (how == 1)
			ok = alloc_pick(alloc, set, 0, &who, &v[i]);
		else
			ok = alloc_take_ended(alloc, set, 0, &who, &v[i]);
		if (!ok)
			v[i] = ip_zero4;
		n += ok;
	}
	return n;
}

/* A trial returns what is then returned without one, also for a client that has claims, and changes nothing. */
START_TEST(a_trial_decides_as_always)
{
	static const enum allocator hows[] = { ALLOC_ITERATIVE, ALLOC_RANDOM, ALLOC_FLQ };
	unsigned n_found = 0, n_none = 0;

	for (unsigned round = 0; round < 600; round++) {
		struct alloc *alloc = alloc_new(15000);
		struct alloc_range span = {
			.first = ip_from4(0xc000020a), .last = ip_from4(0xc0000215), .size = 12, .how = hows[round % 3]
		};
		struct alloc_set *set = alloc_set_new(alloc, &span, 1);
		struct ip tried[3], got[3];
		uint32_t trial;
		uint64_t n_free;
		unsigned n;

		rand_seed(round);
		for (uint32_t i = 0; i < 12; i++) {
			struct ip ip = ip_from4(0xc000020a + i);
			struct prefix prefix = whole(&ip);
			unsigned what = (unsigned)rand_below(4);

			if (what)
				alloc_note(alloc, &prefix, true,
					   what == 1 ? INT64_MAX : clock_boot_sec() - 1 - (int64_t)rand_below(9));
		}
		/* Claims of this client and of others. */
		for (unsigned i = 0; i < 8; i++) {
			unsigned id = rand_below(2) ? 100 + (unsigned)rand_below(3) : 200 + i;
			struct alloc_client who = { .id = { id, 9 }, .other = { id / 100 * 100, 9 } };
			struct ip ip = ip_from4(0xc000020a + (uint32_t)rand_below(12));

			(void)claim_ip(alloc, &ip, &who, true);
		}
		n_free = alloc_n_free(alloc, set, 0);
		trial = alloc_trial_begin(alloc);
		n = ask(alloc, set, round, trial, tried);
		alloc_trial_end(alloc, trial);
		ck_assert_uint_eq(alloc_n_free(alloc, set, 0), n_free);
		ck_assert_uint_eq(ask(alloc, set, round, 0, got), n);
		for (unsigned i = 0; i < 3; i++)
			ck_assert_msg(ip_equal(&tried[i], &got[i]), "round %u, IA %u: %x, then %x", round, i,
				      ip_to4(&tried[i]), ip_to4(&got[i]));
		n_found += n;
		n_none += 3 - n;
		alloc_free(alloc);
	}
	ck_assert_uint_gt(n_found, 500);
	ck_assert_uint_gt(n_none, 100);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("alloc");

	tcase_set_timeout(tc, 120);

	tcase_add_test(tc, what_is_withheld_is_claimed_by_name_only);
	tcase_add_test(tc, freemap_agrees_with_an_array);
	tcase_add_test(tc, a_full_map_says_none);
	tcase_add_test(tc, no_address_is_claimed_twice);
	tcase_add_test(tc, the_queue_gives_what_was_free_for_longest);
	tcase_add_test(tc, random_finds_all);
	tcase_add_test(tc, claims_end_and_leases_stay);
	tcase_add_test(tc, ranges_that_overlap_agree);
	tcase_add_test(tc, both_sets_of_a_reload_follow);
	tcase_add_test(tc, a_set_is_filled_while_leases_change);
	tcase_add_test(tc, a_range_without_a_map_goes_on_elsewhere);
	tcase_add_test(tc, a_lease_of_another_length_takes_what_it_overlaps);
	tcase_add_test(tc, a_claim_takes_what_it_overlaps);
	tcase_add_test(tc, a_reserved_claim_is_not_taken_over);
	tcase_add_test(tc, leases_outside_are_in_the_way);
	tcase_add_test(tc, a_range_without_a_map_steps_over_other_lengths);
	tcase_add_test(tc, no_overlap_of_any_length);
	tcase_add_test(tc, a_trial_decides_as_always);
	tcase_add_test(tc, servers_share_a_range);
	tcase_add_test(tc, servers_share_a_large_range);
	return suite_run(tc);
}
