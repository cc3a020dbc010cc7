/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>

/*
 * Before much is read at once (a large configuration, a lease file): the next `bytes` of the process's heap, about,
 * come in large pages where the kernel has them, and everything is taken from the heap meanwhile. A trap into the
 * kernel and a miss of its page tables for every 4 KiB cost more than the reading. Only what is
 * used takes memory, so `bytes` may be a generous guess. Pairs may not nest; main thread only.
 */
void heap_expect(size_t bytes);
/* That was it: back to the usual, and what is free goes to the kernel. By itself, too, when much has become free. */
void heap_settle(void);
