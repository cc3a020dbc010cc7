/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Memory for lease records, addressed by 32-bit references instead of pointers: index slots are half the size,
 * and records never move. SLAB_N slabs share one reference space; each is changed under its owner's lock, while
 * slab_get() needs no lock for a valid reference (chunks never move).
 */
#define SLAB_N 64 /* 6 bits of a reference */

struct slabs;

struct slabs *slabs_new(void);
void slabs_free(struct slabs *slabs);
/* Allocates len bytes (at most 72 KiB) in slab i, not zeroed; 0 if that slab is full (512 MiB). */
uint32_t slab_alloc(struct slabs *slabs, unsigned i, size_t len);
/* len is the length passed to slab_alloc. */
void slab_free(struct slabs *slabs, uint32_t ref, size_t len);
void *slab_get(const struct slabs *slabs, uint32_t ref);
/* Allocated bytes, for statistics. */
uint64_t slabs_used(struct slabs *slabs);

static inline unsigned slab_of(uint32_t ref)
{
	return ref >> 26;
}
