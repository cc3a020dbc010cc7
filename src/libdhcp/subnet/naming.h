/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/ncr.h"
#include "eval/sanitize.h"

/* When a name made from the address replaces that of the client; the order is that of ddns-replace-client-name. */
enum name_replace { REPLACE_NEVER, REPLACE_ALWAYS, REPLACE_WHEN_PRESENT, REPLACE_WHEN_NOT_PRESENT };

/* Whom a name belongs to, as its DHCID record says; the order is that of ddns-dhcid. */
enum name_owner {
	OWNER_CLIENT, /* RFC 4701: the client identifier or the DUID */
	OWNER_HOST,   /* the hardware address if it is known: the same in both families */
};

/*
 * How clients are named and what the DNS gets to know of it: the ddns- and hostname-char- keys of a scope after
 * inheritance. Immutable, in the arena of the configuration; scopes that set none of the keys share it with the outer
 * one.
 */
struct naming {
	bool sends; /* DNS updates are enabled, for the server and here */
	bool override_no_update, override_client_update, update_on_renew;
	enum name_replace replace;
	const char *prefix;                /* of generated names */
	const char *suffix;                /* in lower case, without a final dot; "" if none */
	const struct sanitizer *sanitizer; /* NULL: names remain as they are */
	enum ncr_mode mode;
	enum name_owner owner;
	double ttl_percent;        /* share of the valid lifetime; 0 = not set */
	uint32_t ttl;              /* s; 0 = not set */
	uint32_t ttl_min, ttl_max; /* s; 0 = not set */
};
