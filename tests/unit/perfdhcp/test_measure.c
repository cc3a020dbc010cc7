/* SPDX-License-Identifier: MPL-2.0 */
/* The measuring parts: open-loop timer, percentiles, table of exchanges, owners of addresses. */
#include "../suite.h"

#include "perfdhcp/cpu.h"
#include "perfdhcp/exchange.h"
#include "perfdhcp/hist.h"
#include "perfdhcp/owners.h"
#include "perfdhcp/rate.h"

#include <unistd.h>

#define NS UINT64_C(1000000000)

START_TEST(rate_holds)
{
	struct rate r;
	uint64_t now = 17 * NS + 123;

	rate_start(&r, 3, now);
	ck_assert_uint_eq(rate_next_ns(&r), now);
	ck_assert_uint_eq(rate_due(&r, now - 1), 0);
	ck_assert_uint_eq(rate_due(&r, now), 1);
	r.done = 1;
	ck_assert_uint_eq(rate_next_ns(&r), now + 333333334);
	ck_assert_uint_eq(rate_due(&r, now + 333333333), 0);
	ck_assert_uint_eq(rate_due(&r, now + 333333334), 1);
	/* missed events remain due */
	ck_assert_uint_eq(rate_due(&r, now + 10 * NS), 30);
	r.done = 31;
	ck_assert_uint_eq(rate_due(&r, now + 10 * NS), 0);
	ck_assert_uint_eq(rate_next_ns(&r), now + 10 * NS + 333333334);

	/* a year at the highest rate */
	rate_start(&r, UINT32_MAX, now);
	ck_assert_uint_eq(rate_due(&r, now + 31536000 * NS), UINT64_C(31536000) * UINT32_MAX + 1);
	r.done = UINT64_C(31536000) * UINT32_MAX;
	ck_assert_uint_eq(rate_next_ns(&r), now + 31536000 * NS);

	rate_start(&r, 0, now);
	ck_assert_uint_eq(rate_due(&r, now + NS), 0);
	ck_assert_uint_eq(rate_next_ns(&r), UINT64_MAX);
}
END_TEST

/* An event is due at the time announced. */
START_TEST(rate_agrees_with_itself)
{
	static const uint32_t rates[] = { 1, 7, 999, 60000, 1000003, 4000000000u };

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct rate r;

		rate_start(&r, rates[i], 5);
		for (uint64_t n = 0; n < 5000; n++) {
			uint64_t at = rate_next_ns(&r);

			ck_assert_uint_ge(rate_due(&r, at), 1);
			ck_assert(at == 5 || rate_due(&r, at - 1) == 0);
			r.done++;
		}
	}
}
END_TEST

static void near(uint64_t got, uint64_t want)
{
	uint64_t off = got > want ? got - want : want - got;

	ck_assert_msg(off * 64 <= want, "%llu instead of %llu", (unsigned long long)got, (unsigned long long)want);
}

START_TEST(percentiles)
{
	static struct hist h;

	ck_assert_uint_eq(hist_quantile(&h, 0.5), 0);
	ck_assert_double_eq(hist_mean_ms(&h), 0);
	for (uint64_t i = 1; i <= 100000; i++)
		hist_add(&h, i * 1000);
	near(hist_quantile(&h, 0.5), 50000000);
	near(hist_quantile(&h, 0.9), 90000000);
	near(hist_quantile(&h, 0.99), 99000000);
	near(hist_quantile(&h, 0.999), 99900000);
	ck_assert_uint_eq(hist_quantile(&h, 1), 100000000);
	near(hist_quantile(&h, 0), 1000);
	ck_assert_uint_eq(h.min, 1000);
	ck_assert_uint_eq(h.max, 100000000);
	ck_assert_double_eq_tol(hist_mean_ms(&h), 50.0005, 1e-9);
	ck_assert_double_eq_tol(hist_deviation_ms(&h), 28.8675, 1e-3);
}
END_TEST

START_TEST(percentiles_of_few_and_extremes)
{
	static struct hist one, small, huge;

	hist_add(&one, 123456789);
	ck_assert_uint_eq(hist_quantile(&one, 0.001), 123456789);
	ck_assert_uint_eq(hist_quantile(&one, 0.999), 123456789);
	ck_assert_double_eq(hist_deviation_ms(&one), 0);
	for (uint64_t i = 0; i < 64; i++)
		hist_add(&small, i);
	ck_assert_uint_eq(hist_quantile(&small, 0.5), 31);
	hist_add(&huge, UINT64_MAX);
	hist_add(&huge, 1);
	ck_assert_uint_eq(huge.max, UINT64_MAX);
	ck_assert_uint_eq(hist_quantile(&huge, 0.5), 1);
	ck_assert_uint_ge(hist_quantile(&huge, 1), UINT64_C(1) << 46);
}
END_TEST

START_TEST(exchanges_are_found)
{
	struct exchanges xs;
	struct exchange *a, *b;
	uint32_t old;

	exchanges_init(&xs, 2, 32);
	a = exchanges_begin(&xs, 7, 100);
	ck_assert_ptr_null(exchanges_find(&xs, a->xid));
	exchanges_wait(&xs, a, FIRST, FIRST, 100);
	b = exchanges_begin(&xs, 8, 101);
	exchanges_wait(&xs, b, FIRST, FIRST, 101);
	ck_assert_ptr_eq(exchanges_find(&xs, a->xid), a);
	ck_assert_ptr_eq(exchanges_find(&xs, b->xid), b);
	ck_assert_uint_ne(a->xid, b->xid);
	ck_assert_uint_eq(xs.waiting[FIRST], 2);
	ck_assert_ptr_eq(exchanges_oldest(&xs, FIRST), a);
	exchanges_wait(&xs, a, SECOND, SECOND, 102);
	ck_assert_ptr_eq(exchanges_oldest(&xs, FIRST), b);
	ck_assert_ptr_eq(exchanges_oldest(&xs, SECOND), a);
	ck_assert_uint_eq(a->begun_ns, 100);
	old = a->xid;
	exchanges_rename(&xs, a);
	ck_assert_ptr_null(exchanges_find(&xs, old));
	ck_assert_ptr_eq(exchanges_find(&xs, a->xid), a);
	old = b->xid;
	exchanges_end(&xs, b);
	ck_assert_ptr_null(exchanges_find(&xs, old));
	ck_assert_ptr_null(exchanges_oldest(&xs, FIRST));
	exchanges_end(&xs, a);
	ck_assert_uint_eq(xs.total, 0);
	exchanges_done(&xs);
}
END_TEST

/* Filled, emptied from the middle, reused again and again: ids repeat late, queues stay in order. */
START_TEST(exchanges_are_reused)
{
	static struct exchange *live[256];
	struct exchanges xs;
	struct exchange *x;
	uint32_t first;

	exchanges_init(&xs, 256, 24);
	for (uint32_t i = 0; i < 256; i++) {
		live[i] = exchanges_begin(&xs, i, i);
		exchanges_wait(&xs, live[i], RENEWAL, RENEWAL, i);
	}
	ck_assert_ptr_null(exchanges_begin(&xs, 0, 0));
	for (uint32_t i = 1; i < 255; i += 2)
		exchanges_end(&xs, live[i]);
	for (uint32_t i = 0; i < 255; i += 2) {
		x = exchanges_oldest(&xs, RENEWAL);
		ck_assert_uint_eq(x->client, i);
		exchanges_end(&xs, x);
	}
	exchanges_end(&xs, live[255]);
	ck_assert_uint_eq(xs.total, 0);

	x = exchanges_begin(&xs, 0, 0);
	first = x->xid;
	exchanges_end(&xs, x);
	for (uint32_t i = 0; i < 60000; i++) {
		x = exchanges_begin(&xs, i, i);
		exchanges_wait(&xs, x, FIRST, FIRST, i);
		ck_assert_uint_ne(x->xid, first);
		ck_assert_uint_le(x->xid, 0xffffff);
		exchanges_end(&xs, x);
	}
	exchanges_done(&xs);
}
END_TEST

START_TEST(owners_of_addresses)
{
	struct owners o;
	struct ip ip;

	owners_init(&o);
	for (uint32_t i = 0; i < 20000; i++) {
		ip = ip_from4(0x0a000000 + i * 256);
		ck_assert(owners_give(&o, &ip, i));
	}
	ck_assert_uint_eq(o.n, 20000);
	ip = ip_from4(0x0a000000);
	ck_assert(owners_give(&o, &ip, 0));
	ck_assert(!owners_give(&o, &ip, 5));
	ck_assert(owners_give(&o, &ip, 5));
	for (uint32_t i = 0; i < 20000; i += 2) {
		ip = ip_from4(0x0a000000 + i * 256);
		owners_forget(&o, &ip);
	}
	owners_forget(&o, &ip_zero4);
	ck_assert_uint_eq(o.n, 10000);
	for (uint32_t i = 1; i < 20000; i++) {
		ip = ip_from4(0x0a000000 + i * 256);
		ck_assert_msg(owners_give(&o, &ip, 77777) == (i % 2 == 0), "address %u", i);
	}
	owners_done(&o);
}
END_TEST

/* This process's time from both sources: the clock, and /proc. */
START_TEST(processor_time)
{
	uint64_t before = cpu_own_ns(), others = cpu_of_process_ns((uint32_t)getpid());

	while (cpu_own_ns() < before + NS / 50)
		;
	ck_assert_uint_gt(cpu_of_process_ns((uint32_t)getpid()), others);
	ck_assert_uint_eq(cpu_of_process_ns(UINT32_MAX), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, rate_holds);
	tcase_add_test(tc, rate_agrees_with_itself);
	tcase_add_test(tc, percentiles);
	tcase_add_test(tc, percentiles_of_few_and_extremes);
	tcase_add_test(tc, exchanges_are_found);
	tcase_add_test(tc, exchanges_are_reused);
	tcase_add_test(tc, processor_time);
	tcase_add_test(tc, owners_of_addresses);
	return suite_run(tc);
}
