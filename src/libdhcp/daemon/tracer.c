/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/tracer.h"

#include "base/clock.h"
#include "log/log.h"
#include "wire/ident.h"

static void report_end(const struct tracer *tracer, enum client_trace_by by, struct bytes id)
{
	char text[IDENT_MAX];

	ident_id(id, text, sizeof(text));
	LOGF(tracer->family, DHCPx_CLIENT_TRACE_ENDS, tracer_key(tracer, by), text);
}

/* Ends what is due, and comes back for the next one. */
static void tick(void *ctx)
{
	struct client_trace v[CLIENT_TRACES_MAX], ended;
	struct tracer *tracer = ctx;
	int64_t now_ms = clock_boot_ms(), next_ms = INT64_MAX;
	size_t n;

	while (client_traces_expire(tracer->traces, now_ms, &ended))
		report_end(tracer, ended.by, bytes_of(ended.id, ended.len));
	n = client_traces_list(tracer->traces, v);
	for (size_t i = 0; i < n; i++)
		next_ms = v[i].ends_ms < next_ms ? v[i].ends_ms : next_ms;
	if (n)
		loop_timer_start(tracer->loop, &tracer->timer, next_ms - now_ms);
	else
		loop_timer_stop(tracer->loop, &tracer->timer);
}

void tracer_init(struct tracer *tracer, struct loop *loop, struct client_traces *traces, unsigned family)
{
	*tracer = (struct tracer){ .loop = loop, .traces = traces, .family = family };
	timer_init(&tracer->timer, tick, tracer);
}

const char *tracer_key(const struct tracer *tracer, enum client_trace_by by)
{
	return by == TRACE_BY_HWADDR ? "hw-address" : tracer->family ? "duid" : "client-id";
}

int tracer_add(struct tracer *tracer, enum client_trace_by by, struct bytes id, uint32_t sec)
{
	int err = client_traces_add(tracer->traces, by, id, clock_boot_ms() + (int64_t)sec * 1000);
	char text[IDENT_MAX];

	if (err < 0)
		return err;
	ident_id(id, text, sizeof(text));
	LOGF(tracer->family, DHCPx_CLIENT_TRACE_BEGINS, tracer_key(tracer, by), text, sec);
	tick(tracer);
	return 0;
}

bool tracer_remove(struct tracer *tracer, enum client_trace_by by, struct bytes id)
{
	if (!client_traces_remove(tracer->traces, by, id))
		return false;
	report_end(tracer, by, id);
	tick(tracer);
	return true;
}
