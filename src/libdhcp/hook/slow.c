/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Calls of libraries that take long, or never return: a thread that calls one notes it, and the main thread looks at
 * the notes of all threads while libraries are loaded, so a call costs no reading of the clock. Calls in the main
 * thread itself are measured.
 */
#include "hook/library.h"

#include "base/clock.h"
#include "io/loop.h"
#include "log/log.h"

#include <stdalign.h>

enum {
	TICK_MS = 500,
	SLOW_MS = 1000,
	AGAIN_MS = 10000, /* between two reports about a library */
};

struct hook_note {
	alignas(64) _Atomic(struct kea_library *) lib; /* NULL: the thread is in no library */
	_Atomic(const char *) doing;
	_Atomic uint32_t number; /* of the call in this thread */
	/* Of the main thread: the call that it has seen, and since when. */
	uint32_t seen;
	int64_t since_ms;
};

static struct hook_note notes[HOOK_THREADS_MAX];
static const struct hook_note *main_note; /* NULL: not known yet */
static struct timer tick;

static void report(struct kea_library *lib, const char *doing, int64_t ms)
{
	const int64_t now = clock_mono_ms();

	if (ms < SLOW_MS || (lib->slow_ms && now - lib->slow_ms < AGAIN_MS))
		return;
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
	report(lib, atomic_load_explicit(&note->doing, memory_order_relaxed), now - note->since_ms);
}

static void on_tick(void *ctx)
{
	const int64_t now = clock_mono_ms();

	(void)ctx;
	for (int i = 0; i < HOOK_THREADS_MAX; i++)
		if (&notes[i] != main_note)
			look_at(&notes[i], now);
	if (hook_any_library())
		loop_timer_start(hook_loop(), &tick, TICK_MS);
}

void hook_slow_start(void)
{
	if (!hook_loop() || !hook_any_library())
		return;
	/* Threads read it. */
	if (!main_note && hook_thread_number() >= 0)
		main_note = &notes[hook_thread_number()];
	if (!timer_is_running(&tick)) {
		timer_init(&tick, on_tick, NULL);
		loop_timer_start(hook_loop(), &tick, TICK_MS);
	}
}

void hook_slow_stop(void)
{
	if (hook_loop())
		loop_timer_stop(hook_loop(), &tick);
}

static void note_call(struct hook_note *note, struct kea_library *lib, const char *doing)
{
	const uint32_t number = atomic_load_explicit(&note->number, memory_order_relaxed);

	atomic_store_explicit(&note->doing, doing, memory_order_relaxed);
	atomic_store_explicit(&note->number, number + 1, memory_order_relaxed);
	atomic_store_explicit(&note->lib, lib, memory_order_release);
}

struct hook_outer hook_slow_begin(struct kea_library *lib, const char *doing)
{
	static _Thread_local struct hook_note *mine;
	struct hook_outer outer = { 0 };

	if (!mine) {
		const int i = hook_thread_number();

		if (i < 0)
			return outer;
		mine = &notes[i];
	}
	outer.note = mine;
	outer.lib = atomic_load_explicit(&outer.note->lib, memory_order_relaxed);
	outer.doing = atomic_load_explicit(&outer.note->doing, memory_order_relaxed);
	if (mine == main_note)
		outer.begin_ms = clock_mono_ms();
	note_call(outer.note, lib, doing);
	return outer;
}

void hook_slow_end(const struct hook_outer *outer, struct kea_library *lib, const char *doing)
{
	if (!outer->note)
		return;
	if (outer->begin_ms)
		report(lib, doing, clock_mono_ms() - outer->begin_ms);
	if (outer->lib)
		note_call(outer->note, outer->lib, outer->doing);
	else
		atomic_store_explicit(&outer->note->lib, NULL, memory_order_release);
}
