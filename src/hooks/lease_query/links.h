/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

#include <stdbool.h>

/*
 * The addresses that a configuration knows, for leasequery: which link an address or a link address is on, and which
 * lengths delegated prefixes have. Made when a configuration is put into service; not changed afterwards.
 */
struct links;

#define LINKS_ADDR 16
#define LINKS_LENGTHS 129 /* lengths of prefixes, from 0 */

/* Clears the bits after the first `len`. */
void prefix_mask(uint8_t addr[LINKS_ADDR], unsigned len);
/* True if the prefix contains the address. */
bool prefix_contains(const uint8_t *prefix, unsigned len, const uint8_t *addr);

/* Reads the subnets of the map "Dhcp4" or "Dhcp6". NULL: out of memory. */
struct links *links_read(const struct kea_json *config, int family);
void links_free(struct links *links); /* NULL is fine */

/*
 * A link: a subnet, or all those of a shared network. Negative: the address, of 4 or 16 bytes, is on none. Of subnets
 * that are inside of others, the innermost counts.
 */
int links_of_address(const struct links *links, const uint8_t *addr, size_t len);
/* The same for an address that relays on the link have: in one of its subnets, or among its "ip-addresses". */
int links_of_relay(const struct links *links, const uint8_t *addr, size_t len);
/* The link of a subnet; negative: there is no such subnet. */
int links_of_subnet(const struct links *links, int64_t subnet_id);
/* Returns the ids of the subnets of a link, ascending, which the caller frees; NULL: out of memory. */
uint32_t *links_subnets(const struct links *links, int link, size_t *ret_n);
/* True if the address is in a pool of prefixes. */
bool links_delegates(const struct links *links, const uint8_t *addr);
/* Returns the first address of the prefix of a subnet, 4 or 16 bytes; NULL: there is no such subnet. */
const uint8_t *links_prefix(const struct links *links, int64_t subnet_id);
/* Sets which lengths delegated prefixes have. */
void links_lengths(const struct links *links, bool has_len[LINKS_LENGTHS]);
