/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>

/*
 * Call before reading much data at once (a large configuration, a lease file): about the next `bytes` of the
 * process's heap use huge pages if the kernel has them, and all allocations come from the heap meanwhile. A page
 * fault and a TLB miss for every 4 KiB would cost more than the reading. Only used memory counts, so `bytes` may
 * be a generous estimate. Calls must not nest; main thread only.
 */
void heap_expect(size_t bytes);
/*
 * Ends that: normal behavior again, and free memory is returned to the kernel. Also useful on its own after much
 * memory was freed.
 */
void heap_settle(void);
