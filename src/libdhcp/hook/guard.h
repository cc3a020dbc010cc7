/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * What keeps mistakes of libraries apart from the server: a C++ exception ends at the call, and if the process crashes
 * in a library, the last line of the log names it.
 */
typedef int hook_guarded_fn(void *arg);

/* What is known of the library that runs. */
struct hook_guard {
	const char *name;
	/* Of the C++ runtime that the library brings with it; NULL: none. */
	void *(*begin_catch)(void *thrown);
	void (*end_catch)(void);
};

/*
 * Calls fn for a library, in any thread. Returns false if it threw an exception, which was freed; else its result is in
 * *ret. `doing` is what it does, for the log: the name of a hook point.
 */
bool hook_guarded(const struct hook_guard *lib, const char *doing, hook_guarded_fn *fn, void *arg, int *ret);
/* From now on a crash in a library is reported before the process ends. */
void hook_guard_crashes(void);
