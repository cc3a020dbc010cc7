/* SPDX-License-Identifier: MPL-2.0 */
/* A queue that receives more than it serves, against the arithmetic that decides what to accept. */
#include "../suite.h"

#include "io/flood.h"

#define MS 1000

/* `factor` initial messages arrive for each that can be served; the backlog is counted in ms of work. */
struct queue {
	struct flood flood;
	double wait_ms;
	int64_t now_us;
};

static double share(const struct flood *flood)
{
	return flood->keep ? flood->keep / 4294967296.0 : 1;
}

static void run(struct queue *q, double factor, int ms)
{
	for (int i = 0; i < ms; i++) {
		q->now_us += MS;
		q->wait_ms += factor * share(&q->flood) - 1;
		if (q->wait_ms < 0)
			q->wait_ms = 0;
		if (q->wait_ms > 700) /* the socket is full */
			q->wait_ms = 700;
		if (factor > 0)
			flood_note(&q->flood, (int64_t)(q->wait_ms * MS), q->now_us);
		(void)flood_step(&q->flood, q->now_us);
	}
}

START_TEST(ten_times)
{
	struct queue q = { .flood = { .shortest_us = -1 }, .now_us = 1000000 };
	double longest = 0, idle = 0;

	run(&q, 10, 10000);
	for (int i = 0; i < 20000; i++) {
		run(&q, 10, 1);
		longest = q.wait_ms > longest ? q.wait_ms : longest;
		idle += q.wait_ms == 0;
	}
	ck_assert_msg(longest < 300, "waits up to %.0f ms", longest);
	ck_assert_msg(idle < 2000, "idle for %.0f of 20000 ms", idle);
	/* The flood has ended: everything is accepted soon, although nothing more arrives. */
	run(&q, 0, 1000);
	ck_assert_uint_eq(q.flood.keep, 0);
}
END_TEST

START_TEST(a_burst_is_no_flood)
{
	struct queue q = { .flood = { .shortest_us = -1 }, .now_us = 1000000 };

	for (int i = 0; i < 100; i++) {
		run(&q, 4, 20);
		run(&q, 0.5, 200);
		ck_assert_uint_eq(q.flood.keep, 0);
	}
}
END_TEST

/* The backlog of a disk stall is served, if slowly. */
START_TEST(a_stall_is_no_flood)
{
	struct queue q = { .flood = { .shortest_us = -1 }, .now_us = 1000000 };

	for (int i = 0; i < 10; i++) {
		q.wait_ms = 90;
		for (int k = 0; k < 1000; k++) {
			run(&q, 0.8, 1);
			ck_assert_uint_eq(q.flood.keep, 0);
		}
	}
}
END_TEST

/* The server is run late, and then reads all there is. */
START_TEST(a_busy_host_is_no_flood)
{
	struct queue q = { .flood = { .shortest_us = -1 }, .now_us = 1000000 };

	for (int i = 0; i < 1000; i++) {
		q.now_us += (i % 7 + 1) * 50 * MS;
		for (int k = 3; k > 0; k--)
			flood_note(&q.flood, (i % 5 + k) * 40 * MS, q.now_us);
		flood_note_empty(&q.flood);
		(void)flood_step(&q.flood, q.now_us);
		ck_assert_uint_eq(q.flood.keep, 0);
	}
}
END_TEST

START_TEST(stale)
{
	ck_assert(!flood_is_stale(700 * MS, true));
	ck_assert(flood_is_stale(900 * MS, true));
	/* Nobody waits after it: no harm in responding. */
	ck_assert(!flood_is_stale(900 * MS, false));
	ck_assert(flood_is_stale(11000 * MS, false));
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("flood");

	tcase_add_test(c, ten_times);
	tcase_add_test(c, a_burst_is_no_flood);
	tcase_add_test(c, a_stall_is_no_flood);
	tcase_add_test(c, a_busy_host_is_no_flood);
	tcase_add_test(c, stale);
	return suite_run(c);
}
