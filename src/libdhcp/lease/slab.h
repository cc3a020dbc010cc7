/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Memory for lease records, named by 32-bit references instead of pointers: an index slot is half
 * the size, and records never move. SLAB_N slabs make one space; each is changed under its owner's
 * lock, while slab_get() may be called for any live reference without one (a chunk, once there,
 * stays where it is).
 */
#define SLAB_N 64 /* 6 bits of a reference */

struct slabs;

struct slabs *slabs_new(void);
void slabs_free(struct slabs *slabs);
/* A piece of len bytes (at most 72 KiB) in slab i, not zeroed; 0 when that slab is full (512 MiB). */
uint32_t slab_alloc(struct slabs *slabs, unsigned i, size_t len);
/* len as it was given to slab_alloc. */
void slab_free(struct slabs *slabs, uint32_t ref, size_t len);
void *slab_get(const struct slabs *slabs, uint32_t ref);
/* Bytes handed out, for statistics. */
uint64_t slabs_used(struct slabs *slabs);

static inline unsigned slab_of(uint32_t ref)
{
	return ref >> 26;
}
