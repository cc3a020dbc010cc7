/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The feed: order and numbers, what a slow reader loses, several threads that add, and nothing while it is off; its
 * readers.
 */
#include "../suite.h"

#include "base/clock.h"
#include "io/loop.h"
#include "serve/feed_readers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct feed *feed;
static unsigned n_wakes;

static void woken(void *ctx)
{
	(void)ctx;
	n_wakes++;
}

static void setup(void)
{
	feed = feed_new();
	n_wakes = 0;
	feed_on_record(feed, woken, NULL);
}

static void teardown(void)
{
	feed_free(feed);
}

static struct lease lease_at(uint32_t host, const char *hostname)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 7 }, id[3] = { 1, 2, 3 };

	return (struct lease){ .addr = ip_from4(0xc0000200 + host),
			       .prefix_len = 32,
			       .type = LEASE_V4,
			       .hwaddr = bytes_of(mac, sizeof(mac)),
			       .client_id = bytes_of(id, sizeof(id)),
			       .subnet_id = 7,
			       .valid = 600,
			       .hostname = hostname };
}

START_TEST(what_is_added_is_read)
{
	struct lease lease = lease_at(1, "host");
	uint64_t next = 0, first, end, lost;
	int64_t drops[] = { 3, 0, 5 };
	struct feed_record rec;

	feed_lease(feed, FEED_LEASE_GRANTED, &lease, false);
	ck_assert(!feed_is_on(feed));
	ck_assert(!feed_is_on(NULL));
	feed_switch(feed, true);
	feed_span(feed, &first, &end);
	ck_assert_uint_eq(first, end); /* nothing of what came before */
	ck_assert_uint_eq(n_wakes, 0);
	next = end;
	feed_lease(feed, FEED_LEASE_GRANTED, &lease, false);
	feed_text(feed, FEED_RELOAD, true, "%s", "kea.conf");
	ck_assert_uint_eq(n_wakes, 1);
	feed_rearm(feed);
	feed_rates(feed, 10000, 9, 8, drops, 3);
	ck_assert_uint_eq(n_wakes, 2);
	ck_assert(feed_read(feed, &next, &rec, &lost));
	ck_assert_uint_eq(rec.number, end);
	ck_assert_int_eq(rec.kind, FEED_LEASE_GRANTED);
	ck_assert(ip_equal(&rec.addr, &lease.addr));
	ck_assert_uint_eq(rec.subnet_id, 7);
	ck_assert_uint_eq(rec.len, 6 + 3 + 4);
	ck_assert_mem_eq(rec.data + 9, "host", 4);
	ck_assert(feed_read(feed, &next, &rec, &lost));
	ck_assert_int_eq(rec.kind, FEED_RELOAD);
	ck_assert_mem_eq(rec.data, "kea.conf", rec.len);
	ck_assert(feed_read(feed, &next, &rec, &lost));
	ck_assert_int_eq(rec.received, 9);
	ck_assert_mem_eq(rec.data, drops, sizeof(drops));
	ck_assert_uint_eq(lost, 0);
	ck_assert(!feed_read(feed, &next, &rec, &lost));
	ck_assert_uint_eq(next, end + 3);
	/* Numbers never repeat. */
	feed_switch(feed, false);
	feed_switch(feed, true);
	feed_span(feed, &first, &end);
	ck_assert_uint_ge(end, next);
}
END_TEST

/* With records of every length, so that both limits of the ring are met. */
START_TEST(slow_readers_know_what_they_lost)
{
	char hostname[LEASE_HOSTNAME_MAX + 1];
	uint64_t next, n = 0, n_lost = 0, lost, first;
	struct feed_record rec;

	memset(hostname, 'x', sizeof(hostname));
	feed_switch(feed, true);
	feed_span(feed, &first, &next);
	for (unsigned i = 0; i < 60000; i++) {
		struct lease lease = lease_at(i, hostname + (i < 30000 ? LEASE_HOSTNAME_MAX : i % LEASE_HOSTNAME_MAX));

		hostname[LEASE_HOSTNAME_MAX] = '\0';
		feed_lease(feed, FEED_LEASE_RENEWED, &lease, false);
		if (i % 5000 != 0)
			continue;
		/* A reader that reads a little. */
		for (unsigned k = 0; k < 100 && feed_read(feed, &next, &rec, &lost); k++) {
			n_lost += lost;
			ck_assert_uint_eq(rec.number, first + n + n_lost);
			ck_assert_uint_eq(ip_to4(&rec.addr), 0xc0000200 + n + n_lost);
			n++;
		}
	}
	while (feed_read(feed, &next, &rec, &lost)) {
		n_lost += lost;
		ck_assert_uint_eq(ip_to4(&rec.addr), 0xc0000200 + n + n_lost);
		ck_assert_uint_eq(rec.n_hostname,
				  (n + n_lost) < 30000 ? 0 : LEASE_HOSTNAME_MAX - (n + n_lost) % LEASE_HOSTNAME_MAX);
		n++;
	}
	ck_assert_uint_eq(n + n_lost, 60000);
	ck_assert_uint_gt(n_lost, 40000);
	ck_assert_uint_gt(n, 5000);
}
END_TEST

#define THREADS 4
#define EACH 20000

static void *add_many(void *arg)
{
	struct lease lease = lease_at(*(unsigned *)arg, "");

	for (unsigned i = 0; i < EACH; i++) {
		lease.iaid = i;
		feed_lease(feed, FEED_LEASE_RENEWED, &lease, false);
	}
	return NULL;
}

START_TEST(threads_add_at_the_same_time)
{
	unsigned ids[THREADS], seen[THREADS] = { 0 };
	uint64_t next, first, lost, n = 0, n_lost = 0;
	pthread_t threads[THREADS];
	struct feed_record rec;

	feed_switch(feed, true);
	feed_span(feed, &first, &next);
	feed_on_record(feed, NULL, NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		ids[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, &ids[i]), 0);
	}
	while (n + n_lost < THREADS * EACH) {
		bool has = feed_read(feed, &next, &rec, &lost);
		unsigned id;

		n_lost += lost;
		if (!has)
			continue;
		n++;
		id = ip_to4(&rec.addr) - 0xc0000200;
		ck_assert_uint_lt(id, THREADS);
		/* Those of one thread are in order. */
		ck_assert_uint_ge(rec.iaid, seen[id]);
		seen[id] = rec.iaid + 1;
	}
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert(!feed_read(feed, &next, &rec, &lost));
	ck_assert_uint_eq(next, first + THREADS * EACH);
}
END_TEST

START_TEST(leases_are_complete)
{
	char context[FEED_CONTEXT_MAX + 2], texts[FEED_TEXTS];
	struct lease lease = lease_at(1, "host"), got;
	uint64_t next, first, lost;
	struct feed_record rec;

	memset(context, ' ', sizeof(context));
	context[FEED_CONTEXT_MAX + 1] = '\0';
	lease.hwtype = 6;
	lease.expires = 1234;
	lease.state = LEASE_DECLINED;
	feed_switch(feed, true);
	feed_span(feed, &first, &next);
	for (unsigned i = 0; i < 3; i++) {
		/* None, the longest, and one that is too long. */
		lease.user_context = i == 0 ? NULL : i == 1 ? context + 1 : context;
		feed_lease(feed, FEED_LEASE_DECLINED, &lease, i == 2);
		ck_assert(feed_read(feed, &next, &rec, &lost));
		ck_assert_int_eq(rec.is_removed, i == 2);
		got = feed_record_lease(&rec, texts);
		ck_assert(bytes_equal(got.hwaddr, lease.hwaddr) && bytes_equal(got.client_id, lease.client_id));
		ck_assert_int_eq(got.hwtype, 6);
		ck_assert_int_eq(got.expires, 1234);
		ck_assert_int_eq(got.state, LEASE_DECLINED);
		ck_assert_str_eq(got.hostname, "host");
		if (i == 1)
			ck_assert_str_eq(got.user_context, context + 1);
		else
			ck_assert_ptr_null(got.user_context);
	}
}
END_TEST

struct counting {
	struct feed_reader reader;
	unsigned n;
	struct counting *ends; /* leaves when this one is woken; NULL: none */
};
static struct feed_readers *readers;

static void count(struct feed_reader *reader)
{
	struct counting *counting = container_of(reader, struct counting, reader);

	counting->n++;
	if (counting->ends)
		feed_readers_leave(readers, &counting->ends->reader);
	counting->ends = NULL;
}

static void pass(struct loop *loop, int64_t ms)
{
	clock_advance(ms);
	for (unsigned i = 0; i < 3; i++)
		(void)loop_run_once(loop, 0);
}

START_TEST(readers_are_woken)
{
	struct counting a = { .reader.ready = count }, b = { .reader.ready = count };
	struct lease lease = lease_at(1, "");
	struct loop *loop = loop_new();

	clock_set_virtual(1800000000, 1000);
	readers = feed_readers_new(feed, loop);
	ck_assert(!feed_is_on(feed));
	feed_readers_join(readers, &a.reader);
	ck_assert(feed_is_on(feed));
	feed_readers_join(readers, &b.reader);
	/* Once at once, then for all of the next 50 ms together. */
	for (unsigned i = 0; i < 100; i++) {
		feed_lease(feed, FEED_LEASE_GRANTED, &lease, false);
		(void)loop_run_once(loop, 0);
	}
	ck_assert_uint_eq(a.n, 1);
	pass(loop, 60);
	ck_assert_uint_eq(a.n, 2);
	ck_assert_uint_eq(b.n, 2);
	pass(loop, 60);
	ck_assert_uint_eq(a.n, 2);
	/* One may end another one, and itself. */
	a.ends = &b;
	feed_lease(feed, FEED_LEASE_GRANTED, &lease, false);
	pass(loop, 0);
	pass(loop, 60);
	ck_assert_uint_eq(a.n, 4);
	ck_assert_uint_eq(b.n, 2);
	a.ends = &a;
	feed_lease(feed, FEED_LEASE_GRANTED, &lease, false);
	pass(loop, 0);
	pass(loop, 60);
	ck_assert_uint_eq(a.n, 5);
	/* The feed stays on for a minute, and longer if somebody comes back. */
	pass(loop, 59000);
	ck_assert(feed_is_on(feed));
	feed_readers_join(readers, &b.reader);
	pass(loop, 5000);
	ck_assert(feed_is_on(feed));
	feed_readers_leave(readers, &b.reader);
	pass(loop, 60001);
	ck_assert(!feed_is_on(feed));
	feed_readers_free(readers);
	loop_free(loop);
	clock_set_real();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("feed");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_added_is_read);
	tcase_add_test(tc, slow_readers_know_what_they_lost);
	tcase_add_test(tc, threads_add_at_the_same_time);
	tcase_add_test(tc, leases_are_complete);
	tcase_add_test(tc, readers_are_woken);
	return suite_run(tc);
}
