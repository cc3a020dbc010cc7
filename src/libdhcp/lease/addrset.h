/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A sorted set of addresses: blocks of at most ADDRSET_BLOCK addresses, and an array of the blocks. A change costs two
 * binary searches and moving half a block. Not locked. Start with zeroes.
 */
struct addrset {
	struct addrset_block *v; /* in ascending order */
	uint32_t n, cap;
	bool is_ip6; /* to be set before the first address is added */
};

#define ADDRSET_BLOCK 128

void addrset_done(struct addrset *set);
/* Adding an address that is in the set, or removing one that is not, does nothing. Without is_ip6 only IPv4. */
void addrset_add(struct addrset *set, const struct ip *addr);
void addrset_remove(struct addrset *set, const struct ip *addr);
/* Copies the first addresses after this one, at most `max`, in ascending order; returns their number. */
unsigned addrset_after(const struct addrset *set, const struct ip *addr, struct ip *ret, unsigned max);
/*
 * Sorts addresses, which are then added at the end of the set: the fastest way to fill one. work has room for n.
 * Returns the one of the two arrays that has the result.
 */
struct ip *addrset_sort(struct ip *v, struct ip *work, size_t n);
/* Returns the memory it uses in bytes. */
uint64_t addrset_bytes(const struct addrset *set);
