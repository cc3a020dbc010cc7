/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The free numbers of 0 .. size-1: a bitmap with summary levels of 64-ary words above it, so finding the next
 * free number, or that there is none, takes a handful of word reads however full the map is. Not locked: the
 * owner does that.
 */
struct freemap;

#define FREEMAP_NONE UINT64_MAX
#define FREEMAP_MAX (1ULL << 28) /* maximum size of a map: 32 MiB */

/* Initially all numbers are free. NULL if size is 0 or above FREEMAP_MAX. */
struct freemap *freemap_new(uint64_t size);
void freemap_free(struct freemap *map);
bool freemap_is_free(const struct freemap *map, uint64_t i);
/* Returns true if this changed the map. */
bool freemap_set(struct freemap *map, uint64_t i, bool is_free);
/*
 * Sets 64 numbers at once, those of word `w` = number / 64: the ones in the mask become free if their bit in
 * `bits` is set, taken otherwise; returns the changed bits.
 */
uint64_t freemap_set_word(struct freemap *map, uint64_t w, uint64_t mask, uint64_t bits);
/* Returns the first free number at or after `from`, otherwise the first free number, otherwise FREEMAP_NONE. */
uint64_t freemap_next(const struct freemap *map, uint64_t from);
uint64_t freemap_count(const struct freemap *map); /* the number of free ones */
uint64_t freemap_size(const struct freemap *map);
