/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/packet6.h"

/*
 * The hardware address of a DHCPv6 client. No message has a field for it, so there are several places it
 * may be learned from ("mac-sources"). The values are those of column hwaddr_source in lease files.
 */
enum hwaddr6_source {
	HWADDR6_UNKNOWN = 0,
	HWADDR6_RAW = 1,              /* the frame; UDP sockets do not see it */
	HWADDR6_DUID = 2,             /* DUID-LLT and DUID-LL */
	HWADDR6_LINK_LOCAL = 4,       /* the EUI-64 in its link-local address */
	HWADDR6_CLIENT_LINK_ADDR = 8, /* option 79 of a relay, RFC 6939 */
	HWADDR6_REMOTE_ID = 16,       /* option 37 of a relay, RFC 4649 */
	HWADDR6_SUBSCRIBER_ID = 32,   /* option 38 of a relay, RFC 4580 */
	HWADDR6_DOCSIS_CMTS = 64,     /* what a cable head end tells of the modem */
	HWADDR6_DOCSIS_MODEM = 128,   /* what the modem tells of itself */
	HWADDR6_ANY = 255,            /* the first above that has one */
};

enum { HWADDR6_MAX = 20 };

struct hwaddr6 {
	enum hwaddr6_source source; /* never HWADDR6_ANY */
	uint8_t hwtype;
	uint8_t len;
	uint8_t b[HWADDR6_MAX];
};

/* "duid", "rfc6939", "client-link-addr-option", ...; HWADDR6_UNKNOWN when there is no such name. */
enum hwaddr6_source hwaddr6_source_by_name(const char *name);
/* The name to print, NULL for HWADDR6_UNKNOWN. */
const char *hwaddr6_source_name(enum hwaddr6_source source);

/*
 * From one source. `from` is the address the datagram came from, `hwtype` that of the interface, for
 * sources that do not tell. False when the source has no address of 1 to 20 bytes.
 */
bool hwaddr6_find(const struct packet6 *pkt, enum hwaddr6_source source, const struct ip *from, uint8_t hwtype,
		  struct hwaddr6 *ret);
