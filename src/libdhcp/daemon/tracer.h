/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/loop.h"
#include "serve/client_trace.h"

/* Ends the traces of clients when their time has passed, and logs when they begin and end. Main thread. */
struct tracer {
	struct loop *loop;
	struct client_traces *traces; /* the server's */
	unsigned family;              /* index */
	struct timer timer;
};

void tracer_init(struct tracer *tracer, struct loop *loop, struct client_traces *traces, unsigned family);
/* "hw-address", "client-id" or "duid". */
const char *tracer_key(const struct tracer *tracer, enum client_trace_by by);
/* Errors are those of client_traces_add(). */
int tracer_add(struct tracer *tracer, enum client_trace_by by, struct bytes id, uint32_t sec);
/* False if the client is not traced. */
bool tracer_remove(struct tracer *tracer, enum client_trace_by by, struct bytes id);
