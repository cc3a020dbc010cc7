/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/event.h"

#include "serve/binding.h"
#include "serve/budget.h"
#include "serve/family.h"
#include "serve/report.h"
#include "serve/server.h"

#include <assert.h>

/* What an event means besides its log line, which is the family's. */
struct event_row {
	enum stat_id stat[2]; /* of addresses, of prefixes; 0 = none */
	bool declines;        /* one more of the addresses that the client may take out of use */
	bool has_point;
	enum hook_point_id point;
};

#define POINT(name) .has_point = true, .point = HOOK_##name

static const struct event_row event_rows[EVENT_N] = {
	[EVENT_OFFERED] = { POINT(LEASE_SELECT) },
	[EVENT_ASSIGNED] = { POINT(LEASE_SELECT) },
	[EVENT_RENEWED] = { POINT(LEASE_RENEW) },
	[EVENT_REUSED] = { .stat = { STAT_LEASE_REUSES, STAT_PD_LEASE_REUSES } },
	[EVENT_REGISTERED] = { POINT(ADDR_REGISTER) },
	[EVENT_RELEASED] = { POINT(LEASE_RELEASE) },
	[EVENT_DECLINED] = { .declines = true, POINT(LEASE_DECLINE) },
	[EVENT_DECLINE_LIMIT] = { .stat = { STAT_LIMIT_EXCEEDED, STAT_LIMIT_EXCEEDED }, POINT(LEASE_DECLINE) },
};

enum hook_point_id event_point(const struct request *req, enum event_kind kind)
{
	const struct event_row *row = &event_rows[kind];

	if (!row->has_point)
		return HOOK_POINT_N;
	return row->point == HOOK_LEASE_RENEW && req->row->rebinds ? HOOK_LEASE_REBIND : row->point;
}

struct event *event_add(struct request *req, enum event_kind kind)
{
	struct event *event = &req->events[req->n_events++];

	assert(req->n_events <= req->events_max);
	*event = (struct event){ .kind = kind };
	return event;
}

void event_of_binding(struct request *req, enum event_kind kind, const struct binding *b)
{
	struct event *event = event_add(req, kind);

	event->ia = b->ia;
	event->binding = b;
	event->lease = &b->lease;
}

void event_of_ia(struct request *req, enum event_kind kind, const struct ia *ia)
{
	event_add(req, kind)->ia = ia;
}

/* The innermost one that the event is about. */
static struct stat_place *place_of(const struct request *req, const struct event *event)
{
	const struct pool *pool = event->binding ? event->binding->candidate.pool : NULL;

	if (pool)
		return pool->place ? pool->place : pool->sub->place;
	return req->chosen ? req->chosen->place : NULL;
}

static void emit(struct request *req, const struct event *event)
{
	const struct event_row *row = &event_rows[event->kind];
	bool is_prefix = event->ia && event->ia->type == LEASE_PD;
	enum stat_id stat = row->stat[is_prefix];

	if (stat)
		stat_count(req->worker->stats, place_of(req, event), stat, 1);
	if (row->declines)
		(void)budget_take(req->worker->srv->declines, &req->turn.client);
	if (event->kind == EVENT_UNAVAILABLE)
		report_exhausted(req, is_prefix);
	else if (event->kind == EVENT_MAX_LEASES)
		report_max_leases(req);
	report_event(req, event);
}

void event_emit(struct request *req)
{
	unsigned i;

	for (i = 0; i < req->n_events; i++)
		emit(req, &req->events[i]);
	req->n_events = 0;
}
