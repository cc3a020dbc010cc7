/* SPDX-License-Identifier: MPL-2.0 */
#include "base/utf8.h"
#include "../suite.h"

#include <string.h>

static const struct {
	const char *text;
	size_t len; /* 0: invalid */
	uint32_t code;
} rows[] = {
	{ "a", 1, 'a' },
	{ "\x7f", 1, 0x7f },
	{ "\x80", 0, 0 },
	{ "\xc1\xbf", 0, 0 },
	{ "\xc2\x80", 2, 0x80 },
	{ "\xdf\xbf", 2, 0x7ff },
	{ "\xc2", 0, 0 },
	{ "\xc2z", 0, 0 },
	{ "\xe0\x9f\xbf", 0, 0 },
	{ "\xe0\xa0\x80", 3, 0x800 },
	{ "\xed\x9f\xbf", 3, 0xd7ff },
	{ "\xed\xa0\x80", 0, 0 },
	{ "\xed\xbf\xbf", 0, 0 },
	{ "\xee\x80\x80", 3, 0xe000 },
	{ "\xef\xbf\xbd", 3, 0xfffd },
	{ "\xef\xbf", 0, 0 },
	{ "\xf0\x8f\xbf\xbf", 0, 0 },
	{ "\xf0\x90\x80\x80", 4, 0x10000 },
	{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	{ "\xf4\x90\x80\x80", 0, 0 },
	{ "\xf8\x88\x80\x80\x80", 0, 0 },
	{ "\xff", 0, 0 },
};

START_TEST(only_valid_characters_have_a_length)
{
	uint32_t code = 0;

	ck_assert_uint_eq(utf8_decode(rows[_i].text, strlen(rows[_i].text), &code), rows[_i].len);
	ck_assert_uint_eq(utf8_decode(rows[_i].text, strlen(rows[_i].text), NULL), rows[_i].len);
	if (rows[_i].len)
		ck_assert_uint_eq(code, rows[_i].code);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("utf8");

	tcase_add_loop_test(tc, only_valid_characters_have_a_length, 0, sizeof(rows) / sizeof(rows[0]));
	return suite_run(tc);
}
