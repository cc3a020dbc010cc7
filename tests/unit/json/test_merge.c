/* SPDX-License-Identifier: MPL-2.0 */
/* Changes to a JSON text that keep comments and layout. */
#include "../suite.h"

#include "json/merge.h"

#include <string.h>

/* The text means `before`; changed to `after` it must be `want`. ' stands for ". */
static void expect(const char *text, const char *before, const char *after, const char *want)
{
	char *t[4] = { strdup(text), strdup(before), strdup(after), strdup(want) };
	struct json_object *b, *a;
	struct str out = { 0 };

	for (unsigned i = 0; i < 4; i++)
		for (char *p = t[i]; *p; p++)
			*p = *p == '\'' ? '"' : *p;
	b = json_tokener_parse(t[1]);
	a = json_tokener_parse(t[2]);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_nonnull(a);
	ck_assert(json_merge(t[0], strlen(t[0]), b, a, &out));
	ck_assert_str_eq(str_text(&out), t[3]);
	str_free(&out);
	json_object_put(a);
	json_object_put(b);
	for (unsigned i = 0; i < 4; i++)
		free(t[i]);
}

START_TEST(members)
{
	expect("{ 'a': 1 } # end\n", "{ 'a': 1, 'b': 2 }", "{ 'a': 1, 'b': 2 }", "{ 'a': 1 } # end\n");
	expect("// head\n{ 'a': /* why */ 1, 'c': 3 }", "{ 'a': 1, 'c': 3 }", "{ 'a': 2, 'c': 3 }",
	       "// head\n{ 'a': /* why */ 2, 'c': 3 }");
	expect("{ 'a': 1, 'c': 3 }", "{ 'a': 1, 'c': 3 }", "{ 'c': 3 }", "{ 'c': 3 }");
	expect("{ 'a': 1, 'c': 3 }", "{ 'a': 1, 'c': 3 }", "{ 'a': 1 }", "{ 'a': 1 }");
	expect("{ 'a': 1 }", "{ 'a': 1, 'b': 2 }", "{ 'a': 1, 'b': 3 }", "{ 'a': 1, 'b': 3 }");
	expect("{}", "{}", "{ 'b': [ 3 ] }", "{ 'b': [\n  3\n]}");
	/* Neither has it: an old name, which stays. */
	expect("{ 'old': 1, 'a': 1 }", "{ 'a': 1 }", "{ 'a': 2 }", "{ 'old': 1, 'a': 2 }");
	expect("{\n\t'a': 1, # one\n\t'b': 2 # two\n\t# end\n}", "{ 'a': 1, 'b': 2 }", "{ 'a': 1, 'b': 2, 'c': 3 }",
	       "{\n\t'a': 1, # one\n\t'b': 2, # two\n\t'c': 3\n\t# end\n}");
	expect("{\n\t'a': 1, # one\n}", "{ 'a': 1 }", "{ 'a': 1, 'c': 3 }", "{\n\t'a': 1, # one\n\t'c': 3\n}");
}
END_TEST

START_TEST(lists)
{
	expect("{ 's': [\n  # one\n  { 'id': 1 },\n  # two\n  { 'id': 2 }\n] }",
	       "{ 's': [ { 'id': 1 }, { 'id': 2 } ] }", "{ 's': [ { 'id': 2, 'x': 1 }, { 'id': 3 } ] }",
	       "{ 's': [\n  # two\n  { 'id': 2, 'x': 1 },\n  {\n    'id': 3\n  }\n] }");
	expect("{ 's': [ 'a', 'b' ] }", "{ 's': [ 'a', 'b' ] }", "{ 's': [ 'b' ] }", "{ 's': [ 'b' ] }");
	expect("{ 's': [ 'a', 'b' ] }", "{ 's': [ 'a', 'b' ] }", "{ 's': [] }", "{ 's': [ ] }");
	/* The text has other items than its meaning: replaced. */
	expect("{ 's': [ 1 ] }", "{ 's': [ 1, 2 ] }", "{ 's': 5 }", "{ 's': 5 }");
}
END_TEST

/* What an include brought is replaced as a whole if it changes. */
START_TEST(includes)
{
	expect("{ 'a': <?include 'x'?>, 'b': 1 }", "{ 'a': 1, 'b': 1 }", "{ 'a': 1, 'b': 2 }",
	       "{ 'a': <?include 'x'?>, 'b': 2 }");
	expect("{ 'm': { <?include 'x'?> }, 'b': 1 }", "{ 'm': { 'z': 1 }, 'b': 1 }", "{ 'm': { 'z': 2 }, 'b': 1 }",
	       "{ 'm': {\n  'z': 2\n}, 'b': 1 }");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("merge");

	tcase_add_test(tc, members);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, includes);
	return suite_run(tc);
}
