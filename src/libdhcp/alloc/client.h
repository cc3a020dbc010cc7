/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

/* Who claims addresses: the clients as alloc.h and holds.h see them. */

/* Identifies a claiming client: a keyed hash of its identity, wide enough to replace it. */
struct client_key {
	uint64_t a, b;
};

/* Returns the key for an identifier; `kind` separates identifiers of different types. */
static inline struct client_key client_key_of(struct bytes id, uint64_t kind)
{
	uint64_t halves[2];

	hash_bytes2(id.data, id.len, kind, halves);
	return (struct client_key){ halves[0], halves[1] };
}

static inline bool client_key_equal(const struct client_key *x, const struct client_key *y)
{
	return x->a == y->a && x->b == y->b;
}

/* Returns the key for one of several bindings of the same client. */
static inline struct client_key client_key_part(const struct client_key *whole, uint64_t part)
{
	uint64_t halves[2] = { whole->a, whole->b ^ part };

	return (struct client_key){ hash_16(halves), whole->b + part };
}

/*
 * A client, compared as for leases: two are the same if their ids are equal or, if one of them has no id, if
 * their `other` keys are equal. All zeros: none.
 */
struct alloc_client {
	struct client_key id;    /* DHCPv4: option 61; DHCPv6: one of the leases an IA may have */
	struct client_key other; /* DHCPv4: hardware address; DHCPv6: DUID */
	bool commits;            /* this claim is about to be stored: no other client may claim the address meanwhile */
	uint32_t trial;          /* 0, or it claims nothing and only asks: alloc_trial_begin() */
};
