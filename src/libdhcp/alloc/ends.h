/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/objpool.h"

#include <stdint.h>

/*
 * The end of each lease of a range, by number, so that the lease that ended first is found in a few steps: a
 * tree in which each node knows the largest key below it. Memory is only needed for numbers with a key and their
 * neighbors, about five bytes each in a full pool. Not locked: the owner does that.
 *
 * The earlier the end, the larger the key; 0: none.
 */
struct ends {
	void *root;
	unsigned n_levels;
};

/* Memory for the nodes of many trees. */
struct ends_memory {
	struct objpool leaves, nodes;
};

#define ENDS_NONE UINT64_MAX

void ends_memory_init(struct ends_memory *memory);
void ends_memory_done(struct ends_memory *memory);

/* For the numbers 0 .. size - 1. */
void ends_init(struct ends *ends, uint64_t size);
void ends_done(struct ends *ends, struct ends_memory *memory);
void ends_set(struct ends *ends, struct ends_memory *memory, uint64_t i, uint32_t key);
uint32_t ends_get(const struct ends *ends, uint64_t i);
/* Returns the number from lo to before hi with the largest key, and its key; ENDS_NONE if there is none. */
uint64_t ends_first(const struct ends *ends, uint64_t lo, uint64_t hi, uint32_t *ret_key);
