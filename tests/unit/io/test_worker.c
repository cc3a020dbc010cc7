/* SPDX-License-Identifier: MPL-2.0 */
/* Workers over the fake engine: batches, posts, turns, epochs, changing engines, starting and stopping. */
#include "../suite.h"

#include "io/fake.h"
#include "io/worker.h"
#include "stat/stat.h"

#include <stdatomic.h>
#include <unistd.h>

enum { MAX_WORKERS = 4 };

static _Atomic int handled, batches, starts, stops, turns;
static _Atomic(int *) snapshot;

struct echo {
	struct dgram *out[256];
	struct dgram copies[256];
	unsigned n;
};

static struct echo echoes[MAX_WORKERS];

static void start(struct worker *worker)
{
	starts++;
	worker->user = &echoes[worker->index];
}

static void stop(struct worker *worker)
{
	ck_assert_ptr_eq(worker->user, &echoes[worker->index]);
	stops++;
}

/* Keeps the payload: takes the buffer and replaces it with another. */
static void keep(struct worker *worker, struct dgram *v, unsigned n)
{
	struct echo *echo = worker->user;
	int *number = atomic_load(&snapshot);

	if (number)
		ck_assert_int_eq(*number, 42);
	batches++;
	for (unsigned i = 0; i < n; i++) {
		ck_assert_uint_lt(echo->n, 256);
		echo->copies[echo->n] = v[i];
		echo->out[echo->n] = &echo->copies[echo->n];
		echo->n++;
		v[i].buf = xmalloc(v[i].size);
		handled++;
	}
}

static void flush(struct worker *worker)
{
	struct echo *echo = worker->user;

	turns++;
	if (!echo->n)
		return;
	ck_assert_uint_eq(io_send(worker->engine, echo->out, echo->n), echo->n);
	for (unsigned i = 0; i < echo->n; i++)
		free(echo->copies[i].buf);
	echo->n = 0;
}

static const struct worker_conf conf = {
	.batch = keep, .turn = flush, .start = start, .stop = stop, .batch_max = 8, .buf_size = 512
};

static void put(struct fake_io *fake, uint32_t number)
{
	uint8_t bytes[300] = { 0 };
	struct dgram dgram = { .buf = bytes, .len = sizeof(bytes), .sport = 68, .dport = 67, .ifindex = 3 };

	memcpy(bytes, &number, sizeof(number));
	fake_io_put(fake, &dgram);
}

static bool take(struct fake_io *fake, uint32_t *ret)
{
	uint8_t bytes[512];
	struct dgram dgram = { .buf = bytes, .size = sizeof(bytes) };

	if (!fake_io_take(fake, &dgram))
		return false;
	ck_assert_uint_eq(dgram.len, 300);
	ck_assert_uint_eq(dgram.ifindex, 3);
	memcpy(ret, bytes, sizeof(*ret));
	return true;
}

static void setup(void)
{
	handled = batches = starts = stops = turns = 0;
	snapshot = NULL;
	memset(echoes, 0, sizeof(echoes));
}

/* Waits for another thread's action; a limit, not a delay. */
#define WAIT_FOR(what)                                                    \
	do {                                                              \
		for (int tries_ = 0; tries_ < 10000 && !(what); tries_++) \
			usleep(1000);                                     \
		ck_assert(what);                                          \
	} while (0)

/* By hand, without a thread: batches of 8, at most four per turn, all answered in order. */
START_TEST(by_hand)
{
	struct workers *ws = workers_new(&conf, 1);
	struct fake_io *fake = fake_io_new();
	struct io_engine *engine = fake_io_engine(fake);
	uint32_t number;

	workers_get(ws, 0)->user = &echoes[0];
	ck_assert_int_eq(workers_set_engines(ws, &engine), 0);
	for (uint32_t i = 0; i < 50; i++)
		put(fake, i);
	worker_run_once(workers_get(ws, 0));
	ck_assert_int_eq(handled, 32);
	ck_assert_int_eq(batches, 4);
	ck_assert_uint_eq(fake_io_sent(fake), 32);
	worker_run_once(workers_get(ws, 0));
	ck_assert_int_eq(handled, 50);
	ck_assert_int_eq(batches, 7);
	ck_assert_int_eq(turns, 2);
	for (uint32_t i = 0; i < 50; i++) {
		ck_assert(take(fake, &number));
		ck_assert_uint_eq(number, i);
	}
	ck_assert(!take(fake, &number));
	ck_assert_int_eq(workers_set_engines(ws, NULL), 0);
	workers_free(ws);
	io_free(engine);
}
END_TEST

START_TEST(fake_refuses)
{
	struct fake_io *fake = fake_io_new();
	struct io_engine *engine = fake_io_engine(fake);
	uint8_t bytes[100] = { 1 }, small[50];
	struct dgram dgram = { .buf = bytes, .len = 100 }, in = { .buf = small, .size = 50 };
	struct dgram *v[3] = { &dgram, &dgram, &dgram };

	fake_io_fail_sends(fake, 2);
	ck_assert_uint_eq(io_send(engine, v, 3), 1);
	fake_io_put(fake, &dgram);
	ck_assert_int_eq(io_recv(engine, &in, 1), 0);
	ck_assert_uint_eq(fake_io_sent(fake), 1);
	ck_assert_int_eq(stat_sum(STAT_SEND_FULL), 2);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_TRUNCATED), 1);
	io_free(engine);
}
END_TEST

/* Two threads, an engine each, then other engines while they run: nothing lost, nothing duplicated. */
START_TEST(threads_and_new_engines)
{
	struct workers *ws = workers_new(&conf, 2);
	struct fake_io *fakes[4];
	struct io_engine *engines[4];
	bool seen[800] = { false };
	uint32_t number;

	for (int i = 0; i < 4; i++) {
		fakes[i] = fake_io_new();
		engines[i] = fake_io_engine(fakes[i]);
	}
	ck_assert_int_eq(workers_set_engines(ws, engines), 0);
	ck_assert_int_eq(workers_start(ws), 0);
	for (uint32_t i = 0; i < 400; i++)
		put(fakes[i % 2], i);
	WAIT_FOR(fake_io_sent(fakes[0]) + fake_io_sent(fakes[1]) == 400);
	ck_assert_int_eq(workers_set_engines(ws, engines + 2), 0);
	ck_assert_ptr_eq(workers_get(ws, 1)->engine, engines[3]);
	for (uint32_t i = 400; i < 800; i++)
		put(fakes[2 + i % 2], i);
	WAIT_FOR(handled == 800);
	ck_assert_int_eq(workers_set_engines(ws, NULL), 0);
	workers_stop(ws);
	ck_assert_int_eq(starts, 2);
	ck_assert_int_eq(stops, 2);
	for (int i = 0; i < 4; i++) {
		while (take(fakes[i], &number)) {
			ck_assert_uint_lt(number, 800);
			ck_assert(!seen[number]);
			seen[number] = true;
		}
	}
	for (int i = 0; i < 800; i++)
		ck_assert(seen[i]);
	workers_free(ws);
	for (int i = 0; i < 4; i++)
		io_free(engines[i]);
}
END_TEST

struct finished {
	struct post post;
	unsigned index;
	struct workers *ws;
};

static _Atomic int n_finished;

static void finish(struct post *post)
{
	struct finished *finished = (struct finished *)post;

	ck_assert(pthread_equal(pthread_self(), workers_get(finished->ws, finished->index)->thread));
	n_finished++;
}

/* What a journal thread does: returns a burst to the workers it came from. */
START_TEST(posts_reach_their_worker)
{
	enum { N = 3000 };
	static struct finished v[N];
	struct workers *ws = workers_new(&conf, 3);

	n_finished = 0;
	ck_assert_int_eq(workers_start(ws), 0);
	for (unsigned i = 0; i < N; i++) {
		v[i] = (struct finished){ { .fn = finish }, i % 3, ws };
		worker_post(workers_get(ws, i % 3), &v[i].post);
	}
	WAIT_FOR(n_finished == N);
	workers_free(ws);
	ck_assert_int_eq(stops, 3);
}
END_TEST

/* A snapshot is invalidated once the epoch has passed; a worker still reading it would notice. */
START_TEST(epochs_protect_snapshots)
{
	struct workers *ws = workers_new(&conf, 2);
	struct fake_io *fakes[2] = { fake_io_new(), fake_io_new() };
	struct io_engine *engines[2] = { fake_io_engine(fakes[0]), fake_io_engine(fakes[1]) };
	int *now = xmalloc(sizeof(int)), *next;
	uint64_t epoch;

	*now = 42;
	atomic_store(&snapshot, now);
	ck_assert_int_eq(workers_set_engines(ws, engines), 0);
	ck_assert_int_eq(workers_start(ws), 0);
	for (uint32_t i = 0; i < 300; i++) {
		put(fakes[i % 2], i);
		next = xmalloc(sizeof(int));
		*next = 42;
		atomic_store(&snapshot, next);
		epoch = workers_epoch_next(ws);
		ck_assert(workers_epoch_wait(ws, epoch, 10000));
		ck_assert(workers_epoch_passed(ws, epoch));
		*now = -1;
		free(now);
		now = next;
	}
	WAIT_FOR(handled == 300);
	ck_assert(!workers_epoch_passed(ws, workers_epoch_next(ws) + 1));
	workers_stop(ws);
	/* No worker runs, so none holds anything. */
	ck_assert(workers_epoch_passed(ws, UINT64_MAX));
	ck_assert_int_eq(workers_set_engines(ws, NULL), 0);
	workers_free(ws);
	io_free(engines[0]);
	io_free(engines[1]);
	free(now);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, by_hand);
	tcase_add_test(tc, fake_refuses);
	tcase_add_test(tc, threads_and_new_engines);
	tcase_add_test(tc, posts_reach_their_worker);
	tcase_add_test(tc, epochs_protect_snapshots);
	return suite_run(tc);
}
