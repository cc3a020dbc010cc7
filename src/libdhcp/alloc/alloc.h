/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/hash.h"
#include "base/ip.h"
#include "subnet/subnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which addresses are free. A pool's addresses are taken because the store holds a lease for them
 * (store_watch tells) or because one was offered a moment ago and the client has not asked for it
 * yet: a claim. Claims live in memory only. One lock guards all of it; it is held for a few word
 * operations, never across the store.
 *
 * A range is named by its first and last address. A new configuration brings a new set of ranges;
 * both sets follow the store while the old one is still in use.
 */
struct alloc;
struct alloc_set;

/* Who claims: a keyed hash of the client's identity, wide enough to stand for it. */
struct client_key {
	uint64_t a, b;
};

/* Of its identifier; `kind` keeps identifiers of different sorts apart. */
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

/* Of one of several things that the same client may have. */
static inline struct client_key client_key_part(const struct client_key *whole, uint64_t part)
{
	uint64_t halves[2] = { whole->a, whole->b ^ part };

	return (struct client_key){ hash_16(halves), whole->b + part };
}

struct alloc *alloc_new(unsigned hold_ms);
void alloc_free(struct alloc *alloc);

struct alloc_range {
	struct ip first, last;
	uint64_t size;      /* addresses, at most UINT64_MAX; of prefixes how many there are */
	uint8_t shift;      /* prefixes: bits behind their length; 0 for addresses */
	enum allocator how; /* the way the next free one is found */
	bool skip_ends;     /* never assign what ends in .0 or .255, */
	bool skip_first;    /* the first address, */
	bool skip_reserved; /* what ip_next_reserved() says */
};

/*
 * Build a set over ranges (any order; they may overlap), known by their number. All addresses are free:
 * the caller walks the store with alloc_note() once the set is there.
 */
struct alloc_set *alloc_set_new(struct alloc *alloc, const struct alloc_range *ranges, size_t n);
void alloc_set_free(struct alloc *alloc, struct alloc_set *set);

/* The range will be asked soon: bring it to the cache; then, when it is there, what it points to. */
void alloc_fetch(const struct alloc_set *set, size_t i);
void alloc_fetch_map(const struct alloc_set *set, size_t i);

/*
 * The store says: this address or prefix became taken or free. With it everything that it overlaps in ranges
 * of other lengths.
 */
void alloc_note(struct alloc *alloc, const struct prefix *prefix, bool in_use);
/* How many leases have another length than a range of the set that they overlap. */
uint64_t alloc_n_odd(struct alloc *alloc, struct alloc_set *set);

/*
 * Claim the next free address of range `i` of the set for the client; false when there is none. Which
 * one: the first behind the last one given (iterative), the first behind a random place (random), or the
 * one that has been free for longest (flq).
 */
bool alloc_pick(struct alloc *alloc, struct alloc_set *set, size_t i, const struct client_key *client, struct ip *ret);
/*
 * What was picked has a lease, which happens in ranges too large for a map. Its claim is over; after a few of
 * these in a row the next pick is made at a random place.
 */
void alloc_missed(struct alloc *alloc, struct alloc_set *set, size_t i, const struct client_key *client,
		  const struct ip *addr);
/*
 * When no range has a free one: claim the address of range `i` that was offered to somebody else longest
 * ago, at least a second, and not asked for. A flood of clients that never ask must not keep out others:
 * who asks for the first time gets one only now and then, who comes back gets what is there.
 * The other one may still claim it back with alloc_claim(). False when there is none.
 */
bool alloc_take_over(struct alloc *alloc, struct alloc_set *set, size_t i, const struct client_key *client,
		     struct ip *ret);
/*
 * Claim this very address or prefix: true when it is free or already claimed by the client, and nobody has
 * a part of it or what it is a part of. One whose lease is over but still stored counts as taken unless `leased_ok`.
 */
bool alloc_claim(struct alloc *alloc, const struct prefix *prefix, const struct client_key *client, bool leased_ok);
/* The address the client has a fresh claim on; false when none. */
bool alloc_claimed_by(struct alloc *alloc, const struct client_key *client, struct ip *ret);
/* The claim of the client, if any, is over: it has a lease now, or took another server's offer. */
void alloc_unclaim(struct alloc *alloc, const struct client_key *client);
/* How many addresses of the range are free; its size if that is not known. */
uint64_t alloc_n_free(struct alloc *alloc, struct alloc_set *set, size_t i);
size_t alloc_n_claims(struct alloc *alloc);
