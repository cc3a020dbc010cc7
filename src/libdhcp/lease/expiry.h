/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/record.h"
#include "lease/slab.h"

/*
 * Records ordered by expiration time: a heap with four children per node. The caller of each function holds the lock of
 * the stripe that the heap belongs to.
 */
struct expiry {
	struct expiry_item {
		uint32_t expires, ref;
	} * v;
	uint32_t n, cap;
	const struct slabs *slabs;
};

void expiry_done(struct expiry *expiry);
void expiry_add(struct expiry *expiry, uint32_t ref);
/* Does nothing if the record is not in the heap. */
void expiry_remove(struct expiry *expiry, uint32_t ref);
/* For loading: reserve room for n records in an empty heap, push them in any order, then build once. */
void expiry_reserve(struct expiry *expiry, uint32_t n);
void expiry_push(struct expiry *expiry, uint32_t ref);
void expiry_build(struct expiry *expiry);
/*
 * Returns at most `max` records with expires <= now, earliest first. `work` holds 3 * max + 2 numbers.
 */
unsigned expiry_first(const struct expiry *expiry, uint32_t now, uint32_t *ret_refs, unsigned max, uint32_t *work);
