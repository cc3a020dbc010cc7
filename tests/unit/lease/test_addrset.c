/* SPDX-License-Identifier: MPL-2.0 */
/* The sorted set of addresses, compared with a table of what must be in it. */
#include "../suite.h"

#include "base/hash.h"
#include "lease/addrset.h"

#define N 6000u

static bool is_in[N];

static struct ip address(unsigned i, bool is_ip6)
{
	struct ip ip = ip_from4(0xc0000200 + i * 3);

	if (is_ip6) {
		ip.b[0] = 0x20;
		ip.b[7] = (uint8_t)(i >> 10); /* also the first half differs */
	}
	return ip;
}

/* All addresses from one on are found, in order, in pieces of `max`. */
static void check(const struct addrset *set, bool is_ip6, unsigned from, unsigned max)
{
	struct ip ip = address(from, is_ip6), got[300];
	unsigned i = from + 1, n;

	while ((n = addrset_after(set, &ip, got, max)) > 0) {
		ck_assert_uint_le(n, max);
		for (unsigned k = 0; k < n; k++, i++) {
			struct ip want;

			while (i < N && !is_in[i])
				i++;
			ck_assert_uint_lt(i, N);
			want = address(i, is_ip6);
			ck_assert_msg(ip_equal(&got[k], &want), "address %u", i);
		}
		ip = got[n - 1];
	}
	for (; i < N; i++)
		ck_assert_msg(!is_in[i], "address %u is missing", i);
}

static void change(struct addrset *set, bool is_ip6, unsigned i, bool add)
{
	struct ip ip = address(i, is_ip6);

	if (add)
		addrset_add(set, &ip);
	else
		addrset_remove(set, &ip);
	is_in[i] = add;
}

START_TEST(random_changes)
{
	struct addrset set = { .is_ip6 = _i };

	memset(is_in, 0, sizeof(is_in));
	check(&set, _i, 0, 10);
	for (unsigned round = 0; round < 60000; round++) {
		/* It grows, and shrinks to nothing. */
		bool add = rand_below(10) < (round < 30000 ? 7 : 1);

		change(&set, _i, (unsigned)rand_below(N), add);
		if (round % 2000 == 0)
			check(&set, _i, (unsigned)rand_below(N), 1 + (unsigned)rand_below(300));
	}
	for (unsigned i = 0; i < N; i++)
		change(&set, _i, i, false);
	ck_assert_uint_eq(set.n, 0);
	check(&set, _i, 0, 10);
	addrset_done(&set);
}
END_TEST

/* In ascending order the blocks are full, in descending and alternating order at least half. */
START_TEST(orders_of_adding)
{
	static const unsigned full = (N + ADDRSET_BLOCK - 1) / ADDRSET_BLOCK;

	for (unsigned order = 0; order < 3; order++) {
		struct addrset set = { .is_ip6 = _i };

		memset(is_in, 0, sizeof(is_in));
		for (unsigned i = 0; i < N; i++)
			change(&set, _i, order == 0 ? i : order == 1 ? N - 1 - i : i % 2 ? N - 1 - i / 2 : i / 2, true);
		check(&set, _i, 0, 300);
		ck_assert_uint_le(set.n, order == 0 ? full : 2 * full + 1);
		addrset_done(&set);
	}
}
END_TEST

START_TEST(sorting)
{
	static struct ip v[N], work[N];

	for (unsigned n = 0; n < N; n = n * 5 + 1) {
		struct addrset set = { .is_ip6 = _i };
		const struct ip *sorted;

		memset(is_in, 0, sizeof(is_in));
		for (unsigned i = 0; i < n; i++) {
			unsigned k = (unsigned)rand_below(N);

			v[i] = address(k, _i);
			is_in[k] = true;
		}
		sorted = addrset_sort(v, work, n);
		for (unsigned i = 0; i < n; i++) {
			ck_assert(!i || ip_cmp(&sorted[i - 1], &sorted[i]) <= 0);
			addrset_add(&set, &sorted[i]);
		}
		check(&set, _i, 0, 100);
		addrset_done(&set);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("addrset");

	tcase_add_loop_test(tc, random_changes, 0, 2);
	tcase_add_loop_test(tc, orders_of_adding, 0, 2);
	tcase_add_loop_test(tc, sorting, 0, 2);
	return suite_run(tc);
}
