/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "lease/lease.h"

/*
 * The name that a client gives itself, between the options that carry it (81 and 12 of DHCPv4, RFC 4702; 39 of
 * DHCPv6, RFC 4704) and its lease. There are no DNS updates, which is what the responses say.
 */
#define NAME_SIZE (LEASE_HOSTNAME_MAX + 1)

/*
 * Labels up to the root, or without it those of a partial name, as text with a dot after each label. Neither
 * pointers nor what comes after the root are followed. False when a label is cut short; text has DOMAIN_TEXT_MAX.
 */
bool name_read_labels(struct bytes labels, char *text, size_t *ret_len);
/* The same for an option that some clients fill with plain text, though only labels are allowed. */
bool name_read_labels_or_text(struct bytes data, char *text, size_t *ret_len);
/*
 * Lower case, without what a host name cannot hold and without dots at its end; "" if nothing is left that could be
 * a name. buf has NAME_SIZE; returns the length.
 */
size_t name_clean(const char *text, size_t len, char *buf);
/* As it is stored with a lease: with a dot at the end if it is a fully qualified one. "" if there is no memory. */
const char *name_keep(struct arena *arena, const char *name, bool is_fqdn);
