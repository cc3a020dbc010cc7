/* SPDX-License-Identifier: MPL-2.0 */
#include "base/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)
#define WORTH_IT (4 * LARGE_PAGE)
#define MMAP_MAX 65536           /* malloc's default */
#define TRIM_THRESHOLD (1 << 20) /* bytes: what a long response uses and frees in turns, several at a time */

static uintptr_t from, to; /* the memory that heap_expect() has advised */

void heap_expect(size_t bytes)
{
	void *room;

	if (bytes < WORTH_IT || bytes > PTRDIFF_MAX / 2)
		return;
	/*
	 * The memory is allocated and freed untouched: from then on it is the top of the heap, where malloc
	 * continues.
	 */
	(void)mallopt(M_MMAP_MAX, 0);
	(void)mallopt(M_TRIM_THRESHOLD, -1);
	room = malloc(bytes);
	if (!room)
		return;
	from = ((uintptr_t)room + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	to = ((uintptr_t)room + bytes) & ~(LARGE_PAGE - 1);
	/* A kernel without huge pages uses small ones. */
	(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
	free(room);
}

void heap_settle(void)
{
	(void)mallopt(M_MMAP_MAX, MMAP_MAX);
	(void)mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
	/* Tables that grew have left holes. */
	(void)malloc_trim(0);
	/* Otherwise one byte in a hole would take a huge page. Those that are full remain. */
	if (to > from)
		(void)madvise((void *)from, to - from, MADV_NOHUGEPAGE);
	from = to = 0;
}
