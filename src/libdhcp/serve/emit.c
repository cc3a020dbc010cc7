/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/emit.h"

#include "serve/binding.h"
#include "serve/budget.h"
#include "serve/event.h"
#include "serve/report.h"
#include "serve/service.h"

/* Returns the innermost place that the event is about. */
static struct stat_place *place_of(const struct request *req, const struct event *event)
{
	const struct pool *pool = event->binding ? event->binding->candidate.pool : NULL;

	if (pool)
		return pool->place ? pool->place : pool->sub->place;
	return req->chosen ? req->chosen->place : NULL;
}

/* True if the lease was removed from the store. */
static bool is_removed(const struct request *req, const struct lease *lease)
{
	for (unsigned i = 0; i < req->n_changes; i++)
		if (req->changes[i].kind == CHANGE_DELETE && ip_equal(&req->changes[i].addr, &lease->addr))
			return true;
	return false;
}

static void feed(const struct request *req, const struct event *event, enum feed_kind kind)
{
	const struct lease *lease = event->lease ? event->lease : event->hint ? event->hint->lease : NULL;

	if (lease)
		feed_lease(req->worker->srv->feed, kind, lease, is_removed(req, lease));
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
	if (row->feed && feed_is_on(req->worker->srv->feed))
		feed(req, event, row->feed);
	report_event(req, event);
}

void event_emit(struct request *req)
{
	unsigned i;

	for (i = 0; i < req->n_events; i++)
		emit(req, &req->events[i]);
	req->n_events = 0;
}
