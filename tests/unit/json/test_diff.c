/* SPDX-License-Identifier: MPL-2.0 */
/* Steps from one JSON value to another: they are short, they lead there, and steps that do not fit are noticed. */
#include "../suite.h"

#include "json/diff.h"

#include <stdlib.h>
#include <string.h>

static struct json_object *parse(const char *text)
{
	char *copy = strdup(text);
	struct json_object *v;

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	v = json_tokener_parse(copy);
	ck_assert_msg(v != NULL, "%s", text);
	free(copy);
	return v;
}

/* steps: NULL if they do not matter. */
static void expect(const char *before, const char *after, const char *steps)
{
	struct json_object *a = parse(before), *b = parse(after), *diff = json_diff(a, b), *want;

	if (steps) {
		want = parse(steps);
		ck_assert_msg(json_object_equal(diff, want), "%s\nto %s:\n%s", before, after,
			      json_object_to_json_string(diff));
		json_object_put(want);
	}
	ck_assert(json_apply(a, diff));
	ck_assert_msg(json_object_equal(a, b), "%s\nto %s:\n%s\nleads to %s", before, after,
		      json_object_to_json_string(diff), json_object_to_json_string(a));
	json_object_put(diff);
	json_object_put(a);
	json_object_put(b);
}

START_TEST(short_steps)
{
	expect("{ 'a': 1 }", "{ 'a': 1 }", "[]");
	expect("{ 'a': 1, 'b': 2 }", "{ 'b': 2, 'a': 1 }", "[]");
	expect("{ 'a': 1 }", "{ 'a': 2 }", "[ { 'at': [ 'a' ], 'set': 2 } ]");
	expect("{ 'a': 1 }", "{ 'b': 1 }", "[ { 'at': [ 'a' ], 'remove': 1 }, { 'at': [ 'b' ], 'set': 1 } ]");
	expect("{ 'a': [ 1, 2, 3 ] }", "{ 'a': [ 1, 2, 3, 4 ] }",
	       "[ { 'at': [ 'a' ], 'from': 3, 'remove': 0, 'insert': [ 4 ] } ]");
	expect("{ 'a': [ 1, 2, 3 ] }", "{ 'a': [ 2, 3 ] }",
	       "[ { 'at': [ 'a' ], 'from': 0, 'remove': 1, 'insert': [] } ]");
	expect("{ 'a': [ { 'b': [ 1 ], 'c': 2 }, 7 ] }", "{ 'a': [ { 'b': [ 1, 1 ], 'c': 3 }, 7 ] }",
	       "[ { 'at': [ 'a', 0, 'b' ], 'from': 1, 'remove': 0, 'insert': [ 1 ] }, { 'at': [ 'a', 0, 'c' ], 'set': "
	       "3 } ]");
	expect("{ 'a': [ 1, 2, 3, 4, 5 ] }", "{ 'a': [ 1, 9, 5 ] }",
	       "[ { 'at': [ 'a' ], 'from': 1, 'remove': 3, 'insert': [ 9 ] } ]");
	expect("{ 'a': [ 1, 5 ] }", "{ 'a': [ 1, 2, 3, 4, 5 ] }",
	       "[ { 'at': [ 'a' ], 'from': 1, 'remove': 0, 'insert': [ 2, 3, 4 ] } ]");
	expect("{ 'a': { 'x': null } }", "{ 'a': [ null ] }", NULL);
	expect("{ 'a': null }", "{ }", NULL);
	expect("{ }", "{ 'a': null }", NULL);
}
END_TEST

/* A value of random shape; the same number is the same value. */
static struct json_object *make(unsigned *seed, unsigned depth)
{
	unsigned kind = (unsigned)rand_r(seed) % (depth ? 6 : 3), n = (unsigned)rand_r(seed) % 5;
	struct json_object *v;
	char name[2] = { 0 };

	switch (kind) {
	case 0:
		return json_object_new_int((int)n);
	case 1:
		return json_object_new_string(n % 2 ? "x" : "y");
	case 2:
		return NULL;
	case 3:
	case 4:
		v = json_object_new_array();
		for (unsigned i = 0; i < n; i++)
			json_object_array_add(v, make(seed, depth - 1));
		return v;
	default:
		v = json_object_new_object();
		for (unsigned i = 0; i < n; i++) {
			name[0] = (char)('a' + rand_r(seed) % 6);
			json_object_object_add(v, name, make(seed, depth - 1));
		}
		return v;
	}
}

static struct json_object *make_map(unsigned *seed)
{
	struct json_object *v = json_object_new_object();

	json_object_object_add(v, "a", make(seed, 4));
	json_object_object_add(v, "b", make(seed, 4));
	return v;
}

START_TEST(any_values)
{
	for (unsigned i = 0; i < 20000; i++) {
		unsigned one = i, two = i / 3;
		struct json_object *a = make_map(&one), *b = make_map(&two);

		expect(json_object_to_json_string(a), json_object_to_json_string(b), NULL);
		json_object_put(a);
		json_object_put(b);
	}
}
END_TEST

START_TEST(wrong_steps)
{
	static const char *const steps[] = {
		"{}",
		"[ 1 ]",
		"[ {} ]",
		"[ { 'at': 'a', 'set': 1 } ]",
		"[ { 'at': [], 'set': 1 } ]",
		"[ { 'at': [ 'x', 'y' ], 'set': 1 } ]",
		"[ { 'at': [ 'a', 3 ], 'set': 1 } ]",
		"[ { 'at': [ 'a', -1 ], 'set': 1 } ]",
		"[ { 'at': [ 'a', 'b' ], 'set': 1 } ]",
		"[ { 'at': [ 'm', 0 ], 'set': 1 } ]",
		"[ { 'at': [ 'a', 0 ] } ]",
		"[ { 'at': [ 'a', null ], 'set': 1 } ]",
		"[ { 'at': [ 'm' ], 'from': 0, 'remove': 0, 'insert': [] } ]",
		"[ { 'at': [ 'a' ], 'from': 4, 'remove': 0, 'insert': [] } ]",
		"[ { 'at': [ 'a' ], 'from': 1, 'remove': 3, 'insert': [] } ]",
		"[ { 'at': [ 'a' ], 'from': -1, 'remove': 0, 'insert': [] } ]",
		"[ { 'at': [ 'a' ], 'from': 0, 'remove': 9223372036854775807, 'insert': [] } ]",
		"[ { 'at': [ 'a' ], 'from': 0, 'insert': [] } ]",
		"[ { 'at': [ 'a' ], 'from': 0, 'remove': 0, 'insert': 1 } ]",
		"[ { 'at': [ 'a' ], 'from': 'x', 'remove': 0, 'insert': [] } ]",
	};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct json_object *map = parse("{ 'a': [ 1, 2, 3 ], 'm': { 'x': 1 } }"), *v = parse(steps[i]);

		ck_assert_msg(!json_apply(map, v), "%s", steps[i]);
		json_object_put(map);
		json_object_put(v);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("diff");

	tcase_add_test(tc, short_steps);
	tcase_add_test(tc, any_values);
	tcase_add_test(tc, wrong_steps);
	tcase_set_timeout(tc, 60);
	return suite_run(tc);
}
