/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/objpool.h"

#include <stdint.h>

/*
 * When the leases of a range end, by number, so that the one that ended first is found in a few steps: a tree in which
 * each node knows the largest key below. It takes memory for the numbers that have a key and their neighbors, about
 * five bytes each in a pool that is full. Not locked: the owner does that.
 *
 * A key is larger the earlier the end; 0: none.
 */
struct ends {
	void *root;
	unsigned n_levels;
};

/* Where the nodes of many trees are. */
struct ends_memory {
	struct objpool leaves, nodes;
};

#define ENDS_NONE UINT64_MAX

void ends_memory_init(struct ends_memory *memory);
void ends_memory_done(struct ends_memory *memory);

/* Of the numbers 0 .. size - 1. */
void ends_init(struct ends *ends, uint64_t size);
void ends_done(struct ends *ends, struct ends_memory *memory);
void ends_set(struct ends *ends, struct ends_memory *memory, uint64_t i, uint32_t key);
uint32_t ends_get(const struct ends *ends, uint64_t i);
/* The number with the largest key, and its key; ENDS_NONE if there is none. */
uint64_t ends_first(const struct ends *ends, uint32_t *ret_key);
