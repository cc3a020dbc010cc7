/* SPDX-License-Identifier: MPL-2.0 */
/* Sub-options and lists of codes are found without building a list, whatever the bytes are. */
#include "fixture.h"

#include "wire/option.h"

START_TEST(sub_options_are_found_before_the_first_truncated_one)
{
	/* 0 and 255 are codes like any other */
	static const uint8_t subs[] = { 0, 1, 7, 255, 2, 8, 9, 1, 0, 3, 5, 1 };
	struct bytes all = bytes_of(subs, sizeof(subs)), got = bytes_of("x", 1);

	ck_assert(opt_find4(all, 0, &got));
	ck_assert(bytes_equal(got, bytes_of("\7", 1)));
	ck_assert(opt_find4(all, 255, &got));
	ck_assert(bytes_equal(got, bytes_of("\10\11", 2)));
	ck_assert(opt_find4(all, 1, &got));
	ck_assert_uint_eq(got.len, 0);
	got = bytes_of("x", 1);
	ck_assert(!opt_find4(all, 3, &got));
	ck_assert(!opt_find4(all, 2, &got));
	ck_assert(!opt_find4(bytes_of(subs, 1), 0, &got));
	ck_assert(!opt_find4(bytes_of(NULL, 0), 0, &got));
	ck_assert(bytes_equal(got, bytes_of("x", 1)));
}
END_TEST

START_TEST(codes_are_found_in_lists)
{
	static const uint8_t codes[] = { 1, 2, 0, 17, 9 };
	struct bytes all = bytes_of(codes, sizeof(codes));

	ck_assert(codes4_have(all, 17));
	ck_assert(codes4_have(all, 0));
	ck_assert(!codes4_have(all, 3));
	ck_assert(!codes4_have(all, 0x0102));
	ck_assert(!codes4_have(bytes_of(NULL, 0), 0));
	ck_assert(codes6_have(all, 0x0102));
	ck_assert(codes6_have(all, 17));
	/* not across two codes, and not the last byte, which is no code */
	ck_assert(!codes6_have(all, 0x0200));
	ck_assert(!codes6_have(all, 9));
	ck_assert(!codes6_have(bytes_of(NULL, 0), 0));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("option");

	tcase_add_test(tc, sub_options_are_found_before_the_first_truncated_one);
	tcase_add_test(tc, codes_are_found_in_lists);
	return suite_run(tc);
}
