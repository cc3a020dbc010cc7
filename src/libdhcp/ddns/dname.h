/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"

/*
 * Domain names (RFC 1034 3.1) in wire form without compression: at most 255 bytes, labels of at most 63. A zeroed
 * struct is not a name; dname_root is the shortest one. Comparisons ignore the case of ASCII letters.
 */
#define DNAME_MAX 255
#define DNAME_LABEL_MAX 63
#define DNAME_TEXT_MAX 1024 /* each byte may need four characters */

struct dname {
	uint8_t len;
	uint8_t wire[DNAME_MAX];
};

extern const struct dname dname_root;

/*
 * Reads a name as in zone files: labels separated by dots, with \. and \DDD; the final dot may be missing.
 * -E_INVAL for an empty text, an empty label or a bad escape; -E_RANGE if a label or the name is too long.
 */
int dname_parse(const char *text, struct dname *ret);
/*
 * The same for a name in which nothing is an escape: all bytes but dots are those of labels, as in the host names of
 * leases. -E_INVAL if a label is empty or too long, or the name is.
 */
int dname_of_labels(const char *text, size_t len, struct dname *ret);
/* Writes the former to buf of DNAME_TEXT_MAX, ending in a dot; returns buf. */
const char *dname_format(const struct dname *name, char *buf);

bool dname_equal(const struct dname *a, const struct dname *b);
/* True if name is zone or is below it; every name is under the root. */
bool dname_is_under(const struct dname *name, const struct dname *zone);
/* RFC 4034 6.2: in lower case. */
struct dname dname_lower(const struct dname *name);
/* Returns the name of the address in in-addr.arpa or ip6.arpa. */
struct dname dname_reverse(const struct ip *ip);
