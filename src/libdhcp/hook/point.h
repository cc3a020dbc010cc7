/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * THE HOOK POINT TABLE: the moments at which a hook library may look at or change what the server
 * does. What a library's verdict means is a column here and obeyed by the pipeline's runner; the
 * steps themselves do not know that hooks exist.
 */
enum hook_point_id {
	HOOK_SRV_CONFIGURED,
	HOOK_BUFFER_RECEIVE,
	HOOK_PKT_RECEIVE,
	HOOK_SUBNET_SELECT,
	HOOK_HOST_IDENTIFIER,
	HOOK_LEASE_SELECT,
	HOOK_LEASE_RENEW,
	HOOK_LEASE_REBIND,
	HOOK_LEASE_OFFER,
	HOOK_LEASE_RELEASE,
	HOOK_LEASE_DECLINE,
	HOOK_LEASE_SERVER_DECLINE,
	HOOK_ADDR_REGISTER,
	HOOK_DDNS_UPDATE,
	HOOK_LEASES_COMMITTED,
	HOOK_PKT_SEND,
	HOOK_BUFFER_SEND,
	HOOK_LEASE_EXPIRE,
	HOOK_LEASE_RECOVER,
	HOOK_COMMAND_PROCESSED,
	HOOK_POINT_N
};

/* What the runner does when a callout says SKIP. */
enum hook_skip {
	SKIP_NOTHING,   /* no effect here */
	SKIP_STEP,      /* the step the point stands before is left out */
	SKIP_CHANGE,    /* the lease is not changed, the answer goes as if it had been */
	SKIP_NO_ANSWER, /* processing ends, nothing is sent */
};

struct hook_point {
	const char *name;      /* with a # for the family's digit: "pkt#_receive" */
	const char *arguments; /* what a callout gets; * marks what it may change */
	unsigned families;     /* bit 0: DHCPv4, bit 1: DHCPv6 */
	enum hook_skip skip;
	bool may_drop; /* DROP ends the request without an answer */
	bool may_park; /* PARK lets the request wait for the library */
	const char *doc;
};

extern const struct hook_point hook_points[HOOK_POINT_N];
