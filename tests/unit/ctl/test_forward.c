/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Requests that are forwarded to other processes, over real unix sockets with a virtual clock: the order of responses,
 * processes that are absent, silent, wrong, endless or too busy, and clients that are slow or leave. The test is the
 * agent, a turn of the loop at a time, and the processes behind it.
 */
#include "ctl/forward.h"

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/limits.h"
#include "io/loop.h"
#include "../suite.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct loop *loop;
static struct ctl *ctl, *known;
static char folder[] = "/tmp/kea-test-XXXXXX", path[CTL_SERVICES][64];
static int listener[CTL_SERVICES];
static unsigned n_ready;
static struct ctl_who who;

static void nothing(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_respond(call, CTL_SUCCESS, NULL, "the agent");
}

static const struct command rows[] = {
	{ .name = "read", .families = KEY_ALL, .access = CTL_READ, .provider = "core", .run = nothing },
	{ .name = "write", .families = KEY_ALL, .access = CTL_WRITE, .provider = "core", .run = nothing },
};

static void use_paths(bool has4, bool has6, bool has_d2)
{
	const char *const paths[CTL_SERVICES] = { has4 ? path[0] : NULL, has6 ? path[1] : NULL,
						  has_d2 ? path[2] : NULL };

	ctl_forward(ctl, loop, known, paths);
}

static void open_service(enum ctl_service i)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path[i]);
	listener[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(listener[i], 0);
	ck_assert_int_eq(bind(listener[i], (const struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(listener[i], 64), 0);
}

static void setup(void)
{
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	(void)signal(SIGPIPE, SIG_IGN);
	clock_set_virtual(1000000, 1000000);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	loop = loop_new_main();
	ctl = ctl_new(KEY_AGENT, NULL);
	known = ctl_new(KEY_DHCP | KEY_D2, NULL);
	ctl_add(ctl, rows, 1);
	ctl_add(known, rows, sizeof(rows) / sizeof(rows[0]));
	for (unsigned i = 0; i < CTL_SERVICES; i++) {
		(void)snprintf(path[i], sizeof(path[i]), "%s/%u", folder, i);
		open_service(i);
	}
	use_paths(true, true, true);
	who = (struct ctl_who){ .channel = "test" };
	n_ready = 0;
}

static void teardown(void)
{
	ctl_free(ctl);
	ctl_free(known);
	for (unsigned i = 0; i < CTL_SERVICES; i++) {
		close(listener[i]);
		(void)unlink(path[i]);
	}
	loop_free(loop);
	(void)rmdir(folder);
}

/* --- the agent --- */

static void on_ready(void *ctx)
{
	(void)ctx;
	n_ready++;
}

static void turns(int n)
{
	while (n--)
		ck_assert_int_eq(loop_run_once(loop, 0), 0);
}

static struct ctl_call *start(const char *text)
{
	return ctl_dispatch(ctl, ctl_request_parse(text, strlen(text)), &who, on_ready, NULL);
}

/* Reads as far as possible. */
static enum ctl_more read_all(struct ctl_call *call, struct str *out)
{
	enum ctl_more more = CTL_MORE;

	turns(4);
	while (more == CTL_MORE)
		more = ctl_call_read(call, out);
	return more;
}

/* Ends the call and compares the response, which must be complete. */
static void expect(struct ctl_call *call, struct str *out, const char *text)
{
	ck_assert_int_eq(read_all(call, out), CTL_END);
	ck_assert_str_eq(str_text(out), text);
	ctl_call_free(call);
	str_free(out);
}

/* --- a process behind it --- */

static int accept_request(enum ctl_service i)
{
	int fd = accept4(listener[i], NULL, NULL, SOCK_NONBLOCK);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void expect_request(int fd, const char *text)
{
	char buf[1024];
	ssize_t n;

	turns(4);
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	ck_assert_int_gt(n, 0);
	buf[n] = '\0';
	ck_assert_str_eq(buf, text);
}

static void respond(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static const char all[] = "{ \"command\": \"read\", \"service\": [ \"d2\", \"dhcp6\", \"dhcp4\", \"dhcp5\" ] }";
static const char d2_request[] = "{ \"command\": \"read\", \"service\": [ \"d2\" ] }";

#define ERROR(text) "{ \"result\": 1, \"text\": \"" text "\" }"

START_TEST(order)
{
	static const enum ctl_service services[] = { SERVICE_D2, SERVICE_DHCP6, SERVICE_DHCP4 };
	struct ctl_call *call = start(all);
	struct str out = { 0 };
	char text[32];

	for (unsigned i = 0; i < 3; i++) {
		int fd;

		ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
		fd = accept_request(services[i]);
		expect_request(fd, all);
		(void)snprintf(text, sizeof(text), "{ \"result\": %u", i);
		respond(fd, text);
		ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
		ck_assert_uint_eq(n_ready, i);
		/* What follows the map is ignored. */
		respond(fd, " } {\"more\"");
		turns(4);
		ck_assert_uint_eq(n_ready, i + 1);
		close(fd);
	}
	expect(call, &out,
	       "{ \"result\": 0 }, { \"result\": 1 }, { \"result\": 2 }, " ERROR(
		       "forwarding socket is not configured for the server type dhcp5"));
}
END_TEST

START_TEST(absent)
{
	struct str out = { 0 };

	close(listener[SERVICE_D2]);
	expect(start(d2_request), &out,
	       ERROR("unable to forward command to the d2 service: Connection refused. The server is likely to be "
		     "offline"));
	(void)unlink(path[SERVICE_D2]);
	expect(start(d2_request), &out,
	       ERROR("unable to forward command to the d2 service: No such file or directory. The server is likely to "
		     "be "
		     "offline"));
	use_paths(true, true, false);
	expect(start(d2_request), &out, ERROR("forwarding socket is not configured for the server type d2"));
	use_paths(true, true, true);
	open_service(SERVICE_D2);
	/* Without a service, or with an empty list: the agent itself. */
	expect(start("{ \"command\": \"read\", \"service\": [ ] }"), &out,
	       "{ \"result\": 0, \"text\": \"the agent\" }");
	expect(start("{ \"command\": \"read\" }"), &out, "{ \"result\": 0, \"text\": \"the agent\" }");
	expect(start("{ \"command\": \"read\", \"service\": [ \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", "
		     "\"9\" "
		     "] }"),
	       &out, ERROR("\\\"service\\\" has 9 names, the limit is 8"));
}
END_TEST

START_TEST(wrong)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "has closed the connection before its response was complete" },
		{ "{ \"result\": 0", "has closed the connection before its response was complete" },
		{ "garbage", "" },
		{ "[ 1 ]", "" },
		{ "{ result }", "" },
		{ "{ \"result\": 0, }", "" },
		{ "{ \"a\": \"\xff\x01\" }", "" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_call *call = start(d2_request);
		struct str out = { 0 }, want = { 0 };
		int fd;

		ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
		fd = accept_request(SERVICE_D2);
		expect_request(fd, d2_request);
		respond(fd, cases[i].text);
		close(fd);
		if (cases[i].want[0])
			str_addf(&want, ERROR("the d2 service %s"), cases[i].want);
		else
			str_add(&want, ERROR("the response of the d2 service is not valid"));
		expect(call, &out, str_text(&want));
		str_free(&want);
	}
}
END_TEST

START_TEST(silent)
{
	struct str out = { 0 };
	struct ctl_call *call = start("{ \"command\": \"read\", \"service\": [ \"dhcp4\", \"dhcp6\" ] }");
	int fd;

	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	fd = accept_request(SERVICE_DHCP4);
	/* Single bytes are no progress. */
	for (int i = 0; i < 3; i++) {
		clock_advance(FORWARD_WAIT_MS / 4);
		respond(fd, i ? " " : "{");
		ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	}
	clock_advance(FORWARD_WAIT_MS / 4 + 1);
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	close(fd);
	/* The next one is asked. */
	fd = accept_request(SERVICE_DHCP6);
	turns(4);
	respond(fd, "{}");
	close(fd);
	expect(call, &out, ERROR("the dhcp4 service does not respond") ", {}");
}
END_TEST

/* A long response passes through as fast as the client reads; nothing of it is gathered. */
START_TEST(endless)
{
	struct ctl_call *call = start(d2_request);
	struct str out = { 0 }, block = { 0 };
	size_t sent = 2, received;
	bool is_full = false;
	int fd;

	while (block.len < 65536)
		str_add(&block, "\"x\", [ { }, 1 ], ");
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	fd = accept_request(SERVICE_D2);
	expect_request(fd, d2_request);
	respond(fd, "{ \"a\": [ ");
	sent = 9;
	/* The client does not read: the process cannot send either, and that is not its fault. */
	for (int i = 0; i < 200 && !is_full; i++) {
		ssize_t n = send(fd, block.text, block.len, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		turns(4);
		is_full = n < (ssize_t)block.len;
	}
	ck_assert(is_full);
	clock_advance(10 * FORWARD_WAIT_MS);
	turns(4);
	ck_assert_uint_eq(n_ready, 1);
	received = 0;
	while (received < sent) {
		ck_assert_int_eq(ctl_call_read(call, &out), CTL_MORE);
		ck_assert_uint_lt(out.len, FORWARD_HELD + (64 << 10));
		received += out.len;
		str_reset(&out);
		turns(2);
		if (sent - received < FORWARD_HELD)
			break;
	}
	/* Then it fails: too late for an error in its place. */
	close(fd);
	ck_assert_int_eq(read_all(call, &out), CTL_FAILED);
	ctl_call_free(call);
	str_free(&out);
	str_free(&block);
}
END_TEST

START_TEST(long_request)
{
	struct str text = { 0 }, got = { 0 }, out = { 0 };
	struct ctl_call *call;
	char buf[65536];
	ssize_t n;
	int fd;

	str_add(&text, "{ \"command\": \"read\", \"service\": [ \"d2\" ], \"arguments\": { \"a\": [ 0");
	for (int i = 1; i < 300000; i++)
		str_addf(&text, ", %d", i);
	str_add(&text, " ] } }");
	call = start(text.text);
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	fd = accept_request(SERVICE_D2);
	while (got.len < text.len) {
		turns(1);
		n = recv(fd, buf, sizeof(buf), 0);
		if (n > 0)
			str_add_n(&got, buf, (size_t)n);
	}
	ck_assert_str_eq(str_text(&got), text.text);
	respond(fd, "{}");
	close(fd);
	expect(call, &out, "{}");
	/* It responds and closes before it has read all. */
	call = start(text.text);
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	fd = accept_request(SERVICE_D2);
	respond(fd, "{ \"result\": 1 }");
	close(fd);
	ck_assert_int_eq(read_all(call, &out), CTL_END);
	/* The kernel may discard the response with the unread request. */
	ck_assert_msg(!strcmp(out.text, "{ \"result\": 1 }") || strstr(out.text, "closed the connection"), "%s",
		      out.text);
	ctl_call_free(call);
	str_free(&out);
	str_free(&got);
	str_free(&text);
}
END_TEST

START_TEST(too_many)
{
	struct ctl_call *calls[FORWARDS_MAX], *call;
	struct str out = { 0 };
	int fd;

	for (unsigned i = 0; i < FORWARDS_MAX; i++) {
		calls[i] = start(d2_request);
		ck_assert_int_eq(read_all(calls[i], &out), CTL_WAIT);
	}
	expect(start(d2_request), &out, ERROR("32 requests are already waiting for the d2 service"));
	/* Others are served. */
	call = start("{ \"command\": \"read\", \"service\": [ \"dhcp4\" ] }");
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	fd = accept_request(SERVICE_DHCP4);
	turns(4);
	respond(fd, "{}");
	close(fd);
	expect(call, &out, "{}");
	/* Clients that leave make room. */
	for (unsigned i = 0; i < FORWARDS_MAX; i++)
		ctl_call_free(calls[i]);
	call = start(d2_request);
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	ctl_call_free(call);
	turns(4);
	ck_assert_uint_eq(n_ready, 1);
	str_free(&out);
}
END_TEST

START_TEST(access_rules)
{
	static const char *const commands[] = { "read" };
	static const struct conf_strings only_read = { .v = (const char **)commands, .n = 1 };
	struct str out = { 0 };
	struct ctl_call *call;

	who.is_read_only = true;
	who.rule = "user \"stork\"";
	expect(start("{ \"command\": \"write\", \"service\": [ \"d2\" ] }"), &out,
	       ERROR("'write' command is not allowed: \\\"access\\\" is \\\"read-only\\\" for user \\\"stork\\\""));
	/* Unknown here, so it may change something there. */
	expect(start("{ \"command\": \"premium\", \"service\": [ \"d2\" ] }"), &out,
	       ERROR("'premium' command is not allowed: \\\"access\\\" is \\\"read-only\\\" for user \\\"stork\\\""));
	call = start(d2_request);
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	ctl_call_free(call);
	who.is_read_only = false;
	who.commands = &only_read;
	expect(start("{ \"command\": \"write\", \"service\": [ \"d2\" ] }"), &out,
	       ERROR("'write' command is not allowed: \\\"allowed-commands\\\" does not list it for user "
		     "\\\"stork\\\""));
	str_free(&out);
}
END_TEST

/* A full backlog is not an error at once. */
START_TEST(backlog)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct str out = { 0 };
	struct ctl_call *call;
	int fds[80], n = 0, fd;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path[SERVICE_D2]);
	do {
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		ck_assert_int_ge(fds[n], 0);
	} while (connect(fds[n], (const struct sockaddr *)&sun, sizeof(sun)) == 0 && ++n < 79);
	ck_assert_int_lt(n, 79);
	call = start(d2_request);
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	for (int i = 0; i < n; i++)
		close(accept_request(SERVICE_D2));
	clock_advance(100);
	ck_assert_int_eq(read_all(call, &out), CTL_WAIT);
	fd = accept_request(SERVICE_D2);
	turns(4);
	respond(fd, "{}");
	close(fd);
	expect(call, &out, "{}");
	for (int i = 0; i <= n; i++)
		close(fds[i]);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("forward");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, order);
	tcase_add_test(tc, absent);
	tcase_add_test(tc, wrong);
	tcase_add_test(tc, silent);
	tcase_add_test(tc, endless);
	tcase_add_test(tc, long_request);
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, access_rules);
	tcase_add_test(tc, backlog);
	return suite_run(tc);
}
