/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The free numbers of 0 .. size-1: a bitmap with summary levels of 64-ary words above it, so the
 * next free number, and that there is none, is found in a handful of word reads whatever the fill.
 * Not locked: the owner does that.
 */
struct freemap;

#define FREEMAP_NONE UINT64_MAX
#define FREEMAP_MAX (1ULL << 28) /* numbers a map may hold: 32 MiB */

/* All free. NULL when size is 0 or above FREEMAP_MAX. */
struct freemap *freemap_new(uint64_t size);
void freemap_free(struct freemap *map);
bool freemap_is_free(const struct freemap *map, uint64_t i);
/* Returns whether that changed anything. */
bool freemap_set(struct freemap *map, uint64_t i, bool is_free);
/* 64 at once, of word `w` = number / 64: those in the mask become free as `bits` says; returns which of them changed.
 */
uint64_t freemap_set_word(struct freemap *map, uint64_t w, uint64_t mask, uint64_t bits);
/* The first free number at or behind `from`, else the first of all, else FREEMAP_NONE. */
uint64_t freemap_next(const struct freemap *map, uint64_t from);
uint64_t freemap_count(const struct freemap *map); /* how many are free */
uint64_t freemap_size(const struct freemap *map);
