/* SPDX-License-Identifier: MPL-2.0 */
/* Memory for lease records: pieces of every size, adjacent and reused, up to a full slab. */
#include "../suite.h"

#include "base/arena.h"
#include "base/hash.h"
#include "lease/slab.h"

enum { LARGEST = 72 << 10, CHUNKS = 4096 };

static struct slabs *slabs;

static void setup(void)
{
	slabs = slabs_new();
}

static void teardown(void)
{
	slabs_free(slabs);
}

struct piece {
	uint32_t ref;
	size_t len;
	uint8_t mark;
};

static struct piece make(unsigned slab, size_t len, uint8_t mark)
{
	struct piece piece = { slab_alloc(slabs, slab, len), len, mark };

	ck_assert_uint_ne(piece.ref, 0);
	ck_assert_uint_eq(slab_of(piece.ref), slab);
	memset(slab_get(slabs, piece.ref), mark, len);
	return piece;
}

/* Nothing else has written there. */
static void drop(const struct piece *piece)
{
	const uint8_t *at = slab_get(slabs, piece->ref);

	ck_assert_uint_eq(at[0], piece->mark);
	ck_assert_int_eq(memcmp(at, at + 1, piece->len - 1), 0);
	slab_free(slabs, piece->ref, piece->len);
}

START_TEST(pieces_keep_apart)
{
	static const size_t edges[] = { 1,    7,    8,     9,     511,   512,   513,   1024,  1025,   2048,
					4096, 8192, 16384, 32768, 32769, 65535, 65536, 65537, LARGEST };
	enum { N = 400, EDGES = sizeof(edges) / sizeof(edges[0]) };
	struct piece v[N] = { 0 };

	rand_seed(3);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i = (unsigned)rand_below(N);
		size_t len = rand_below(16) ? rand_below(600) + 1 : edges[rand_below(EDGES)];

		if (v[i].ref)
			drop(&v[i]);
		v[i] = make(rand_below(2) ? SLAB_N - 1 : 0, len, (uint8_t)round);
	}
	for (unsigned i = 0; i < N; i++)
		if (v[i].ref)
			drop(&v[i]);
	ck_assert_uint_eq(slabs_used(slabs), 0);
}
END_TEST

/* A freed piece is reused by the next allocation of its size, whatever the size. */
START_TEST(freed_ones_are_found_again)
{
	for (size_t len = 1; len <= LARGEST; len += len < 1100 ? 1 : 997) {
		struct piece piece = make(5, len, 1), again;

		drop(&piece);
		again = make(5, len, 2);
		ck_assert_uint_eq(again.ref, piece.ref);
		drop(&again);
	}
	ck_assert_uint_eq(slabs_used(slabs), 0);
}
END_TEST

/* The last unit of a chunk is used, and the next piece is in another chunk. */
START_TEST(a_chunk_is_used_to_its_end)
{
	uint32_t last = make(1, 8, 9).ref, unit = 1;

	for (;;) {
		struct piece piece = make(1, 8, 9);

		if (piece.ref != last + 1)
			break;
		last = piece.ref;
		unit++;
	}
	/* 128 KiB minus a little */
	ck_assert_uint_gt(unit, (120 << 10) / 8);
	ck_assert_uint_lt(unit, (128 << 10) / 8);
	memset(slab_get(slabs, last), 7, 8);
}
END_TEST

/* One slab is filled: it reports that, the others continue, and freed pieces can be allocated again. */
START_TEST(a_full_slab_says_so)
{
	uint32_t first = 0, ref;
	unsigned n = 0;

	while ((ref = slab_alloc(slabs, SLAB_N - 1, LARGEST))) {
		*(unsigned *)slab_get(slabs, ref) = n++;
		first = first ? first : ref;
		ck_assert_uint_le(n, CHUNKS);
	}
	ck_assert_uint_eq(n, CHUNKS);
	ck_assert_uint_eq(*(unsigned *)slab_get(slabs, first), 0);
	ck_assert_uint_ge(slabs_used(slabs), (uint64_t)CHUNKS * LARGEST);
	ck_assert_uint_eq(slab_alloc(slabs, SLAB_N - 1, LARGEST), 0);
	ck_assert_uint_ne(slab_alloc(slabs, 0, LARGEST), 0);
	slab_free(slabs, first, LARGEST);
	ck_assert_uint_eq(slab_alloc(slabs, SLAB_N - 1, LARGEST), first);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("slab");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pieces_keep_apart);
	tcase_add_test(tc, freed_ones_are_found_again);
	tcase_add_test(tc, a_chunk_is_used_to_its_end);
	tcase_add_test(tc, a_full_slab_says_so);
	return suite_run(tc);
}
