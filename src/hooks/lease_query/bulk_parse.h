/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Queries as they arrive by TCP: a length of two bytes, then a message (RFC 6926 6.1, RFC 5460 5.1). Pure functions
 * over bytes of strangers.
 */
enum {
	BULK_HEAD = 2,
	BULK_MESSAGE_MAX = 4096, /* of a query; what is longer is none */
	BULK_ID_MAX = 256,
	BULK_ADDR = 16,
};

enum bulk_kind {
	BULK_QUERY,
	BULK_ACTIVE, /* RFC 7724, RFC 7653: what changes from now on */
	BULK_TLS,    /* the requester would like to use TLS */
};

enum bulk_by {
	BULK_BY_ADDRESS,
	BULK_BY_HWADDR,
	BULK_BY_CLIENT_ID,
	BULK_BY_RELAY_ID,
	BULK_BY_REMOTE_ID,
	BULK_BY_LINK, /* DHCPv6 */
	BULK_ALL,     /* DHCPv6: BULK_ACTIVE only */
};

/* Statuses; their codes differ between the families. */
enum bulk_status {
	BULK_SUCCESS,
	BULK_UNKNOWN_TYPE, /* DHCPv6 */
	BULK_MALFORMED,
	BULK_NOT_CONFIGURED, /* DHCPv6 */
	BULK_NOT_ALLOWED,
	BULK_TERMINATED,
	BULK_NOT_SUPPORTED,
	BULK_DATA_MISSING,      /* changes since the start time are not known */
	BULK_CONNECTION_ACTIVE, /* a sign of life; in DHCPv6 a message without a status */
	BULK_CAUGHT_UP,
	BULK_TLS_REFUSED,
};

struct bulk_query {
	enum bulk_kind kind;
	uint8_t xid[4]; /* DHCPv6: the first three */
	enum bulk_by by;
	uint8_t htype;           /* BULK_BY_HWADDR */
	uint8_t id[BULK_ID_MAX]; /* address, hardware address or identifier */
	size_t id_len;
	bool has_link; /* DHCPv6: only leases on this link */
	uint8_t link[BULK_ADDR];
	/* Only leases whose state began in this time, s since 1970; BULK_ACTIVE: the changes since then, too. */
	bool has_start, has_end;
	int64_t start, end;
	/* DHCPv6: identifiers of requester and server; empty: there is none. In the message. */
	const uint8_t *requester, *server;
	size_t requester_len, server_len;
};

/*
 * Returns the bytes of the first message with its head, 0 if some of them have not arrived, or -1: there can be no
 * message of that length.
 */
int bulk_frame(const uint8_t *data, size_t len);

/*
 * Read a message. False: it is no query, or not even the transaction id can be relied upon, so the connection has to be
 * closed. Otherwise *ret_status says whether it can be answered, and *ret_why why not.
 */
bool bulk_parse4(const uint8_t *data, size_t len, struct bulk_query *ret, enum bulk_status *ret_status,
		 const char **ret_why);
bool bulk_parse6(const uint8_t *data, size_t len, struct bulk_query *ret, enum bulk_status *ret_status,
		 const char **ret_why);

/* Returns the value of a sub-option of option 82; NULL if there is none. */
const uint8_t *bulk_suboption4(const uint8_t *data, size_t len, uint8_t code, size_t *ret_len);
/* Returns the value of the first option of that code; NULL if there is none before the list ends or is cut off. */
const uint8_t *bulk_option6(const uint8_t *data, size_t len, uint16_t code, size_t *ret_len);

enum {
	SUBOPT_REMOTE_ID = 2,
	SUBOPT_RELAY_ID = 12,
	OPT6_REMOTE_ID = 37,
	OPT6_RELAY_ID = 53,
	/* RFC 7653: times are s since 2000, modulo 2^32 */
	OPT6_BASE_TIME = 100,
	OPT6_START_TIME = 101,
	OPT6_END_TIME = 102,
};
#define BULK_EPOCH6 946684800 /* s since 1970 */
