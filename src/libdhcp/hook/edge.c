/* SPDX-License-Identifier: MPL-2.0 */
/* The edge between the server and the code of hook libraries, in the threads that serve packets. */
#include "hook/library.h"

#include <stdatomic.h>

int hook_thread_number(void)
{
	static atomic_int n;
	static _Thread_local int number; /* + 1 */

	if (!number)
		number = atomic_fetch_add(&n, 1) + 1;
	return number > HOOK_THREADS_MAX ? -1 : number - 1;
}

enum hook_verdict hook_call_library(void *library, struct hook_call *hook)
{
	const struct hook_callout *callout = library;
	struct kea_library *lib = callout->use->lib;
	struct kea_call call;
	int verdict;

	call.hook = hook;
	call.use = callout->use;
	call.config = NULL;
	call.n_objects = 0;
	if (!lib->is_threaded)
		(void)pthread_mutex_lock(&lib->lock);
	verdict = callout->fn(&call);
	if (!lib->is_threaded)
		(void)pthread_mutex_unlock(&lib->lock);
	if (call.config)
		json_object_put(call.config);
	return verdict < KEA_CONTINUE || verdict > KEA_DROP ? HOOK_CONTINUE : (enum hook_verdict)verdict;
}

void hook_packet_end(struct hook_packet *packet)
{
	for (struct hook_memory *memory = packet->memory; memory; memory = memory->next)
		if (memory->done)
			memory->done(memory->data);
	packet->memory = NULL;
}
