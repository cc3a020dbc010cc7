/* SPDX-License-Identifier: MPL-2.0 */
/* Commands: what is rejected and with which text, responses now and later, pieces, clients that leave. */
#include "ctl/command.h"

#include "base/str.h"
#include "../suite.h"

struct greet_args {
	struct conf_node node;
	const char *name;
	uint32_t times;
};
static const struct key greet_keys[] = {
	K_STRING(struct greet_args, name, "name", .required = true, .since = "4.2.0", .doc = "whom"),
	K_INT(struct greet_args, times, "times", .def = "1", .max = 3, .since = "4.2.0", .doc = "how often"),
};
static const struct scope greet_scope = SCOPE("arguments", struct greet_args, greet_keys);

static struct ctl_call *pending;
static unsigned n_done, n_ready, n_after, cursor_pos;
static bool has_more;

static void greet(struct ctl_call *call, const void *args)
{
	const struct greet_args *a = args;
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < a->times; i++)
		json_object_array_add(list, json_object_new_string(a->name));
	ctl_respond(call, CTL_SUCCESS, list, "%u times", a->times);
}

static void later(struct ctl_call *call, const void *args)
{
	ck_assert_ptr_null(args);
	pending = call;
}

static enum ctl_more next(struct ctl_call *call, void *state, struct str *out)
{
	unsigned *limit = state;

	if (cursor_pos == 2 && !has_more)
		return CTL_WAIT;
	if (cursor_pos < *limit) {
		str_addf(out, "%s%u", cursor_pos ? ", " : "[ ", cursor_pos);
		cursor_pos++;
		return CTL_MORE;
	}
	if (*limit)
		str_add(out, " ]");
	ctl_cursor_result(call, *limit ? CTL_SUCCESS : CTL_EMPTY, "%u found", *limit);
	return CTL_END;
}

static void done(void *state)
{
	(void)state;
	n_done++;
}

static const struct ctl_cursor cursor = { next, done };
static unsigned limit;

static void count(struct ctl_call *call, const void *args)
{
	(void)args;
	cursor_pos = 0;
	ctl_respond_cursor(call, &cursor, &limit);
}

static void on_after(void *user, void *ctx)
{
	ck_assert_ptr_eq(user, &limit);
	ck_assert_ptr_eq(ctx, &n_after);
	n_after++;
}

static void stop(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_after(call, on_after, &n_after);
	ctl_respond(call, CTL_SUCCESS, NULL, "stopping");
}

static const struct command rows[] = {
	{ .name = "greet", .access = CTL_READ, .args = &greet_scope, .provider = "core", .run = greet },
	{ .name = "later", .access = CTL_WRITE, .provider = "core", .run = later },
	{ .name = "count", .access = CTL_READ, .provider = "core", .run = count },
	{ .name = "stop", .access = CTL_WRITE, .provider = "core", .run = stop },
	{ .name = "six", .families = KEY_6, .access = CTL_READ, .provider = "core", .run = later },
};

static struct ctl *ctl;
static struct ctl_who who;

static void setup(void)
{
	ctl = ctl_new(KEY_4, &limit);
	ctl_add(ctl, rows, sizeof(rows) / sizeof(rows[0]));
	who = (struct ctl_who){ .channel = "test" };
	pending = NULL;
	n_done = n_ready = n_after = 0;
	has_more = true;
}

static void teardown(void)
{
	ctl_free(ctl);
}

static void on_ready(void *ctx)
{
	(void)ctx;
	n_ready++;
}

static struct ctl_call *start(const char *text)
{
	return ctl_dispatch(ctl, ctl_request_parse(text, strlen(text)), &who, on_ready, NULL);
}

static enum ctl_more read_all(struct ctl_call *call, struct str *out)
{
	enum ctl_more more;

	while ((more = ctl_call_read(call, out)) == CTL_MORE)
		;
	return more;
}

/* The response must be this text. */
static void expect(const char *request, const char *response)
{
	struct ctl_call *call = start(request);
	struct str out = { 0 };

	ck_assert_int_eq(read_all(call, &out), CTL_END);
	ck_assert_str_eq(str_text(&out), response);
	ctl_call_free(call);
	str_free(&out);
}

/* Requests that are not valid: every error, with its position. */
START_TEST(invalid)
{
	expect("{\"command\":", "{ \"result\": 1, \"text\": \"request:1:12: unexpected end of file, expected a value "
				"[request:1:1: opened here and never closed]\" }");
	expect("[]", "{ \"result\": 1, \"text\": \"request:1:1: expected a map: { \\\"command\\\": ... }\" }");
	expect("{}", "{ \"result\": 1, \"text\": \"request:1:1: \\\"command\\\" is missing in the request\" }");
	expect("{ \"comand\": \"x\", \"arguments\": 3 }",
	       "{ \"result\": 1, \"text\": \"request:1:3: unknown parameter \\\"comand\\\" in the request "
	       "(did you mean \\\"command\\\"?)\\nrequest:1:31: \\\"arguments\\\" is an integer, expected a map\" }");
}
END_TEST

/* Commands that do not exist, or not in this family. */
START_TEST(unknown)
{
	expect("{ \"command\": \"foo\" }", "{ \"result\": 2, \"text\": \"'foo' command not supported.\" }");
	expect("{ \"command\": \"gret\" }",
	       "{ \"result\": 2, \"text\": \"'gret' command not supported. Did you mean 'greet'?\" }");
	expect("{ \"command\": \"six\" }", "{ \"result\": 2, \"text\": \"'six' command not supported.\" }");
	expect("{ \"command\": \"list-commands\" }",
	       "{ \"arguments\": [ \"count\", \"greet\", \"later\", \"list-commands\", \"stop\" ], \"result\": 0 }");
}
END_TEST

/* Arguments are read by their rows: defaults, types, ranges, names, all errors at once. */
START_TEST(arguments)
{
	expect("{ \"command\": \"greet\", \"arguments\": { \"name\": \"a\\\"\\u0001b\", \"times\": 2 } }",
	       "{ \"arguments\": [ \"a\\\"\\u0001b\", \"a\\\"\\u0001b\" ], \"result\": 0, \"text\": \"2 times\" }");
	expect("{ \"command\": \"greet\" }", "{ \"result\": 1, \"text\": \"\\\"name\\\" is missing in arguments\" }");
	expect("{ \"command\": \"greet\",\n  \"arguments\": { \"times\": 4, \"nam\": 1 } }",
	       "{ \"result\": 1, \"text\": \"request:2:27: \\\"times\\\" is 4, not in 0..3\\n"
	       "request:2:30: unknown parameter \\\"nam\\\" in arguments (did you mean \\\"name\\\"?)\" }");
	expect("{ \"command\": \"stop\", \"arguments\": { \"x\": 1 } }",
	       "{ \"result\": 1, \"text\": \"request:1:37: unknown parameter \\\"x\\\" in arguments\" }");
}
END_TEST

/* The error for a rejected command names the rule. */
START_TEST(access)
{
	const char *names[] = { "greet", "list-commands" };
	const struct conf_strings allowed = { .v = names, .n = 2 };

	who.is_read_only = true;
	who.rule = "user \"stork\"";
	expect("{ \"command\": \"stop\" }", "{ \"result\": 1, \"text\": \"'stop' command is not allowed: "
					    "\\\"access\\\" is \\\"read-only\\\" for user "
					    "\\\"stork\\\"\" }");
	limit = 1;
	expect("{ \"command\": \"count\" }", "{ \"arguments\": [ 0 ], \"result\": 0, \"text\": \"1 found\" }");
	who.commands = &allowed;
	expect("{ \"command\": \"count\" }", "{ \"result\": 1, \"text\": \"'count' command is not allowed: "
					     "\\\"allowed-commands\\\" does not list it for user "
					     "\\\"stork\\\"\" }");
	ck_assert_uint_eq(n_after, 0);
}
END_TEST

/* A response that comes later wakes the channel once. */
START_TEST(waits)
{
	struct ctl_call *call = start("{ \"command\": \"later\" }");
	struct str out = { 0 };

	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	ck_assert_uint_eq(n_ready, 0);
	ctl_respond(pending, CTL_CONFLICT, NULL, "busy");
	ck_assert_uint_eq(n_ready, 1);
	ck_assert_int_eq(read_all(call, &out), CTL_END);
	ck_assert_int_eq(ctl_call_result(call), CTL_CONFLICT);
	ck_assert_str_eq(str_text(&out), "{ \"result\": 4, \"text\": \"busy\" }");
	ctl_call_free(call);
	str_free(&out);
}
END_TEST

/* The client leaves while the command runs: its response goes nowhere, and nothing leaks. */
START_TEST(leaves)
{
	struct ctl_call *call = start("{ \"command\": \"later\" }");

	ctl_call_free(call);
	ctl_respond(pending, CTL_SUCCESS, json_object_new_object(), NULL);
	ck_assert_uint_eq(n_ready, 0);
}
END_TEST

/* Pieces of a cursor; one that has to wait; one without output; a client that leaves in between. */
START_TEST(pieces)
{
	struct ctl_call *call;
	struct str out = { 0 };

	limit = 4;
	has_more = false;
	call = start("{ \"command\": \"count\" }");
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	ck_assert_str_eq(str_text(&out), "{ \"arguments\": [ 0, 1");
	has_more = true;
	ctl_cursor_ready(call);
	ck_assert_uint_eq(n_ready, 1);
	ck_assert_int_eq(read_all(call, &out), CTL_END);
	ck_assert_str_eq(str_text(&out), "{ \"arguments\": [ 0, 1, 2, 3 ], \"result\": 0, \"text\": \"4 found\" }");
	ctl_call_free(call);
	ck_assert_uint_eq(n_done, 1);
	limit = 0;
	expect("{ \"command\": \"count\" }", "{ \"result\": 3, \"text\": \"0 found\" }");
	limit = 4;
	call = start("{ \"command\": \"count\" }");
	ck_assert_int_eq(ctl_call_read(call, &out), CTL_MORE);
	ctl_call_free(call);
	ck_assert_uint_eq(n_done, 3);
	str_free(&out);
}
END_TEST

/* What follows the response happens once the channel is done with it, or its client is gone. */
START_TEST(afterwards)
{
	struct ctl_call *call = start("{ \"command\": \"stop\" }");

	ck_assert_uint_eq(n_after, 0);
	ctl_call_free(call);
	ck_assert_uint_eq(n_after, 1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("command");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, invalid);
	tcase_add_test(tc, unknown);
	tcase_add_test(tc, arguments);
	tcase_add_test(tc, access);
	tcase_add_test(tc, waits);
	tcase_add_test(tc, leaves);
	tcase_add_test(tc, pieces);
	tcase_add_test(tc, afterwards);
	return suite_run(tc);
}
