/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/client.h"
#include "base/ip.h"
#include "base/list.h"
#include "base/objpool.h"

/*
 * Holds: addresses and prefixes that were offered but are not leased yet, indexed by address, client, range and
 * end time. Not locked: the owner (alloc.c) does that.
 *
 * All holds last equally long, so the list in order of creation or renewal is also in order of end time, but for the
 * moments between reading the clock and taking the lock.
 */
#define HOLDS_MAX (1u << 18) /* more than a flood can create; beyond it, the hold that ends first is dropped */

/* The holds of a range: those that others may take over, the oldest offer first, and those about to be stored. */
struct hold_list {
	struct list open, firm;
};

/* A hold's position in the list of a range that it overlaps. */
struct spot {
	struct list link;
	struct hold_list *list; /* list of the range */
	struct hold *hold;
	struct spot *next; /* next spot of the same hold: nested subnets, two configurations during a reload */
};

struct hold {
	struct list order;                /* in holds->order */
	struct list ring;                 /* holds with the same `other` key, the oldest first; without a head */
	struct hold *next_addr, *next_id; /* hash chains */
	struct hold *next_other;          /* likewise, but only for the oldest hold of each ring */
	struct prefix prefix;
	bool is_contested; /* offered to several clients: goes to the first one that requests it */
	uint32_t end_key;  /* end of the lease that has ended here; 0: none. Its client may return for it */
	struct alloc_client client;
	int64_t ends_ms;    /* boot time */
	struct spot *spots; /* one for each range that it overlaps */
	struct spot spot;   /* a built-in spot, enough for most holds */
};

#define HOLD_BUCKETS (1u << 16)

struct holds {
	unsigned ms; /* duration of a hold */
	size_t n;
	struct list order;
	struct objpool pool, spots;
	struct hold *by_addr[HOLD_BUCKETS], *by_id[HOLD_BUCKETS], *by_other[HOLD_BUCKETS];
};

void holds_init(struct holds *holds, unsigned ms);
void holds_done(struct holds *holds);

/* Prefetch what the holds of the client, and of the address, are found by. These two need no lock. */
void holds_fetch_client(const struct holds *holds, const struct alloc_client *client);
void holds_fetch(const struct holds *holds, const struct ip *addr);

/* False: the client has no hold at this moment. Needs no lock, and is almost always false for clients without one. */
bool holds_may_have(const struct holds *holds, const struct alloc_client *client);

/* Adds a hold; the address must not have one yet. now_ms: boot time. */
struct hold *holds_add(struct holds *holds, const struct prefix *prefix, const struct alloc_client *client,
		       int64_t now_ms);
void holds_remove(struct holds *holds, struct hold *hold);
/*
 * Renews the hold for another offer to this client. If the client differs from the previous one, it counts as a
 * new offer and moves to the end of its ranges' lists.
 */
void holds_renew(struct holds *holds, struct hold *hold, const struct alloc_client *client, int64_t now_ms);
/* The hold no longer belongs to a client; others may still take it over. */
void holds_disown(struct holds *holds, struct hold *hold);
/* Returns a hold that has ended or exceeds HOLDS_MAX; NULL if there is none. */
struct hold *holds_ended(const struct holds *holds, int64_t now_ms);

struct hold *holds_at(const struct holds *holds, const struct ip *addr);
/*
 * Returns the client's hold: the one with its id, otherwise the last one with its `other` key; NULL if there is
 * none.
 */
struct hold *holds_of(const struct holds *holds, const struct alloc_client *client);
/* Returns the oldest hold with this `other` key, whatever its id, or NULL. hold->ring leads to the next one. */
struct hold *holds_of_other(const struct holds *holds, const struct client_key *other);
bool hold_is_of(const struct hold *hold, const struct alloc_client *client);

void hold_list_init(struct hold_list *list);
/* Appends the hold to the list of a range that it overlaps. */
void holds_enter(struct holds *holds, struct hold *hold, struct hold_list *list);
/* True if another client may take over the hold in this range. */
bool hold_is_open_in(const struct hold *hold, const struct hold_list *list);
/* Removes all holds from the list of a range that is going away. */
void holds_leave_all(struct holds *holds, struct hold_list *list);
