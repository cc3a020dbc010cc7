/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A thread that watches what libraries do, while libraries are loaded: calls that take long or never return, in any
 * thread of the server, and descriptors of the server that were closed. A thread that calls a library notes it, so a
 * call costs no reading of the clock. This thread waits for nothing but its condition: a library cannot stop it by what
 * it does to the main thread or to descriptors.
 */
#include "hook/library.h"

#include "base/thread.h"
#include "log/descriptor.h"
#include "log/log.h"

enum {
	TICK_MS = 250,
	SLOW_MS = 1000,
	AGAIN_MS = 10000, /* between two reports about the same work of a library */
};

static struct hook_note notes[HOOK_THREADS_MAX];

/* Of the main thread. */
static pthread_t watcher;
static bool is_watching;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards is_over, and libraries that are looked at */
static pthread_cond_t wake;
static bool is_over;

/* Real time, even while tests stop the clocks of base/clock.h. */
static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void report(struct kea_library *lib, const char *doing, int64_t now, int64_t ms)
{
	if (ms < SLOW_MS || (lib->slow_doing == doing && now - lib->slow_ms < AGAIN_MS))
		return;
	lib->slow_doing = doing;
	lib->slow_ms = now;
	LOG(HOOKS_LIBRARY_SLOW, lib->name, doing, (long long)ms);
}

static void look_at(struct hook_note *note, int64_t now)
{
	struct kea_library *lib = atomic_load_explicit(&note->lib, memory_order_acquire);
	const uint32_t number = atomic_load_explicit(&note->number, memory_order_relaxed);

	if (number != note->seen || !lib) {
		note->seen = number;
		note->since_ms = now;
		return;
	}
	report(lib, atomic_load_explicit(&note->doing, memory_order_relaxed), now, now - note->since_ms);
}

static void *watch(void *arg)
{
	(void)arg;
	(void)pthread_mutex_lock(&lock);
	while (!is_over) {
		const int64_t now = now_ms();

		for (int i = 0; i < HOOK_THREADS_MAX; i++)
			look_at(&notes[i], now);
		descriptors_check();
		cond_wait_ms(&wake, &lock, TICK_MS);
	}
	(void)pthread_mutex_unlock(&lock);
	return NULL;
}

void hook_slow_start(void)
{
	if (is_watching || !hook_loop())
		return;
	cond_init(&wake);
	is_over = false;
	is_watching = thread_start(&watcher, watch, NULL) == 0;
	if (is_watching)
		(void)pthread_setname_np(watcher, "hooks");
}

void hook_slow_stop_wait(void)
{
	if (!is_watching)
		return;
	(void)pthread_mutex_lock(&lock);
	is_over = true;
	(void)pthread_cond_signal(&wake);
	(void)pthread_mutex_unlock(&lock);
	(void)pthread_join(watcher, NULL);
	(void)pthread_cond_destroy(&wake);
	is_watching = false;
}

void hook_slow_forget(void)
{
	(void)pthread_mutex_lock(&lock);
	(void)pthread_mutex_unlock(&lock);
	if (!hook_any_library())
		hook_slow_stop_wait();
}

_Thread_local struct hook_note *hook_my_note;

struct hook_note *hook_note_find(void)
{
	const int i = hook_thread_number();

	if (i >= 0)
		hook_my_note = &notes[i];
	return hook_my_note;
}
