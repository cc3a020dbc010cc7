/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/update.h"

/*
 * Signatures of DNS messages (TSIG, RFC 8945). A key is a name, an algorithm and a secret; a MAC may be truncated.
 *
 *	tsig_sign(key, now, &w, &mac);
 *	... send, receive ...
 *	if (tsig_check(key, &mac, msg, &res.tsig, now, &error) < 0) discard
 */
#define TSIG_MAC_MAX 64
#define TSIG_FUDGE_SEC 300

struct tsig_algorithm {
	const char *word; /* in configurations: "HMAC-SHA256" */
	const char *name; /* in messages */
	const char *digest;
	unsigned bits;
};

/* Ends with a row without a word. */
extern const struct tsig_algorithm tsig_algorithms[];

struct tsig_key {
	struct dname name;
	const struct tsig_algorithm *algorithm;
	struct bytes secret;
	unsigned mac_len; /* bytes of a MAC to send, and the fewest to accept */
};

struct tsig_mac {
	uint8_t data[TSIG_MAC_MAX];
	size_t len;
};

/* Returns the algorithm, ignoring case; NULL if there is none of that name. */
const struct tsig_algorithm *tsig_algorithm_find(const char *word);
/* True if a MAC of that algorithm may be truncated to so many bits (RFC 8945 5.2.2.1); 0 is the full length. */
bool tsig_bits_are_valid(const struct tsig_algorithm *algorithm, unsigned bits);

/* Appends the TSIG record to the complete message in w, whose start is that of the message. */
void tsig_sign(const struct tsig_key *key, int64_t now_sec, struct writer *w, struct tsig_mac *ret);

/*
 * Checks the response to a request with that MAC. 0: signed with the key, at a time near now. -E_INVAL: not signed, or
 * not by this key. -E_CONFLICT: the server rejects the signature of the request; *reterr is why: DNS_BADKEY, DNS_BADSIG
 * (both unsigned, so this may be forged), DNS_BADTIME or DNS_BADTRUNC.
 */
int tsig_check(const struct tsig_key *key, const struct tsig_mac *request, struct bytes msg,
	       const struct dns_tsig *tsig, int64_t now_sec, unsigned *reterr);
