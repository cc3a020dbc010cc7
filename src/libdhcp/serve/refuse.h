/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/binding.h"
#include "serve/request.h"

/*
 * Why a client gets nothing: nothing is available for an IA, or it may not have the address that it names. Pure:
 * nothing here asks or claims.
 */
enum refusal {
	/* nothing is available */
	REFUSED_NO_SUBNET,
	REFUSED_MAX_LEASES, /* max-leases-per-client */
	REFUSED_UNKNOWN,    /* deny-unknown, and the client has no reservation */
	REFUSED_NO_POOLS,   /* no pool of the link is for the client */
	REFUSED_EXHAUSTED,
	/* the named address */
	REFUSED_MOVED,        /* another address is reserved for the client */
	REFUSED_RESERVED,     /* it is reserved for another client */
	REFUSED_OUTSIDE,      /* no pool contains it */
	REFUSED_POOL_KNOWN,   /* its pool is for clients with a reservation */
	REFUSED_POOL_CLASSES, /* its pool is for other classes */
	REFUSED_IN_USE,
	REFUSED_N
};

struct refusal_row {
	const char *text;        /* for log lines and status codes */
	const char *pd_text;     /* the text for prefixes, if it differs */
	enum drop_reason reason; /* nothing is available: of the drop, if the message gets no response */
};

extern const struct refusal_row refusal_rows[REFUSED_N];

/* Returns why nothing is available for the IA. */
enum refusal refusal_of_ia(const struct request *req, const struct ia *ia);
/* Returns why the client may not have the address. The link must have a subnet. */
enum refusal refusal_of_addr(const struct request *req, const struct ia *ia, const struct ip *addr);
const char *refusal_text(enum refusal refusal, const struct ia *ia);
/* Adds the event that nothing is available for the IA. */
void refuse_ia(struct request *req, const struct ia *ia);
