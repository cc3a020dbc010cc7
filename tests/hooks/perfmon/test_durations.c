/* SPDX-License-Identifier: MPL-2.0 */
/* No sample is lost or counted twice while threads add, intervals end and tables grow. */
#include "../../unit/suite.h"

#include "perfmon/durations.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static struct sample sample_of(uint32_t subnet, int64_t start_us)
{
	struct sample sample = { .query = 1, .response = 2, .subnet = subnet };

	for (unsigned i = 0; i < EVENT_N; i++)
		sample.at_us[i] = start_us + (int64_t)(i * (i + 1) / 2);
	return sample;
}

struct sums {
	uint64_t n, total_us, n_of_subnets;
	uint32_t min_us, max_us;
};

static void count(struct group *group, unsigned pair, void *context)
{
	struct sums *sums = context;

	if (pair == TOTAL && !group->subnet) {
		sums->n += group->last[pair].n;
		sums->total_us += group->last[pair].total_us;
		sums->min_us = group->last[pair].min_us;
		sums->max_us = group->last[pair].max_us;
	} else if (pair == TOTAL) {
		sums->n_of_subnets += group->last[pair].n;
	}
}

START_TEST(durations_of_one_interval)
{
	struct durations *d = durations_new();
	struct sums sums = { 0 };
	struct sample sample = sample_of(7, 1000);

	durations_add(d, 1, &sample);
	/* The kernel did not say when it came: the total begins with the next event. */
	sample.at_us[SOCKET_RECEIVED] = 0;
	durations_add(d, 2, &sample);
	/* The clock cannot go back, but times from elsewhere may differ. */
	sample = sample_of(7, 1000);
	sample.at_us[PROCESS_COMPLETED] = 900;
	durations_add(d, 3, &sample);
	ck_assert_uint_eq(durations_close(d, 55, count, &sums), 0);
	ck_assert_uint_eq(sums.n, 3);
	ck_assert_uint_eq(sums.n_of_subnets, 3);
	ck_assert_uint_eq(sums.total_us, 6 + 5 + 0);
	ck_assert_uint_eq(sums.min_us, 0);
	ck_assert_uint_eq(sums.max_us, 6);
	ck_assert_uint_eq(durations_count(d), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct group *group = durations_at(d, i);

		ck_assert_uint_eq(group->last[SOCKET_RECEIVED].n, 2);
		ck_assert_uint_eq(group->last[BUFFER_READ].n, 3);
		ck_assert_int_eq(interval_mean(&group->last[BUFFER_READ]), 2);
		ck_assert_int_eq(group->started_us[TOTAL], 55);
	}
	/* An interval without samples leaves what the last one had. */
	ck_assert_uint_eq(durations_close(d, 99, count, &sums), 0);
	ck_assert_uint_eq(sums.n, 3);
	ck_assert_uint_eq(durations_at(d, 0)->last[TOTAL].n, 3);
	durations_free(d);
}
END_TEST

START_TEST(room_is_found_in_the_end)
{
	struct durations *d = durations_new();
	uint64_t n_lost = 1;
	unsigned rounds = 0;

	while (n_lost && rounds++ < 20) {
		struct sums sums = { 0 };

		for (uint32_t subnet = 1; subnet <= 3000; subnet++) {
			struct sample sample = sample_of(subnet, 5);

			durations_add(d, 0, &sample);
		}
		n_lost = durations_close(d, 0, count, &sums);
		ck_assert_uint_eq(sums.n, 3000);
		ck_assert_uint_eq(sums.n_of_subnets + n_lost, 3000);
	}
	ck_assert_uint_eq(n_lost, 0);
	ck_assert_uint_gt(rounds, 1);
	durations_free(d);
	/* With what the configuration has, from the beginning. */
	d = durations_new();
	ck_assert(durations_reserve(d, 3000));
	for (uint32_t subnet = 1; subnet <= 3000; subnet++) {
		struct sample sample = sample_of(subnet, 5);

		durations_add(d, 0, &sample);
	}
	ck_assert(durations_reserve(d, 10000));
	ck_assert_uint_eq(durations_close(d, 0, count, &(struct sums){ 0 }), 0);
	ck_assert_uint_eq(durations_count(d), 3001);
	durations_free(d);
}
END_TEST

enum { ADDS = 20000, THREADS = 4 };

struct adder {
	struct durations *d;
	unsigned number;
	atomic_uint *n_done;
};

static void *add_many(void *context)
{
	const struct adder *adder = context;

	for (uint32_t i = 0; i < ADDS; i++) {
		struct sample sample = sample_of(1 + i % 50, i + 1);

		durations_add(adder->d, adder->number, &sample);
	}
	atomic_fetch_add(adder->n_done, 1);
	return NULL;
}

START_TEST(intervals_end_while_threads_add)
{
	struct durations *d = durations_new();
	struct adder adders[THREADS];
	pthread_t threads[THREADS];
	struct sums sums = { 0 };
	atomic_uint n_done = 0;
	size_t n_subnets = 0;
	uint64_t n_lost = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		adders[i] = (struct adder){ d, i / 2, &n_done };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, &adders[i]), 0);
	}
	while (atomic_load(&n_done) < THREADS) {
		n_lost += durations_close(d, 0, count, &sums);
		ck_assert(durations_reserve(d, n_subnets));
		n_subnets += n_subnets < 2000 ? 100 : 0;
	}
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	n_lost += durations_close(d, 0, count, &sums);
	ck_assert_uint_eq(n_lost, 0);
	ck_assert_uint_eq(sums.n, ADDS * THREADS);
	ck_assert_uint_eq(sums.n_of_subnets, ADDS * THREADS);
	ck_assert_uint_eq(sums.total_us, 6 * ADDS * THREADS);
	durations_free(d);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("durations");

	tcase_add_test(tc, durations_of_one_interval);
	tcase_add_test(tc, room_is_found_in_the_end);
	tcase_add_test(tc, intervals_end_while_threads_add);
	return suite_run(tc);
}
