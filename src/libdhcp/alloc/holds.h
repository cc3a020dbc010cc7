/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/list.h"
#include "base/objpool.h"

/*
 * Holds: addresses and prefixes that were offered and are not leased yet, by address, by client, by range and by the
 * time they end. Not locked: the owner (alloc.c) does that.
 *
 * All holds last equally long, so the list in order of making or renewing is also the order of ending.
 */
#define HOLDS_MAX (1u << 18) /* more than a flood can make in their time; then the one that ends first goes */

/* The holds of a range: those that others may take over, the oldest offer first; and those that are about to be stored.
 */
struct hold_list {
	struct list open, firm;
};

/* A hold's place in the list of a range that it overlaps. */
struct spot {
	struct list link;
	struct hold_list *list; /* the range's */
	struct hold *hold;
	struct spot *next; /* of the same hold: nested subnets, two configurations during a reload */
};

struct hold {
	struct list order;                /* in holds->order */
	struct list ring;                 /* holds with the same `other` key, the oldest first; without a head */
	struct hold *next_addr, *next_id; /* hash chains */
	struct hold *next_other;          /* likewise, of the oldest of each ring only */
	struct prefix prefix;
	bool is_contested; /* it was offered to several clients: it goes to the first one that requests it */
	uint32_t end_key;  /* of the lease there that has ended; 0: none. Its client may come back for it */
	struct alloc_client client;
	int64_t ends_ms;    /* boot time */
	struct spot *spots; /* in each range that it overlaps */
	struct spot spot;   /* the one of them that most holds need */
};

#define HOLD_BUCKETS (1u << 16)

struct holds {
	unsigned ms; /* how long one lasts */
	size_t n;
	struct list order;
	struct objpool pool, spots;
	struct hold *by_addr[HOLD_BUCKETS], *by_id[HOLD_BUCKETS], *by_other[HOLD_BUCKETS];
};

void holds_init(struct holds *holds, unsigned ms);
void holds_done(struct holds *holds);

/* A new one; there is none at this address. */
struct hold *holds_add(struct holds *holds, const struct prefix *prefix, const struct alloc_client *client);
void holds_remove(struct holds *holds, struct hold *hold);
/* It was offered again, to this client. For another one than before that is a new offer: the last of its ranges. */
void holds_renew(struct holds *holds, struct hold *hold, const struct alloc_client *client);
/* One that has ended, or that is one too many; NULL. */
struct hold *holds_ended(const struct holds *holds, int64_t now_ms);

struct hold *holds_at(const struct holds *holds, const struct ip *addr);
/* The client's; NULL. The one with its id, else the last one with its `other` key. */
struct hold *holds_of(const struct holds *holds, const struct alloc_client *client);
/* The oldest one with this `other` key, whatever its id; NULL. The next one is in hold->ring. */
struct hold *holds_of_other(const struct holds *holds, const struct client_key *other);
bool hold_is_of(const struct hold *hold, const struct alloc_client *client);

void hold_list_init(struct hold_list *list);
/* The hold overlaps with a range, and comes last in its list. */
void holds_enter(struct holds *holds, struct hold *hold, struct hold_list *list);
/* May another client take it over there? */
bool hold_is_open_in(const struct hold *hold, const struct hold_list *list);
/* The range is going away. */
void holds_leave_all(struct holds *holds, struct hold_list *list);
