/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/*
 * A loop for one thread: descriptors, timers on boot time, signals, and posts from other threads. Only the thread
 * that runs the loop (before that, any single thread) may call functions other than loop_post, loop_wake and
 * loop_stop. The loop of a worker waits in epoll; that of the main thread in libevent, whose connections and TLS
 * the control channel uses.
 *
 *	struct loop *loop = loop_new();
 *	loop_add(loop, fd, EPOLLIN, readable, ctx);
 *	loop_timer(loop, 1000, tick, ctx);
 *	loop_run(loop);
 *	loop_free(loop);
 */
struct loop;
struct event_base;

typedef void loop_fd_fn(void *ctx, uint32_t events);
typedef void loop_fn(void *ctx);
typedef void loop_signal_fn(void *ctx, int signo);

struct loop *loop_new(void);
struct loop *loop_new_main(void);
/* What the main thread's loop waits in, for bufferevents and listeners; borrowed. NULL for a worker's loop. */
struct event_base *loop_base(struct loop *loop);
/* Does not close the caller's descriptors; pending posts are discarded. NULL is fine. */
void loop_free(struct loop *loop);

/* Runs until loop_stop. Returns 0, or -E_SYS if epoll or libevent itself fails. */
int loop_run(struct loop *loop);
/*
 * Runs one turn: waits at most timeout_ms (-1: forever, 0: not at all), then runs whatever is ready: posts,
 * descriptors, timers, the turn functions. Returns 0 or -E_SYS.
 */
int loop_run_once(struct loop *loop, int timeout_ms);
/*
 * Any thread, also from a signal handler: makes loop_run return after the current turn. Stays in effect until
 * the next loop_run returns.
 */
void loop_stop(struct loop *loop);
/* Any thread: makes the loop run a turn soon. */
void loop_wake(struct loop *loop);

/* Level-triggered; events: EPOLLIN, EPOLLOUT. -E_EXIST if the loop already has the descriptor, -E_SYS. */
int loop_add(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *ctx);
int loop_mod(struct loop *loop, int fd, uint32_t events);
/* Call before closing fd. Its pending events of this turn are discarded. */
void loop_del(struct loop *loop, int fd);

/*
 * A timer lives in its owner's memory; starting a running timer reschedules it. It fires once. Timers use
 * clock_boot_ms(), so tests can advance them with clock_advance() and loop_run_once(loop, 0).
 */
struct timer {
	loop_fn *fn;
	void *ctx;
	int64_t due_us;
	unsigned slot; /* position in the heap + 1; 0 = not running */
};

static inline void timer_init(struct timer *timer, loop_fn *fn, void *ctx)
{
	*timer = (struct timer){ .fn = fn, .ctx = ctx };
}

static inline bool timer_is_running(const struct timer *timer)
{
	return timer->slot != 0;
}

void loop_timer_start(struct loop *loop, struct timer *timer, int64_t ms);
void loop_timer_stop(struct loop *loop, struct timer *timer);
/* Starts a one-shot timer that the loop owns and frees after it has fired. */
void loop_timer(struct loop *loop, int64_t ms, loop_fn *fn, void *ctx);

/*
 * Work handed to a loop from any thread, embedded in the object it concerns (container_of). fn runs in the
 * loop's thread; posts from one thread run in order. A post must not be posted again before its fn has started.
 * No lock, no malloc; a burst costs one write to the eventfd.
 */
struct post {
	struct post *next;
	void (*fn)(struct post *post);
};
void loop_post(struct loop *loop, struct post *post);
/* Those that have been posted, now: for who waits in the loop's thread for what a post does. Not in a post. */
void loop_run_posts(struct loop *loop);

/*
 * Delivers these signals to fn. They are blocked in the calling thread; call this before starting other threads,
 * so that they inherit it. -E_SYS.
 */
int loop_signals(struct loop *loop, const int *signos, unsigned n, loop_signal_fn *fn, void *ctx);

/* Runs fn at the end of each turn, after posts, descriptors and timers: the place to send collected output. */
void loop_on_turn(struct loop *loop, loop_fn *fn, void *ctx);
