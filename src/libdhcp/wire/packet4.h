/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/dict4.h"
#include "wire/option.h"

/*
 * A DHCPv4 or BOOTP packet, RFC 2131 section 2. Parsed packets borrow option bytes from the datagram; names and
 * joined options are in the arena.
 */
enum { BOOTREQUEST = 1, BOOTREPLY = 2 };
enum { DHCP4_BROADCAST_FLAG = 0x8000 };
enum {
	PACKET4_HEADER = 236,  /* fixed part, without the magic cookie */
	PACKET4_MIN = 300,     /* minimum length of BOOTP: old relays drop shorter packets */
	PACKET4_MAX_LEN = 576, /* IP datagram every client must accept, RFC 2131 section 2 */
	PACKET4_SNAME = 64,
	PACKET4_FILE = 128,
};
#define PACKET4_MAGIC 0x63825363u
enum { OVERLOAD4_FILE = 1, OVERLOAD4_SNAME = 2 }; /* bits of option 52 */

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
	struct opts opts;         /* includes 53 if parsed */
};

/* Returns the name of a message type, "DHCPDISCOVER"; "BOOTP" for 0, "unknown" for others. */
const char *packet4_type_name(uint8_t type);

/*
 * Returns 0, -E_NOMEM or -E_INVAL with the reason in *ret_why (part of a sentence, "option 12 is cut short", in
 * the arena or static). A packet without magic cookie is BOOTP without options.
 */
int packet4_parse(struct bytes datagram, struct arena *arena, struct packet4 *ret, const char **ret_why);
/* Same, but drops a truncated option and everything after it. */
int packet4_parse_lenient(struct bytes datagram, struct arena *arena, struct packet4 *ret, const char **ret_why);

/* Maximum length of the IP datagram in bytes; less than 576 counts as 576. */
struct packet4_limits {
	unsigned client; /* when it reaches the client (option 57), without option 82 */
	unsigned link;   /* when it is sent, with option 82 */
};

/*
 * Writes pkt to buf. Option 53 comes first and is written from pkt->type, 82 last, the others in the order of
 * pkt->opts; 52 and 53 in the list are skipped. Options that do not fit go to file and sname if those are empty,
 * if necessary in parts (RFC 3396). Beyond that, options are left out: 82 if 51, 54, 58, 59 or 61 would not fit
 * next to it, otherwise later ones in the list first, these five last of all. ret_omitted receives them; NULL:
 * none may be left out. Returns the length, at least 300, -E_SPACE if it does not fit, or -E_RANGE for a name
 * too long, hlen over 16 or a code over 255.
 */
int packet4_write(const struct packet4 *pkt, const struct packet4_limits *limits, void *buf, size_t size,
		  struct opts_omitted *ret_omitted);

/* Returns the number in an option of two or four bytes; 0 if it is missing or has a different length. */
uint16_t packet4_u16(const struct packet4 *pkt, uint16_t code);
uint32_t packet4_u32(const struct packet4 *pkt, uint16_t code);
