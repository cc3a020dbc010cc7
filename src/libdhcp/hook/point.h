/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * The table of hook points: the moments at which a hook library may inspect or change what the server does. The
 * meaning of a library's verdict is a column here, carried out by the code that runs the point (serve/slots.c
 * for the points of the pipeline); the pipeline steps themselves do not know about hooks.
 */
enum hook_point_id {
	HOOK_SRV_CONFIGURED,
	HOOK_CB_UPDATED,
	HOOK_BUFFER_RECEIVE,
	HOOK_PKT_RECEIVE,
	HOOK_HOST_IDENTIFIER,
	HOOK_SUBNET_SELECT,
	HOOK_LEASE_SELECT,
	HOOK_LEASE_RENEW,
	HOOK_LEASE_REBIND,
	HOOK_LEASE_RELEASE,
	HOOK_LEASE_DECLINE,
	HOOK_LEASE_SERVER_DECLINE,
	HOOK_ADDR_REGISTER,
	HOOK_LEASE_OFFER,
	HOOK_DDNS_UPDATE,
	HOOK_LEASES_COMMITTED,
	HOOK_PKT_SEND,
	HOOK_BUFFER_SEND,
	HOOK_LEASE_EXPIRE,
	HOOK_LEASE_RECOVER,
	HOOK_COMMAND_PROCESSED,
	HOOK_HTTP_AUTH,
	HOOK_HTTP_RESPONSE,
	HOOK_D2_CONFIGURED,
	HOOK_SELECT_KEY,
	HOOK_POINT_N
};

/* The effect of the verdict SKIP. */
enum hook_skip {
	SKIP_NOTHING,    /* no effect here */
	SKIP_STEP,       /* the following step is skipped: the library has done its work */
	SKIP_NO_ANSWER,  /* processing ends, nothing is sent */
	SKIP_SUBNET,     /* no subnet is selected */
	SKIP_IDENTIFIER, /* the identifier is not used */
	SKIP_LEASE,      /* the lease is not assigned */
	SKIP_SERVER,     /* the DNS server is passed over */
	SKIP_CHANGE,     /* the stored lease is unchanged; the response is sent as if it had been changed */
	SKIP_UNKNOWN,    /* HTTP: the user is not authorized, status 401 */
};

#define HOOK_POINT_D2 4 /* of families */

struct hook_point {
	const char *name;       /* with a # for the family's digit: "pkt#_receive" */
	const char *arguments;  /* arguments of the library; * marks those it may change */
	unsigned families;      /* bit 0: DHCPv4, bit 1: DHCPv6, bit 2: kea-dhcp-ddns */
	const char *arguments6; /* the same with DHCPv6; NULL if they do not differ */
	enum hook_skip skip;
	bool may_drop; /* DROP ends the request without a response, rejects the configuration, or the request over
			  HTTP with status 403; elsewhere it means SKIP */
	bool may_park; /* PARK makes the request wait for the library; elsewhere it means CONTINUE */
	bool decides;  /* an exception, or a return value that is none of these, means DROP; elsewhere CONTINUE */
	bool refuse;   /* not called yet: libraries that need it are rejected */
	const char *doc;
};

extern const struct hook_point hook_points[HOOK_POINT_N];

enum { HOOK_POINT_NAME_MAX = 32 };
/* Writes the name with the digit of the family; returns buf. */
const char *hook_point_name(const struct hook_point *point, unsigned digit, char buf[HOOK_POINT_NAME_MAX]);
