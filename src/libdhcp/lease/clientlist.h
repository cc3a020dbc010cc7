/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/stripe.h"

/*
 * The records with one key, a hardware address or a client id, are a list that starts at the key's index slot.
 * Most lists have one or two records: a search walks them. In a list of more than CLIENTLIST_WALK the records of
 * each group (struct record_group) are neighbors, and a second index finds the first one of a group. The cost of
 * a search therefore does not grow with the number of leases a client has, and a lease with a unique key needs
 * no extra memory.
 *
 * The caller of each function holds the lock of the key's stripe; `hash` is memtable_hash_key() of the key.
 */
#define CLIENTLIST_WALK 32

/* Returns the first record and the length of the list; 0 and 0 if the list is empty. */
uint32_t clientlist_first(const struct memtable *table, enum record_key key, struct bytes id, uint64_t hash,
			  uint32_t *ret_n);
/* Returns the first record of a group, 0 if there is none. Only for lists longer than CLIENTLIST_WALK. */
uint32_t clientlist_group(const struct memtable *table, enum record_key key, struct bytes id, uint64_t hash,
			  const struct record_group *group);
/* Replaces `old` with `new`; either may be 0 (none). If their keys differ, the locks of both are held. */
void clientlist_swap(struct memtable *table, uint32_t old, uint32_t new, enum record_key key);
