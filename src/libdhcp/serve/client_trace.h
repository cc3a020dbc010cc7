/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Clients of whose exchanges all log lines are written, debug lines too, whatever the loggers say (log.h). There are
 * few of them, and each ends by itself. While there are none, requests do not look here.
 */
enum { CLIENT_TRACES_MAX = 16, CLIENT_TRACE_ID_MAX = 255 };

enum client_trace_by {
	TRACE_BY_HWADDR, /* in DHCPv6 as for reservations: from the DUID, the relay or the link */
	TRACE_BY_ID,     /* client identifier or DUID */
};

struct client_trace {
	enum client_trace_by by;
	uint8_t id[CLIENT_TRACE_ID_MAX];
	uint8_t len;
	int64_t ends_ms; /* boot time */
};

struct client_traces;
struct request;

struct client_traces *client_traces_new(void);
/* Ends all of them; NULL is fine. */
void client_traces_free(struct client_traces *traces);

/* For the main thread. */
/* Begins a trace, or changes its end. -E_SPACE: there are CLIENT_TRACES_MAX; -E_RANGE: no bytes, or too many. */
int client_traces_add(struct client_traces *traces, enum client_trace_by by, struct bytes id, int64_t ends_ms);
/* False if there is none. */
bool client_traces_remove(struct client_traces *traces, enum client_trace_by by, struct bytes id);
/* Removes the first one that ends at this time or before; false if there is none. */
bool client_traces_expire(struct client_traces *traces, int64_t now_ms, struct client_trace *ret);
/* Copies all of them to v; returns how many. */
size_t client_traces_list(struct client_traces *traces, struct client_trace v[CLIENT_TRACES_MAX]);

/* For workers, while log_has_traces(). */
/* Before the message is unpacked: traces the request if its message names a traced client. */
void client_trace_begin(struct request *req);
/* The same once the client is identified; without effect before. */
void client_trace_identified(struct request *req);
