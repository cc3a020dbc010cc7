/* SPDX-License-Identifier: MPL-2.0 */
/* The loop: timers in order on the virtual clock and on time on the real one, posts, signals, removal. */
#include "../suite.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "io/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static struct loop *loop;
static int order[1024], n_order;

struct tick {
	struct timer timer;
	int number;
	int again_ms; /* restart interval */
};

static void ticked(void *ctx)
{
	struct tick *tick = ctx;

	order[n_order++] = tick->number;
	if (tick->again_ms)
		loop_timer_start(loop, &tick->timer, tick->again_ms);
}

static void setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_ptr_null(loop_base(loop));
	n_order = 0;
}

static void setup_main(void)
{
	loop = loop_new_main();
	ck_assert_ptr_nonnull(loop);
	ck_assert_ptr_nonnull(loop_base(loop));
	n_order = 0;
}

static void teardown(void)
{
	loop_free(loop);
	clock_set_real();
}

/* 500 timers, some stopped, some rescheduled, fire in order of time. */
START_TEST(timers_in_order)
{
	struct tick ticks[500];
	int64_t due[500];
	int expected = 0;

	clock_set_virtual(1000000, 1000);
	rand_seed(1);
	for (int i = 0; i < 500; i++) {
		due[i] = (int64_t)rand_below(100000);
		ticks[i] = (struct tick){ .number = i };
		timer_init(&ticks[i].timer, ticked, &ticks[i]);
		loop_timer_start(loop, &ticks[i].timer, due[i]);
	}
	for (int i = 0; i < 500; i += 7) {
		loop_timer_stop(loop, &ticks[i].timer);
		due[i] = -1;
	}
	for (int i = 3; i < 500; i += 5) {
		due[i] = (int64_t)rand_below(100000);
		loop_timer_start(loop, &ticks[i].timer, due[i]);
	}
	for (int i = 0; i < 500; i++)
		expected += due[i] >= 0;
	clock_advance(99);
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	for (int i = 0; i < n_order; i++)
		ck_assert_int_le(due[order[i]], 99);
	clock_advance(100000);
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_int_eq(n_order, expected);
	for (int i = 1; i < n_order; i++)
		ck_assert_int_le(due[order[i - 1]], due[order[i]]);
	for (int i = 0; i < 500; i++)
		ck_assert(!timer_is_running(&ticks[i].timer));
}
END_TEST

/* A timer that restarts itself without delay fires once per turn and does not block the loop. */
START_TEST(timer_restarts_itself)
{
	struct tick tick = { .number = 7 };

	clock_set_virtual(1000000, 1000);
	timer_init(&tick.timer, ticked, &tick);
	tick.again_ms = 10;
	loop_timer_start(loop, &tick.timer, 10);
	for (int i = 0; i < 5; i++) {
		clock_advance(10);
		ck_assert_int_eq(loop_run_once(loop, 0), 0);
		ck_assert_int_eq(n_order, i + 1);
	}
	tick.again_ms = -1; /* becomes 0 ms */
	clock_advance(10);
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_int_eq(n_order, 6);
	ck_assert(timer_is_running(&tick.timer));
	loop_timer_stop(loop, &tick.timer);
}
END_TEST

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

/* On the real clock a sleeping loop wakes not before and not much after the due time. */
START_TEST(timer_wakes_the_loop)
{
	int64_t start_us = clock_boot_us(), took_us;

	loop_timer(loop, 30, stop, NULL);
	ck_assert_int_eq(loop_run(loop), 0);
	took_us = clock_boot_us() - start_us;
	ck_assert_int_ge(took_us, 30000);
	ck_assert_int_lt(took_us, 5000000);
}
END_TEST

static int fds[2][2];
static int n_readable;

static void readable(void *ctx, uint32_t events)
{
	int which = *(int *)ctx;

	ck_assert_int_eq(events & EPOLLIN, EPOLLIN);
	n_readable++;
	/* Whichever runs first removes and closes the other, whose event is pending in this turn. */
	loop_del(loop, fds[!which][0]);
	close(fds[!which][0]);
}

START_TEST(removed_in_the_same_turn)
{
	int which[2] = { 0, 1 };

	n_readable = 0;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pipe(fds[i]), 0);
		ck_assert_int_eq(loop_add(loop, fds[i][0], EPOLLIN, readable, &which[i]), 0);
		ck_assert_int_eq(loop_add(loop, fds[i][0], EPOLLIN, readable, &which[i]), -E_EXIST);
		ck_assert_int_eq(write(fds[i][1], "x", 1), 1);
	}
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_int_eq(n_readable, 1);
}
END_TEST

/* --- posts from four threads, each in order --- */

enum { THREADS = 4, POSTS = 20000 };

struct note {
	struct post post;
	int thread, number;
};

static struct note notes[THREADS][POSTS];
static int last[THREADS], n_posts;

static void posted(struct post *post)
{
	struct note *note = (struct note *)post;

	ck_assert_int_eq(note->number, last[note->thread] + 1);
	last[note->thread] = note->number;
	if (++n_posts == THREADS * POSTS)
		loop_stop(loop);
}

static void *poster(void *arg)
{
	int thread = *(int *)arg;

	for (int i = 0; i < POSTS; i++) {
		notes[thread][i] = (struct note){ { .fn = posted }, thread, i };
		loop_post(loop, &notes[thread][i].post);
	}
	return NULL;
}

START_TEST(posts_from_threads)
{
	int numbers[THREADS];
	pthread_t threads[THREADS];

	n_posts = 0;
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		last[i] = -1;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, poster, &numbers[i]), 0);
	}
	ck_assert_int_eq(loop_run(loop), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(n_posts, THREADS * POSTS);
}
END_TEST

static void post_again(struct post *post)
{
	if (++n_posts < 3)
		loop_post(loop, post);
}

/* A post may post itself: it runs again in a later turn, not in the same one. */
START_TEST(post_posts_itself)
{
	struct post post = { .fn = post_again };

	n_posts = 0;
	loop_post(loop, &post);
	for (int i = 1; i <= 5; i++) {
		ck_assert_int_eq(loop_run_once(loop, 0), 0);
		ck_assert_int_eq(n_posts, i < 3 ? i : 3);
	}
}
END_TEST

static int got_signals[8], n_signals;

static void signalled(void *ctx, int signo)
{
	(void)ctx;
	got_signals[n_signals++] = signo;
}

START_TEST(signals)
{
	static const int signos[] = { SIGHUP, SIGTERM };

	n_signals = 0;
	ck_assert_int_eq(loop_signals(loop, signos, 2, signalled, NULL), 0);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	ck_assert_int_eq(loop_run_once(loop, 1000), 0);
	ck_assert_int_eq(n_signals, 2);
	ck_assert_int_eq(got_signals[0] + got_signals[1], SIGHUP + SIGTERM);
}
END_TEST

static int n_ready;
static uint32_t got_events;

static void note_events(void *ctx, uint32_t events)
{
	(void)ctx;
	n_ready++;
	got_events = events;
}

/* Changing what a descriptor is watched for, and a turn of limited length in which nothing happens. */
START_TEST(changed_events)
{
	int64_t before_ms;
	int pair[2];

	ck_assert_int_eq(pipe(pair), 0);
	n_ready = 0;
	ck_assert_int_eq(loop_add(loop, pair[1], EPOLLIN, note_events, NULL), 0);
	ck_assert_int_eq(loop_add(loop, pair[1], EPOLLIN, note_events, NULL), -E_EXIST);
	ck_assert_int_eq(loop_mod(loop, pair[0], EPOLLIN), -E_NOENT);
	before_ms = clock_mono_ms();
	ck_assert_int_eq(loop_run_once(loop, 20), 0);
	ck_assert_int_ge(clock_mono_ms() - before_ms, 19);
	ck_assert_int_eq(n_ready, 0);
	ck_assert_int_eq(loop_mod(loop, pair[1], EPOLLOUT), 0);
	ck_assert_int_eq(loop_run_once(loop, 1000), 0);
	ck_assert_int_eq(n_ready, 1);
	ck_assert_uint_eq(got_events, EPOLLOUT);
	loop_del(loop, pair[1]);
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_int_eq(n_ready, 1);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

/* Each test with the loop of a worker and that of the main thread. */
static TCase *cases(TCase *tc, SFun init)
{
	tcase_add_checked_fixture(tc, init, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, timers_in_order);
	tcase_add_test(tc, timer_restarts_itself);
	tcase_add_test(tc, timer_wakes_the_loop);
	tcase_add_test(tc, removed_in_the_same_turn);
	tcase_add_test(tc, posts_from_threads);
	tcase_add_test(tc, post_posts_itself);
	tcase_add_test(tc, signals);
	tcase_add_test(tc, changed_events);
	return tc;
}

int main(void)
{
	int worker = suite_run(cases(tcase_create("worker"), setup));

	return suite_run(cases(tcase_create("main"), setup_main)) || worker;
}
