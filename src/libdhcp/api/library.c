/* SPDX-License-Identifier: MPL-2.0 */
/* The library itself: registering, contexts, log messages. */
#include "api/api_int.h"

#include "base/err.h"
#include "log/log.h"

_Static_assert((int)KEA_FATAL == LOG_FATAL && (int)KEA_DEBUG == LOG_DBG, "severities are passed unchanged");

/* True if a name of a library is that of the point, with the digit of the family or with a #. */
static bool is_named(const struct hook_point *point, const char *name, char digit)
{
	size_t n = strlen(point->name);

	if (strlen(name) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] != point->name[i] && !(point->name[i] == '#' && name[i] == digit))
			return false;
	return true;
}

int api_on(struct kea_library *lib, const char *name, kea_hook_fn *fn)
{
	char digit = (char)('0' + lib->digit);
	unsigned families = lib->digit ? 3 : HOOK_POINT_D2;
	bool is_known = false;

	if (!hook_is_loading(lib))
		return -E_UNSUPPORTED;
	for (unsigned i = 0; i < HOOK_POINT_N; i++) {
		if (hook_points[i].families & families && is_named(&hook_points[i], name, digit)) {
			if (hook_points[i].refuse) {
				(void)api_fail(lib, NULL, "hook point %s is not supported yet", name);
				return -E_UNSUPPORTED;
			}
			*vec_push(&lib->functions) = (struct hook_function){ (enum hook_point_id)i, fn };
			return 0;
		}
		is_known |= is_named(&hook_points[i], name, '4') || is_named(&hook_points[i], name, '6');
	}
	return is_known ? 0 : -E_NOENT;
}

int api_family(const struct kea_library *lib)
{
	return (int)lib->digit;
}

int api_is_check(const struct kea_library *lib)
{
	return lib->is_check;
}

const char *api_name(const struct kea_library *lib)
{
	return lib->name;
}

void api_set_context(struct kea_library *lib, void *context)
{
	lib->context = context;
}

void *api_context(const struct kea_library *lib)
{
	return lib->context;
}

struct kea_library *api_library(const struct kea_call *call)
{
	return call->use->lib;
}

void *api_thread_context(struct kea_library *lib, size_t size, kea_done_fn *done)
{
	int n = hook_thread_number();
	struct hook_thread *thread;

	if (n < 0)
		return NULL;
	thread = &lib->threads[n];
	if (!thread->data)
		*thread = (struct hook_thread){ xcalloc(1, size), done };
	return thread->data;
}

int api_set_config_context(struct kea_call *call, void *context, kea_done_fn *done)
{
	if (call->hook->point != HOOK_SRV_CONFIGURED && call->hook->point != HOOK_D2_CONFIGURED)
		return -E_UNSUPPORTED;
	call->use->context = context;
	call->use->done = done;
	return 0;
}

void *api_config_context(const struct kea_call *call)
{
	return call->use->context;
}

void *api_packet_alloc(struct kea_call *call, size_t size)
{
	return call_arena(call) ? arena_alloc(call_arena(call), size) : NULL;
}

void *api_packet_context(struct kea_call *call, size_t size, kea_done_fn *done)
{
	struct hook_packet *packet = call->hook->packet;
	struct hook_memory *memory;

	if (!packet)
		return NULL;
	for (memory = packet->memory; memory; memory = memory->next)
		if (memory->lib == call->use->lib)
			return memory->data;
	memory = arena_new_obj(packet->arena, struct hook_memory);
	if (!memory)
		return NULL;
	*memory = (struct hook_memory){
		.next = packet->memory, .lib = call->use->lib, .done = done, .data = arena_alloc(packet->arena, size)
	};
	if (!memory->data)
		return NULL;
	packet->memory = memory;
	return memory->data;
}

struct kea_message *api_message(struct kea_library *lib, const char *id, const char *logger, enum kea_severity severity,
				int debuglevel)
{
	if (!hook_is_loading(lib))
		return NULL;
	return (struct kea_message *)hook_message(lib, id, logger, (enum log_severity)severity, debuglevel);
}

int api_log_is_on(const struct kea_message *message)
{
	return log_is_on(&((const struct hook_message *)message)->msg);
}

void api_log(struct kea_message *message, const char *fmt, ...)
{
	struct log_msg *msg = &((struct hook_message *)message)->msg;
	va_list ap;

	if (!log_is_on(msg))
		return;
	va_start(ap, fmt);
	log_writev(msg, fmt, ap);
	va_end(ap);
}
