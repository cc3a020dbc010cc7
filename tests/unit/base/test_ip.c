/* SPDX-License-Identifier: MPL-2.0 */
/* Addresses as text and as numbers, compared with the C library; keyed hashes. */
#include "../suite.h"

#include "base/hash.h"
#include "base/ip.h"
#include "base/wide.h"

#include <arpa/inet.h>
#include <stdio.h>

static void check_text(const struct ip *ip)
{
	char ours[IP_TEXT_MAX], theirs[IP_TEXT_MAX];
	struct ip back;

	if (ip_is4(ip))
		(void)inet_ntop(AF_INET, ip->b + 12, theirs, sizeof(theirs));
	else
		(void)inet_ntop(AF_INET6, ip->b, theirs, sizeof(theirs));
	ck_assert_str_eq(ip_format(ip, ours), theirs);
	ck_assert_int_eq(ip_parse(ours, &back), 0);
	ck_assert(ip_equal(ip, &back));
}

/* Every pattern of zero and other groups, with groups of every length. */
START_TEST(text_is_that_of_inet_ntop)
{
	rand_seed(1);
	for (unsigned pattern = 0; pattern < 256; pattern++)
		for (unsigned round = 0; round < 64; round++) {
			struct ip ip = { 0 };

			for (unsigned i = 0; i < 8; i++) {
				unsigned group = (unsigned)rand_below(0xffff) + 1;

				group = round % 3 ? group >> rand_below(16) : group;
				group = pattern >> i & 1 ? (group ? group : 1) : 0;
				ip.b[2 * i] = (uint8_t)(group >> 8);
				ip.b[2 * i + 1] = (uint8_t)group;
			}
			check_text(&ip);
		}
	for (unsigned round = 0; round < 4096; round++) {
		struct ip ip = ip_from4((uint32_t)rand_u64() >> rand_below(32));

		check_text(&ip);
	}
}
END_TEST

START_TEST(numbers)
{
	struct prefix net = { ip_from4(0xc0000200), 24 }, shorter = { net.addr, 23 },
		      next = { ip_from4(0xc0000300), 24 };
	struct ip a = ip_from4(0xffffffff), b, first = prefix_first(&net), last = prefix_last(&net);
	char text[IP_TEXT_MAX];

	b = ip_add(&a, 1);
	ck_assert_str_eq(ip_format(&b, text), "0.0.0.0");
	ck_assert_uint_eq(ip_distance(&first, &last), 255);
	ck_assert_int_eq(ip_cmp(&first, &last), -1);
	ck_assert_int_eq(ip_cmp(&last, &first), 1);
	ck_assert_int_eq(ip_cmp(&last, &last), 0);
	ck_assert(prefix_equal(&net, &net) && !prefix_equal(&net, &shorter) && !prefix_equal(&net, &next));
	ck_assert_int_eq(ip_parse("2001:db8::ffff:ffff:ffff:ffff", &a), 0);
	b = ip_add(&a, 1);
	ck_assert_str_eq(ip_format(&b, text), "2001:db8:0:1::");
	ck_assert_int_eq(ip_cmp(&a, &b), -1);
	b = ip_add_steps(&a, 256, 72);
	ck_assert_str_eq(ip_format(&b, text), "2001:db8:1:0:ffff:ffff:ffff:ffff");
	ck_assert_uint_eq(ip_count_steps(&a, &b, 72), 256);
	ck_assert_uint_eq(ip_distance(&a, &b), UINT64_MAX);
	ck_assert(!ip_is4(&a) && ip_is4(&first) && ip_is_zero(&ip_zero4) && ip_is_zero(&ip_zero6) && !ip_is_zero(&a));
	for (unsigned i = 0; i < 5; i++) {
		static const char *const texts[] = { "fe80::1", "febf::1", "fec0::1", "ff02::1:2", "224.0.0.1" };

		ck_assert_int_eq(ip_parse(texts[i], &a), 0);
		ck_assert_int_eq(ip_is_link_local6(&a), i < 2);
		ck_assert_int_eq(ip_is_multicast6(&a), i == 3);
	}
}
END_TEST

/* ip + n * 2^shift, bit by bit. */
static struct ip add_by_hand(struct ip ip, uint64_t n, unsigned shift)
{
	for (unsigned bit = 0; bit < 64 && bit + shift < 128; bit++)
		if (n >> bit & 1)
			for (unsigned at = bit + shift; at < 128; at++) {
				uint8_t mask = (uint8_t)(1 << at % 8);

				ip.b[15 - at / 8] ^= mask;
				if (ip.b[15 - at / 8] & mask)
					break;
			}
	return ip;
}

START_TEST(steps_of_every_size)
{
	rand_seed(1);
	for (unsigned shift = 0; shift < 128; shift++)
		for (unsigned round = 0; round < 100; round++) {
			unsigned room = 127 - shift < 64 ? 127 - shift : 64;
			uint64_t n = room ? rand_u64() >> (64 - room) >> rand_below(room) : 0,
				 halves[2] = { rand_u64(), rand_u64() };
			struct ip a, b, c;

			memcpy(a.b, halves, sizeof(a.b));
			a.b[0] &= 0x3f;
			b = ip_add_steps(&a, n, shift);
			c = add_by_hand(a, n, shift);
			ck_assert(ip_equal(&b, &c));
			ck_assert_uint_eq(ip_count_steps(&a, &b, shift), n);
			/* the last step is incomplete */
			c = ip_add_steps(&a, 1, 0);
			if (shift && n)
				ck_assert_uint_eq(ip_count_steps(&c, &b, shift), n - 1);
		}
}
END_TEST

START_TEST(reserved_blocks)
{
	static const struct {
		const char *from, *first, *last;
	} cases[] = {
		{ "2001:db8::", "2001:db8::", "2001:db8::" },
		{ "2001:db8::1", "2001:db8::200:5eff:fe00:0", "2001:db8::200:5eff:feff:ffff" },
		{ "2001:db8::200:5eff:fe00:5213", "2001:db8::200:5eff:fe00:0", "2001:db8::200:5eff:feff:ffff" },
		{ "2001:db8::200:5eff:ff00:0", "2001:db8::fdff:ffff:ffff:ff80", "2001:db8::fdff:ffff:ffff:ffff" },
		{ "2001:db8::fdff:ffff:ffff:ffff", "2001:db8::fdff:ffff:ffff:ff80", "2001:db8::fdff:ffff:ffff:ffff" },
		{ "2001:db8::fe00:0:0:0", "2001:db8:0:1::", "2001:db8:0:1::" },
		{ "ffff:ffff:ffff:fffe:fe00::", "ffff:ffff:ffff:ffff::", "ffff:ffff:ffff:ffff::" },
	};
	struct ip from, first, last, got_first, got_last;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert(ip_parse(cases[i].from, &from) == 0 && ip_parse(cases[i].first, &first) == 0 &&
			  ip_parse(cases[i].last, &last) == 0);
		ck_assert(ip_next_reserved(&from, &got_first, &got_last));
		ck_assert_msg(ip_equal(&first, &got_first) && ip_equal(&last, &got_last), "%s", cases[i].from);
	}
	(void)ip_parse("ffff:ffff:ffff:ffff:fe00::", &from);
	ck_assert(!ip_next_reserved(&from, &first, &last));
}
END_TEST

static void check_product(uint64_t a, uint64_t b, uint64_t hi)
{
	struct wide n = wide_mul(a, b), parts = wide_mul_parts(a, b);

	ck_assert_uint_eq(n.hi, hi);
	ck_assert_uint_eq(n.lo, a * b);
	ck_assert_uint_eq(parts.hi, hi);
	ck_assert_uint_eq(parts.lo, a * b);
}

START_TEST(products)
{
	check_product(0, UINT64_MAX, 0);
	check_product(1, UINT64_MAX, 0);
	check_product(UINT64_MAX, UINT64_MAX, UINT64_MAX - 1);
	check_product(UINT64_MAX, 1ULL << 32, UINT32_MAX);
	check_product(0xffffffff00000001, 0xfffffffeffffffff, 0xfffffffe00000000);
	check_product(0x123456789abcdef0, 0xfedcba9876543210, 0x121fa00ad77d7422);
	rand_seed(1);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t a = rand_u64() >> rand_below(64), b = rand_u64() >> rand_below(64);

		check_product(a, b, wide_mul(a, b).hi);
	}
}
END_TEST

/* Ids that share a prefix, and consecutive addresses, are spread evenly over few buckets. */
START_TEST(hashes_spread)
{
	enum { N = 65536, BUCKETS = 64 };
	unsigned low[BUCKETS] = { 0 }, high[BUCKETS] = { 0 }, halves[BUCKETS] = { 0 };

	for (uint32_t i = 0; i < N; i++) {
		struct ip ip = ip_from4(0x0a000000 + i);
		uint64_t h = hash_16(ip.b), both[2];

		low[h % BUCKETS]++;
		high[h >> 58]++;
		hash_bytes2(ip.b, sizeof(ip.b), 7, both);
		halves[(both[0] ^ both[1]) % BUCKETS]++;
		ck_assert_uint_ne(both[0], both[1]);
		ck_assert_uint_ne(both[0], hash_bytes(ip.b, sizeof(ip.b), 7));
	}
	for (unsigned i = 0; i < BUCKETS; i++) {
		/* 1024 expected; six standard deviations are 190 */
		ck_assert_msg(low[i] > 834 && low[i] < 1214, "low bits %u: %u", i, low[i]);
		ck_assert_msg(high[i] > 834 && high[i] < 1214, "high bits %u: %u", i, high[i]);
		ck_assert_msg(halves[i] > 834 && halves[i] < 1214, "both halves %u: %u", i, halves[i]);
	}
}
END_TEST

/* Compared with counting them one by one. */
static void count_less(const struct ip *v, unsigned n, const struct ip *at)
{
	size_t less = 0, equal = 0;

	for (unsigned i = 0; i < n; i++) {
		less += ip_cmp(&v[i], at) < 0;
		equal += ip_equal(&v[i], at);
	}
	ck_assert_uint_eq(ip_count_less(v, n, at, false), less);
	ck_assert_uint_eq(ip_count_less(v, n, at, true), less + equal);
}

/* With equal ones, and in both families. */
START_TEST(counts_less)
{
	struct ip v[40];

	rand_seed(2);
	for (unsigned n = 0; n <= 40; n++) {
		bool is4 = n % 2;

		for (unsigned i = 0; i < n; i++) {
			struct ip base;

			ck_assert_int_eq(ip_parse(is4 ? "255.255.255.240" : "2001:db8::ffff:ffff:ffff:fff0", &base), 0);
			v[i] = i && !rand_below(3) ? v[i - 1] : ip_add(&base, i / 3);
		}
		for (unsigned round = 0; round < 50; round++) {
			struct ip at = n ? v[rand_below(n)] : ip_zero4;

			at.b[15] = (uint8_t)(at.b[15] + rand_below(3) - 1);
			count_less(v, n, &at);
		}
	}
}
END_TEST

/* Evenly spaced, in clusters, all equal, and over the whole space: wherever the guess lands. */
START_TEST(counts_less_of_many)
{
	struct ip v[400], zero = { { 0 } };

	rand_seed(3);
	for (unsigned kind = 0; kind < 40; kind++) {
		struct ip at = ip_from4(0x0a000000);
		unsigned n = 30 + (unsigned)rand_below(370);

		for (unsigned i = 0; i < n; i++) {
			unsigned shift = kind % 4 == 1 ? 4 * (unsigned)rand_below(12) : kind % 4 == 2 ? 0 : 50;

			v[i] = at;
			if (kind % 4 == 0)
				at = ip_add(&at, 256);
			else if (kind % 8 != 2)
				at = ip_add_steps(&at, 1 + rand_below(3), shift);
		}
		for (unsigned round = 0; round < 200; round++) {
			struct ip near = ip_add_steps(&v[rand_below(n)], rand_below(3), (unsigned)rand_below(12));

			count_less(v, n, &near);
		}
		count_less(v, n, &ip_zero4);
		count_less(v, n, &zero);
		memset(&at, 0xff, sizeof(at));
		count_less(v, n, &at);
	}
}
END_TEST

START_TEST(prefixes_overlap)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = {
		{ "2001:db8::/48", "2001:db8::/48", true },
		{ "2001:db8::/48", "2001:db8:0:ff00::/56", true },
		{ "2001:db8::/48", "2001:db8::9/128", true },
		{ "2001:db8::/48", "2001:db8:1::/48", false },
		{ "2001:db8:0:8000::/49", "2001:db8::/49", false },
		{ "::/0", "2001:db8::/32", true },
		{ "192.0.2.0/24", "192.0.2.255/32", true },
		{ "192.0.2.0/25", "192.0.2.128/25", false },
		{ "0.0.0.0/0", "192.0.2.1/32", true },
		{ "::/0", "192.0.2.1/32", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix a, b;

		ck_assert_int_eq(prefix_parse(rows[i].a, &a), 0);
		ck_assert_int_eq(prefix_parse(rows[i].b, &b), 0);
		ck_assert_msg(prefix_overlaps(&a, &b) == rows[i].overlap, "%s %s", rows[i].a, rows[i].b);
		ck_assert_msg(prefix_overlaps(&b, &a) == rows[i].overlap, "%s %s", rows[i].b, rows[i].a);
	}
}
END_TEST

START_TEST(masks)
{
	static const struct {
		const char *mask;
		int len; /* -1: none */
	} rows[] = {
		{ "0.0.0.0", 0 },
		{ "128.0.0.0", 1 },
		{ "255.255.255.0", 24 },
		{ "255.255.255.128", 25 },
		{ "255.255.255.255", 32 },
		{ "255.0.255.0", -1 },
		{ "0.0.0.1", -1 },
		{ "127.255.255.255", -1 },
		{ "192.0.2.1", -1 },
		{ "ffff:ff00::", -1 },
		{ "::", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t len = 99;
		struct ip mask;

		ck_assert_int_eq(ip_parse(rows[i].mask, &mask), 0);
		ck_assert_msg(ip_mask_len(&mask, &len) == (rows[i].len >= 0), "%s", rows[i].mask);
		ck_assert_msg(len == (rows[i].len < 0 ? 99 : rows[i].len), "%s: %u", rows[i].mask, len);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ip");

	tcase_add_test(tc, text_is_that_of_inet_ntop);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, steps_of_every_size);
	tcase_add_test(tc, reserved_blocks);
	tcase_add_test(tc, products);
	tcase_add_test(tc, prefixes_overlap);
	tcase_add_test(tc, masks);
	tcase_add_test(tc, counts_less);
	tcase_add_test(tc, counts_less_of_many);
	tcase_add_test(tc, hashes_spread);
	return suite_run(tc);
}
