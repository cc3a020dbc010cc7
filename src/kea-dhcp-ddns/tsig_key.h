/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/dname.h"

/* Keys that sign DNS messages (TSIG, RFC 8945): a name, an algorithm and a secret. A signature (MAC) may be truncated.
 */
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

/* Returns the algorithm, ignoring case; NULL if there is none of that name. */
const struct tsig_algorithm *tsig_algorithm_find(const char *word);
/* The fewest bits of a truncated MAC. */
unsigned tsig_bits_min(const struct tsig_algorithm *algorithm);
/* True if a MAC of that algorithm may be truncated to so many bits; 0 is the full length. */
bool tsig_bits_are_valid(const struct tsig_algorithm *algorithm, unsigned bits);
