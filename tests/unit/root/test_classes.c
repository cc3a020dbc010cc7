/* SPDX-License-Identifier: MPL-2.0 */
/* Classes are found by their name, and by the parts of it. */
#include "../suite.h"

#include "root/classes.h"

#include <stdlib.h>

#define N 100000

static struct arena *arena;
static struct classes classes;

static void set_up(void)
{
	arena = arena_new(0);
	classes = (struct classes){ 0 };
}

static void tear_down(void)
{
	arena_free(arena);
}

START_TEST(by_name)
{
	ck_assert_int_eq(class_by_name(&classes, "c0"), -1);
	for (unsigned i = 0; i < N; i++)
		ck_assert_uint_eq(class_add(&classes, arena, arena_printf(arena, "c%u", i)), i);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(class_by_name(&classes, arena_printf(arena, "c%d", i)), i);
	ck_assert_int_eq(class_by_name(&classes, "c100000"), -1);
	ck_assert_int_eq(class_by_name(&classes, ""), -1);
}
END_TEST

static int by_parts(const unsigned *sorted, const char *a, const char *b, size_t b_len)
{
	const struct bytes parts[] = { bytes_of(a, strlen(a)), bytes_of(b, b_len) };

	return class_by_parts(&classes, sorted, 5, parts, 2);
}

START_TEST(by_parts_of_a_name)
{
	static const char *const names[] = { "X_b", "X_", "X_ab", "X_\xff", "X_a" };
	static const unsigned sorted[] = { 1, 4, 2, 0, 3 };

	for (unsigned i = 0; i < 5; i++)
		(void)class_add(&classes, arena, names[i]);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(by_parts(sorted, "X_", names[i] + 2, strlen(names[i]) - 2), i);
	ck_assert_int_eq(by_parts(sorted, "X", "_a", 2), 4);
	ck_assert_int_eq(by_parts(sorted, "X_", "a\0", 2), -1);
	ck_assert_int_eq(by_parts(sorted, "X_", "\0", 1), -1);
	ck_assert_int_eq(by_parts(sorted, "X_", "abc", 3), -1);
	ck_assert_int_eq(by_parts(sorted, "X_", "\xff\xff", 2), -1);
	ck_assert_int_eq(by_parts(sorted, "Y_", "a", 1), -1);
	ck_assert_int_eq(class_by_parts(&classes, NULL, 0, NULL, 0), -1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("classes");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, by_name);
	tcase_add_test(tc, by_parts_of_a_name);
	return suite_run(tc);
}
