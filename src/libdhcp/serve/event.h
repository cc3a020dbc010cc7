/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/point.h"
#include "lease/lease.h"
#include "stat/stat.h"

/*
 * What a message led to, as bind sees it: each thing is an event, and event_emit() (emit.h) is the one place that turns
 * events into statistics and log lines. They are emitted when the changes are durable, or with the drop.
 */
enum event_kind {
	EVENT_NOTHING,    /* a library took it back */
	EVENT_OFFERED,    /* an address or prefix that the client may ask for now */
	EVENT_ASSIGNED,   /* a lease that the client did not have before */
	EVENT_RENEWED,    /* one that it had */
	EVENT_REUSED,     /* one that it had, confirmed without a change */
	EVENT_REGISTERED, /* RFC 9686 */
	EVENT_REVOKED,    /* DHCPv6: no pool contains it any longer */
	EVENT_RELEASED,
	EVENT_DECLINED,
	EVENT_DECLINE_LIMIT,   /* declined, but the client declines too much: it stays available */
	EVENT_UNAVAILABLE,     /* nothing is available for an IA */
	EVENT_MAX_LEASES,      /* ... because the client has as many as it may have */
	EVENT_REFUSED,         /* the client may not have what it names */
	EVENT_REBOOT,          /* INIT-REBOOT of a client: names its address */
	EVENT_REBOOT_REFUSED,  /* it is not the client's */
	EVENT_REBOOT_UNKNOWN,  /* the client is not known, and the server is not authoritative */
	EVENT_RELEASE_UNKNOWN, /* released, but it has no lease */
	EVENT_RELEASE_FOREIGN, /* ... but it is another client's */
	EVENT_DECLINE_UNKNOWN,
	EVENT_DECLINE_FOREIGN,
	EVENT_UNREGISTERED,
	EVENT_REGISTER_MOVED, /* another client had registered it */
	EVENT_V6_ONLY,        /* RFC 8925: the client does without an address */
	EVENT_N
};

struct request;
struct ia;
struct binding;
struct hint;

struct event {
	enum event_kind kind;
	const struct ia *ia;           /* NULL if it is about none */
	const struct binding *binding; /* NULL if it is about none */
	const struct lease *lease;     /* NULL if it is about none */
	const struct hint *hint;       /* what the client names, or NULL */
	const char *why;               /* detail, or NULL */
	uint32_t seconds;              /* DECLINED, DECLINE_LIMIT: until the address is available again */
};

/* The hook point that sees the lease of such an event before it is stored; HOOK_POINT_N if none does. */
enum hook_point_id event_point(const struct request *req, enum event_kind kind);
/* In bind, for request_n_events_max() of them. */
struct event *event_add(struct request *req, enum event_kind kind);
/* About what a binding is granted, or an IA is not. */
void event_of_binding(struct request *req, enum event_kind kind, const struct binding *b);
void event_of_ia(struct request *req, enum event_kind kind, const struct ia *ia);
/* What an event means besides its log line, which is the family's. */
struct event_row {
	enum stat_id stat[2]; /* of addresses, of prefixes; 0 = none */
	bool declines;        /* one more of the addresses that the client may take out of use */
	bool has_point;
	enum hook_point_id point;
};

extern const struct event_row event_rows[EVENT_N];
