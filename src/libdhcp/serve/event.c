/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/event.h"

#include "serve/binding.h"
#include "serve/family.h"

#include <assert.h>

#define POINT(name) .has_point = true, .point = HOOK_##name

const struct event_row event_rows[EVENT_N] = {
	[EVENT_OFFERED] = { POINT(LEASE_SELECT) },
	[EVENT_ASSIGNED] = { POINT(LEASE_SELECT), .feed = FEED_LEASE_GRANTED },
	[EVENT_RENEWED] = { POINT(LEASE_RENEW), .feed = FEED_LEASE_RENEWED },
	[EVENT_REUSED] = { .stat = { STAT_LEASE_REUSES, STAT_PD_LEASE_REUSES }, .feed = FEED_LEASE_RENEWED },
	[EVENT_REVOKED] = { .feed = FEED_LEASE_DELETED },
	[EVENT_HOST_CONFLICT] = { .stat = { STAT_RESERVATION_CONFLICTS, STAT_RESERVATION_CONFLICTS } },
	[EVENT_REGISTERED] = { POINT(ADDR_REGISTER), .feed = FEED_LEASE_REGISTERED },
	[EVENT_RELEASED] = { POINT(LEASE_RELEASE), .feed = FEED_LEASE_RELEASED },
	[EVENT_DECLINED] = { .declines = true, POINT(LEASE_DECLINE), .feed = FEED_LEASE_DECLINED },
	[EVENT_SERVER_DECLINED] = { POINT(LEASE_SERVER_DECLINE), .feed = FEED_LEASE_DECLINED },
	[EVENT_DECLINE_LIMIT] = { .stat = { STAT_LIMIT_EXCEEDED, STAT_LIMIT_EXCEEDED }, POINT(LEASE_DECLINE) },
};

enum hook_point_id event_point(const struct request *req, enum event_kind kind)
{
	const struct event_row *row = &event_rows[kind];

	if (!row->has_point)
		return HOOK_POINT_N;
	return row->point == HOOK_LEASE_RENEW && req->row->rebinds ? HOOK_LEASE_REBIND : row->point;
}

struct event *event_note(struct request *req, enum event_kind kind)
{
	struct event *event = &req->events[req->n_events++];

	assert(req->n_events <= req->events_max);
	*event = (struct event){ .kind = kind };
	return event;
}

void event_of_binding(struct request *req, enum event_kind kind, const struct binding *b)
{
	struct event *event = event_note(req, kind);

	event->ia = b->ia;
	event->binding = b;
	event->lease = &b->lease;
}

void event_of_ia(struct request *req, enum event_kind kind, const struct ia *ia)
{
	event_note(req, kind)->ia = ia;
}
