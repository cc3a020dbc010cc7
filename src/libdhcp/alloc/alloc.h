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
 * yet: a claim. Claims live in memory only (holds.h). One lock guards all of it; it is held for a few
 * word operations, never across the store.
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

/*
 * A client, as the rule of leases has it: two are the same if their ids are equal; where one of them has no id, if
 * their `other` keys are. Zeros: none.
 */
struct alloc_client {
	struct client_key id;    /* DHCPv4: of option 61; DHCPv6: of one of the leases that an IA may have */
	struct client_key other; /* DHCPv4: of the hardware address; DHCPv6: of the DUID */
	bool commits;            /* what it claims now is about to be stored: nobody else may claim it meanwhile */
};

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

/* Build a set over ranges (any order; they may overlap), known by their number. All addresses are free. */
struct alloc_set *alloc_set_new(struct alloc *alloc, const struct alloc_range *ranges, size_t n);
/*
 * Tell a new set what is taken already. Between begin and end the caller walks the store, which may change meanwhile,
 * and calls alloc_fill() for what it sees taken; what alloc_note() says in this time counts for the set from the end
 * on.
 */
void alloc_fill_begin(struct alloc *alloc, struct alloc_set *set);
void alloc_fill(struct alloc *alloc, struct alloc_set *set, const struct prefix *prefix, int64_t expires);
void alloc_fill_end(struct alloc *alloc, struct alloc_set *set);
void alloc_set_free(struct alloc *alloc, struct alloc_set *set);

/* The range will be asked soon: bring it to the cache; then, when it is there, what it points to. */
void alloc_fetch(const struct alloc_set *set, size_t i);
void alloc_fetch_map(const struct alloc_set *set, size_t i);

/*
 * The store says: this address or prefix became taken, until then (boot s; INT64_MAX = for ever), or free. With it
 * everything that it overlaps in ranges of other lengths. What was offered and is requested now is no claim any more.
 */
void alloc_note(struct alloc *alloc, const struct prefix *prefix, bool in_use, int64_t expires);
/* How many leases have another length than a range of the set that they overlap. */
uint64_t alloc_n_odd(struct alloc *alloc, struct alloc_set *set);

/*
 * Claim the next free address of range `i` of the set for the client; false when there is none. Which
 * one: the first behind the last one given (iterative), the first behind a random place (random), or the
 * one that has been free for longest (flq).
 */
bool alloc_pick(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		struct ip *ret);
/*
 * What was picked from range `i` has a lease, which happens in ranges too large for a map, and where another server of
 * the store assigned it. Its claim is over; without a map the next pick is made at a random place after a few of these
 * in a row.
 */
void alloc_missed(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		  const struct ip *addr);
/*
 * What the client claimed has a lease until then (boot s; INT64_MAX = for ever), of which nobody told alloc_note():
 * another server of the store assigned it. Its claim is over, and it is not free any longer. Does nothing if the claim
 * is over already: then what is known of the address is newer.
 */
void alloc_found_taken(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client,
		       int64_t expires);
/*
 * When no range has a free one: claim the one of range `i` whose lease ended first, if any has. Its former client may
 * still come back for it, until somebody requests it. False when there is none.
 */
bool alloc_take_ended(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		      struct ip *ret);
/*
 * When none has ended: claim what was offered and not requested, of range `i`: an offer to a client with
 * the same `other` key, the oldest one, else the oldest of all. Clients that never request what they are offered keep
 * nobody out: what was offered to several is for the first one that requests it, with alloc_claim(). Where no such
 * offer has the length of the range, one of another length ends, and what it took is claimed. `skip` says what may not
 * be taken, under the lock; NULL: nothing. False when there is none.
 */
bool alloc_take_over(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		     bool (*skip)(void *ctx, const struct ip *addr), void *ctx, struct ip *ret);
/* What the store has at an address that is to be claimed. */
enum alloc_stored {
	ALLOC_NOTHING,
	ALLOC_ENDED, /* a lease that has ended */
	ALLOC_OWN,   /* one of the client itself that has ended */
};

/*
 * Claim this very address or prefix: true when it is free, or claimed by the client or by several, and nobody has
 * a part of it or what it is a part of. With ALLOC_OWN also when it was offered to one other client: it is then for the
 * first one that requests it.
 */
bool alloc_claim(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client,
		 enum alloc_stored stored);
/* The address the client has a fresh claim on; false when none. */
bool alloc_claimed_by(struct alloc *alloc, const struct alloc_client *client, struct ip *ret);
/*
 * True if what the client claimed is still claimed by it or, unless it commits, was offered to others since and is for
 * the first one that requests it.
 */
bool alloc_is_claimed(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client);
/* The claim of the client, if any, is over: it has a lease now, or took another server's offer. */
void alloc_unclaim(struct alloc *alloc, const struct alloc_client *client);
/* Claims end when something is claimed; without clients this does it. To be called now and then. */
void alloc_sweep(struct alloc *alloc);
/* How many addresses of the range are free; its size if that is not known. */
uint64_t alloc_n_free(struct alloc *alloc, struct alloc_set *set, size_t i);
size_t alloc_n_claims(struct alloc *alloc);
/* Bytes that come and go with claims. */
size_t alloc_bytes(struct alloc *alloc);
