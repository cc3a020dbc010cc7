/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/client.h"
#include "alloc/range.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Tracks which addresses are free. A pool address is taken if the store holds a lease for it (reported by
 * store_watch) or if it was offered a moment ago and not requested yet: a claim. Claims exist only in memory
 * (holds.h). One lock guards everything; it is held for a few word operations, never across the store.
 *
 * A range is identified by its first and last address. A new configuration brings a new set of ranges; both sets
 * follow the store while the old one is still in use.
 */
struct alloc;
struct alloc_set;

struct alloc *alloc_new(unsigned hold_ms);
void alloc_free(struct alloc *alloc);
/*
 * Other servers assign addresses from the same ranges, and this one does not know at once which. From now on, new sets
 * begin at a random position of each range and, where another server was faster, continue at another one: so two
 * servers hardly ever pick the same address. A queue would have the same order everywhere: "flq" is the same as
 * "iterative" then.
 */
void alloc_scatter(struct alloc *alloc);
/*
 * This is server `number` (from 0) of `n` that assign from the same ranges: each picks from its part of every range,
 * and elsewhere only when that has nothing left. So no two servers offer the same address, as long as they agree about
 * the numbers. After alloc_scatter(), at any time.
 */
void alloc_share(struct alloc *alloc, unsigned number, unsigned n);
/* True if another server picks the address of range `i`, which is in that server's part. */
bool alloc_is_others(struct alloc *alloc, const struct alloc_set *set, size_t i, const struct ip *addr);

/* Builds a set of ranges (in any order; they may overlap), numbered by position. All addresses are free. */
struct alloc_set *alloc_set_new(struct alloc *alloc, const struct alloc_range *ranges, size_t n);
/*
 * Prefixes outside all ranges may be claimed by name: from now on, addresses there that are not free are remembered, as
 * prefixes always are, so that nothing overlaps. For a new set, before it is filled.
 */
void alloc_set_watch_outside(struct alloc *alloc, struct alloc_set *set);
/*
 * Fills a new set with what is already taken. Between begin and end the caller walks the store, which may change
 * meanwhile, and calls alloc_fill() for all leases it sees; changes reported through alloc_note() during this
 * time are applied to the set at the end. Several threads may fill a set. Many leases at a time, in order of address,
 * are filled fastest.
 */
struct alloc_lease {
	struct prefix prefix;
	int64_t expires; /* boot s */
};
void alloc_fill_begin(struct alloc *alloc, struct alloc_set *set);
void alloc_fill(struct alloc *alloc, struct alloc_set *set, const struct alloc_lease *leases, size_t n);
/* False if the order makes no difference for this set. */
bool alloc_fill_by_order(const struct alloc_set *set);
void alloc_fill_end(struct alloc *alloc, struct alloc_set *set);
void alloc_set_free(struct alloc *alloc, struct alloc_set *set);

/* Prefetches a range that will be used soon: first the range itself; then, once it is cached, what it points to. */
void alloc_fetch(const struct alloc_set *set, size_t i);
void alloc_fetch_map(const struct alloc_set *set, size_t i);

/*
 * The store reports that this address or prefix became taken, until `expires` (boot s; INT64_MAX = forever), or
 * free. This also applies to everything it overlaps in ranges of other lengths. A claim on it ends once it is
 * taken.
 */
void alloc_note(struct alloc *alloc, const struct prefix *prefix, bool in_use, int64_t expires);
/* Returns the number of leases whose length differs from that of a range of the set that they overlap. */
uint64_t alloc_n_odd(struct alloc *alloc, struct alloc_set *set);

/*
 * Claims the next free address of range `i` of the set for the client; false if there is none. The choice is the
 * first one after the last one assigned (iterative), the first one after a random position (random), or the one
 * that has been free for longest (flq).
 */
bool alloc_pick(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		struct ip *ret);
/*
 * Reports that the address picked from range `i` has a lease after all: this happens in ranges too large for a
 * map, and if another server of the store assigned it. The claim ends; in a range without a map, after a few of
 * these in a row, the next pick starts at a random position; after alloc_scatter() in every range, and at once.
 */
void alloc_missed(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		  const struct ip *addr);
/*
 * Reports that the address the client claimed has a lease until `expires` (boot s; INT64_MAX = forever) that
 * alloc_note() does not know about: another server of the store assigned it. The claim ends, and the address is
 * no longer free. Does nothing if the claim has already ended: the state of the address is then newer.
 */
void alloc_found_taken(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client,
		       int64_t expires);
/*
 * Fallback if no range has a free address: claims the address of range `i` whose lease ended first, if any. Its
 * former client may still return for it, until another client requests it. Returns false if there is none.
 */
bool alloc_take_ended(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		      struct ip *ret);
/*
 * Fallback if no lease has ended: claims an address of range `i` that was offered but not requested: the oldest
 * offer to a client with the same `other` key, otherwise the oldest of all. So clients that never request their
 * offers lock nobody out: an address offered to several clients goes to the first one that requests it with
 * alloc_claim(). If no such offer has the length of the range, an offer of another length ends, and the space it
 * took is claimed. `skip` reports, under the lock, what must not be taken; NULL: nothing is skipped. Returns
 * false if there is none.
 */
bool alloc_take_over(struct alloc *alloc, struct alloc_set *set, size_t i, const struct alloc_client *client,
		     bool (*skip)(void *ctx, const struct ip *addr), void *ctx, struct ip *ret);
/* The store's state for an address that is to be claimed. */
enum alloc_stored {
	ALLOC_NOTHING,
	ALLOC_ENDED, /* a lease that has ended */
	/* A lease of this client that has ended, or of others, if the address is reserved for this client. */
	ALLOC_OWN,
	ALLOC_RESERVED, /* nothing, and it is reserved for this client */
};

/*
 * Claims this specific address or prefix: true if it is free, or claimed by this client or by several clients,
 * and nothing that overlaps it is taken. With ALLOC_OWN and ALLOC_RESERVED, also if it was offered to one
 * other client, or to this one for another IA: it then goes to the first one that requests it.
 */
bool alloc_claim(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client,
		 enum alloc_stored stored);
/* Finds the address the client has a current claim on; false if there is none. */
bool alloc_claimed_by(struct alloc *alloc, const struct alloc_client *client, struct ip *ret);
/*
 * True if the client still has its claim or, unless it commits, if the address was since offered to others and
 * goes to the first one that requests it.
 */
bool alloc_is_claimed(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client);
/*
 * True if what the client claimed a moment ago may still be offered: since then it was not leased and is not about to
 * be, at most offered to others. An offer may be overtaken as soon as it is sent, so also a moment before. (If it had
 * to keep its claim until then, two requests that wait for the store could take each other's claims over again and
 * again.)
 */
bool alloc_may_offer(struct alloc *alloc, const struct prefix *prefix, const struct alloc_client *client);
/* Ends the client's claim, if any: it has a lease now, or accepted another server's offer. */
void alloc_unclaim(struct alloc *alloc, const struct alloc_client *client);
/*
 * A trial asks what a client would get. For a client with its number in alloc_client.trial, the functions above decide
 * as always and change nothing; what they return counts as claimed within the trial, so nothing is returned twice. A
 * random allocator picks another address each time anyway. Any thread, for commands: there are few trials at a time.
 */
uint32_t alloc_trial_begin(struct alloc *alloc);
void alloc_trial_end(struct alloc *alloc, uint32_t trial);
/* Returns how many free addresses of range `i` the trial has claimed. */
uint64_t alloc_trial_n(struct alloc *alloc, uint32_t trial, struct alloc_set *set, size_t i);
/* Ends old claims. Each new claim does this too; call it now and then in case there are no clients. */
void alloc_sweep(struct alloc *alloc);
/* True if the address or prefix, which is in the range, may be one that is never picked; false: it is none. */
bool alloc_may_exclude(const struct alloc_set *set, size_t i, const struct prefix *prefix);
/* Returns the number of free addresses in the range; its size if that is unknown. */
uint64_t alloc_n_free(struct alloc *alloc, struct alloc_set *set, size_t i);
size_t alloc_n_claims(struct alloc *alloc);
/* Memory used for claims, in bytes. */
size_t alloc_bytes(struct alloc *alloc);
