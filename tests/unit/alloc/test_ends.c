/* SPDX-License-Identifier: MPL-2.0 */
/* The tree of ends agrees with a plain array, whatever its size, and only needs memory for its content. */
#include "../suite.h"

#include "alloc/ends.h"
#include "base/hash.h"

#include <stdlib.h>

static struct ends_memory memory;
static struct ends ends;

START_TEST(it_agrees_with_an_array)
{
	static const uint64_t sizes[] = { 1, 2, 15, 16, 17, 255, 256, 257, 4097, 65536 };

	rand_seed(17);
	ends_memory_init(&memory);
	for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t size = sizes[s];
		uint32_t *keys = calloc(size, sizeof(*keys));

		ends_init(&ends, size);
		for (unsigned round = 0; round < 4000; round++) {
			uint64_t i = rand_below(size), lo = 0, hi = size, found;
			uint32_t key = rand_below(3) ? 1 + (uint32_t)rand_below(round % 2 ? 20 : UINT32_MAX) : 0,
				 best = 0;

			ends_set(&ends, &memory, i, keys[i] = key);
			ck_assert_uint_eq(ends_get(&ends, i), key);
			i = rand_below(size);
			ck_assert_uint_eq(ends_get(&ends, i), keys[i]);
			if (size > 5000 && round % 50)
				continue;
			if (round % 4) {
				lo = rand_below(size);
				hi = lo + rand_below(size - lo + 20);
			}
			for (i = lo; i < hi && i < size; i++)
				best = keys[i] > best ? keys[i] : best;
			found = ends_first(&ends, lo, hi, &key);
			if (best)
				ck_assert(found >= lo && found < hi && key == best && keys[found] == best);
			else
				ck_assert_uint_eq(found, ENDS_NONE);
		}
		for (uint64_t i = 0; i < size; i++)
			if (s % 2)
				ends_set(&ends, &memory, i, 0);
		if (s % 2)
			ck_assert_ptr_null(ends.root);
		ends_done(&ends, &memory);
		free(keys);
	}
	ck_assert_uint_le(objpool_bytes(&memory.leaves) + objpool_bytes(&memory.nodes), 2 * 65536);
	ends_memory_done(&memory);
}
END_TEST

START_TEST(a_large_range_is_small_while_it_is_empty)
{
	uint64_t numbers[] = { 0, 1, 1 << 20, (1ULL << 28) - 1, 1ULL << 27 };
	uint32_t key;

	ends_memory_init(&memory);
	ends_init(&ends, 1ULL << 28);
	for (unsigned i = 0; i < 5; i++)
		ends_set(&ends, &memory, numbers[i], 10 + i);
	for (unsigned i = 5; i--;) {
		ck_assert_uint_eq(ends_first(&ends, 0, 1ULL << 28, &key), numbers[i]);
		ck_assert_uint_eq(key, 10 + i);
		ends_set(&ends, &memory, numbers[i], 0);
	}
	ck_assert_uint_eq(ends_first(&ends, 0, 1ULL << 28, &key), ENDS_NONE);
	/* A complete pool of 65,536: five bytes each. */
	for (uint64_t i = 0; i < 65536; i++)
		ends_set(&ends, &memory, i, 1 + (uint32_t)i);
	ck_assert_uint_eq(ends_first(&ends, 0, 65536, &key), 65535);
	ck_assert_uint_le(objpool_bytes(&memory.leaves) + objpool_bytes(&memory.nodes), 65536 * 5 + 2 * 65536);
	ends_done(&ends, &memory);
	ends_memory_done(&memory);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ends");

	tcase_add_test(tc, it_agrees_with_an_array);
	tcase_add_test(tc, a_large_range_is_small_while_it_is_empty);
	return suite_run(tc);
}
