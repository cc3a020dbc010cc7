/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/dname.h"

/*
 * The DHCID record (RFC 4701), by which DHCP servers recognize the client that a name belongs to without publishing its
 * identifier.
 */
enum dhcid_type {
	DHCID_HWADDR = 0,    /* htype and hardware address */
	DHCID_CLIENT_ID = 1, /* the bytes of DHCPv4 option 61 */
	DHCID_DUID = 2,      /* of DHCPv6, or in a client id of RFC 4361 */
};

#define DHCID_LEN 35

/* Writes the RDATA for a client and a name. -E_SYS if the hash is not available. */
int dhcid_make(enum dhcid_type type, struct bytes id, const struct dname *fqdn, uint8_t ret[DHCID_LEN]);
