/* SPDX-License-Identifier: MPL-2.0 */
/* The configuration reader: what it takes, where it says an error is, and that it finds all of them. */
#include "base/str.h"
#include "json/read.h"

#include <check.h>

static struct json_doc doc;
static struct diag *diag;

static int read_text(const char *text, unsigned flags)
{
	json_doc_done(&doc);
	diag_free(diag);
	diag = diag_new();
	return json_read_text("t", text, strlen(text), flags, diag, &doc);
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
				   "\"s\": \"a\\u00e9\\n\\ud83d\\ude00\", \"t\": true, \"l\": [1, 2], \"n\": null }", 0), 0);
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
	       "E t:2:8: unexpected tru: a text stands in double quotes\n"
	       "E t:3:9: missing comma\n"
	       "E t:4:3: \"a\" stands here twice [t:1:3: the first one is here]\n"
	       "E t:5:8: 99999999999999999999 does not fit in 64 bits\n");
}
END_TEST

START_TEST(columns_count_characters)
{
	expect("{ \"k\xc3\xa9\": x }", "E t:1:9: unexpected x: a text stands in double quotes\n");
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
	tcase_add_test(tc, suggestions);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
