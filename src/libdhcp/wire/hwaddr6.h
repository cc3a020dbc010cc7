/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/packet6.h"

/*
 * The hardware address of a DHCPv6 client. No message has a field for it, so there are several possible sources
 * ("mac-sources"). The values are those of column hwaddr_source in lease files.
 */
enum hwaddr6_source {
	HWADDR6_UNKNOWN = 0,
	HWADDR6_RAW = 1,              /* the frame; not available on UDP sockets */
	HWADDR6_DUID = 2,             /* DUID-LLT and DUID-LL */
	HWADDR6_LINK_LOCAL = 4,       /* the EUI-64 in its link-local address */
	HWADDR6_CLIENT_LINK_ADDR = 8, /* option 79 of a relay, RFC 6939 */
	HWADDR6_REMOTE_ID = 16,       /* option 37 of a relay, RFC 4649 */
	HWADDR6_SUBSCRIBER_ID = 32,   /* option 38 of a relay, RFC 4580 */
	HWADDR6_DOCSIS_CMTS = 64,     /* modem address reported by the CMTS */
	HWADDR6_DOCSIS_MODEM = 128,   /* modem address reported by the modem itself */
	HWADDR6_ANY = 255,            /* the first source that has one, option 79 before the others */
};

enum { HWADDR6_MAX = 20 };

struct hwaddr6 {
	enum hwaddr6_source source; /* never HWADDR6_ANY */
	uint8_t hwtype;
	uint8_t len;
	uint8_t b[HWADDR6_MAX];
};

/* Looks up "duid", "rfc6939", "client-link-addr-option", ...; HWADDR6_UNKNOWN if there is no such name. */
enum hwaddr6_source hwaddr6_source_by_name(const char *name);
/* Returns the name for printing, NULL for HWADDR6_UNKNOWN. */
const char *hwaddr6_source_name(enum hwaddr6_source source);

/*
 * Gets the address from one source. `from` is the source address of the datagram, `hwtype` the type of the
 * interface, used if the source does not include one. False if the source has no address of 1 to 20 bytes.
 */
bool hwaddr6_find(const struct packet6 *pkt, enum hwaddr6_source source, const struct ip *from, uint8_t hwtype,
		  struct hwaddr6 *ret);
