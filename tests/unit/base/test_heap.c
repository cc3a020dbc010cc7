/* SPDX-License-Identifier: MPL-2.0 */
/* Data read at once is on the heap; the remaining memory is returned, and malloc works as before. */
#include "../suite.h"

#include "base/arena.h"
#include "base/heap.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { MIB = 1 << 20, PIECE = 1000, N = 40 * MIB / PIECE };

/* A sanitizer's malloc reports nothing, and keeps freed memory. */
static bool is_glibc(void)
{
	return mallinfo2().arena;
}

/* MiB of memory in use. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long all, in_use;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", &all, &in_use), 2);
	(void)fclose(file);
	return in_use * sysconf(_SC_PAGESIZE) / MIB;
}

static bool is_mapped(size_t len)
{
	size_t before = mallinfo2().hblks;
	void *p = xmalloc(len);
	bool ret = mallinfo2().hblks > before;

	free(p);
	return ret;
}

START_TEST(goes_back)
{
	static char *v[N];
	char *last;
	long before;

	if (!is_glibc())
		return;
	before = resident();
	for (unsigned round = 0; round < 3; round++) {
		heap_expect(64 * MIB);
		ck_assert_int_le(resident(), before + 4);
		ck_assert(!is_mapped(MIB));
		for (unsigned i = 0; i < N; i++)
			memset(v[i] = xmalloc(PIECE), 1, PIECE);
		heap_settle();
		ck_assert(is_mapped(MIB));
		ck_assert_int_ge(resident(), before + 35);
		ck_assert_int_le(resident(), before + 46);
		/* Something at the end stays: holes are returned, too. */
		last = xmalloc(PIECE);
		for (unsigned i = 0; i < N; i++)
			free(v[i]);
		heap_settle();
		ck_assert_int_le(resident(), before + 4);
		free(last);
	}
}
END_TEST

/* Too much memory, or too little to be worth it: everything continues. */
START_TEST(cannot_be_had)
{
	void *p;

	heap_expect(0);
	heap_expect(MIB);
	heap_settle();
	if (!is_glibc())
		return; /* a sanitizer's malloc would report errors for the rest */
	heap_expect(SIZE_MAX / 4);
	p = xmalloc(MIB);
	memset(p, 1, MIB);
	heap_settle();
	free(p);
	heap_expect(SIZE_MAX);
	heap_settle();
	ck_assert(is_mapped(MIB));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("heap");

	tcase_add_test(tc, goes_back);
	tcase_add_test(tc, cannot_be_had);
	return suite_run(tc);
}
