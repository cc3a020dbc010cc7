/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The loop. A table indexed by descriptor has the functions to call. Descriptors are watched by epoll; each entry
 * then has a generation, which is also in the epoll event, so an event for a descriptor that was removed (and
 * perhaps reused) in the same turn is recognized and skipped. In the main thread's loop they are events of
 * libevent, which waits there, also for the connections of the control channel. Timers are a binary heap of their
 * owners' structs; one timerfd on CLOCK_BOOTTIME (which includes suspend) is set to the earliest. Posts are a
 * lock-free stack: a push onto the empty stack writes the eventfd; the loop takes the whole stack and reverses it.
 */
#include "io/loop.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/vec.h"
#include "log/descriptor.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVENTS_PER_TURN = 64, TURN_FNS_MAX = 4 };

struct watch {
	loop_fd_fn *fn; /* NULL = descriptor not watched */
	void *ctx;
	uint32_t generation;
	struct event *event; /* with libevent; NULL = descriptor not watched */
};

struct loop {
	struct event_base *base; /* NULL: the loop waits in epoll */
	struct timer limit;      /* with libevent: ends a turn after a limited time; its function is not called */
	int epoll, wake, timerfd, sigfd;
	sigset_t signals;
	loop_signal_fn *signal_fn;
	void *signal_ctx;
	VEC(struct watch) watches; /* indexed by descriptor */
	VEC(struct timer *) heap;
	int64_t armed_us; /* time the timerfd is set to; INT64_MAX = off */
	VEC(struct timer *) owned;
	struct {
		loop_fn *fn;
		void *ctx;
	} turn[TURN_FNS_MAX];
	unsigned n_turn;
	_Atomic(struct post *) posts;
	atomic_bool stop;
};

/* --- timers --- */

static void heap_put(struct loop *loop, size_t i, struct timer *timer)
{
	loop->heap.v[i] = timer;
	timer->slot = (unsigned)i + 1;
}

static void heap_up(struct loop *loop, size_t i, struct timer *timer)
{
	while (i > 0) {
		size_t parent = (i - 1) / 2;

		if (loop->heap.v[parent]->due_us <= timer->due_us)
			break;
		heap_put(loop, i, loop->heap.v[parent]);
		i = parent;
	}
	heap_put(loop, i, timer);
}

static void heap_down(struct loop *loop, size_t i, struct timer *timer)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= loop->heap.n)
			break;
		if (child + 1 < loop->heap.n && loop->heap.v[child + 1]->due_us < loop->heap.v[child]->due_us)
			child++;
		if (timer->due_us <= loop->heap.v[child]->due_us)
			break;
		heap_put(loop, i, loop->heap.v[child]);
		i = child;
	}
	heap_put(loop, i, timer);
}

void loop_timer_stop(struct loop *loop, struct timer *timer)
{
	struct timer *last;
	size_t i;

	if (!timer->slot)
		return;
	i = timer->slot - 1;
	timer->slot = 0;
	last = loop->heap.v[--loop->heap.n];
	if (last == timer)
		return;
	heap_up(loop, i, last);
	if (last->slot == i + 1)
		heap_down(loop, i, last);
}

void loop_timer_start(struct loop *loop, struct timer *timer, int64_t ms)
{
	const int64_t most_ms = INT64_MAX / 4000;

	loop_timer_stop(loop, timer);
	if (ms < 0)
		ms = 0;
	if (ms > most_ms)
		ms = most_ms;
	timer->due_us = clock_boot_us() + ms * 1000;
	(void)vec_push(&loop->heap);
	heap_up(loop, loop->heap.n - 1, timer);
}

void loop_timer(struct loop *loop, int64_t ms, loop_fn *fn, void *ctx)
{
	struct timer *timer = xcalloc(1, sizeof(*timer));

	timer_init(timer, fn, ctx);
	*vec_push(&loop->owned) = timer;
	loop_timer_start(loop, timer, ms);
}

/* Frees the loop's own timers that have fired. */
static void sweep_owned(struct loop *loop)
{
	size_t kept = 0;

	for (size_t i = 0; i < loop->owned.n; i++) {
		if (timer_is_running(loop->owned.v[i]))
			loop->owned.v[kept++] = loop->owned.v[i];
		else
			free(loop->owned.v[i]);
	}
	loop->owned.n = kept;
}

static void run_timers(struct loop *loop)
{
	/* Only timers due at this moment, so one that restarts itself with 0 does not block the loop. */
	int64_t now_us = clock_boot_us();
	size_t most = loop->heap.n;

	if (!most || loop->heap.v[0]->due_us > now_us)
		return;
	while (most-- && loop->heap.n && loop->heap.v[0]->due_us <= now_us) {
		struct timer *timer = loop->heap.v[0];

		loop_timer_stop(loop, timer);
		timer->fn(timer->ctx);
	}
	if (loop->owned.n)
		sweep_owned(loop);
}

/* Relative, because a test may run the loop on a virtual clock. */
static void arm(struct loop *loop)
{
	int64_t due_us = loop->heap.n ? loop->heap.v[0]->due_us : INT64_MAX;
	struct itimerspec when = { 0 };
	int64_t left_us;

	if (due_us == loop->armed_us)
		return;
	loop->armed_us = due_us;
	if (due_us != INT64_MAX) {
		left_us = due_us - clock_boot_us();
		if (left_us < 1)
			left_us = 1;
		when.it_value.tv_sec = left_us / 1000000;
		when.it_value.tv_nsec = left_us % 1000000 * 1000;
	}
	(void)timerfd_settime(loop->timerfd, 0, &when, NULL);
}

static void timerfd_ready(void *ctx, uint32_t events)
{
	struct loop *loop = ctx;
	uint64_t times;

	(void)events;
	(void)!read(loop->timerfd, &times, sizeof(times));
	/* The timerfd has expired and is no longer set. Timers run after all descriptors. */
	loop->armed_us = INT64_MAX;
}

/* --- posts --- */

static const char of_loop[] = "an event loop";

/* After an error: EINVAL is what a descriptor of another kind leads to. */
static void check_descriptor(void)
{
	if (errno == EBADF || errno == EINVAL)
		descriptor_lost(of_loop);
}

void loop_wake(struct loop *loop)
{
	uint64_t one = 1;

	/* EAGAIN means the counter is full: the loop is already awake. */
	if (write(loop->wake, &one, sizeof(one)) < 0)
		check_descriptor();
}

void loop_post(struct loop *loop, struct post *post)
{
	struct post *head = atomic_load_explicit(&loop->posts, memory_order_relaxed);

	do {
		post->next = head;
	} while (!atomic_compare_exchange_weak_explicit(&loop->posts, &head, post, memory_order_release,
							memory_order_relaxed));
	if (!head)
		loop_wake(loop);
}

void loop_run_posts(struct loop *loop)
{
	struct post *taken = atomic_exchange_explicit(&loop->posts, NULL, memory_order_acquire);
	struct post *ordered = NULL;

	while (taken) {
		struct post *next = taken->next;

		taken->next = ordered;
		ordered = taken;
		taken = next;
	}
	while (ordered) {
		struct post *post = ordered;

		/* fn may post it again or free it. */
		ordered = post->next;
		post->fn(post);
	}
}

static void wake_ready(void *ctx, uint32_t events)
{
	struct loop *loop = ctx;
	uint64_t times;

	(void)events;
	/* Before taking the stack, so that a push onto the emptied stack is noticed. */
	(void)!read(loop->wake, &times, sizeof(times));
	loop_run_posts(loop);
}

/* --- descriptors --- */

static uint64_t event_key(int fd, uint32_t generation)
{
	return (uint64_t)generation << 32 | (uint32_t)fd;
}

static struct watch *watch_get(struct loop *loop, int fd)
{
	if (fd < 0 || (size_t)fd >= loop->watches.n || !loop->watches.v[fd].fn)
		return NULL;
	return &loop->watches.v[fd];
}

static int watch_epoll(struct loop *loop, int op, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u64 = event_key(fd, loop->watches.v[fd].generation) };

	return epoll_ctl(loop->epoll, op, fd, &ev) < 0 ? -E_SYS : 0;
}

static void event_ready(evutil_socket_t fd, short what, void *ctx)
{
	const struct watch *watch = watch_get(ctx, fd);

	if (watch)
		watch->fn(watch->ctx, (what & EV_READ ? EPOLLIN : 0) | (what & EV_WRITE ? EPOLLOUT : 0));
}

static int watch_event(struct loop *loop, int fd, uint32_t events)
{
	short what = (short)(EV_PERSIST | (events & EPOLLIN ? EV_READ : 0) | (events & EPOLLOUT ? EV_WRITE : 0));
	struct event *event = event_new(loop->base, fd, what, event_ready, loop);

	if (!event || event_add(event, NULL) < 0) {
		if (event)
			event_free(event);
		return -E_SYS;
	}
	if (loop->watches.v[fd].event)
		event_free(loop->watches.v[fd].event);
	loop->watches.v[fd].event = event;
	return 0;
}

int loop_add(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *ctx)
{
	struct watch *watch;
	int err;

	assert(fd >= 0);
	while (loop->watches.n <= (size_t)fd)
		(void)vec_push(&loop->watches);
	watch = &loop->watches.v[fd];
	if (watch->fn)
		return -E_EXIST;
	err = loop->base ? watch_event(loop, fd, events) : watch_epoll(loop, EPOLL_CTL_ADD, fd, events);
	if (err < 0)
		return err;
	watch->fn = fn;
	watch->ctx = ctx;
	return 0;
}

int loop_mod(struct loop *loop, int fd, uint32_t events)
{
	if (!watch_get(loop, fd))
		return -E_NOENT;
	return loop->base ? watch_event(loop, fd, events) : watch_epoll(loop, EPOLL_CTL_MOD, fd, events);
}

void loop_del(struct loop *loop, int fd)
{
	struct watch *watch = watch_get(loop, fd);

	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	else
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	watch->event = NULL;
	watch->fn = NULL;
	watch->ctx = NULL;
	watch->generation++;
}

static void dispatch(struct loop *loop, const struct epoll_event *ev)
{
	struct watch *watch = watch_get(loop, (int)(ev->data.u64 & UINT32_MAX));

	if (watch && watch->generation == ev->data.u64 >> 32)
		watch->fn(watch->ctx, ev->events);
}

/* --- signals --- */

static void signal_ready(void *ctx, uint32_t events)
{
	struct loop *loop = ctx;
	struct signalfd_siginfo info;

	(void)events;
	while (read(loop->sigfd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->signal_fn(loop->signal_ctx, (int)info.ssi_signo);
}

int loop_signals(struct loop *loop, const int *signos, unsigned n, loop_signal_fn *fn, void *ctx)
{
	int fd, err;

	for (unsigned i = 0; i < n; i++)
		sigaddset(&loop->signals, signos[i]);
	err = pthread_sigmask(SIG_BLOCK, &loop->signals, NULL);
	if (err) {
		errno = err;
		return -E_SYS;
	}
	fd = signalfd(loop->sigfd, &loop->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -E_SYS;
	loop->signal_fn = fn;
	loop->signal_ctx = ctx;
	if (loop->sigfd >= 0)
		return 0;
	loop->sigfd = fd;
	descriptor_own(fd, of_loop);
	return loop_add(loop, fd, EPOLLIN, signal_ready, loop);
}

/* --- the loop --- */

static struct loop *loop_alloc(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	loop->epoll = loop->wake = loop->timerfd = loop->sigfd = -1;
	return loop;
}

static bool loop_init(struct loop *loop)
{
	loop->armed_us = INT64_MAX;
	sigemptyset(&loop->signals);
	loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	loop->timerfd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	descriptor_own(loop->wake, of_loop);
	descriptor_own(loop->timerfd, of_loop);
	return loop->wake >= 0 && loop->timerfd >= 0 && loop_add(loop, loop->wake, EPOLLIN, wake_ready, loop) == 0 &&
	       loop_add(loop, loop->timerfd, EPOLLIN, timerfd_ready, loop) == 0;
}

struct loop *loop_new(void)
{
	struct loop *loop = loop_alloc();

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	descriptor_own(loop->epoll, of_loop);
	if (!loop_init(loop) || loop->epoll < 0) {
		loop_free(loop);
		return NULL;
	}
	return loop;
}

struct loop *loop_new_main(void)
{
	struct loop *loop = loop_alloc();
	struct event_config *config = event_config_new();

	/* The environment must not choose select(), which ends at 1024 descriptors. */
	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		loop->base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	if (!loop->base || !loop_init(loop)) {
		loop_free(loop);
		return NULL;
	}
	return loop;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

static void end_descriptor(int fd)
{
	if (fd < 0)
		return;
	descriptor_disown(fd);
	(void)close(fd);
}

void loop_free(struct loop *loop)
{
	int saved = errno;

	if (!loop)
		return;
	/* Before their descriptors are closed. */
	for (size_t i = 0; i < loop->watches.n; i++)
		if (loop->watches.v[i].event)
			event_free(loop->watches.v[i].event);
	if (loop->base)
		event_base_free(loop->base);
	end_descriptor(loop->sigfd);
	end_descriptor(loop->timerfd);
	end_descriptor(loop->wake);
	end_descriptor(loop->epoll);
	for (size_t i = 0; i < loop->owned.n; i++)
		free(loop->owned.v[i]);
	vec_free(&loop->owned);
	vec_free(&loop->heap);
	vec_free(&loop->watches);
	free(loop);
	errno = saved;
}

void loop_on_turn(struct loop *loop, loop_fn *fn, void *ctx)
{
	assert(loop->n_turn < TURN_FNS_MAX);
	loop->turn[loop->n_turn].fn = fn;
	loop->turn[loop->n_turn++].ctx = ctx;
}

static int wait_epoll(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int n;

	arm(loop);
	n = epoll_wait(loop->epoll, events, EVENTS_PER_TURN, timeout_ms);

	if (n < 0 && errno != EINTR) {
		check_descriptor();
		return -E_SYS;
	}
	for (int i = 0; i < n; i++)
		dispatch(loop, &events[i]);
	return 0;
}

/*
 * A timer of the loop limits the turn, not one of libevent: on 32-bit systems its struct timeval may be another one
 * than ours, which has seconds of 64 bits.
 */
static int wait_libevent(struct loop *loop, int timeout_ms)
{
	int err;

	if (timeout_ms > 0)
		loop_timer_start(loop, &loop->limit, timeout_ms);
	arm(loop);
	err = event_base_loop(loop->base, EVLOOP_ONCE | (timeout_ms ? 0 : EVLOOP_NONBLOCK));
	if (err < 0)
		check_descriptor();
	loop_timer_stop(loop, &loop->limit);
	return err < 0 ? -E_SYS : 0;
}

int loop_run_once(struct loop *loop, int timeout_ms)
{
	int err;

	/* Already due (a virtual clock was advanced, or the last turn was long): do not sleep. */
	if (loop->heap.n && loop->heap.v[0]->due_us <= clock_boot_us())
		timeout_ms = 0;
	err = loop->base ? wait_libevent(loop, timeout_ms) : wait_epoll(loop, timeout_ms);
	if (err < 0)
		return err;
	run_timers(loop);
	for (unsigned i = 0; i < loop->n_turn; i++)
		loop->turn[i].fn(loop->turn[i].ctx);
	return 0;
}

void loop_stop(struct loop *loop)
{
	atomic_store_explicit(&loop->stop, true, memory_order_release);
	loop_wake(loop);
}

int loop_run(struct loop *loop)
{
	int err = 0;

	while (err >= 0 && !atomic_load_explicit(&loop->stop, memory_order_acquire))
		err = loop_run_once(loop, -1);
	atomic_store_explicit(&loop->stop, false, memory_order_relaxed);
	return err;
}
