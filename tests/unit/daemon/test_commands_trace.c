/* SPDX-License-Identifier: MPL-2.0 */
/* The commands client-trace-add, -del and -list; what they do to the log is in tests/unit/serve/test_client_trace.c. */
#include "commanding.h"

static void setup4(void)
{
	command_start(&family4, "\"commands\": \"all\"");
}

static void setup6(void)
{
	command_start(&family6, "\"commands\": \"all\"");
}

#define ADD(arguments) "{ 'command': 'client-trace-add', 'arguments': { " arguments " } }"
#define DEL(arguments) "{ 'command': 'client-trace-del', 'arguments': { " arguments " } }"
#define LIST "{ 'command': 'client-trace-list' }"

START_TEST(family_4)
{
	command_expect(LIST, "{ 'result': 3, 'arguments': { 'clients': [ ] } }");
	command_expect(ADD("'hw-address': '02:00:00:00:00:01', 'seconds': 60"), "{ 'result': 0 }");
	command_expect(ADD("'client-id': '\\u0027me\\u0027'"),
		       "{ 'result': 0, 'text': 'client traced for 600 seconds' }");
	command_expect(LIST, "{ 'result': 0, 'arguments': { 'clients': [ { 'hw-address': '02:00:00:00:00:01' }, { "
			     "'client-id': '6d:65', 'seconds': 600 } ] } }");
	command_expect(DEL("'hw-address': '020000000001'"), "{ 'result': 0 }");
	command_expect(DEL("'hw-address': '02:00:00:00:00:01'"), "{ 'result': 3 }");
	command_expect(ADD(""), "{ 'result': 1 }");
	command_expect(ADD("'hw-address': '02', 'client-id': '02'"), "{ 'result': 1 }");
	command_expect(ADD("'hw-address': 'x'"), "{ 'result': 1 }");
	command_expect(ADD("'hw-address': ''"), "{ 'result': 1 }");
	command_expect(ADD("'hw-address': '02', 'seconds': 0"), "{ 'result': 1 }");
	command_expect(ADD("'duid': '02:03:04'"), "{ 'result': 1 }");
	for (unsigned i = 0; i < 15; i++) {
		char text[160];

		(void)snprintf(text, sizeof(text), ADD("'hw-address': '02:%02x'"), i);
		command_expect(text, "{ 'result': 0 }");
	}
	command_expect(ADD("'hw-address': '03'"), "{ 'result': 1, 'text': '16 clients are already traced: end one with "
						  "client-trace-del' }");
}
END_TEST

START_TEST(family_6)
{
	command_expect(ADD("'duid': '00:01:02:03'"), "{ 'result': 0 }");
	command_expect(LIST, "{ 'result': 0, 'arguments': { 'clients': [ { 'duid': '00:01:02:03' } ] } }");
	command_expect(ADD("'client-id': '00:01:02:03'"), "{ 'result': 1 }");
	command_expect(DEL("'duid': '00:01:02:03'"), "{ 'result': 0 }");
	command_expect(LIST, "{ 'result': 3 }");
}
END_TEST

int main(void)
{
	TCase *v[] = { tcase_create("v4"), tcase_create("v6") };

	for (unsigned i = 0; i < 2; i++) {
		tcase_add_checked_fixture(v[i], i ? setup6 : setup4, command_stop);
		tcase_set_timeout(v[i], 60);
	}
	tcase_add_test(v[0], family_4);
	tcase_add_test(v[1], family_6);
	return suite_run_all(v, 2);
}
