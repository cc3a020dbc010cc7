/* SPDX-License-Identifier: MPL-2.0 */
/* The configuration reader: what it takes, where it says an error is, and that it finds all of them. */
#include "base/str.h"
#include "json/read.h"

#include <check.h>

static struct json_doc doc;
static struct diag *diag;

static int read_bytes(const char *text, size_t len, unsigned flags)
{
	json_doc_done(&doc);
	diag_free(diag);
	diag = diag_new();
	return json_read_text("t", text, len, flags, diag, &doc);
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
	       "E t:2:8: unexpected word \"tru\": strings must be in double quotes\n"
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

/* Keys of any number and length stay right when maps grow and shrink, and are gone with the document. */
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
	/* One that is added or taken away later does not mind how the others are kept. */
	json_object_object_del(map, "key7");
	json_object_object_add(map, "mine", json_object_new_int(1));
	ck_assert_int_eq(json_object_object_length(map), 3000);
	str_free(&text);
}
END_TEST

/* Any number of commas after a member is one warning each, as in Kea; before the first there can be none. */
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

/* What would end a text early is refused, as a character and as an escape, in keys and in values. */
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

START_TEST(suggestions)
{
	static const char *const names[] = { "valid-lifetime", "renew-timer", "id" };

	ck_assert_str_eq(diag_suggest("valid-lifetme", names, 3), "valid-lifetime");
	ck_assert_str_eq(diag_suggest("rnew-tiemr", names, 3), "renew-timer");
	ck_assert_ptr_null(diag_suggest("something-else", names, 3));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tc = tcase_create("read");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, takes_comments_and_all_values);
	tcase_add_test(tc, finds_all_errors_of_a_text);
	tcase_add_test(tc, columns_count_characters);
	tcase_add_test(tc, strict_text_has_no_extras);
	tcase_add_test(tc, depth_and_number_of_errors_are_bounded);
	tcase_add_test(tc, keys_live_with_the_document);
	tcase_add_test(tc, extra_commas);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, no_zero_bytes);
	tcase_add_test(tc, suggestions);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
