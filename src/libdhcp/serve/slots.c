/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/slots.h"

#include "base/err.h"
#include "hook/library.h"
#include "serve/answer_options.h"
#include "serve/binding.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/propose.h"
#include "serve/step.h"
#include "serve/service.h"
#include "serve/wait.h"

#include <assert.h>

enum { STEPS_MAX = 32 };

static bool has_changes(const struct request *req)
{
	return req->n_changes != 0;
}

static bool is_offer(const struct request *req)
{
	return req->fam->one_lease && req->n_bindings && req->bindings[0].is_granted && !req->row->declines &&
	       req->n_events && req->events[0].kind == EVENT_OFFERED;
}

static bool uses_flex_id(const struct request *req)
{
	for (unsigned i = 0; i < req->cfg->n_host_ids; i++)
		if (req->cfg->host_ids[i] == HOST_ID_FLEX_ID)
			return true;
	return false;
}

static bool has_answer(const struct request *req)
{
	return req->answer_type != 0;
}

/* clang-format off */
const struct slot slots[] = {
	{ .point = HOOK_BUFFER_RECEIVE,       .when = SLOT_BEFORE,     .step = "unpack" },
	{ .point = HOOK_PKT_RECEIVE,          .when = SLOT_AFTER,      .step = "accept" },
	{ .point = HOOK_HOST_IDENTIFIER,      .when = SLOT_AFTER,      .step = "identify", .applies = uses_flex_id },
	{ .point = HOOK_SUBNET_SELECT,        .when = SLOT_AFTER,      .step = "choose" },
	{ .point = HOOK_LEASE_EXPIRE,         .when = SLOT_EACH_ENDED, .step = "bind", .where = "daemon/reclaim.c" },
	{ .point = HOOK_LEASE_RECOVER,        .when = SLOT_EACH_ENDED, .step = "bind", .where = "daemon/reclaim.c" },
	{ .point = HOOK_LEASE_SELECT,         .when = SLOT_EACH_LEASE, .step = "bind" },
	{ .point = HOOK_LEASE_RENEW,          .when = SLOT_EACH_LEASE, .step = "bind" },
	{ .point = HOOK_LEASE_REBIND,         .when = SLOT_EACH_LEASE, .step = "bind" },
	{ .point = HOOK_LEASE_RELEASE,        .when = SLOT_EACH_LEASE, .step = "bind" },
	{ .point = HOOK_LEASE_DECLINE,        .when = SLOT_EACH_LEASE, .step = "bind" },
	{ .point = HOOK_ADDR_REGISTER,        .when = SLOT_EACH_LEASE, .step = "bind" },
	{ .point = HOOK_LEASE_OFFER,          .when = SLOT_AFTER,      .step = "bind", .applies = is_offer },
	{ .point = HOOK_LEASE_SERVER_DECLINE, .when = SLOT_EACH_LEASE, .step = "bind" },
	{ .point = HOOK_LEASES_COMMITTED,     .when = SLOT_AFTER,      .step = "committed", .applies = has_changes },
	{ .point = HOOK_PKT_SEND,             .when = SLOT_BEFORE,     .step = "pack", .applies = has_answer },
	{ .point = HOOK_BUFFER_SEND,          .when = SLOT_AFTER,      .step = "pack", .applies = has_answer },
	{ .point = HOOK_DDNS_UPDATE,          .when = SLOT_OUTSIDE,    .where = "serve/name.c, in step bind" },
	{ .point = HOOK_SRV_CONFIGURED,       .when = SLOT_OUTSIDE,    .where = "daemon/daemon.c" },
	{ .point = HOOK_CB_UPDATED,           .when = SLOT_OUTSIDE,    .where = "the configuration backend" },
	{ .point = HOOK_COMMAND_PROCESSED,    .when = SLOT_OUTSIDE,    .where = "api/command.c" },
	{ .point = HOOK_HTTP_AUTH,            .when = SLOT_OUTSIDE,    .where = "api/http.c" },
	{ .point = HOOK_HTTP_RESPONSE,        .when = SLOT_OUTSIDE,    .where = "api/http.c" },
	{ .point = HOOK_D2_CONFIGURED,        .when = SLOT_OUTSIDE,    .where = "kea-dhcp-ddns/hooks.c" },
	{ .point = HOOK_SELECT_KEY,           .when = SLOT_OUTSIDE,    .where = "kea-dhcp-ddns/hooks.c" },
};
/* clang-format on */
const unsigned slots_n = sizeof(slots) / sizeof(slots[0]);

/* The rows of each step, which follow each other in the table. */
static struct step_slots {
	unsigned begin, end;
} ranges[STEPS_MAX];

/* Its number among the rows of the step. */
static unsigned row_of(const struct request *req, const struct slot *slot)
{
	return (unsigned)(slot - slots) - ranges[req->step].begin;
}

/* --- what a verdict does ----------------------------------------------------- */

static enum verdict drop_at(struct request *req, const struct slot *slot)
{
	char name[HOOK_POINT_NAME_MAX], why[64];

	(void)snprintf(why, sizeof(why), "hook library at %s",
		       hook_point_name(&hook_points[slot->point], req->fam->digit, name));
	return request_drop(req, DROP_HOOK, arena_strdup(req->arena, why));
}

static void forget_change(struct request *req, const struct lease *lease)
{
	unsigned i, n = 0;

	for (i = 0; i < req->n_changes; i++) {
		const struct lease *changed = &req->changes[i].new;

		if (changed->type != lease->type || !ip_equal(&changed->addr, &lease->addr))
			req->changes[n++] = req->changes[i];
	}
	req->n_changes = n;
}

static enum verdict skip_lease(struct request *req, struct event *event)
{
	/* The candidate stays claimed for a while, like an offer that the client does not accept. */
	struct ia *ia = (struct ia *)event->ia;
	struct binding *b = (struct binding *)event->binding;

	forget_change(req, event->lease);
	b->is_granted = false;
	event->kind = EVENT_NOTHING;
	return req->fam->without_lease(req, ia);
}

static enum verdict skip_change(struct request *req, struct event *event)
{
	forget_change(req, event->lease);
	event->kind = EVENT_NOTHING;
	return STEP_NEXT;
}

static enum verdict skip(struct request *req, const struct slot *slot, const struct hook_call *call,
			 struct event *event)
{
	switch (hook_points[slot->point].skip) {
	case SKIP_NOTHING:
	case SKIP_IDENTIFIER: /* take_identifier() did not run */
		return STEP_NEXT;
	case SKIP_NO_ANSWER:
		return drop_at(req, slot);
	case SKIP_SUBNET:
		req->chosen = req->sub = NULL;
		request_set_scopes(req);
		return STEP_NEXT;
	case SKIP_LEASE:
		return skip_lease(req, event);
	case SKIP_CHANGE:
		return skip_change(req, event);
	case SKIP_STEP:
	case SKIP_SERVER: /* these are not in the pipeline */
	case SKIP_UNKNOWN:
		break;
	}
	req->step_ran = true;
	if (slot->point != HOOK_PKT_SEND)
		return STEP_NEXT;
	if (!call->packed.len || call->packed.len > req->fam->datagram_max)
		return request_drop(req, DROP_HOOK, "it packed nothing that can be sent");
	req->out.buf = serve_worker_out_buf(req->worker);
	memcpy(req->out.buf, call->packed.data, call->packed.len);
	return request_packed(req, (int)call->packed.len);
}

/* --- calling ----------------------------------------------------------------- */

/* Copies the identifier that the library set. */
static enum verdict take_identifier(struct request *req, const struct hook_call *call)
{
	if (call->point != HOOK_HOST_IDENTIFIER || !call->id_value.len || call->id_type >= HOST_ID_N)
		return STEP_NEXT;
	req->hook_id.type = (enum host_id_type)call->id_type;
	req->hook_id.value.data = arena_dup(req->arena, call->id_value.data, call->id_value.len);
	req->hook_id.value.len = call->id_value.len;
	return req->hook_id.value.data ? STEP_NEXT : request_drop(req, DROP_LIMIT, "the identifier is too large");
}

/* The library selected another subnet. */
static enum verdict take_subnet(struct request *req, const struct subnet *sub)
{
	req->chosen = req->sub = sub;
	request_set_scopes(req);
	return req->fam->chosen ? req->fam->chosen(req) : STEP_NEXT;
}

/* --- another address ---------------------------------------------------------- */

int slot_move_lease(struct hook_call *call, const struct ip *addr)
{
	int err;

	if (call->point != HOOK_LEASE_SELECT || !call->binding)
		return -E_UNSUPPORTED;
	if (ip_equal(&call->binding->candidate.prefix.addr, addr))
		return 0;
	err = propose_move(call->req, call->binding, addr);
	call->has_moved |= err == 0;
	return err;
}

/* --- an address that is in use -------------------------------------------------- */

/* Returns from lease4_offer: the address is stored as declined, then the message is bound anew. */
static enum verdict decline_offer(struct request *req)
{
	struct binding *b = &req->bindings[0];

	req->n_events = req->n_changes = 0;
	b->is_granted = false;
	req->n_in_use++;
	if (change_server_decline(req, b))
		return STEP_NEXT;
	if (req->n_in_use == IN_USE_MAX)
		return request_drop(req, DROP_CONFLICT, in_use_text);
	candidate_reject(req, b);
	return request_again(req, step_propose);
}

/* --- parking ----------------------------------------------------------------- */

#define PARKED_MAX 16 /* functions that park a request at one point: see wait.c */

int slot_park(struct hook_call *call, int64_t ms, uint64_t *ret_ticket)
{
	struct request *req = call->req;
	struct wait_for library = {
		.ms = ms <= 0            ? PARK_MS
		      : ms < PARK_MS_MAX ? ms
					 : PARK_MS_MAX,
		.drop = DROP_HOOK,
		.why = "a hook library parked it for too long",
		.reenter = true,
	};

	if (!req || !hook_points[call->point].may_park || call->is_resumed)
		return -E_UNSUPPORTED;
	if (!call->is_parked) {
		uint32_t limit = req->cfg->global.parked_packet_limit;
		struct server *srv = req->worker->srv;

		if (atomic_fetch_add(&srv->n_parked, 1) >= limit && limit) {
			atomic_fetch_sub(&srv->n_parked, 1);
			return -E_BUSY;
		}
		call->is_parked = req->hook_packet.is_counted = true;
		wait_begin(req, &library);
	} else if (req->wait.n_expected == PARKED_MAX) {
		return -E_BUSY;
	}
	if (library.ms > req->wait.what.ms)
		req->wait.what.ms = library.ms;
	*ret_ticket = wait_expect(req);
	return 0;
}

void slots_expire(struct request *req)
{
	for (struct kea_parked *parked = req->hook_packet.parked; parked; parked = parked->next)
		if (!parked->is_find && hook_parked_take(parked))
			(void)wait_respond(req, parked->ticket);
}

void slots_end(struct request *req)
{
	struct hook_packet *packet = &req->hook_packet;

	if (packet->is_counted)
		atomic_fetch_sub(&req->worker->srv->n_parked, 1);
	packet->is_counted = false;
	packet->slot = 0;
	hook_packet_end(packet);
}

static enum verdict drop_expensive(struct request *req)
{
	return request_drop(req, DROP_LIMIT, "the message makes expressions of hook libraries too expensive");
}

static __attribute__((noinline, cold)) enum verdict obey(struct request *req, const struct slot *slot,
							 const struct hook_call *call, struct event *event,
							 enum hook_verdict said)
{
	if (req->hook_packet.is_eval_exceeded)
		return drop_expensive(req);
	if (call->is_in_use && said != HOOK_DROP && said != HOOK_PARK)
		return decline_offer(req);
	switch (said) {
	case HOOK_CONTINUE:
		if (call->has_moved)
			return propose_moved(req);
		return call->subnet ? take_subnet(req, call->subnet) : take_identifier(req, call);
	case HOOK_SKIP:
		return skip(req, slot, call, event);
	case HOOK_PARK:
		return request_drop(req, DROP_LIMIT, "parked-packet-limit is reached");
	case HOOK_DROP:
		break;
	}
	return drop_at(req, slot);
}

/* All that parked it have responded: their functions are called, and what was said is obeyed. */
static enum verdict unpark(struct request *req, const struct slot *slot, struct hook_call *call)
{
	struct hook_packet *packet = &req->hook_packet;
	enum hook_verdict said = packet->verdict == HOOK_PARK ? HOOK_CONTINUE : packet->verdict;
	struct kea_parked *parked;

	call->is_resumed = true;
	packet->slot = 0;
	if (packet->is_counted)
		atomic_fetch_sub(&req->worker->srv->n_parked, 1);
	packet->is_counted = false;
	while ((parked = packet->parked) != NULL) {
		enum hook_verdict now = said == HOOK_DROP ? HOOK_DROP : hook_call_resumed(parked, call);

		if (now > said && now != HOOK_PARK)
			said = now;
		packet->parked = parked->next;
		hook_parked_unref(parked);
	}
	if (wait_was_refused(req))
		said = HOOK_DROP;
	return obey(req, slot, call, NULL, said);
}

static __attribute__((noinline, cold)) enum verdict wait_for_libraries(struct request *req, const struct slot *slot,
								       struct hook_call *call, enum hook_verdict said)
{
	/* One that parked it, and then returned something else. */
	if (said != HOOK_PARK)
		slots_expire(req);
	req->hook_packet.verdict = said;
	req->hook_packet.subnet = call->subnet;
	req->hook_packet.packed = call->packed;
	req->hook_packet.is_in_use = call->is_in_use;
	req->hook_packet.slot = (unsigned)(slot - slots) + 1;
	/* When resumed, it continues after this slot. */
	req->slot = row_of(req, slot) + 1;
	if (wait_end(req) == STEP_PARK)
		return STEP_PARK;
	req->slot--;
	return unpark(req, slot, call);
}

static struct hook_call call_at(struct request *req, enum hook_point_id point)
{
	req->hook_packet.arena = req->arena;
	return (struct hook_call){
		.point = point,
		.req = req,
		.packet = &req->hook_packet,
		.digit = req->fam->digit,
		.id_type = HOST_ID_FLEX_ID,
	};
}

/* True if a library that says CONTINUE has set what decides how the request goes on. */
static bool changes_anything(const struct request *req, const struct hook_call *call)
{
	return call->has_moved | call->is_in_use | call->is_parked | req->hook_packet.is_eval_exceeded ||
	       call->subnet || call->id_value.len;
}

static __attribute__((noinline)) enum verdict call_point(struct request *req, const struct slot *slot,
							 enum hook_point_id point, struct event *event)
{
	struct hook_call call = call_at(req, point);
	enum hook_verdict said;

	if (event) {
		struct binding *b = (struct binding *)event->binding;

		call.binding = point == HOOK_LEASE_SELECT ? b : NULL;
		call.lease = b ? &b->lease : (struct lease *)event->lease;
		call.old = b ? b->candidate.lease : event->lease;
		call.is_fake = event->kind == EVENT_OFFERED;
	} else if (point == HOOK_LEASE_OFFER) {
		call.old = req->bindings[0].candidate.lease;
	}
	said = hooks_call(req->live->hooks, &call);
	/* Nearly always. */
	if (said == HOOK_CONTINUE && !changes_anything(req, &call))
		return STEP_NEXT;
	return call.is_parked ? wait_for_libraries(req, slot, &call, said) : obey(req, slot, &call, event, said);
}

/* What a library wrote to the lease is stored. */
static void take_lease(struct request *req, const struct event *event)
{
	unsigned i;

	for (i = 0; event->binding && event->kind != EVENT_OFFERED && i < req->n_changes; i++)
		if (req->changes[i].kind != CHANGE_DELETE &&
		    ip_equal(&req->changes[i].new.addr, &event->binding->lease.addr) &&
		    req->changes[i].new.type == event->binding->lease.type)
			req->changes[i].new = event->binding->lease;
}

static __attribute__((noinline)) enum verdict call_each(struct request *req, const struct slot *slot)
{
	unsigned i;

	for (i = 0; i < req->n_events; i++) {
		struct event *event = &req->events[i];
		enum verdict verdict;

		if (event_point(req, event->kind) != slot->point)
			continue;
		verdict = call_point(req, slot, slot->point, event);
		if (verdict != STEP_NEXT)
			return verdict;
		take_lease(req, event);
	}
	return STEP_NEXT;
}

/* --- leases that have ended -------------------------------------------------- */

/* False: the lease stays unchanged. */
static bool call_reclaim(const struct hooks *hooks, enum hook_point_id point, struct lease *lease,
			 const struct lease *old, bool removes)
{
	struct hook_call call = {
		.point = point,
		.digit = ip_is4(&lease->addr) ? 4 : 6,
		.lease = lease,
		.old = old,
		.removes = removes,
	};

	return !hooks_at(hooks, point) || hooks_call(hooks, &call) == HOOK_CONTINUE;
}

bool slots_reclaim(const struct hooks *hooks, struct lease *lease, bool removes)
{
	struct lease old = *lease;

	if (!hooks)
		return true;
	return call_reclaim(hooks, HOOK_LEASE_EXPIRE, lease, &old, removes) &&
	       (old.state != LEASE_DECLINED || call_reclaim(hooks, HOOK_LEASE_RECOVER, lease, &old, removes));
}

static struct event *event_at(const struct request *req, const struct lease *lease)
{
	unsigned i;

	for (i = 0; i < req->n_events; i++)
		if (req->events[i].binding && ip_equal(&req->events[i].lease->addr, &lease->addr) &&
		    req->events[i].lease->type == lease->type)
			return &req->events[i];
	return NULL;
}

/*
 * Leases that requests replace before the server has reclaimed them. An expired lease is replaced whatever a
 * library says, because its client or another one has the address now; but a declined address that a library
 * does not recover is not assigned.
 */
static __attribute__((noinline)) enum verdict call_ended(struct request *req, const struct slot *slot)
{
	unsigned i = 0;

	while (i < req->n_changes) {
		const struct lease *old = req->changes[i].ended;
		struct event *event;
		struct lease lease;
		enum verdict verdict;

		i++;
		if (!old || (slot->point == HOOK_LEASE_RECOVER && old->state != LEASE_DECLINED))
			continue;
		lease = *old;
		if (call_reclaim(req->live->hooks, slot->point, &lease, old, false) ||
		    slot->point != HOOK_LEASE_RECOVER || !(event = event_at(req, old)))
			continue;
		/* Its change is gone, so the next event has taken its place. */
		verdict = skip_lease(req, event);
		if (verdict != STEP_NEXT)
			return verdict;
		i--;
	}
	return STEP_NEXT;
}

/* --- running ----------------------------------------------------------------- */

bool slots_accept_config(const struct live *live, const char **ret_why)
{
	struct hook_call call = {
		.point = HOOK_SRV_CONFIGURED,
		.digit = config_digit(live->cfg),
		.cfg = live->cfg,
		.db = live->db,
	};

	enum hook_verdict said;

	if (live->hooks)
		live->hooks->db = live->db;
	if (!hooks_at(live->hooks, call.point))
		return true;
	said = hooks_call(live->hooks, &call);
	json_object_put(call.config);
	if (said != HOOK_DROP)
		return true;
	*ret_why = call.why ? call.why : "a hook library rejects the configuration";
	return false;
}

static enum verdict run_slot(struct request *req, const struct slot *slot)
{
	if (slot->applies && !slot->applies(req))
		return STEP_NEXT;
	if (slot->when == SLOT_EACH_ENDED)
		return call_ended(req, slot);
	return slot->when == SLOT_EACH_LEASE ? call_each(req, slot) : call_point(req, slot, slot->point, NULL);
}

static inline __attribute__((always_inline)) enum verdict run_step(struct request *req)
{
	enum verdict verdict = req->step_ran ? STEP_NEXT : pipeline_steps[req->step].run(req);

	/* By a library that was called within the step. */
	if (verdict == STEP_NEXT && req->hook_packet.is_eval_exceeded)
		return drop_expensive(req);
	req->step_ran |= verdict == STEP_NEXT;
	return verdict;
}

/* It was parked at this slot. */
static __attribute__((noinline, cold)) enum verdict resumed(struct request *req, const struct slot *slot)
{
	struct hook_call call = call_at(req, slot->point);

	call.subnet = req->hook_packet.subnet;
	call.packed = req->hook_packet.packed;
	call.is_in_use = req->hook_packet.is_in_use;
	return unpark(req, slot, &call);
}

static void find_range(unsigned step)
{
	struct step_slots *range = &ranges[step];

	for (unsigned i = 0; i < slots_n; i++) {
		if (!slots[i].step || strcmp(slots[i].step, pipeline_steps[step].name) != 0)
			continue;
		if (!range->end)
			range->begin = i;
		assert(!range->end || range->end == i);
		range->end = i + 1;
	}
}

void slots_prepare(void)
{
	static bool is_done;

	assert(pipeline_n <= STEPS_MAX && slots_n <= 32);
	if (is_done)
		return;
	is_done = true;
	for (unsigned step = 0; step < pipeline_n; step++)
		find_range(step);
}

/* True if a library is called within the step, which may make expressions too expensive. */
static bool is_called_in(const struct hooks *hooks, unsigned step)
{
	return hooks_at(hooks, HOOK_DDNS_UPDATE) && !strcmp(pipeline_steps[step].name, "bind");
}

void slots_plan(struct live *live)
{
	_Static_assert(sizeof(live->hook_rows) / sizeof(live->hook_rows[0]) == STEPS_MAX, "a word for each step");

	live->hook_steps = 0;
	for (unsigned step = 0; step < pipeline_n; step++) {
		const struct step_slots *range = &ranges[step];

		live->hook_rows[step] = 0;
		live->hook_row[step] = 0;
		for (unsigned i = range->begin; i < range->end; i++)
			if (hooks_at(live->hooks, slots[i].point)) {
				live->hook_row[step] = live->hook_rows[step] ? 0 : (uint8_t)(i + 1);
				live->hook_rows[step] |= 1u << (i - range->begin);
			}
		if (live->hook_rows[step] || is_called_in(live->hooks, step))
			live->hook_steps |= 1u << step;
	}
}

/* The rows are in the order of the steps; for each step, those before it come first. */
static __attribute__((noinline)) enum verdict run_all(struct request *req)
{
	const struct slot *first = &slots[ranges[req->step].begin];
	const uint32_t rows = req->live->hook_rows[req->step];
	enum verdict verdict = STEP_NEXT;
	uint32_t left;

	if (req->hook_packet.slot) {
		verdict = resumed(req, &slots[req->hook_packet.slot - 1]);
		if (verdict != STEP_NEXT)
			return verdict;
	}
	while ((left = rows >> req->slot) != 0) {
		const struct slot *slot = &first[req->slot += (unsigned)__builtin_ctz(left)];

		verdict = slot->when == SLOT_BEFORE ? STEP_NEXT : run_step(req);
		if (verdict == STEP_NEXT && !(slot->when == SLOT_BEFORE && req->step_ran))
			verdict = run_slot(req, slot);
		if (verdict != STEP_NEXT)
			return verdict;
		req->slot++;
	}
	return run_step(req);
}

/* The step is new, and has one row. */
static inline __attribute__((always_inline)) enum verdict run_one(struct request *req, const struct slot *slot)
{
	enum verdict verdict;

	if (slot->when != SLOT_BEFORE) {
		verdict = run_step(req);
		return verdict == STEP_NEXT ? run_slot(req, slot) : verdict;
	}
	verdict = run_slot(req, slot);
	if (verdict != STEP_NEXT)
		return verdict;
	req->slot = row_of(req, slot) + 1;
	return run_step(req);
}

enum verdict slots_run(struct request *req)
{
	const unsigned row = req->live->hook_row[req->step];

	/* Nearly always. */
	if (row && !req->slot && !req->step_ran && !req->hook_packet.slot)
		return run_one(req, &slots[row - 1]);
	return run_all(req);
}

bool slot_resume(struct request *req, uint64_t ticket)
{
	return wait_respond(req, ticket);
}

bool slot_drop(struct request *req, uint64_t ticket)
{
	return wait_refuse(req, ticket);
}
