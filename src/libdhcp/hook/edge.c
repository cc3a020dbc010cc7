/* SPDX-License-Identifier: MPL-2.0 */
/* The edge between the server and the code of hook libraries: each call but that of kea_hook_load() goes through it. */
#include "hook/library.h"

#include "log/log.h"

#include <stdatomic.h>
#include <unistd.h>

static _Thread_local bool is_helper;

void hook_thread_is_helper(void)
{
	is_helper = true;
}

int hook_thread_number(void)
{
	static atomic_int n;
	static _Thread_local int number; /* + 1 */

	if (is_helper)
		return -1;
	if (!number)
		number = atomic_fetch_add(&n, 1) + 1;
	return number > HOOK_THREADS_MAX ? -1 : number - 1;
}

static inline __attribute__((always_inline)) bool enter(struct kea_library *lib, const char *doing, hook_guarded_fn *fn,
							void *arg, int *ret)
{
	struct hook_outer outer;
	bool ok;

	if (!lib->is_threaded)
		(void)pthread_mutex_lock(&lib->lock);
	outer = hook_slow_begin(lib, doing);
	ok = hook_guarded(&lib->guard, doing, fn, arg, ret);
	hook_slow_end(&outer);
	if (!lib->is_threaded)
		(void)pthread_mutex_unlock(&lib->lock);
	if (!ok)
		LOG(HOOKS_CALLOUT_EXCEPTION, lib->name, doing);
	return ok;
}

bool hook_enter(struct kea_library *lib, const char *doing, hook_guarded_fn *fn, void *arg, int *ret)
{
	return enter(lib, doing, fn, arg, ret);
}

struct ending {
	kea_done_fn *done;
	void *context;
};

static int run_done(void *arg)
{
	const struct ending *ending = arg;

	ending->done(ending->context);
	return 0;
}

void hook_call_done(struct kea_library *lib, const char *doing, kea_done_fn *done, void *context)
{
	struct ending ending = { done, context };
	int result;

	if (done)
		(void)hook_enter(lib, doing, run_done, &ending, &result);
}

static int run_function(void *arg)
{
	struct kea_call *call = arg;

	return call->fn(call);
}

static int run_resumed(void *arg)
{
	struct kea_call *call = arg;

	return call->parked->resumed(call, call->parked->context);
}

static __attribute__((noinline, cold)) enum hook_verdict without_verdict(const struct hook_call *hook)
{
	return hook_points[hook->point].decides ? HOOK_DROP : HOOK_CONTINUE;
}

/* Calls fn, or if it is NULL, parked->resumed. */
static inline __attribute__((always_inline)) enum hook_verdict
call_function(struct hook_use *use, kea_hook_fn *fn, const struct kea_parked *parked, struct hook_call *hook)
{
	struct kea_call call;
	int verdict = -1;

	call.hook = hook;
	call.use = use;
	call.fn = fn;
	call.parked = parked;
	call.more = NULL;
	call.n_objects = 0;
	(void)enter(use->lib, hook_points[hook->point].name, fn ? run_function : run_resumed, &call, &verdict);
	return verdict < KEA_CONTINUE || verdict > KEA_DROP ? without_verdict(hook) : (enum hook_verdict)verdict;
}

enum hook_verdict hook_call_library(void *library, struct hook_call *hook)
{
	const struct hook_callout *callout = library;

	return call_function(callout->use, callout->fn, NULL, hook);
}

enum hook_verdict hook_call_resumed(struct kea_parked *parked, struct hook_call *hook)
{
	return parked->resumed ? call_function(parked->use, NULL, parked, hook) : HOOK_CONTINUE;
}

bool hook_parked_take(struct kea_parked *parked)
{
	return !atomic_exchange(&parked->has_ended, true);
}

void hook_parked_unref(struct kea_parked *parked)
{
	if (atomic_fetch_sub(&parked->refs, 1) == 1)
		free(parked);
}

void hook_packet_settle_wait(struct hook_packet *packet)
{
	for (struct kea_parked *parked = packet->parked; parked; parked = parked->next)
		if (!hook_parked_take(parked))
			while (atomic_load(&parked->refs) > 1)
				(void)usleep(1000);
}

void hook_packet_end(struct hook_packet *packet)
{
	struct kea_parked *next;

	/* Without a response to the wait: nobody waits any longer. */
	for (struct kea_parked *parked = packet->parked; parked; parked = next) {
		next = parked->next;
		(void)hook_parked_take(parked);
		hook_parked_unref(parked);
	}
	packet->parked = NULL;
	for (struct hook_memory *memory = packet->memory; memory; memory = memory->next)
		hook_call_done(memory->lib, "the end of a packet", memory->done, memory->data);
	packet->memory = NULL;
}
