/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Reasons why a message gets no response. Each one is a row: its name, the counter that is incremented, and
 * whether the message's changes are undone.
 */
enum drop_reason {
	DROP_NONE,
	DROP_DISABLED, /* the service is disabled */
	DROP_PARSE,    /* not a message of this protocol */
	DROP_NO_TYPE,  /* no message type: BOOTP */
	DROP_UNKNOWN_TYPE,
	DROP_UNSUPPORTED_TYPE,
	DROP_NOT_CLIENT, /* sent by a server */
	DROP_NO_SUBNET,
	DROP_NOT_FOR_US,  /* names another server */
	DROP_NO_IDENTITY, /* neither a hardware address nor a client identifier */
	DROP_RULE,        /* breaks a rule of the protocol */
	DROP_UNICAST,     /* unicast, though it must be multicast */
	DROP_DUPLICATE,   /* repeated while the first one is being processed */
	DROP_NO_RECORD,   /* the server does not know the client and is not authoritative */
	DROP_NO_ADDRESS,  /* no address to offer */
	DROP_UNKNOWN,     /* deny-unknown, and the client has no reservation */
	DROP_MAX_LEASES,  /* max-leases-per-client */
	DROP_STORE,       /* not durable: silence, never a NAK */
	DROP_CONFLICT,    /* lost too many races for a lease */
	DROP_TOO_BIG,     /* the response does not fit */
	DROP_CLASS,       /* the client is in class DROP */
	DROP_CLASS_EARLY, /* it is, because of its global reservation, before the subnet is selected */
	DROP_CLASS_HOST,  /* it is, because of its reservation or because it has none */
	DROP_HOOK,        /* a hook library says so */
	DROP_LIMIT,       /* memory or queue limit of the server */
	DROP_N
};

#include "stat/stat.h"

#include <stdbool.h>

struct drop_row {
	const char *name; /* for logs and tests */
	enum stat_id stat;
	bool is_undone; /* bind's decisions do not take effect, so they are neither logged nor counted */
};

extern const struct drop_row drop_rows[DROP_N];
