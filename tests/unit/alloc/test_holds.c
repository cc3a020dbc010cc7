/* SPDX-License-Identifier: MPL-2.0 */
/* Claims: who owns them, who takes over which one, and that their memory is freed. */
#include "../suite.h"

#include "alloc/alloc.h"
#include "base/clock.h"
#include "base/hash.h"

#include <stdio.h>
#include <unistd.h>

#define HOLD_MS 15000

static struct alloc *alloc;
static struct alloc_set *set;

static struct ip at(uint32_t i)
{
	return ip_from4(0x0a000000 + i);
}

/* Adjacent ranges of n addresses each. */
static void begin(unsigned n_ranges, uint32_t n)
{
	struct alloc_range ranges[4];

	ck_assert_uint_le(n_ranges, 4);
	for (unsigned i = 0; i < n_ranges; i++)
		ranges[i] = (struct alloc_range){ .first = at(i * n), .last = at(i * n + n - 1), .size = n };
	alloc = alloc_new(HOLD_MS);
	set = alloc_set_new(alloc, ranges, n_ranges);
	clock_set_virtual(1000, 1000);
}

static void end(void)
{
	alloc_set_free(alloc, set);
	alloc_free(alloc);
	clock_set_real();
}

static struct alloc_client client(uint64_t id, uint64_t other)
{
	return (struct alloc_client){ .id = { id, id }, .other = { other, other } };
}

/* Returns the number of the address, or -1. */
static int pick(unsigned range, struct alloc_client who)
{
	struct ip ip;

	return alloc_pick(alloc, set, range, &who, &ip) ? (int)(ip_to4(&ip) - 0x0a000000) : -1;
}

static int take_over(unsigned range, struct alloc_client who)
{
	struct ip ip;

	return alloc_take_over(alloc, set, range, &who, NULL, NULL, &ip) ? (int)(ip_to4(&ip) - 0x0a000000) : -1;
}

static bool claim(uint32_t i, struct alloc_client who)
{
	return alloc_claim(alloc, &(struct prefix){ at(i), 32 }, &who, ALLOC_NOTHING);
}

static int claimed_by(struct alloc_client who)
{
	struct ip ip;

	return alloc_claimed_by(alloc, &who, &ip) ? (int)(ip_to4(&ip) - 0x0a000000) : -1;
}

static void note(uint32_t i, bool in_use)
{
	alloc_note(alloc, &(struct prefix){ at(i), 32 }, in_use, INT64_MAX);
}

/* As with leases: ids decide if both have one, otherwise the other keys. */
START_TEST(a_claim_is_its_clients)
{
	static const struct {
		uint64_t id, other;
		bool is_same;
	} cases[] = {
		{ 1, 1, true }, { 1, 2, true },  { 1, 0, true },  { 2, 1, false }, { 2, 0, false },
		{ 0, 1, true }, { 0, 2, false }, { 0, 0, false }, { 2, 2, false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned turned = 0; turned < 2; turned++) {
			struct alloc_client first = client(1, 1), second = client(cases[i].id, cases[i].other),
					    swap = first;

			if (turned) {
				first = second;
				second = swap;
			}
			begin(1, 4);
			ck_assert_int_eq(pick(0, first), 0);
			ck_assert_msg(claimed_by(second) == (cases[i].is_same ? 0 : -1), "case %u, turned %u", i,
				      turned);
			ck_assert_msg(claim(0, second) == cases[i].is_same, "case %u, turned %u", i, turned);
			end();
		}
}
END_TEST

/* A client that gains or loses its id meanwhile always has one claim. */
START_TEST(an_id_comes_and_goes)
{
	begin(1, 4);
	ck_assert_int_eq(pick(0, client(0, 7)), 0);
	ck_assert(claim(0, client(1, 7)));
	ck_assert(claim(0, client(0, 7)));
	ck_assert(claim(0, client(2, 7)));
	ck_assert_int_eq(claimed_by(client(1, 7)), -1);
	/* Another id on the same hardware is another client; without an id it is the last of them. */
	ck_assert_int_eq(pick(0, client(3, 7)), 1);
	ck_assert_int_eq(claimed_by(client(2, 7)), 0);
	ck_assert_int_eq(claimed_by(client(0, 7)), 1);
	ck_assert(claim(0, client(0, 7)));
	ck_assert_int_eq(claimed_by(client(3, 7)), 0);
	ck_assert_uint_eq(alloc_n_claims(alloc), 1);
	alloc_unclaim(alloc, &(struct alloc_client){ .other = { 7, 7 } });
	ck_assert_uint_eq(alloc_n_claims(alloc), 0);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 4);
	end();
}
END_TEST

/*
 * An address offered to several clients is available to each until one requests it; its former client comes
 * before others.
 */
START_TEST(what_is_shared_is_claimed)
{
	struct prefix first = { at(0), 32 };
	struct alloc_client a = client(1, 1), b = client(2, 2), c = client(3, 3);

	begin(1, 1);
	ck_assert_int_eq(pick(0, a), 0);
	ck_assert(alloc_is_claimed(alloc, &first, &a) && !alloc_is_claimed(alloc, &first, &b));
	ck_assert(!alloc_claim(alloc, &first, &b, ALLOC_NOTHING) && !alloc_claim(alloc, &first, &b, ALLOC_ENDED));
	/* The former client. */
	ck_assert(alloc_claim(alloc, &first, &b, ALLOC_OWN));
	ck_assert(alloc_is_claimed(alloc, &first, &a) && alloc_is_claimed(alloc, &first, &b));
	ck_assert_int_eq(take_over(0, c), 0);
	ck_assert(alloc_is_claimed(alloc, &first, &a));
	/* From now on it is about to be stored. */
	c.commits = true;
	ck_assert(!alloc_is_claimed(alloc, &first, &(struct alloc_client){ .id = { 1, 1 }, .commits = true }));
	ck_assert(claim(0, c));
	ck_assert(alloc_is_claimed(alloc, &first, &c) && !alloc_is_claimed(alloc, &first, &a));
	ck_assert(!alloc_claim(alloc, &first, &b, ALLOC_OWN));
	end();
}
END_TEST

/* What a request has claimed while it waits for the store may be sent to its client unless others commit to it. */
START_TEST(what_others_were_offered_may_be_offered)
{
	struct prefix first = { at(0), 32 };
	struct alloc_client a = client(1, 1), b = client(2, 2);

	begin(1, 2);
	ck_assert_int_eq(pick(0, a), 0);
	alloc_unclaim(alloc, &a);
	ck_assert_int_eq(pick(0, b), 1);
	ck_assert(claim(0, b));
	ck_assert(!alloc_is_claimed(alloc, &first, &a) && alloc_may_offer(alloc, &first, &a));
	b.commits = true;
	ck_assert(claim(0, b) && !alloc_may_offer(alloc, &first, &a));
	alloc_note(alloc, &first, true, clock_boot_sec() + 5);
	ck_assert(!alloc_may_offer(alloc, &first, &a));
	clock_advance(6000);
	ck_assert(alloc_may_offer(alloc, &first, &a));
	end();
}
END_TEST

/*
 * Another server of the store has the address: it is not free before its lease ends, unless newer information
 * arrives.
 */
START_TEST(what_is_found_taken_is_remembered)
{
	struct prefix first = { at(0), 32 };
	struct alloc_client a = client(1, 1), b = client(2, 2);
	struct ip ip;

	begin(1, 2);
	ck_assert_int_eq(pick(0, a), 0);
	alloc_found_taken(alloc, &first, &b, clock_boot_sec() + 100);
	ck_assert_int_eq(claimed_by(a), 0);
	alloc_found_taken(alloc, &first, &a, clock_boot_sec() + 100);
	ck_assert_int_eq(claimed_by(a), -1);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 1);
	ck_assert_int_eq(pick(0, a), 1);
	ck_assert_int_eq(pick(0, b), -1);
	ck_assert(!alloc_take_ended(alloc, set, 0, &b, &ip));
	clock_advance(101000);
	ck_assert(alloc_take_ended(alloc, set, 0, &b, &ip) && ip_equal(&ip, &first.addr));
	/* It was extended. */
	alloc_found_taken(alloc, &first, &b, clock_boot_sec() + 100);
	ck_assert(!alloc_take_ended(alloc, set, 0, &b, &ip));
	/* It was released during the lookup. */
	note(0, false);
	alloc_found_taken(alloc, &first, &b, clock_boot_sec() + 100);
	ck_assert_uint_eq(alloc_n_free(alloc, set, 0), 2);
	end();
}
END_TEST

/* A claim for the client that still has the address is not taken over before its lease ends. */
START_TEST(what_is_leased_is_not_taken_over)
{
	struct prefix first = { at(0), 32 };
	struct alloc_client a = client(1, 1);

	begin(1, 1);
	alloc_note(alloc, &first, true, clock_boot_sec() + 5);
	ck_assert(alloc_claim(alloc, &first, &a, ALLOC_OWN));
	ck_assert_int_eq(take_over(0, client(2, 2)), -1);
	clock_advance(6000);
	ck_assert_int_eq(pick(0, client(2, 2)), -1);
	ck_assert_int_eq(take_over(0, client(2, 2)), 0);
	ck_assert(alloc_is_claimed(alloc, &first, &a));
	end();
}
END_TEST

/* Clients that never request their offers lock nobody out, and the first to request an address gets it. */
START_TEST(the_oldest_offer_is_taken_over)
{
	begin(1, 4);
	for (uint64_t i = 1; i <= 4; i++)
		ck_assert_int_eq(pick(0, client(i, i)), (int)i - 1);
	ck_assert_int_eq(pick(0, client(9, 9)), -1);
	/* Asking again does not make an offer newer. */
	ck_assert(claim(0, client(1, 1)));
	for (uint64_t i = 1; i <= 4; i++)
		ck_assert_int_eq(take_over(0, client(10 + i, 10 + i)), (int)i - 1);
	ck_assert_int_eq(take_over(0, client(20, 20)), 0);
	ck_assert_uint_eq(alloc_n_claims(alloc), 4);
	/* Only clients that were offered it return for it; others naming it meanwhile make no difference. */
	ck_assert(claim(1, client(2, 2)));
	ck_assert(claim(1, client(30, 30)));
	ck_assert(claim(1, client(12, 12)));
	note(1, true);
	ck_assert_int_eq(claimed_by(client(12, 12)), -1);
	ck_assert(!claim(1, client(2, 2)));
	/* Nobody can take over what is leased. */
	for (uint64_t i = 40; i < 60; i++)
		ck_assert_int_ne(take_over(0, client(i, i)), 1);
	note(0, true);
	note(2, true);
	note(3, true);
	ck_assert_int_eq(take_over(0, client(60, 60)), -1);
	ck_assert_uint_eq(alloc_n_claims(alloc), 0);
	end();
}
END_TEST

/* What was offered to only one client is for that client. */
START_TEST(an_offer_is_kept)
{
	begin(1, 4);
	ck_assert_int_eq(pick(0, client(1, 1)), 0);
	ck_assert(!claim(0, client(2, 2)));
	clock_advance(HOLD_MS - 1);
	ck_assert(claim(0, client(1, 1)));
	clock_advance(HOLD_MS - 1);
	ck_assert(!claim(0, client(2, 2)));
	clock_advance(1);
	ck_assert(claim(0, client(2, 2)));
	ck_assert_int_eq(claimed_by(client(1, 1)), -1);
	end();
}
END_TEST

/* What was offered to several is for the first one that requests it, also when the last one has accepted another. */
START_TEST(several_offers_are_kept)
{
	struct alloc_client last = client(3, 3);

	begin(1, 2);
	ck_assert_int_eq(pick(0, client(1, 1)), 0);
	ck_assert_int_eq(pick(0, client(2, 2)), 1);
	ck_assert_int_eq(take_over(0, last), 0);
	alloc_unclaim(alloc, &last);
	ck_assert_int_eq(claimed_by(last), -1);
	/* Nobody picks it as if it were free. */
	ck_assert_int_eq(pick(0, client(4, 4)), -1);
	ck_assert(claim(0, client(1, 1)));
	ck_assert_int_eq(claimed_by(client(1, 1)), 0);
	clock_advance(HOLD_MS);
	ck_assert_int_eq(pick(0, client(5, 5)), 0);
	end();
}
END_TEST

START_TEST(a_client_takes_its_own_first)
{
	begin(2, 3);
	ck_assert_int_eq(pick(0, client(1, 1)), 0);
	ck_assert_int_eq(pick(0, client(2, 7)), 1);
	ck_assert_int_eq(pick(0, client(3, 7)), 2);
	ck_assert_int_eq(pick(1, client(4, 7)), 3);
	ck_assert_int_eq(take_over(0, client(5, 7)), 1);
	ck_assert_int_eq(take_over(0, client(6, 7)), 2);
	ck_assert_int_eq(take_over(0, client(7, 7)), 1);
	ck_assert_int_eq(take_over(0, client(8, 8)), 0);
	end();
}
END_TEST

static bool skip_two(void *ctx, const struct ip *addr)
{
	(void)ctx;
	return ip_to4(addr) - 0x0a000000 < 2;
}

START_TEST(some_may_not_be_taken)
{
	struct alloc_client me = client(9, 2);
	struct ip ip;

	begin(1, 3);
	for (uint64_t i = 1; i <= 3; i++)
		ck_assert_int_eq(pick(0, client(i, i)), (int)i - 1);
	ck_assert(alloc_take_over(alloc, set, 0, &me, skip_two, NULL, &ip));
	ck_assert_uint_eq(ip_to4(&ip), 0x0a000002);
	end();
}
END_TEST

/* Offers in another range do not count. */
START_TEST(each_range_has_its_own_order)
{
	begin(4, 65536);
	ck_assert_int_eq(pick(1, client(1, 1)), 65536);
	for (uint64_t i = 0; i < 65536; i++)
		ck_assert_int_eq(pick(0, client(100 + i, 100 + i)), (int)i);
	ck_assert_int_eq(pick(1, client(2, 2)), 65537);
	ck_assert_int_eq(take_over(1, client(3, 3)), 65536);
	ck_assert_int_eq(take_over(1, client(4, 4)), 65537);
	ck_assert_int_eq(take_over(0, client(5, 5)), 0);
	end();
}
END_TEST

/* Nested pools and the sets of two configurations have the claims in the same order as a plain list. */
START_TEST(takeover_agrees_with_a_list)
{
	enum { N = 60, RANGES = 5 };
	static const uint64_t nobody = UINT64_MAX; /* was offered to several, and the last of them gave it up */
	static const struct {
		uint32_t first, last;
	} spans[2][RANGES] = { { { 0, 59 }, { 10, 19 }, { 15, 30 }, { 40, 49 }, { 49, 59 } },
			       { { 0, 9 }, { 10, 19 }, { 20, 39 }, { 40, 40 }, { 41, 59 } } };
	struct alloc_range ranges[RANGES];
	struct alloc_set *sets[2] = { NULL, NULL };
	uint64_t owner[N] = { 0 }, since[N] = { 0 };
	bool leased[N] = { false }, contested[N] = { false };

	alloc = alloc_new(HOLD_MS);
	rand_seed(3);
	clock_set_virtual(1000, 1000);
	for (uint64_t step = 1; step < 20000; step++) {
		unsigned which = (unsigned)rand_below(2), r = (unsigned)rand_below(RANGES), a;
		uint32_t first = spans[which][r].first, last = spans[which][r].last;
		struct alloc_client me = client(step, step);
		struct ip ip;
		int want = -1;

		if (step % 500 == 1) {
			alloc_set_free(alloc, sets[which]);
			for (unsigned i = 0; i < RANGES; i++)
				ranges[i] = (struct alloc_range){ .first = at(spans[which][i].first),
								  .last = at(spans[which][i].last),
								  .size = spans[which][i].last - spans[which][i].first +
									  1 };
			sets[which] = alloc_set_new(alloc, ranges, RANGES);
			for (a = 0; a < N; a++)
				if (leased[a])
					note(a, true);
		}
		if (!sets[which])
			continue;
		set = sets[which];
		switch (rand_below(8)) {
		case 0:
			a = (unsigned)rand_below(N);
			note(a, leased[a] = !leased[a]);
			owner[a] = leased[a] ? 0 : owner[a];
			break;
		case 1:
			a = (unsigned)rand_below(N);
			if (owner[a] && owner[a] != nobody && claim(a, client(owner[a], owner[a])))
				break;
			if (claim(a, me)) {
				ck_assert(!leased[a]);
				ck_assert(!owner[a] || contested[a]);
				contested[a] = owner[a] != 0;
				owner[a] = since[a] = step;
			}
			break;
		case 2:
			a = (unsigned)rand_below(N);
			if (owner[a] == nobody)
				break;
			me = client(owner[a] ? owner[a] : step, owner[a] ? owner[a] : step);
			alloc_unclaim(alloc, &me);
			owner[a] = owner[a] && contested[a] ? nobody : 0;
			break;
		case 3:
		case 4:
			if (alloc_pick(alloc, set, r, &me, &ip)) {
				a = ip_to4(&ip) - 0x0a000000;
				ck_assert(!owner[a] && !leased[a]);
				owner[a] = since[a] = step;
				contested[a] = false;
				break;
			}
			for (a = first; a <= last; a++)
				ck_assert(owner[a] || leased[a]);
			break;
		default:
			for (a = first; a <= last; a++)
				if (owner[a] && (want < 0 || since[a] < since[want]))
					want = (int)a;
			/* Sets created later have the order of the last renewals; they also contain the oldest. */
			ck_assert_int_eq(take_over(r, me) >= 0, want >= 0);
			for (a = first; a <= last; a++)
				if (claimed_by(me) == (int)a) {
					owner[a] = since[a] = step;
					contested[a] = true;
				}
			break;
		}
		for (a = 0; a < N; a++) {
			if (owner[a] && owner[a] != nobody)
				ck_assert_int_eq(claimed_by(client(owner[a], owner[a])), (int)a);
		}
	}
	alloc_set_free(alloc, sets[0]);
	alloc_set_free(alloc, sets[1]);
	alloc_free(alloc);
	clock_set_real();
}
END_TEST

static long rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		pages = -1;
	if (f)
		(void)fclose(f);
	return pages < 0 ? -1 : pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A hundred thousand identities that only ask use no memory once their claims have ended. */
START_TEST(memory_comes_back)
{
	enum { N = 100000 };
	struct alloc_range ranges[2] = { { .first = at(0), .last = at((1 << 17) - 1), .size = 1 << 17 },
					 { .size = UINT64_MAX } };
	long before;

	ck_assert_int_eq(ip_parse("2001:db8::1", &ranges[1].first), 0);
	ck_assert_int_eq(ip_parse("2001:db8::ffff:ffff:ffff:ffff", &ranges[1].last), 0);
	alloc = alloc_new(HOLD_MS);
	set = alloc_set_new(alloc, ranges, 2);
	clock_set_virtual(1000, 1000);
	before = rss_kib();
	for (unsigned round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 2 * N; i++) {
			struct alloc_client who = client(hash_bytes(&i, 8, round), i);
			struct ip ip;

			ck_assert(alloc_pick(alloc, set, i % 2, &who, &ip));
		}
		ck_assert_uint_eq(alloc_n_claims(alloc), 2 * N);
		clock_advance(HOLD_MS);
		alloc_sweep(alloc);
		ck_assert_uint_eq(alloc_n_claims(alloc), 0);
		ck_assert_uint_le(alloc_bytes(alloc), 256 << 10);
	}
	if (!IS_SANITIZED)
		ck_assert_int_lt(rss_kib() - before, 4096);
	end();
}
END_TEST

/* The other load of the host does not count. */
static int64_t cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* As many ids on one piece of hardware as a flood creates are no more work than as many clients. */
START_TEST(many_ids_of_one_client)
{
	int64_t start_ms;

	begin(1, 1 << 17);
	start_ms = cpu_ms();
	for (uint64_t i = 0; i < 1 << 17; i++) {
		ck_assert_int_eq(pick(0, client(i + 1, 7)), (int)i);
		if (i % 64 == 0)
			ck_assert_int_eq(claimed_by(client(0, 7)), (int)i);
	}
	for (uint64_t i = 0; i < 1 << 17; i++)
		ck_assert_int_eq(take_over(0, client(1 << 20 | i, 7)), (int)i);
	clock_advance(HOLD_MS);
	alloc_sweep(alloc);
	ck_assert_int_lt(cpu_ms() - start_ms, 5000);
	end();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("holds");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_claim_is_its_clients);
	tcase_add_test(tc, an_id_comes_and_goes);
	tcase_add_test(tc, what_is_shared_is_claimed);
	tcase_add_test(tc, what_others_were_offered_may_be_offered);
	tcase_add_test(tc, what_is_found_taken_is_remembered);
	tcase_add_test(tc, what_is_leased_is_not_taken_over);
	tcase_add_test(tc, the_oldest_offer_is_taken_over);
	tcase_add_test(tc, an_offer_is_kept);
	tcase_add_test(tc, several_offers_are_kept);
	tcase_add_test(tc, a_client_takes_its_own_first);
	tcase_add_test(tc, some_may_not_be_taken);
	tcase_add_test(tc, each_range_has_its_own_order);
	tcase_add_test(tc, takeover_agrees_with_a_list);
	tcase_add_test(tc, memory_comes_back);
	tcase_add_test(tc, many_ids_of_one_client);
	return suite_run(tc);
}
