/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/trace.h"

static bool is_noted(const struct trace *trace, const struct trace_note *note)
{
	for (size_t i = 0; i < trace->notes.n; i++) {
		const struct trace_note *old = &trace->notes.v[i];

		if (old->ia == note->ia && old->pool == note->pool &&
		    (note->pool || (prefix_equal(&old->prefix, &note->prefix) && old->why == note->why)))
			return true;
	}
	return false;
}

static void add(struct trace *trace, const struct trace_note *note)
{
	if (is_noted(trace, note))
		return;
	if (trace->notes.n == TRACE_MAX)
		trace->is_cut = true;
	else
		*vec_push(&trace->notes) = *note;
}

void trace_candidate(struct trace *trace, const struct binding *b, const struct prefix *prefix, const char *why)
{
	add(trace, &(struct trace_note){ b->ia, b->candidate.source, NULL, *prefix, why });
}

static const char *why_not(const struct request *req, const struct pool *pool)
{
	if (!pool_guards_allow(pool, req->classes.bits))
		return guard_allows(&pool->guard, req->classes.bits) ? "its subnet is for clients in other classes"
								     : "it is for clients in other classes";
	if (!pool_allows(pool, req->classes.bits))
		return "it is for clients with a reservation";
	return "nothing in it is free";
}

void trace_pool(struct trace *trace, const struct request *req, const struct binding *b, const struct pool *pool)
{
	add(trace, &(struct trace_note){ b->ia, b->candidate.source, pool, { .len = 0 }, why_not(req, pool) });
}
