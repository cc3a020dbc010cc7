/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What libraries do in the main thread besides being called at hook points: timers, descriptors, and what their other
 * threads hand over. All of it ends with the library. Without a loop, in programs that only check a configuration,
 * nothing of it runs.
 */
#include "hook/library.h"

#include "base/err.h"
#include "io/loop.h"

#define TIMER_MS_MAX (30LL * 24 * 3600 * 1000)

static struct loop *the_loop;

void hooks_set_loop(struct loop *loop)
{
	hook_slow_stop_wait();
	the_loop = loop;
}

struct loop *hook_loop(void)
{
	return the_loop;
}

struct task {
	kea_task_fn *fn;
	kea_watch_fn *watch_fn;
	int fd;
	unsigned events;
	void *context;
};

static int run_task(void *arg)
{
	const struct task *task = arg;

	if (task->watch_fn)
		task->watch_fn(task->fd, task->events, task->context);
	else
		task->fn(task->context);
	return 0;
}

/* What the function does may end the timer, and the last use of the library. */
static void enter(struct kea_library *lib, const char *doing, struct task *task)
{
	int result;

	hook_library_ref(lib);
	(void)hook_enter(lib, doing, run_task, task, &result);
	hook_library_unref(lib);
}

/* --- timers --- */

struct kea_timer {
	struct list link;
	struct kea_library *lib;
	struct timer timer;
	kea_task_fn *fn;
	void *context;
};

static void on_timer(void *ctx)
{
	struct kea_timer *timer = ctx;
	struct task task = { .fn = timer->fn, .context = timer->context };

	enter(timer->lib, "a timer", &task);
}

struct kea_timer *hook_timer(struct kea_library *lib, kea_task_fn *fn, void *context)
{
	struct kea_timer *timer = xcalloc(1, sizeof(*timer));

	timer->lib = lib;
	timer->fn = fn;
	timer->context = context;
	timer_init(&timer->timer, on_timer, timer);
	list_add_tail(&lib->timers, &timer->link);
	return timer;
}

int hook_timer_start(struct kea_timer *timer, int64_t ms)
{
	if (ms < 0 || ms > TIMER_MS_MAX)
		return -E_RANGE;
	if (!the_loop || timer->lib->is_check)
		return -E_UNSUPPORTED;
	loop_timer_start(the_loop, &timer->timer, ms);
	return 0;
}

void hook_timer_stop(struct kea_timer *timer)
{
	if (the_loop)
		loop_timer_stop(the_loop, &timer->timer);
}

void hook_timer_free(struct kea_timer *timer)
{
	if (!timer)
		return;
	hook_timer_stop(timer);
	list_remove(&timer->link);
	free(timer);
}

/* --- descriptors --- */

struct kea_watch {
	struct list link;
	struct kea_library *lib;
	int fd;
	kea_watch_fn *fn;
	void *context;
};

static uint32_t events_of(unsigned events)
{
	return (events & KEA_READABLE ? EPOLLIN : 0u) | (events & KEA_WRITABLE ? EPOLLOUT : 0u);
}

static void on_ready(void *ctx, uint32_t events)
{
	struct kea_watch *watch = ctx;
	/* An error or the end: reading or writing returns it. */
	bool is_over = events & (EPOLLERR | EPOLLHUP);
	struct task task = {
		.watch_fn = watch->fn,
		.fd = watch->fd,
		.events = (events & EPOLLIN || is_over ? (unsigned)KEA_READABLE : 0) |
			  (events & EPOLLOUT || is_over ? (unsigned)KEA_WRITABLE : 0),
		.context = watch->context,
	};

	enter(watch->lib, "a descriptor", &task);
}

struct kea_watch *hook_watch(struct kea_library *lib, int fd, unsigned events, kea_watch_fn *fn, void *context)
{
	struct kea_watch *watch;

	if (!the_loop || lib->is_check)
		return NULL;
	watch = xcalloc(1, sizeof(*watch));
	watch->lib = lib;
	watch->fd = fd;
	watch->fn = fn;
	watch->context = context;
	if (loop_add(the_loop, fd, events_of(events), on_ready, watch) < 0) {
		free(watch);
		return NULL;
	}
	list_add_tail(&lib->watches, &watch->link);
	return watch;
}

int hook_watch_change(struct kea_watch *watch, unsigned events)
{
	return loop_mod(the_loop, watch->fd, events_of(events));
}

void hook_watch_end(struct kea_watch *watch)
{
	if (!watch)
		return;
	loop_del(the_loop, watch->fd);
	list_remove(&watch->link);
	free(watch);
}

/* --- from other threads --- */

struct hook_post {
	struct list link;
	struct post post;
	struct kea_library *lib; /* NULL: it was unloaded */
	kea_task_fn *fn;
	void *context;
};

/* Guards the lists of posts, and their lib. */
static pthread_mutex_t posts_lock = PTHREAD_MUTEX_INITIALIZER;

static void on_post(struct post *post)
{
	struct hook_post *posted = container_of(post, struct hook_post, post);
	struct task task = { .fn = posted->fn, .context = posted->context };
	struct kea_library *lib;

	(void)pthread_mutex_lock(&posts_lock);
	lib = posted->lib;
	list_remove(&posted->link);
	(void)pthread_mutex_unlock(&posts_lock);
	free(posted);
	if (lib)
		enter(lib, "the main thread", &task);
}

int hook_post(struct kea_library *lib, kea_task_fn *fn, void *context)
{
	struct hook_post *posted;

	if (!the_loop || lib->is_check)
		return -E_UNSUPPORTED;
	posted = xcalloc(1, sizeof(*posted));
	posted->lib = lib;
	posted->fn = fn;
	posted->context = context;
	posted->post.fn = on_post;
	(void)pthread_mutex_lock(&posts_lock);
	list_add_tail(&lib->posts, &posted->link);
	(void)pthread_mutex_unlock(&posts_lock);
	loop_post(the_loop, &posted->post);
	return 0;
}

/* --- the library's --- */

void hook_tasks_init(struct kea_library *lib)
{
	list_init(&lib->timers);
	list_init(&lib->watches);
	list_init(&lib->posts);
	list_init(&lib->owned);
	list_init(&lib->pools);
}

void hook_tasks_end(struct kea_library *lib)
{
	struct list *item;

	while (!list_is_empty(&lib->owned)) {
		struct hook_owned *owned = container_of(lib->owned.next, struct hook_owned, link);

		owned->end(owned);
	}
	while (!list_is_empty(&lib->timers))
		hook_timer_free(container_of(lib->timers.next, struct kea_timer, link));
	while (!list_is_empty(&lib->watches))
		hook_watch_end(container_of(lib->watches.next, struct kea_watch, link));
	(void)pthread_mutex_lock(&posts_lock);
	while ((item = list_pop(&lib->posts)))
		container_of(item, struct hook_post, link)->lib = NULL;
	(void)pthread_mutex_unlock(&posts_lock);
}
