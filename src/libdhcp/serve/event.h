/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/point.h"
#include "lease/lease.h"
#include "serve/feed.h"
#include "stat/stat.h"

/*
 * What bind decided about a message, as events. event_emit() (emit.h) is the one place that turns them into
 * statistics and log lines: when the changes are durable, or when the message is dropped.
 */
enum event_kind {
	EVENT_NOTHING,    /* a library revoked it */
	EVENT_OFFERED,    /* an address or prefix that the client may now request */
	EVENT_ASSIGNED,   /* a lease that the client did not have before */
	EVENT_RENEWED,    /* a lease that the client had */
	EVENT_REUSED,     /* a lease that the client had, confirmed without a change */
	EVENT_REGISTERED, /* RFC 9686 */
	EVENT_REVOKED,    /* DHCPv6: no pool contains the lease any longer, or a reservation ends it */
	EVENT_RELEASED,
	EVENT_DECLINED,
	EVENT_SERVER_DECLINED, /* a library found the address in use before it was offered */
	EVENT_DECLINE_LIMIT,   /* declined, but the client declines too often: it stays available */
	EVENT_UNAVAILABLE,     /* nothing is available for an IA */
	EVENT_MAX_LEASES,      /* ... because the client has reached max-leases-per-client */
	EVENT_REFUSED,         /* the client may not have the address it names */
	EVENT_REBOOT,          /* a client in INIT-REBOOT names its address */
	EVENT_REBOOT_REFUSED,  /* ... which is not its own */
	EVENT_REBOOT_UNKNOWN,  /* ... the client is not known and the server is not authoritative */
	EVENT_RELEASE_UNKNOWN, /* released, but there is no lease */
	EVENT_RELEASE_FOREIGN, /* ... but the lease is another client's */
	EVENT_DECLINE_UNKNOWN,
	EVENT_DECLINE_FOREIGN,
	EVENT_UNREGISTERED,
	EVENT_REGISTER_MOVED, /* another client had registered it */
	EVENT_HOST_CONFLICT,  /* what is reserved for the client is in use by another client */
	EVENT_V6_ONLY,        /* RFC 8925: the client does without an IPv4 address */
	EVENT_N
};

struct request;
struct ia;
struct binding;
struct hint;

struct event {
	enum event_kind kind;
	const struct ia *ia;           /* NULL if not about an IA */
	const struct binding *binding; /* NULL if not about a binding */
	const struct lease *lease;     /* NULL if not about a lease */
	const struct hint *hint;       /* the hint it is about, or NULL */
	const char *why;               /* detail, or NULL */
	uint32_t seconds; /* DECLINED, SERVER_DECLINED, DECLINE_LIMIT: until the address is available again */
};

/* Returns the hook point that sees the lease of such an event before it is stored; HOOK_POINT_N if there is none. */
enum hook_point_id event_point(const struct request *req, enum event_kind kind);
/* Adds an event, in bind: at most req->events_max of them. */
struct event *event_note(struct request *req, enum event_kind kind);
/* Adds an event about what a binding is granted, or an IA is not granted. */
void event_of_binding(struct request *req, enum event_kind kind, const struct binding *b);
void event_of_ia(struct request *req, enum event_kind kind, const struct ia *ia);
/* What an event does besides its log line, which depends on the family. */
struct event_row {
	enum stat_id stat[2]; /* for addresses, for prefixes; 0 if none */
	bool declines;        /* uses up one of the addresses that the client may decline */
	bool has_point;
	enum hook_point_id point;
	enum feed_kind feed; /* what subscribers see; FEED_NONE: nothing */
};

extern const struct event_row event_rows[EVENT_N];
