/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-dhcp-ddns/tsig.h"
#include "kea-dhcp-ddns/update.h"

/*
 * DNS messages in wire form: updates, and the responses to them. ldns writes and reads them; nothing of it outlasts a
 * call.
 *
 *	len = message_write(step, &ncr, &zone, &owner, id, key, now, buf, &mac);
 *	... send, receive ...
 *	if (message_read(msg, id, key, &mac, now, &res) == RESPONSE_VALID) ...
 */
#define UPDATE_MESSAGE_MAX 4096

/*
 * Writes the message of a step, signed if key is not NULL; then *ret_mac is the MAC. Returns the length; 0 if OpenSSL
 * lacks the hash. UPDATE_MESSAGE_MAX bytes suffice.
 */
size_t message_write(enum update_step step, const struct ncr *ncr, const struct dname *zone, const struct dname *owner,
		     uint16_t id, const struct tsig_key *key, int64_t now_sec, uint8_t to[UPDATE_MESSAGE_MAX],
		     struct tsig_mac *ret_mac);

enum response_verdict {
	RESPONSE_VALID,
	RESPONSE_MALFORMED,  /* or a response to something else */
	RESPONSE_UNSIGNED,   /* although the update was signed; or not by that key, or at another time */
	RESPONSE_KEY_REFUSED /* by the server, which says so in tsig_error; may be forged */
};

struct response {
	unsigned rcode;
	bool is_truncated;
	unsigned tsig_error; /* enum tsig_error; with RESPONSE_KEY_REFUSED */
};

/*
 * Reads the response to the update with this id, which has been signed with key and has that MAC; key is NULL if it was
 * not signed. msg may be any bytes. Sets *ret unless the response is malformed.
 */
enum response_verdict message_read(struct bytes msg, uint16_t id, const struct tsig_key *key,
				   const struct tsig_mac *mac, int64_t now_sec, struct response *ret);

/* Writes the name of a response code or tsig_error to buf, "RCODE 11" and the like where there is none. Returns buf. */
#define RCODE_TEXT_MAX 24
const char *rcode_text(unsigned rcode, char buf[RCODE_TEXT_MAX]);
