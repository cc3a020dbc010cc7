/* SPDX-License-Identifier: MPL-2.0 */
/* Cursors: reads past the end return zero, and a loop over the remaining bytes ends. */
#include "../suite.h"

#include "base/bytes.h"
#include "base/err.h"

START_TEST(nothing_is_left_after_the_end)
{
	static const uint8_t data[] = { 1, 200, 3, 4, 5 };
	struct reader r = reader_init(data, sizeof(data)), sub;
	unsigned rounds = 0;

	while (reader_left(&r) >= 2) {
		uint8_t len;

		ck_assert_uint_eq(read_u8(&r), 1);
		len = read_u8(&r);
		ck_assert_ptr_null(read_bytes(&r, len));
		ck_assert_uint_eq(++rounds, 1);
	}
	ck_assert(r.err);
	ck_assert_uint_eq(reader_left(&r), 0);
	ck_assert_uint_eq(read_u32(&r), 0);
	ck_assert_uint_eq(read_rest(&r).len, 0);
	sub = read_sub(&r, 0);
	ck_assert(sub.err);
	ck_assert_ptr_null(read_bytes(&r, 0));
}
END_TEST

START_TEST(reads_what_is_there)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct reader r = reader_init(data, sizeof(data)), sub;
	uint8_t copy[4];

	ck_assert_uint_eq(read_u8(&r), 1);
	ck_assert_uint_eq(read_u16(&r), 0x0203);
	sub = read_sub(&r, 2);
	ck_assert_uint_eq(read_u16(&sub), 0x0405);
	ck_assert_uint_eq(reader_left(&sub), 0);
	read_copy(&r, copy, sizeof(copy));
	ck_assert_mem_eq(copy, data + 5, 4);
	ck_assert(!r.err);
	ck_assert_uint_eq(read_u16(&r), 0);
	ck_assert(r.err);
	read_copy(&r, copy, sizeof(copy));
	ck_assert_uint_eq(copy[0] | copy[3], 0);
}
END_TEST

START_TEST(a_full_buffer_takes_nothing_more)
{
	uint8_t buf[6] = { 0 };
	struct writer w = writer_init(buf, sizeof(buf));

	write_u32(&w, 0x01020304);
	write_u32(&w, 0x05060708);
	ck_assert(w.err);
	write_u8(&w, 9);
	ck_assert_uint_eq(writer_len(&w), 4);
	ck_assert_uint_eq(buf[4], 0);
}
END_TEST

START_TEST(hex_both_ways)
{
	static const struct {
		const char *text;
		int n; /* number of bytes, or negative */
	} cases[] = {
		{ "", 0 },  { "0a0B", 2 }, { "0x0a0b", 2 }, { "0a:0b", 2 }, { "a:b", 2 },     { "0a 0b", 2 },
		{ "0", 1 }, { "0g", -1 },  { "0a:", -1 },   { ":0a", -1 },  { "0a::0b", -1 }, { "0a0b0c0d0e", -1 },
	};
	uint8_t buf[4];
	char text[9];

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int n = hex_to_bytes(cases[i].text, strlen(cases[i].text), buf, sizeof(buf));

		ck_assert_msg(cases[i].n < 0 ? n < 0 : n == cases[i].n, "\"%s\" gives %d", cases[i].text, n);
		if (n == 2)
			ck_assert_uint_eq(buf[0] << 8 | buf[1], 0x0a0b);
	}
	ck_assert_uint_eq(bytes_to_hex(bytes_of("\x0a\x0b\x0c", 3), ':', text, sizeof(text)), 8);
	ck_assert_str_eq(text, "0a:0b:0c");
	ck_assert_uint_eq(bytes_to_hex(bytes_of("\x0a\x0b\x0c", 3), 0, text, 4), 6);
	ck_assert_str_eq(text, "0a0");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("bytes");

	tcase_add_test(tc, nothing_is_left_after_the_end);
	tcase_add_test(tc, reads_what_is_there);
	tcase_add_test(tc, a_full_buffer_takes_nothing_more);
	tcase_add_test(tc, hex_both_ways);
	return suite_run(tc);
}
