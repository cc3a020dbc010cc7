/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "lease/lease.h"

/*
 * The name that a client gives itself: from the options that carry it (81 and 12 in DHCPv4, RFC 4702; 39 in
 * DHCPv6, RFC 4704) to its lease. There are no DNS updates, and responses say so.
 */
#define NAME_SIZE (LEASE_HOSTNAME_MAX + 1)

/*
 * Converts labels up to the root, or those of a partial name, to text with a dot after each label. Does not
 * follow pointers or read past the root. False if a label is truncated; text has DOMAIN_TEXT_MAX bytes.
 */
bool name_read_labels(struct bytes labels, char *text, size_t *ret_len);
/* The same for an option that some clients fill with plain text although only labels are allowed. */
bool name_read_labels_or_text(struct bytes data, char *text, size_t *ret_len);
/*
 * Writes the name in lower case, without characters that a host name cannot have and without trailing dots; ""
 * if no name is left. buf has NAME_SIZE bytes; returns the length.
 */
size_t name_clean(const char *text, size_t len, char *buf);
/* Returns the name as stored with a lease: with a trailing dot if it is fully qualified. "" if memory runs out. */
const char *name_keep(struct arena *arena, const char *name, bool is_fqdn);
