/* SPDX-License-Identifier: MPL-2.0 */
/* Sub-options that depend on classes: which ones a client gets, whatever their order, and how many bytes they need. */
#include "../suite.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "optconf/optconf.h"

enum { PARTS = 6, GUARDS = 5, CLASS_SETS = 8, RUNS = 3000 };

/* Lists for classes 0 to 2; the same list is the same pointer. */
static const unsigned numbers[] = { 0, 1, 2, 0, 2 };
static const struct class_refs guards[GUARDS] = {
	{ NULL, 0 }, { numbers, 1 }, { numbers + 1, 1 }, { numbers + 2, 1 }, { numbers + 3, 2 },
};

static struct arena *arena;

/* Parts as the configuration makes them: by code, those with the same guard adjacent, each with its index as data. */
static void make_parts(struct optpart *parts, uint8_t *data)
{
	unsigned n = 0;

	for (uint16_t code = 0; n < PARTS; code++) {
		unsigned first = (unsigned)rand_below(GUARDS), n_groups = 1 + (unsigned)rand_below(3);

		for (unsigned g = 0; g < n_groups && n < PARTS; g++)
			for (unsigned i = 0; i <= rand_below(2) && n < PARTS; i++, n++) {
				data[n] = (uint8_t)n;
				parts[n] = (struct optpart){
					.code = code,
					.never_send = !rand_below(8),
					.no_value = !rand_below(8),
					.data = bytes_of(&data[n], 1),
					.cond = { .guard = guards[(first + g) % GUARDS] },
				};
			}
	}
}

static bool is_for(const struct optpart *part, uint64_t classes)
{
	return guard_allows(&part->cond.guard, &classes);
}

/* The rule as the reference states it. */
static bool is_expected(const struct optpart *parts, unsigned i, uint64_t classes)
{
	const struct optpart *first = NULL;

	for (unsigned k = 0; k < PARTS; k++) {
		if (parts[k].code != parts[i].code || !is_for(&parts[k], classes))
			continue;
		if (parts[k].never_send)
			return false;
		if (!first)
			first = &parts[k];
	}
	return first && first->cond.guard.v == parts[i].cond.guard.v && is_for(&parts[i], classes) &&
	       !parts[i].no_value;
}

static void check_client(const struct optval *val, const struct optpart *parts, uint64_t classes)
{
	bool is_wide = val->cond->is_wide;
	uint8_t want[PARTS * 5], *end = want;
	struct bytes got;
	unsigned pos = 0;

	for (unsigned i = 0; i < PARTS; i++) {
		if (!is_expected(parts, i, classes))
			continue;
		if (is_wide)
			*end++ = 0;
		*end++ = (uint8_t)parts[i].code;
		if (is_wide)
			*end++ = 0;
		*end++ = 1;
		*end++ = (uint8_t)i;
	}
	/* An option that would have no sub-option is not sent. */
	ck_assert_int_eq(optval_next(val, &classes, arena, &pos, &got), end > want);
	if (end == want)
		return;
	ck_assert_uint_eq(got.len, (size_t)(end - want));
	ck_assert_mem_eq(got.data, want, got.len);
	ck_assert_uint_le(got.len, optcond_size(val->data, val->cond, is_wide));
	ck_assert_int_eq(optval_next(val, &classes, arena, &pos, &got), 0);
}

START_TEST(clients_get_the_first_values_for_them)
{
	for (unsigned run = 0; run < RUNS; run++) {
		struct optpart parts[PARTS];
		uint8_t data[PARTS];
		struct optcond cond = { .parts = parts, .n_parts = PARTS, .is_wide = run & 1 };
		struct optval val = { .code = 1, .cond = &cond };

		make_parts(parts, data);
		for (uint64_t classes = 0; classes < CLASS_SETS; classes++)
			check_client(&val, parts, classes);
		arena_reset(arena);
	}
}
END_TEST

START_TEST(parts_may_be_instances)
{
	static const struct optpart parts[] = {
		{ .code = 1, .data = { (const uint8_t *)"a", 1 }, .cond = { .guard = { numbers, 1 } } },
		{ .code = 1, .data = { (const uint8_t *)"b", 1 } },
		{ .code = 2, .data = { (const uint8_t *)"c", 1 } },
	};
	const struct optcond cond = { .parts = parts, .n_parts = 3, .is_each = true };
	const struct optval val = { .code = 56, .cond = &cond };
	const uint64_t none = 0, first = 1;
	struct bytes got;
	unsigned pos = 0;

	ck_assert_int_eq(optval_next(&val, &none, arena, &pos, &got), 1);
	ck_assert(bytes_equal(got, bytes_of("\1\1b", 3)));
	ck_assert_int_eq(optval_next(&val, &none, arena, &pos, &got), 1);
	ck_assert(bytes_equal(got, bytes_of("\2\1c", 3)));
	ck_assert_int_eq(optval_next(&val, &none, arena, &pos, &got), 0);
	pos = 0;
	ck_assert_int_eq(optval_next(&val, &first, arena, &pos, &got), 1);
	ck_assert(bytes_equal(got, bytes_of("\1\1a", 3)));
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
	static uint8_t large[5000];
	static const struct optpart parts[] = { { .code = 1, .data = { large, sizeof(large) } } };
	const struct optcond cond = { .parts = parts, .n_parts = 1, .is_wide = true };
	const struct optval val = { .code = 1001, .cond = &cond };
	struct arena *small = arena_new(4096);
	const uint64_t none = 0;
	struct bytes got;
	unsigned pos = 0;

	ck_assert_int_eq(optval_next(&val, &none, small, &pos, &got), -E_NOMEM);
	arena_free(small);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("optconf");
	int failed;

	arena = arena_new(0);
	tcase_add_test(tc, clients_get_the_first_values_for_them);
	tcase_add_test(tc, parts_may_be_instances);
	tcase_add_test(tc, a_full_arena_is_an_error);
	failed = suite_run(tc);
	arena_free(arena);
	return failed;
}
