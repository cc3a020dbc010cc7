/* SPDX-License-Identifier: MPL-2.0 */
/* Handles: what a hook function gets at its point. */
#include "api/api_int.h"

#include "serve/binding.h"
#include "serve/family.h"

/* Bit of an argument: the table of hook points marks it with "*". By family. */
static uint16_t writable[HOOK_POINT_N][2];

static char names[HOOK_POINT_N][2][HOOK_POINT_NAME_MAX]; /* "lease4_select" */

const char *point_name(enum hook_point_id point, unsigned digit)
{
	return names[point][digit == 6];
}

/* True if the list of arguments contains the name, with an asterisk. */
static bool is_marked(const char *arguments, const char *name)
{
	const char *at = arguments;
	size_t len = strlen(name);

	while ((at = strstr(at, name)) != NULL) {
		if ((at == arguments || at[-1] == ' ') && at[len] == '*')
			return true;
		at += len;
	}
	return false;
}

void object_init(void)
{
	static const struct {
		enum kea_argument argument;
		const char *name;
	} rows[] = {
		{ KEA_ARG_QUERY, "query#" },
		{ KEA_ARG_RESPONSE, "response#" },
		{ KEA_ARG_SUBNET, "subnet#" },
		{ KEA_ARG_LEASE, "lease#" },
	};

	for (unsigned i = 0; i < HOOK_POINT_N; i++)
		for (unsigned fam = 0; fam < 2; fam++) {
			const char *arguments =
				fam && hook_points[i].arguments6 ? hook_points[i].arguments6 : hook_points[i].arguments;

			(void)hook_point_name(&hook_points[i], fam ? 6 : 4, names[i][fam]);
			for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
				if (is_marked(arguments, rows[k].name))
					writable[i][fam] |= (uint16_t)(1u << rows[k].argument);
			writable[i][fam] |= 1u << KEA_ARG_CALL;
		}
}

static bool is_object(const struct kea_object *object, enum kea_object_kind kind, enum kea_argument role,
		      const void *at)
{
	return object->at == at && object->role == role && object->kind == kind;
}

static struct kea_object *find(struct kea_call *call, enum kea_object_kind kind, enum kea_argument role, const void *at)
{
	struct kea_object *object;

	for (unsigned k = 0; k < call->n_objects; k++)
		if (is_object(&call->objects[k], kind, role, at))
			return &call->objects[k];
	for (object = call->more; object && !is_object(object, kind, role, at); object = object->next)
		;
	return object;
}

static struct kea_object *room(struct kea_call *call)
{
	struct kea_object *object;

	if (call->n_objects < HOOK_OBJECTS_FEW) {
		object = &call->objects[call->n_objects++];
		object->next = NULL;
		return object;
	}
	object = call_arena(call) ? arena_new_obj(call_arena(call), struct kea_object) : NULL;
	if (object) {
		object->next = call->more;
		call->more = object;
	}
	return object;
}

struct kea_object *object_make(struct kea_call *call, enum kea_object_kind kind, enum kea_argument role, void *at)
{
	const struct hook_call *hook = call->hook;
	struct kea_object *object;

	if (!at)
		return NULL;
	object = find(call, kind, role, at);
	if (object)
		return object;
	object = room(call);
	if (!object)
		return NULL;
	*object = (struct kea_object){
		.kind = kind,
		.role = role,
		.is_writable = writable[hook->point][hook->digit == 6] >> role & 1,
		.at = at,
		.call = call,
		.next = object->next,
	};
	return object;
}

/* The lists of options exist once the message was parsed or the response begun. */
static bool has_packet(const struct request *req, enum kea_argument which)
{
	if (which == KEA_ARG_QUERY)
		return true;
	return req->fam->digit == 6 ? req->a6.opts.arena != NULL : req->a.opts.arena != NULL;
}

/* --- leases of a request --- */

static bool is_deleted(const struct store_change *change)
{
	return change->kind == CHANGE_DELETE || !lease_is_in_use(&change->new);
}

static struct lease *lease_at(const struct kea_call *call, bool deleted, unsigned i)
{
	struct request *req = call->hook->req;

	if (!req)
		return NULL;
	if (call->hook->point == HOOK_LEASE_OFFER) {
		for (unsigned k = 0; !deleted && k < req->n_bindings; k++)
			if (req->bindings[k].is_granted && !i--)
				return &req->bindings[k].lease;
		return NULL;
	}
	for (unsigned k = 0; k < req->n_changes; k++) {
		struct store_change *change = &req->changes[k];

		if (is_deleted(change) != deleted || i--)
			continue;
		/* Of a removed lease, what was stored. */
		return change->kind == CHANGE_DELETE && change->old ? (struct lease *)change->old : &change->new;
	}
	return NULL;
}

unsigned object_n_leases(const struct kea_call *call, bool deleted)
{
	unsigned n = 0;

	while (lease_at(call, deleted, n))
		n++;
	return n;
}

/* --- the functions of the table --- */

static struct kea_object *subnet_of(struct kea_call *call, enum kea_argument which, unsigned i)
{
	const struct request *req = call->hook->req;

	if (!req || !req->sub || i >= link_size(req->sub))
		return NULL;
	return object_make(call, KEA_OBJECT_SUBNET, which, (void *)(uintptr_t)link_subnet(req->sub, i));
}

struct kea_object *api_argument(struct kea_call *call, enum kea_argument which, unsigned i)
{
	struct hook_call *hook = call->hook;
	struct request *req = hook->req;

	switch (which) {
	case KEA_ARG_CALL:
		return object_make(call, KEA_OBJECT_CALL, which, call);
	case KEA_ARG_QUERY:
	case KEA_ARG_RESPONSE:
		return req && has_packet(req, which) ? object_make(call, KEA_OBJECT_PACKET, which, req) : NULL;
	case KEA_ARG_SUBNET:
		return subnet_of(call, which, 0);
	case KEA_ARG_SUBNETS:
		return subnet_of(call, which, i);
	case KEA_ARG_LEASE:
		return object_make(call, KEA_OBJECT_LEASE, which, hook->lease);
	case KEA_ARG_OLD_LEASE:
		return object_make(call, KEA_OBJECT_LEASE, which, (void *)(uintptr_t)hook->old);
	case KEA_ARG_LEASES:
	case KEA_ARG_DELETED_LEASES:
		return object_make(call, KEA_OBJECT_LEASE, which, lease_at(call, which == KEA_ARG_DELETED_LEASES, i));
	case KEA_ARG_HOST:
		return req ? object_make(call, KEA_OBJECT_HOST, which, (void *)(uintptr_t)req->host) : NULL;
	case KEA_ARG_POOL:
		return req ? object_make(call, KEA_OBJECT_POOL, which,
					 (void *)(uintptr_t)(hook->name ? hook->pool : req->pool))
			   : NULL;
	}
	return NULL;
}

struct kea_object *api_part(struct kea_object *object, enum kea_part which, unsigned i)
{
	struct kea_call *call = object->call;

	if (which == KEA_PART_RELAY && object->kind == KEA_OBJECT_PACKET) {
		const struct request *req = object->at;
		const struct packet6 *pkt = object->role == KEA_ARG_QUERY ? &req->q6 : &req->a6;

		return i < pkt->n_relays ? object_make(call, KEA_OBJECT_RELAY, object->role, &pkt->relays[i]) : NULL;
	}
	if ((which == KEA_PART_POOL || which == KEA_PART_PD_POOL) && object->kind == KEA_OBJECT_SUBNET) {
		unsigned n;
		const struct pool *pools = subnet_pools(object->at, which == KEA_PART_PD_POOL, &n);

		return i < n ? object_make(call, KEA_OBJECT_POOL, KEA_ARG_POOL, (void *)(uintptr_t)&pools[i]) : NULL;
	}
	return NULL;
}

enum kea_object_kind api_kind(const struct kea_object *object)
{
	return object->kind;
}

int api_is_writable(const struct kea_object *object)
{
	return object->is_writable;
}

struct opts *object_opts(const struct kea_object *object)
{
	struct request *req = object->at;
	bool is_query = object->role == KEA_ARG_QUERY;
	struct opts *opts;

	if (object->kind == KEA_OBJECT_RELAY)
		return &((struct relay6 *)object->at)->opts;
	if (object->kind != KEA_OBJECT_PACKET)
		return NULL;
	if (req->fam->digit == 6)
		opts = is_query ? &req->q6.opts : &req->a6.opts;
	else
		opts = is_query ? &req->q.opts : &req->a.opts;
	return opts->arena ? opts : NULL;
}
