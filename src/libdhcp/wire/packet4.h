/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/dict4.h"
#include "wire/option.h"

/*
 * A DHCPv4 or BOOTP packet, RFC 2131 section 2. Parsed packets borrow option bytes from the
 * datagram; names and joined options live in the arena.
 */
enum { BOOTREQUEST = 1, BOOTREPLY = 2 };
enum { DHCP4_BROADCAST_FLAG = 0x8000 };
enum {
	PACKET4_HEADER = 236,  /* fixed part, without the magic cookie */
	PACKET4_MIN = 300,     /* BOOTP's length: old relays drop shorter ones */
	PACKET4_MAX_LEN = 576, /* IP datagram everybody can take, RFC 2131 section 2 */
	PACKET4_SNAME = 64,
	PACKET4_FILE = 128,
};

enum {
	DHCP4_DISCOVER = 1,
	DHCP4_OFFER = 2,
	DHCP4_REQUEST = 3,
	DHCP4_DECLINE = 4,
	DHCP4_ACK = 5,
	DHCP4_NAK = 6,
	DHCP4_RELEASE = 7,
	DHCP4_INFORM = 8,
	DHCP4_FORCERENEW = 9,
	DHCP4_LEASEQUERY = 10,
	DHCP4_LEASEUNASSIGNED = 11,
	DHCP4_LEASEUNKNOWN = 12,
	DHCP4_LEASEACTIVE = 13,
	DHCP4_BULKLEASEQUERY = 14,
	DHCP4_LEASEQUERYDONE = 15,
	DHCP4_ACTIVELEASEQUERY = 16,
	DHCP4_LEASEQUERYSTATUS = 17,
	DHCP4_TLS = 18,
};

struct packet4 {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr; /* host order */
	uint8_t chaddr[16];
	uint8_t type;             /* option 53; 0 = BOOTP */
	const char *sname, *file; /* "" if none */
	struct opts opts;         /* with 53 when it was parsed */
};

/* The name of a message type, "DHCPDISCOVER"; "BOOTP" for 0, "unknown" for others. */
const char *packet4_type_name(uint8_t type);

/*
 * 0, -E_NOMEM or -E_INVAL with the reason in *ret_why (a sentence part, "option 12 is cut
 * short", in the arena or static). A packet without magic cookie is BOOTP without options.
 */
int packet4_parse(struct bytes datagram, struct arena *arena, struct packet4 *ret, const char **ret_why);
/* The same, but an option that is cut short is left out, and with it what is behind it. */
int packet4_parse_lenient(struct bytes datagram, struct arena *arena, struct packet4 *ret, const char **ret_why);

/* How long an IP datagram may be, bytes; less than 576 counts as 576. */
struct packet4_limits {
	unsigned client; /* when it reaches the client (option 57), that is without option 82 */
	unsigned link;   /* when it leaves, with option 82 */
};

/*
 * Write pkt into buf. Option 53 comes first and is written from pkt->type, 82 last, the others in
 * the order of pkt->opts; 52 and 53 in the list are skipped. What does not fit goes into file and
 * sname when those are empty, if need be in parts (RFC 3396). Then options are left out: 82 if 51, 54,
 * 58, 59 or 61 would not fit beside it, else those later in the list, these five at the very last.
 * ret_omitted gets them; NULL: nothing may be left out. Returns the length, at least 300, -E_SPACE
 * when it does not fit, or -E_RANGE for a name too long, hlen over 16 or a code over 255.
 */
int packet4_write(const struct packet4 *pkt, const struct packet4_limits *limits, void *buf, size_t size,
		  struct opts_omitted *ret_omitted);
