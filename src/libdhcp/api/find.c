/* SPDX-License-Identifier: MPL-2.0 */
/* Leases that a library searches for while a packet waits, and responses that it makes itself. */
#include "api/api_int.h"

#include "base/err.h"
#include "serve/ask.h"
#include "serve/family.h"
#include "serve/service.h"
#include "serve/slots.h"
#include "serve/wait.h"

enum { QUERIES_MAX = 200, LEASES_MAX = 200, QUERIES_FEW = 4 };

struct hook_finds {
	struct lease_query *v;
	unsigned n, room;
	bool is_asked;
};

int api_answer(struct kea_call *call, unsigned type)
{
	struct request *req = call->hook->req;

	if (!req || call->hook->point != HOOK_PKT_RECEIVE)
		return -E_UNSUPPORTED;
	if (message_row(req->fam, type)->use != MESSAGE_OF_SERVER)
		return -E_INVAL;
	if (req->fam->begin_answer(req, type) < 0) {
		req->answer_type = 0;
		return -E_NOMEM;
	}
	req->is_answered = true;
	return 0;
}

static struct lease_query *add(struct arena *arena, struct hook_finds *finds)
{
	if (finds->n == finds->room) {
		unsigned room = finds->room ? finds->room * 4 : QUERIES_FEW;
		struct lease_query *v = arena_alloc(arena, room * sizeof(*v));

		if (!v)
			return NULL;
		if (finds->n)
			memcpy(v, finds->v, finds->n * sizeof(*v));
		finds->v = v;
		finds->room = room;
	}
	return &finds->v[finds->n++];
}

bool find_query(unsigned digit, enum kea_find_by by, struct bytes id, int number, struct lease_query *ret)
{
	bool is_v6 = digit == 6;

	*ret = (struct lease_query){ .type = is_v6 ? LEASE_NA : LEASE_V4, .id = id };
	switch (by) {
	case KEA_FIND_ADDRESS:
		ret->by = BY_ADDR;
		ret->addr = is_v6 ? ip_zero6 : ip_zero4;
		if (id.len != (is_v6 ? 16 : 4))
			return false;
		memcpy(ret->addr.b + 16 - id.len, id.data, id.len);
		return true;
	case KEA_FIND_HWADDR:
		ret->by = BY_HWADDR;
		ret->hwtype = (uint8_t)number;
		return id.len && id.len <= LEASE_HWADDR_MAX;
	case KEA_FIND_CLIENT_ID:
		ret->by = BY_CLIENT_ID;
		if (is_v6)
			ret->type = (enum lease_type)number;
		return id.len && id.len <= LEASE_ID_MAX && (!is_v6 || (number >= LEASE_NA && number <= LEASE_PD));
	case KEA_FIND_AFTER:
		return false;
	}
	return false;
}

int api_find(struct kea_call *call, enum kea_find_by by, const void *id, size_t len, int number, unsigned max)
{
	struct hook_packet *packet = call->hook->packet;
	struct request *req = call->hook->req;
	struct lease_query query, *added;

	if (!req || !hook_points[call->hook->point].may_park)
		return -E_UNSUPPORTED;
	if (!find_query(req->fam->digit, by, bytes_of(id, len), number, &query))
		return -E_INVAL;
	if (!packet->finds)
		packet->finds = arena_new_obj(packet->arena, struct hook_finds);
	if (!packet->finds)
		return -E_NOMEM;
	if (packet->finds->is_asked)
		return -E_BUSY;
	if (packet->finds->n == QUERIES_MAX || !max || max > LEASES_MAX)
		return -E_RANGE;
	query.max = max;
	/* It may be in memory of the library. */
	query.id.data = arena_dup(packet->arena, id, len);
	added = query.id.data ? add(packet->arena, packet->finds) : NULL;
	if (!added)
		return -E_NOMEM;
	*added = query;
	return (int)packet->finds->n - 1;
}

static void failed(struct hook_finds *finds, int err)
{
	for (unsigned i = 0; i < finds->n; i++)
		finds->v[i].n = err;
}

int api_find_start(struct kea_call *call, kea_resumed_fn *resumed, void *context)
{
	struct hook_finds *finds = call->hook->packet ? call->hook->packet->finds : NULL;
	struct request *req = call->hook->req;
	struct kea_parked *parked;
	int err;

	if (!finds)
		return req ? 0 : -E_UNSUPPORTED;
	if (finds->is_asked)
		return -E_BUSY;
	finds->is_asked = true;
	if (store_finds_at_once(req->live->db->store)) {
		err = ask_find(req, finds->v, finds->n, 0);
		if (err < 0)
			failed(finds, err);
		return err;
	}
	parked = park_new(call, STORE_WAIT_MS, resumed, context);
	if (!parked) {
		failed(finds, -E_BUSY);
		return -E_BUSY;
	}
	parked->is_find = true;
	err = ask_find(req, finds->v, finds->n, parked->ticket);
	if (err == -E_AGAIN)
		return KEA_PARK;
	if (err < 0)
		failed(finds, err);
	(void)wait_respond(req, parked->ticket);
	return KEA_PARK;
}

static const struct lease_query *query_of(const struct kea_call *call, unsigned query)
{
	const struct hook_finds *finds = call->hook->packet ? call->hook->packet->finds : NULL;

	return finds && finds->is_asked && query < finds->n ? &finds->v[query] : NULL;
}

int api_found_count(struct kea_call *call, unsigned query)
{
	const struct lease_query *found = query_of(call, query);

	return found ? found->n : -E_NOENT;
}

const struct kea_object *api_found(struct kea_call *call, unsigned query, unsigned i)
{
	const struct lease_query *found = query_of(call, query);

	if (!found || found->n < 0 || i >= (unsigned)found->n)
		return NULL;
	return object_make(call, KEA_OBJECT_LEASE, KEA_ARG_OLD_LEASE, &found->out[i]);
}
