/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/*
 * An epoll loop for one thread: descriptors, timers on boot time, signals, and posts from other
 * threads. Everything but loop_post, loop_wake and loop_stop is for the thread that runs the loop
 * (or for any one thread before it runs).
 *
 *	struct loop *loop = loop_new();
 *	loop_add(loop, fd, EPOLLIN, readable, ctx);
 *	loop_timer(loop, 1000, tick, ctx);
 *	loop_run(loop);
 *	loop_free(loop);
 */
struct loop;

typedef void loop_fd_fn(void *ctx, uint32_t events);
typedef void loop_fn(void *ctx);
typedef void loop_signal_fn(void *ctx, int signo);

struct loop *loop_new(void);
/* Closes no descriptor of the caller's; pending posts are forgotten. NULL is fine. */
void loop_free(struct loop *loop);

/* Until loop_stop. Returns 0, or -E_SYS when epoll itself fails. */
int loop_run(struct loop *loop);
/*
 * One turn: wait at most timeout_ms (-1: for ever, 0: only look), then run what is ready: posts,
 * descriptors, timers, the turn functions. 0 or -E_SYS.
 */
int loop_run_once(struct loop *loop, int timeout_ms);
/* Any thread, also from a signal handler: loop_run returns after the turn under way. Sticks until the next loop_run
 * returns. */
void loop_stop(struct loop *loop);
/* Any thread: the loop makes a turn soon. */
void loop_wake(struct loop *loop);

/* Level-triggered. -E_EXIST if the loop has the descriptor already, -E_SYS. */
int loop_add(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *ctx);
int loop_mod(struct loop *loop, int fd, uint32_t events);
/* Call before closing fd. Events of it still undelivered in this turn are not delivered. */
void loop_del(struct loop *loop, int fd);

/*
 * A timer is memory of its owner; starting one that runs moves it. It fires once. Timers count on
 * clock_boot_ms(), so tests move them with clock_advance() and loop_run_once(loop, 0).
 */
struct timer {
	loop_fn *fn;
	void *ctx;
	int64_t due_us;
	unsigned slot; /* place in the heap + 1; 0 = not running */
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
/* A one-shot timer that the loop owns and frees after it fired; fire and forget. */
void loop_timer(struct loop *loop, int64_t ms, loop_fn *fn, void *ctx);

/*
 * Work handed to a loop from any thread, embedded in what it is about (container_of). fn runs in
 * the loop's thread, in the order of posting per posting thread. A post must not be posted again
 * before its fn was entered. No lock, no malloc; a burst costs one write to the eventfd.
 */
struct post {
	struct post *next;
	void (*fn)(struct post *post);
};
void loop_post(struct loop *loop, struct post *post);

/*
 * Deliver these signals here. They are blocked in the calling thread; call before other threads are
 * started so that they inherit it. -E_SYS.
 */
int loop_signals(struct loop *loop, const int *signos, unsigned n, loop_signal_fn *fn, void *ctx);

/* Run at the end of each turn, after posts, descriptors and timers: the place to send what gathered. */
void loop_on_turn(struct loop *loop, loop_fn *fn, void *ctx);
