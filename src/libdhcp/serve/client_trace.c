/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The main thread changes the list of traced clients; workers read it under its lock. A message is parsed once more
 * before the pipeline does, so that the lines about its arrival are written, too.
 */
#include "serve/client_trace.h"

#include "base/err.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/service.h"

#include <pthread.h>

struct client_traces {
	pthread_mutex_t lock; /* guards the rest */
	struct client_trace v[CLIENT_TRACES_MAX];
	size_t n;
};

struct client_traces *client_traces_new(void)
{
	struct client_traces *traces = xcalloc(1, sizeof(*traces));

	(void)pthread_mutex_init(&traces->lock, NULL);
	return traces;
}

void client_traces_free(struct client_traces *traces)
{
	if (!traces)
		return;
	if (traces->n)
		log_want_traces(false);
	(void)pthread_mutex_destroy(&traces->lock);
	free(traces);
}

static bool is_it(const struct client_trace *trace, enum client_trace_by by, struct bytes id)
{
	return trace->by == by && bytes_equal(bytes_of(trace->id, trace->len), id);
}

/* With the lock held; NULL if there is none. */
static struct client_trace *find(struct client_traces *traces, enum client_trace_by by, struct bytes id)
{
	for (size_t i = 0; i < traces->n; i++)
		if (is_it(&traces->v[i], by, id))
			return &traces->v[i];
	return NULL;
}

int client_traces_add(struct client_traces *traces, enum client_trace_by by, struct bytes id, int64_t ends_ms)
{
	struct client_trace *trace;
	int err = 0;

	if (!id.len || id.len > CLIENT_TRACE_ID_MAX)
		return -E_RANGE;
	(void)pthread_mutex_lock(&traces->lock);
	trace = find(traces, by, id);
	if (!trace && traces->n < CLIENT_TRACES_MAX) {
		trace = &traces->v[traces->n++];
		*trace = (struct client_trace){ .by = by, .len = (uint8_t)id.len };
		memcpy(trace->id, id.data, id.len);
	}
	if (trace)
		trace->ends_ms = ends_ms;
	else
		err = -E_SPACE;
	(void)pthread_mutex_unlock(&traces->lock);
	log_want_traces(traces->n);
	return err;
}

/* With the lock held. */
static void remove_at(struct client_traces *traces, size_t i)
{
	traces->v[i] = traces->v[--traces->n];
}

bool client_traces_remove(struct client_traces *traces, enum client_trace_by by, struct bytes id)
{
	struct client_trace *trace;

	(void)pthread_mutex_lock(&traces->lock);
	trace = find(traces, by, id);
	if (trace)
		remove_at(traces, (size_t)(trace - traces->v));
	(void)pthread_mutex_unlock(&traces->lock);
	/* Only this thread changes how many there are. */
	log_want_traces(traces->n);
	return trace;
}

bool client_traces_expire(struct client_traces *traces, int64_t now_ms, struct client_trace *ret)
{
	bool found = false;

	(void)pthread_mutex_lock(&traces->lock);
	for (size_t i = 0; !found && i < traces->n; i++) {
		found = traces->v[i].ends_ms <= now_ms;
		if (found) {
			*ret = traces->v[i];
			remove_at(traces, i);
		}
	}
	(void)pthread_mutex_unlock(&traces->lock);
	log_want_traces(traces->n);
	return found;
}

size_t client_traces_list(struct client_traces *traces, struct client_trace v[CLIENT_TRACES_MAX])
{
	size_t n;

	(void)pthread_mutex_lock(&traces->lock);
	n = traces->n;
	memcpy(v, traces->v, n * sizeof(*v));
	(void)pthread_mutex_unlock(&traces->lock);
	return n;
}

/* --- requests --- */

static bool is_traced(struct client_traces *traces, struct bytes hwaddr, struct bytes id)
{
	bool found;

	(void)pthread_mutex_lock(&traces->lock);
	found = (hwaddr.len && find(traces, TRACE_BY_HWADDR, hwaddr)) || (id.len && find(traces, TRACE_BY_ID, id));
	(void)pthread_mutex_unlock(&traces->lock);
	return found;
}

static void begin_if(struct request *req, struct bytes hwaddr, struct bytes id)
{
	if (!is_traced(req->worker->srv->traces, hwaddr, id))
		return;
	req->is_traced = true;
	(void)log_trace(true);
}

void client_trace_begin(struct request *req)
{
	struct bytes hwaddr, id, datagram = bytes_of(req->in.buf, req->in.len);
	struct serve_worker *w = req->worker;

	if (!w->trace_arena)
		w->trace_arena = arena_new(PACKET6_ARENA + req->fam->datagram_max);
	arena_reset(w->trace_arena);
	if (req->fam->named_client(datagram, w->trace_arena, &hwaddr, &id))
		begin_if(req, hwaddr, id);
}

void client_trace_identified(struct request *req)
{
	if (!req->is_traced)
		begin_if(req, req->hwaddr, req->client_id);
}
