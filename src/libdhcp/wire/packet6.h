/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "wire/dict6.h"
#include "wire/option.h"

/*
 * A DHCPv6 message, RFC 9915 sections 8 and 9, with the relays it came through. Parsed messages borrow option
 * bytes from the datagram; the lists are in the arena. ia6.h reads the content of IAs.
 */
enum {
	PACKET6_HEADER = 4,
	PACKET6_RELAY_HEADER = 34,
	PACKET6_MAX = 65527, /* maximum payload of UDP over IPv6 */
	PACKET6_RELAYS_MAX = 32,
	PACKET6_OPTS_MAX = 4096,   /* total for a message and its relays */
	PACKET6_ARENA = 128 << 10, /* maximum memory needed for parsing */
};

enum { DHCP6_CLIENT_PORT = 546, DHCP6_SERVER_PORT = 547 };

enum {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_CONFIRM = 4,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
	DHCP6_RELEASE = 8,
	DHCP6_DECLINE = 9,
	DHCP6_RECONFIGURE = 10,
	DHCP6_INFORMATION_REQUEST = 11,
	DHCP6_RELAY_FORW = 12,
	DHCP6_RELAY_REPL = 13,
	DHCP6_LEASEQUERY = 14,
	DHCP6_LEASEQUERY_REPLY = 15,
	DHCP6_LEASEQUERY_DONE = 16,
	DHCP6_LEASEQUERY_DATA = 17,
	DHCP6_RECONFIGURE_REQUEST = 18,
	DHCP6_RECONFIGURE_REPLY = 19,
	DHCP6_DHCPV4_QUERY = 20,
	DHCP6_DHCPV4_RESPONSE = 21,
	DHCP6_ACTIVELEASEQUERY = 22,
	DHCP6_STARTTLS = 23,
	DHCP6_BNDUPD = 24,
	DHCP6_BNDREPLY = 25,
	DHCP6_POOLREQ = 26,
	DHCP6_POOLRESP = 27,
	DHCP6_UPDREQ = 28,
	DHCP6_UPDREQALL = 29,
	DHCP6_UPDDONE = 30,
	DHCP6_CONNECT = 31,
	DHCP6_CONNECTREPLY = 32,
	DHCP6_DISCONNECT = 33,
	DHCP6_STATE = 34,
	DHCP6_CONTACT = 35,
	DHCP6_ADDR_REG_INFORM = 36,
	DHCP6_ADDR_REG_REPLY = 37,
	DHCP6_TYPES,
};

/* Values of option 13, RFC 9915 21.13 and IANA. */
enum status6 {
	STATUS6_SUCCESS = 0,
	STATUS6_UNSPEC_FAIL = 1,
	STATUS6_NO_ADDRS_AVAIL = 2,
	STATUS6_NO_BINDING = 3,
	STATUS6_NOT_ON_LINK = 4,
	STATUS6_USE_MULTICAST = 5,
	STATUS6_NO_PREFIX_AVAIL = 6,
	STATUS6_UNKNOWN_QUERY_TYPE = 7,
	STATUS6_MALFORMED_QUERY = 8,
	STATUS6_NOT_CONFIGURED = 9,
	STATUS6_NOT_ALLOWED = 10,
	STATUS6_QUERY_TERMINATED = 11,
	STATUS6_DATA_MISSING = 12,
	STATUS6_CATCH_UP_COMPLETE = 13,
	STATUS6_NOT_SUPPORTED = 14,
	STATUS6_TLS_CONNECTION_REFUSED = 15,
	STATUS6_ADDRESS_IN_USE = 16,
	STATUS6_CONFIGURATION_CONFLICT = 17,
	STATUS6_MISSING_BINDING_INFORMATION = 18,
	STATUS6_OUTDATED_BINDING_INFORMATION = 19,
	STATUS6_SERVER_SHUTTING_DOWN = 20,
	STATUS6_DNS_UPDATE_NOT_SUPPORTED = 21,
	STATUS6_EXCESSIVE_TIME_SKEW = 22,
};

/* One relay's envelope. */
struct relay6 {
	uint8_t hop_count; /* as in the message; unused for decisions */
	struct ip link;    /* zero: the relay only identifies its interface with interface-id */
	struct ip peer;    /* where the relay received it from: the next relay, or the client */
	struct opts opts;  /* without the relayed message (option 9) */
};

struct packet6 {
	uint8_t type; /* of the client's or server's message, not a relay's */
	uint32_t xid; /* 24 bits; of DHCPV4-QUERY and -RESPONSE: the flags */
	struct opts opts;
	uint8_t relay_type; /* DHCP6_RELAY_FORW or DHCP6_RELAY_REPL; 0: not relayed */
	unsigned n_relays;
	struct relay6 *relays; /* [0] sent us the datagram, [n_relays - 1] is closest to the client */
};

/* Returns the name of a message type, "SOLICIT"; "unknown" for others. */
const char *packet6_type_name(uint8_t type);
/* True for what a server sends in response, to a client or a relay; the first byte of a datagram decides. */
bool packet6_is_response(uint8_t type);
/* True for what a server may receive: all other types, known or not, but what servers send unasked. */
bool packet6_is_request(uint8_t type);

/*
 * Returns 0, -E_NOMEM or -E_INVAL with the reason in *ret_why (part of a sentence, in the arena or static).
 * After success, every IA and its content has its fixed part and complete options, so the readers of ia6.h
 * cannot fail. Rejected are: truncated options, more than 32 relays, a relay without a message, relay-forward
 * and relay-reply inside each other, more than 4096 options.
 */
int packet6_parse(struct bytes datagram, struct arena *arena, struct packet6 *ret, const char **ret_why);
/*
 * Same, but drops a truncated option and everything after it; a malformed IA is dropped.
 */
int packet6_parse_lenient(struct bytes datagram, struct arena *arena, struct packet6 *ret, const char **ret_why);

/*
 * Writes pkt with its relay envelopes to buf, options in the order of their lists, option 9 last in each
 * envelope. Options that do not fit or are longer than 65535 bytes are left out and reported in ret_omitted,
 * later options before earlier ones: first those of the message, then what relays asked to have echoed, but
 * never identifiers, IAs and their content, status, rapid commit, interface-ids and source ports. NULL: none may
 * be left out. Returns the length, -E_SPACE if it does not fit, or -E_RANGE for an option or a relayed message
 * over 65535 bytes.
 */
int packet6_write(const struct packet6 *pkt, void *buf, size_t size, struct opts_omitted *ret_omitted);

/*
 * Wraps a response in the envelopes of the query: for each relay a relay-reply with the same hop-count and
 * addresses, its interface-id, its source port option (RFC 8357 5) and the options it requested with option 43
 * (RFC 4994 4). Does nothing for a query that was not relayed. -E_NOMEM.
 */
int packet6_wrap_answer(const struct packet6 *query, struct arena *arena, struct packet6 *answer);
/*
 * Returns the UDP port to send the response to: 547 for a relay, or with option 135 the port it sent from (RFC
 * 8357 5.2); 546 for a client.
 */
uint16_t packet6_answer_port(const struct packet6 *query, uint16_t source_port);

/* Returns an option of the relays, searching from the one closest to the client; NULL if none has it. */
const struct opt *packet6_relay_opt(const struct packet6 *pkt, uint16_t code);
/* Returns the relay closest to the client; NULL if the message was not relayed. */
const struct relay6 *packet6_first_relay(const struct packet6 *pkt);
/*
 * Returns an option of the message that must have this many bytes; NULL data if it is missing or has a different
 * length.
 */
struct bytes packet6_fixed(const struct packet6 *pkt, uint16_t code, size_t len);
