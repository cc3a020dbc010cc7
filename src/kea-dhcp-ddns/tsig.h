/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-dhcp-ddns/tsig_key.h"

#include <ldns/ldns.h>

/* Signatures of DNS messages (TSIG, RFC 8945). Only message.c calls this. */
#define TSIG_MAC_MAX 64
#define TSIG_FUDGE_SEC 300

/* Why a server refuses a signature; ldns has no names for these. */
enum tsig_error {
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22,
};

struct tsig_mac {
	uint8_t data[TSIG_MAC_MAX];
	size_t len;
};

/* Returns the record that signs a message; the caller adds and frees it. NULL if OpenSSL lacks the hash. */
ldns_rr *tsig_new(const struct tsig_key *key, int64_t now_sec, struct bytes msg, struct tsig_mac *ret_mac);

/* True if a TSIG record can be checked: all fields are there, the class is ANY and the TTL 0. */
bool tsig_is_complete(const ldns_rr *tsig);

/*
 * Checks the response to a request with that MAC. tsig, which is complete, is the last record of the message and begins
 * at offset. 0: signed with the key, at a time near now. -E_INVAL: not by this key. -E_CONFLICT: the server refuses the
 * signature of the request; *reterr is why: TSIG_BADKEY, TSIG_BADSIG (both unsigned, so this may be forged),
 * TSIG_BADTIME or TSIG_BADTRUNC.
 */
int tsig_check(const struct tsig_key *key, const struct tsig_mac *request, struct bytes msg, size_t offset,
	       const ldns_rr *tsig, int64_t now_sec, unsigned *reterr);
