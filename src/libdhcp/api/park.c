/* SPDX-License-Identifier: MPL-2.0 */
#include "api/api_int.h"

#include "base/err.h"
#include "serve/slots.h"

struct kea_parked *park_new(struct kea_call *call, int64_t ms, kea_resumed_fn *resumed, void *context)
{
	struct hook_packet *packet = call->hook->packet;
	struct kea_parked *parked;
	uint64_t ticket;

	if (slot_park(call->hook, ms, &ticket) < 0)
		return NULL;
	parked = xcalloc(1, sizeof(*parked));
	atomic_init(&parked->refs, 1);
	parked->req = call->hook->req;
	parked->ticket = ticket;
	parked->use = call->use;
	parked->resumed = resumed;
	parked->context = context;
	parked->next = packet->parked;
	packet->parked = parked;
	return parked;
}

struct kea_parked *api_park(struct kea_call *call, int64_t ms, kea_resumed_fn *resumed, void *context)
{
	struct kea_parked *parked = park_new(call, ms, resumed, context);

	if (parked)
		atomic_fetch_add(&parked->refs, 1);
	return parked;
}

static int end(struct kea_parked *parked, bool (*respond)(struct request *req, uint64_t ticket))
{
	bool ok = hook_parked_take(parked);

	if (ok)
		(void)respond(parked->req, parked->ticket);
	hook_parked_unref(parked);
	return ok ? 0 : -E_NOENT;
}

int api_resume(struct kea_parked *parked)
{
	return end(parked, slot_resume);
}

int api_drop(struct kea_parked *parked)
{
	return end(parked, slot_drop);
}
