/* SPDX-License-Identifier: MPL-2.0 */
/* The configuration reader: what it accepts, where it reports errors, and that it finds all of them. */
#include "../suite.h"

#include "base/str.h"
#include "json/read.h"

static struct json_doc doc;
static struct diag *diag;

static int read_bytes(const char *text, size_t len, unsigned flags)
{
	json_doc_done(&doc);
	diag_free(diag);
	diag = diag_new();
	return json_read_text("t", text, len, flags, NULL, diag, &doc);
}

static int read_text(const char *text, unsigned flags)
{
	return read_bytes(text, strlen(text), flags);
}

static void collect(void *ctx, enum diag_kind kind, const char *line)
{
	str_addf(ctx, "%s %s\n", kind == DIAG_ERROR ? "E" : "W", line);
}

static void expect(const char *text, const char *want)
{
	struct str got = { 0 };

	(void)read_text(text, 0);
	diag_each(diag, collect, &got);
	ck_assert_str_eq(str_text(&got), want);
	str_free(&got);
}

static void teardown(void)
{
	json_doc_done(&doc);
	diag_free(diag);
	diag = NULL;
}

START_TEST(takes_comments_and_all_values)
{
	struct json_object *v;

	ck_assert_int_eq(read_text("# a\n{ // b\n /* c\n*/ \"i\": -9223372036854775808, \"d\": 0.5,\n"
				   "\"s\": \"a\\u00e9\\n\\ud83d\\ude00\", \"t\": true, \"l\": [1, 2], \"n\": null }",
				   0),
			 0);
	ck_assert(json_object_object_get_ex(doc.root, "i", &v));
	ck_assert_int_eq(json_object_get_int64(v), INT64_MIN);
	ck_assert_uint_eq(json_pos(v).line, 4);
	ck_assert_uint_eq(json_pos(v).col, 9);
	ck_assert_uint_eq(json_key_pos(v).col, 4);
	ck_assert(json_object_object_get_ex(doc.root, "s", &v));
	ck_assert_str_eq(json_object_get_string(v), "a\xc3\xa9\n\xf0\x9f\x98\x80");
	ck_assert(json_object_object_get_ex(doc.root, "l", &v));
	ck_assert_uint_eq(json_object_array_length(v), 2);
}
END_TEST

START_TEST(finds_all_errors_of_a_text)
{
	expect("{ \"a\": 1 \"b\": 2,\n  \"c\": tru,\n  \"d\": [1 2],\n  \"a\": 3,\n  \"e\": 99999999999999999999 }",
	       "E t:1:8: missing comma\n"
	       "E t:2:8: unexpected word \"tru\": strings must be in double quotes (did you mean true?)\n"
	       "E t:3:9: missing comma\n"
	       "E t:4:3: duplicate key \"a\" [t:1:3: first defined here]\n"
	       "E t:5:8: 99999999999999999999 does not fit in 64 bits\n");
}
END_TEST

START_TEST(columns_count_characters)
{
	expect("{ \"k\xc3\xa9\": x }", "E t:1:9: unexpected word \"x\": strings must be in double quotes\n");
}
END_TEST

static void expect_inside(const char *text, size_t from, size_t len, unsigned col, unsigned columns)
{
	struct pos pos;

	(void)read_text(text, 0);
	pos = json_string_pos(diag, doc.root, from, len);
	ck_assert_uint_eq(pos.line, 2);
	ck_assert_uint_eq(pos.col, col);
	ck_assert_uint_eq(pos.len, columns);
}

/* Bytes of a value map to columns of the source: escapes are longer, multibyte characters are one column. */
START_TEST(places_inside_strings)
{
	expect_inside("\n  \"abcdef\"", 0, 1, 4, 1);
	expect_inside("\n  \"abcdef\"", 2, 3, 6, 3);
	expect_inside("\n  \"abcdef\"", 6, 0, 10, 1);
	expect_inside("\n  \"abcdef\"", 9, 5, 10, 1);
	expect_inside("\n  \"a\\\"b\\nc\"", 1, 1, 5, 2);
	expect_inside("\n  \"a\\\"b\\nc\"", 4, 1, 10, 1);
	expect_inside("\n  \"\\u00e9x\"", 0, 2, 4, 6);
	expect_inside("\n  \"\\u00e9x\"", 2, 1, 10, 1);
	expect_inside("\n  \"\\ud83d\\ude00x\"", 4, 1, 16, 1);
	expect_inside("\n  \"\xc3\xa9\xe6\x97\xa5x\"", 5, 1, 6, 1);
	expect_inside("\n  'abcdef'", 2, 1, 3, 8);
}
END_TEST

START_TEST(strict_text_has_no_extras)
{
	ck_assert_int_lt(read_text("{ \"a\": 1 } # c", JSON_STRICT), 0);
	ck_assert_int_lt(read_text("{ \"a\": 1, }", JSON_STRICT), 0);
	ck_assert_int_lt(read_text("{ \"a\": <?include \"/etc/passwd\"?> }", JSON_STRICT), 0);
	ck_assert_int_eq(read_text("{ \"a\": 1 }", JSON_STRICT), 0);
	ck_assert_int_eq(read_text("{ \"a\": 1, }", 0), 0);
	ck_assert_uint_eq(diag_warnings(diag), 1);
}
END_TEST

START_TEST(depth_and_number_of_errors_are_bounded)
{
	struct str text = { 0 };
	unsigned i;

	for (i = 0; i < 100000; i++)
		str_addc(&text, '[');
	ck_assert_int_lt(read_text(text.text, 0), 0);
	str_reset(&text);
	str_addc(&text, '[');
	for (i = 0; i < 1000; i++)
		str_add(&text, "x,");
	str_add(&text, "1]");
	ck_assert_int_lt(read_text(text.text, 0), 0);
	ck_assert_uint_eq(diag_errors(diag), 1000);
	str_free(&text);
}
END_TEST

/* Keys of any number and length stay correct when maps grow and shrink, and are freed with the document. */
START_TEST(keys_live_with_the_document)
{
	struct str text = { 0 };
	struct json_object *map, *v;
	char key[16];

	str_add(&text, "{ \"");
	for (unsigned i = 0; i < 70000; i++)
		str_addc(&text, 'k');
	str_add(&text, "\": { \"\": 1 }, \"m\": {");
	for (unsigned i = 0; i < 3000; i++)
		str_addf(&text, "%s\"key%u\": { \"key%u\": %u }", i ? "," : "", i, i + 1, i);
	str_add(&text, "} }");
	ck_assert_int_eq(read_text(text.text, 0), 0);
	ck_assert_int_eq(json_object_object_length(doc.root), 2);
	text.text[3 + 70000] = '\0';
	ck_assert(json_object_object_get_ex(doc.root, text.text + 3, &v));
	ck_assert(json_object_object_get_ex(v, "", NULL));
	ck_assert(json_object_object_get_ex(doc.root, "m", &map));
	for (unsigned i = 0; i < 3000; i++) {
		(void)snprintf(key, sizeof(key), "key%u", i);
		ck_assert(json_object_object_get_ex(map, key, &v));
		(void)snprintf(key, sizeof(key), "key%u", i + 1);
		ck_assert(json_object_object_get_ex(v, key, &v));
		ck_assert_int_eq(json_object_get_int(v), (int)i);
	}
	/* Keys added or removed later do not depend on how the others are stored. */
	json_object_object_del(map, "key7");
	json_object_object_add(map, "mine", json_object_new_int(1));
	ck_assert_int_eq(json_object_object_length(map), 3000);
	str_free(&text);
}
END_TEST

/* Any number of commas after a member is one warning each, as in Kea; there can be none before the first. */
START_TEST(extra_commas)
{
	expect("{ \"a\": 1,, \"b\": [ 2,,, 3, ],\n}", "W t:1:9: extra comma: is something missing after it?\n"
						      "W t:1:20: extra comma: is something missing after it?\n"
						      "W t:1:21: extra comma: is something missing after it?\n"
						      "W t:1:25: extra comma: is something missing after it?\n"
						      "W t:1:28: extra comma: is something missing after it?\n");
	ck_assert_int_eq(json_object_object_length(doc.root), 2);
	expect("{ , \"a\": [ , 1 ] }", "E t:1:3: unexpected ',', expected a key in double quotes\n"
				       "E t:1:12: unexpected ',', expected a value\n");
	ck_assert_int_lt(read_text("{ \"a\": 1,, \"b\": 2 }", JSON_STRICT), 0);
}
END_TEST

/* Kea's numbers: digits may be missing on one side of the point. */
START_TEST(numbers)
{
	static const struct {
		const char *text;
		double v;
	} good[] = { { ".45", .45 }, { "-.5", -.5 }, { "5.", 5 },   { "-5.", -5 },  { "+.5", .5 },
		     { "+1", 1 },    { ".5e1", 5 },  { "5.e0", 5 }, { "1e3", 1e3 }, { "1E-2", .01 } };
	static const char *const bad[] = { ".", "-", "+", ".e1", "1e", "1e+", ".5.", "1.2.3", "--1", "1-2", "0x10" };
	char text[64];
	struct json_object *v;

	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text), "{ \"a\": %s, \"b\": [ %s ] }", good[i].text, good[i].text);
		ck_assert_msg(read_text(text, 0) == 0, "%s", good[i].text);
		ck_assert(json_object_object_get_ex(doc.root, "a", &v));
		ck_assert(json_object_is_type(v, json_type_double));
		ck_assert_double_eq(json_object_get_double(v), good[i].v);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "{ \"a\": %s }", bad[i]);
		ck_assert_msg(read_text(text, 0) < 0, "%s", bad[i]);
		ck_assert_uint_ge(diag_errors(diag), 1);
	}
}
END_TEST

/* What looks like a quote is treated as one, and reported once. */
START_TEST(other_quotes)
{
	struct json_object *v;

	expect("{ 'a': 'x, y', \xe2\x80\x9c"
	       "b\xe2\x80\x9d: `z', 'c': \xe2\x80\x9cq\" }",
	       "E t:1:3: strings must be in double quotes, not single quotes (write \"a\")\n"
	       "E t:1:8: strings must be in double quotes, not single quotes (write \"x, y\")\n"
	       "E t:1:16: strings must be in double quotes, not typographic quotes (write \"b\")\n"
	       "E t:1:21: strings must be in double quotes, not backquotes (write \"z\")\n"
	       "E t:1:26: strings must be in double quotes, not single quotes (write \"c\")\n"
	       "E t:1:31: strings must be in double quotes, not typographic quotes (write \"q\")\n");
	ck_assert(json_object_object_get_ex(doc.root, "b", &v));
	ck_assert_str_eq(json_object_get_string(v), "z");
}
END_TEST

/* Without quotes: keys are read, values are placeholders but not missing. */
START_TEST(no_quotes)
{
	struct json_object *v;

	expect("{ a-b: 1, \"c\": 192.0.2.0/24, \"d\": 2001:db8::/32,\n\"e\": eth0 # lo\n, \"f\": True, \"g\": 6oo, "
	       "\"h\" = 1, "
	       "\"i\" 2 }",
	       "E t:1:3: key a-b must be in double quotes\n"
	       "E t:1:16: 192.0.2.0/24 is not a number (strings must be in double quotes)\n"
	       "E t:1:35: 2001:db8::/32 is not a number (strings must be in double quotes)\n"
	       "E t:2:6: unexpected word \"eth0\": strings must be in double quotes\n"
	       "E t:3:8: unexpected word \"True\": strings must be in double quotes (did you mean true?)\n"
	       "E t:3:19: 6oo is not a number\n"
	       "E t:3:28: unexpected '=', expected ':'\n"
	       "E t:3:37: unexpected '2', expected ':'\n");
	ck_assert_int_eq(json_object_object_length(doc.root), 8);
	ck_assert(json_object_object_get_ex(doc.root, "a-b", &v) && !json_is_broken(v));
	ck_assert(json_object_object_get_ex(doc.root, "d", &v) && json_is_broken(v));
	ck_assert_uint_eq(json_pos(v).len, 13);
	ck_assert(json_object_object_get_ex(doc.root, "i", &v) && json_object_get_int(v) == 2);
}
END_TEST

/* Characters from pasted text. */
START_TEST(odd_characters)
{
	expect("\xef\xbb\xbf{ \"a\": 1 } # \xc2\xa0", "");
	expect("\xef\xbb\xbf{ \"a\": x }", "E t:1:8: unexpected word \"x\": strings must be in double quotes\n");
	expect("{ \"a\":\xc2\xa0"
	       "1,\n\xe2\x80\x8b\"b\": \"\xc2\xa0\" }",
	       "E t:1:7: unexpected character U+00A0 (no-break space) (replace it by an ordinary space)\n"
	       "E t:2:1: unexpected character U+200B (zero width space) (replace it by an ordinary space)\n");
	expect("{ \"a\": 1\xef\xbc\x8c \"b\": 2 }", "E t:1:8: 1\xef\xbc\x8c is not a number\n");
	expect("{ \"a\": \xe2\x82\xac }", "E t:1:8: unexpected character U+20AC, expected a value\n");
	(void)read_bytes("\xff\xfe{\0}\0", 6, 0);
	ck_assert_uint_eq(diag_errors(diag), 1);
}
END_TEST

/* ISC's configuration is not JSON: one error says so. */
START_TEST(dhcpd_conf)
{
	expect("# for Kea?\n\nddns-update-style none;\nsubnet 192.0.2.0 netmask 255.255.255.0 {\n}\n",
	       "E t:3:1: this is a dhcpd.conf of ISC DHCP, not a Kea configuration (Kea's configuration is JSON; ISC's "
	       "keama "
	       "converts a dhcpd.conf)\n");
	expect("subnet", "E t:1:1: unexpected word \"subnet\": strings must be in double quotes\n");
}
END_TEST

/* Unmatched brackets: one error for each mistake, and everything that was meant is there. */
START_TEST(brackets)
{
	struct json_object *v;

	expect("{ \"a\": [ { \"b\": 1 ], \"c\": 2 }",
	       "E t:1:19: missing '}' before ']' [t:1:10: opened here and never closed]\n");
	ck_assert(json_object_object_get_ex(doc.root, "a", &v));
	ck_assert(json_object_object_get_ex(doc.root, "c", NULL));
	ck_assert_uint_eq(json_object_array_length(v), 1);
	ck_assert(json_is_cut(json_object_array_get_idx(v, 0)));
	ck_assert(!json_is_cut(v));
	expect("{\n  \"a\": {\n    \"b\": 1,\n    \"c\": [ 1 ]\n  \"d\": {\n    \"e\": 2\n  }\n}",
	       "E t:5:3: missing '},' before \"d\" [t:2:8: opened here and never closed]\n");
	ck_assert(json_object_object_get_ex(doc.root, "d", &v));
	expect("{ \"a\": 1 } }", "E t:1:12: unexpected '}'\n");
	expect("{ \"a\": { \"b\": [ 1 }",
	       "E t:1:19: missing ']' before '}' [t:1:15: opened here and never closed]\n"
	       "E t:1:20: unexpected end of file, expected '}' [t:1:1: opened here and never closed]\n");
	expect("{ \"a\": [ 1, 2 }, \"b\": { \"c\": 3 ] }",
	       "E t:1:15: unexpected '}', expected ']' [t:1:8: opened here]\n"
	       "E t:1:32: unexpected ']', expected '}' [t:1:23: opened here]\n");
	expect("\"a\": 1 }", "E t:1:1: missing '{' before \"a\"\n");
	ck_assert(json_object_object_get_ex(doc.root, "a", NULL));
}
END_TEST

START_TEST(unclosed_strings)
{
	struct json_object *v;

	expect("{ \"a\": \"x, \"b\": \"y\",\n  \"c: \"http://z/\",\n d\": [\n\"2001:db8::1, \"e\" ],\n"
	       "\"f\": \"1, 2 }",
	       "E t:1:8: string is not closed\n"
	       "E t:2:3: string is not closed\n"
	       "E t:3:2: missing opening quote\n"
	       "E t:4:1: string is not closed\n"
	       "E t:5:6: string is not closed\n");
	ck_assert_int_eq(json_object_object_length(doc.root), 5);
	ck_assert(json_object_object_get_ex(doc.root, "a", &v));
	ck_assert_str_eq(json_object_get_string(v), "x");
	ck_assert(json_object_object_get_ex(doc.root, "c", &v));
	ck_assert_str_eq(json_object_get_string(v), "http://z/");
	ck_assert(json_object_object_get_ex(doc.root, "f", &v));
	ck_assert_str_eq(json_object_get_string(v), "1, 2");
}
END_TEST

/* If the brackets make no sense, only what comes before is trusted. */
START_TEST(hopeless)
{
	struct str text = { 0 };
	unsigned i;

	for (i = 0; i < 100; i++)
		str_add(&text, "} ] : { , ");
	ck_assert_int_lt(read_text(text.text, 0), 0);
	ck_assert_uint_le(diag_errors(diag), 2);
	ck_assert(!doc.root || json_is_broken(doc.root));
	str_free(&text);
}
END_TEST

/* Characters that would end a string early are rejected, literal and as escapes, in keys and in values. */
START_TEST(no_zero_bytes)
{
	static const char key[] = "{ \"a\0b\": 1 }", value[] = "{ \"a\": \"x\0y\" }";

	expect("{ \"a\\u0000b\": 1, \"c\": \"\\u0000\" }",
	       "E t:1:6: \\u must be followed by the four hex digits of a valid character\n"
	       "E t:1:25: \\u must be followed by the four hex digits of a valid character\n");
	ck_assert_int_lt(read_bytes(key, sizeof(key) - 1, 0), 0);
	ck_assert_int_lt(read_bytes(value, sizeof(value) - 1, 0), 0);
}
END_TEST

static void check_print(const char *text, const char *expected)
{
	char *got = NULL;
	size_t len;
	FILE *to;

	(void)read_text(text, 0);
	to = open_memstream(&got, &len);
	diag_print(diag, to, DIAG_TEXT);
	fclose(to);
	ck_assert_msg(strstr(got, expected) != NULL, "expected:\n%s\ngot:\n%s", expected, got);
	free(got);
}

/* The mark is below its target: after tabs, wide and combining characters, in lines of any length. */
START_TEST(excerpts)
{
	struct str text = { 0 };
	unsigned i;

	check_print("{\n\t\"a\":\tx }", "     2 | \t\"a\":\tx }\n       | \t    \t^\n");
	check_print("{ \"\xe6\x97\xa5\xe6\x9c\xac\": x }", "\xe6\x9c\xac\": x }\n       |           ^\n");
	check_print("{ \"e\xcc\x81\": x }", "{ \"e\xcc\x81\": x }\n       |        ^\n");
	check_print("\xef\xbb\xbf{ x }", "     1 | { x }\n       |   ^\n");
	/* Terminal control characters are not printed. */
	check_print("{ \"\x1b[2J\xc2\x9b\": x }", "     1 | { \"?[2J?\": x }\n");
	check_print("{ \"a\xff\": 1 }", "     1 | { \"a?\": 1 }\n       |     ^\n");
	/* At the end of the line, and of the file. */
	check_print("{ \"a\": 1\n\"b\": 2 }", "     1 | { \"a\": 1\n       |        ^\n");
	check_print("{ \"a\": 1", "     1 | { \"a\": 1\n       |         ^\n");
	/* Passwords are hidden, also those of misspelled keys and in broken lines. */
	check_print("{ \"password\": \"p\xc3\xa9\\\"x\", \"a\": x }",
		    "{ \"password\": \"*****\", \"a\": x }\n       |                             ^\n");
	check_print("{ \"pasword\" :\"abc\", secret: def, \"a\": x }",
		    "\"pasword\" :\"***\", secret: ***, \"a\": x }\n");
	check_print("{ \"a\": x, \"password\": \"abc", "\"password\": \"***\n");
	check_print("{ \"password-file\": \"f\", \"a\": x }", "{ \"password-file\": \"f\", \"a\": x }\n");
	str_add(&text, "{ \"\xc3\xa9\": [");
	for (i = 0; i < 200; i++)
		str_addf(&text, "%u, ", 1000 + i);
	str_add(&text, "word");
	for (i = 0; i < 200; i++)
		str_addf(&text, ", %u", 2000 + i);
	str_add(&text, "] }");
	check_print(text.text, "     1 | ...1190, 1191, 1192, 1193, 1194, 1195, 1196, 1197, 1198, 1199, word, 2000,");
	check_print(text.text, "       |                                                                ^^^^\n");
	str_free(&text);
}
END_TEST

START_TEST(suggestions)
{
	static const char *const names[] = { "valid-lifetime", "renew-timer", "id" };

	ck_assert_str_eq(diag_suggest("valid-lifetme", names, 3), "valid-lifetime");
	ck_assert_str_eq(diag_suggest("rnew-tiemr", names, 3), "renew-timer");
	ck_assert_ptr_null(diag_suggest("something-else", names, 3));
	ck_assert_str_eq(diag_suggest("SUBNET-ID", names, 3), "id");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("read");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, takes_comments_and_all_values);
	tcase_add_test(tc, finds_all_errors_of_a_text);
	tcase_add_test(tc, columns_count_characters);
	tcase_add_test(tc, places_inside_strings);
	tcase_add_test(tc, strict_text_has_no_extras);
	tcase_add_test(tc, depth_and_number_of_errors_are_bounded);
	tcase_add_test(tc, keys_live_with_the_document);
	tcase_add_test(tc, extra_commas);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, other_quotes);
	tcase_add_test(tc, no_quotes);
	tcase_add_test(tc, odd_characters);
	tcase_add_test(tc, dhcpd_conf);
	tcase_add_test(tc, brackets);
	tcase_add_test(tc, unclosed_strings);
	tcase_add_test(tc, hopeless);
	tcase_add_test(tc, no_zero_bytes);
	tcase_add_test(tc, excerpts);
	tcase_add_test(tc, suggestions);
	return suite_run(tc);
}
