/* SPDX-License-Identifier: MPL-2.0 */
/* Helper threads of libraries: all work is reported once, bounds hold, and nothing runs after the end of a pool. */
#include "../suite.h"

#include "base/err.h"
#include "base/thread.h"
#include "hook/library.h"
#include "io/loop.h"

#include <stdatomic.h>
#include <unistd.h>

enum { GIVERS = 4, ROOM = 100, MANY = 5000 };

static struct loop *loop;
static struct kea_library *lib;
static struct kea_pool *pool;
static _Atomic unsigned n_run, n_running, most_running, n_accepted, n_busy;
static unsigned n_done[3]; /* done, not begun, exceptions; main thread */
static pthread_t main_thread;
static _Atomic int gate; /* work waits until it is open */

static void setup(void)
{
	loop = loop_new();
	hooks_set_loop(loop);
	main_thread = pthread_self();
	lib = xcalloc(1, sizeof(*lib));
	lib->name = xstrdup("libdhcp_test.so");
	lib->guard.name = lib->name;
	lib->is_threaded = true;
	lib->refs = 1;
	hook_tasks_init(lib);
	gate = 1;
}

static void end(void)
{
	hook_pools_end_wait(lib);
	/* A post may be left, of a pool that has ended. */
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	hooks_set_loop(NULL);
	loop_free(loop);
	free(lib->name);
	free(lib);
}

static void work(void *context)
{
	unsigned now = ++n_running, most = most_running;

	(void)context;
	while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
		;
	ck_assert(!pthread_equal(pthread_self(), main_thread));
	ck_assert_int_lt(hook_thread_number(), 0);
	while (!gate)
		(void)usleep(1000);
	n_run++;
	n_running--;
}

static void done(int result, void *context)
{
	ck_assert_ptr_eq(context, &pool);
	ck_assert(pthread_equal(pthread_self(), main_thread));
	n_done[result == KEA_E_UNSUPPORTED ? 1 : result ? 2 : 0]++;
}

static int give(void)
{
	return hook_pool_work(pool, work, done, &pool);
}

static void *give_much(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < MANY; i++) {
		int err = give();

		ck_assert(err == 0 || err == -E_BUSY);
		if (err == 0)
			n_accepted++;
		else
			n_busy++;
	}
	return NULL;
}

/* Several threads give work, more than there is room for: what is accepted is done, and reported once. */
START_TEST(from_many_threads)
{
	pthread_t givers[GIVERS];

	pool = hook_pool(lib, 3, ROOM);
	for (unsigned i = 0; i < GIVERS; i++)
		ck_assert_int_eq(thread_start(&givers[i], give_much, NULL), 0);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_int_eq(loop_run_once(loop, 1), 0);
	for (unsigned i = 0; i < GIVERS; i++)
		ck_assert_int_eq(pthread_join(givers[i], NULL), 0);
	for (unsigned i = 0; i < 10000 && n_done[0] < n_accepted; i++)
		ck_assert_int_eq(loop_run_once(loop, 10), 0);
	ck_assert_uint_eq(n_accepted + n_busy, GIVERS * MANY);
	ck_assert_uint_eq(n_done[0], n_accepted);
	ck_assert_uint_eq(n_run, n_accepted);
	ck_assert_uint_le(most_running, 3);
	ck_assert_uint_ge(n_accepted, ROOM);
	end();
	ck_assert_uint_eq(n_done[1] + n_done[2], 0);
}
END_TEST

static void *open_gate(void *arg)
{
	(void)arg;
	(void)usleep(50000);
	ck_assert_int_eq(n_run, 0);
	gate = 1;
	return NULL;
}

/* A pool that ends waits for what runs, and hands back what does not; a full one accepts nothing. */
START_TEST(ends_with_work)
{
	pthread_t opener;

	gate = 0;
	pool = hook_pool(lib, 2, ROOM);
	for (unsigned i = 0; i < ROOM; i++)
		ck_assert_int_eq(give(), 0);
	ck_assert_int_eq(give(), -E_BUSY);
	while (n_running < 2)
		(void)usleep(1000);
	ck_assert_int_eq(hook_pool_is_over(pool), 0);
	ck_assert_int_eq(thread_start(&opener, open_gate, NULL), 0);
	end();
	ck_assert_int_eq(pthread_join(opener, NULL), 0);
	ck_assert_uint_eq(n_run, 2);
	ck_assert_uint_eq(n_done[0], 2);
	ck_assert_uint_eq(n_done[1], ROOM - 2);
}
END_TEST

static void done_gives(int result, void *context)
{
	done(result, context);
	n_busy = (unsigned)-hook_pool_work(pool, work, done, context);
}

/* Work that has ended makes room for what its function gives; not any longer when the pool ends. */
START_TEST(gives_again)
{
	pool = hook_pool(lib, 1, 1);
	ck_assert_int_eq(hook_pool_work(pool, work, done_gives, &pool), 0);
	while (n_done[0] < 2)
		ck_assert_int_eq(loop_run_once(loop, 10), 0);
	ck_assert_int_eq(n_busy, 0);
	ck_assert_int_eq(hook_pool_work(pool, work, done_gives, &pool), 0);
	end();
	ck_assert_uint_eq(n_done[0] + n_done[1], 3);
	ck_assert_int_eq(n_busy, E_UNSUPPORTED);
}
END_TEST

/* Sizes out of range; a program that only checks its configuration. */
START_TEST(refused)
{
	ck_assert_ptr_null(hook_pool(lib, 0, 1));
	ck_assert_ptr_null(hook_pool(lib, 65, 1));
	ck_assert_ptr_null(hook_pool(lib, 1, 0));
	ck_assert_ptr_null(hook_pool(lib, 1, 65537));
	lib->is_check = true;
	pool = hook_pool(lib, 1, 1);
	ck_assert_int_eq(give(), -E_UNSUPPORTED);
	end();
	ck_assert_uint_eq(n_run, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, from_many_threads);
	tcase_add_test(tc, ends_with_work);
	tcase_add_test(tc, gives_again);
	tcase_add_test(tc, refused);
	return suite_run(tc);
}
