/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Control channels over real sockets, with a virtual clock: framing, limits, bad clients (and what they cost others),
 * long responses, access, reload. The test's thread is both the server, a turn of the loop at a time, and its clients.
 */
#include "../suite.h"

#include "base/clock.h"
#include "base/str.h"
#include "ctl/channel.h"
#include "ctl/command.h"
#include "ctl/limits.h"
#include "io/loop.h"
#include "log/config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct loop *loop;
static struct ctl *ctl;
static struct channels *channels;
static char folder[] = "/tmp/kea-test-XXXXXX", path[64];
static uint16_t port;
static struct auth_user users[3];
static struct auth auth = { .realm = "kea", .users = users, .n_users = 3 };
static const char *only[] = { "hello" };
static struct conf_strings hello_only = { .v = only, .n = 1 };
static struct channel_header headers[] = { { "X-Test", "yes" } };

/* --- commands --- */

static unsigned n_hello, n_done;

static void hello(struct ctl_call *call, const void *args)
{
	(void)args;
	n_hello++;
	ctl_respond(call, CTL_SUCCESS, NULL, "hello");
}

static void change(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_respond(call, CTL_SUCCESS, NULL, "changed");
}

/* --- pages --- */

#define LONG_PIECES 20000
#define LONG_LINE "a line of a long page\n"

static enum ctl_more next_line(struct ctl_call *call, void *state, struct str *out)
{
	unsigned *left = state;

	(void)call;
	str_add(out, *left ? LONG_LINE : "line\n");
	if (!*left)
		return CTL_END;
	return --*left ? CTL_MORE : CTL_END;
}

static void lines_done(void *state)
{
	n_done++;
	free(state);
}

static void respond_lines(struct ctl_call *call, unsigned n)
{
	static const struct ctl_cursor cursor = { next_line, lines_done };
	unsigned *left = xcalloc(1, sizeof(*left));

	*left = n;
	ctl_respond_cursor(call, &cursor, left);
}

static void run_page(struct ctl_call *call)
{
	respond_lines(call, 0);
}

static void run_long_page(struct ctl_call *call)
{
	respond_lines(call, LONG_PIECES);
}

/* --- streams --- */

#define TICK "tick tick tick tick tick tick tick tick tick tick tick tick tick tick tick\n"
static struct ctl_call *stream; /* the last one that was opened */
static unsigned n_ticks;        /* that it may send */

static enum ctl_more next_tick(struct ctl_call *call, void *state, struct str *out)
{
	(void)call;
	(void)state;
	for (unsigned i = 0; n_ticks && i < 256; i++, n_ticks--)
		str_add(out, TICK);
	return n_ticks ? CTL_MORE : CTL_WAIT;
}

static void ticks_done(void *state)
{
	(void)state;
	n_done++;
	stream = NULL;
}

static const struct ctl_cursor ticks = { next_tick, ticks_done };

static void run_stream(struct ctl_call *call)
{
	const struct ctl_get *get = ctl_call_get(call);

	if (bytes_equal(get->query, bytes_of("bad", 3))) {
		ctl_page_refuse(call, 400, "bad query");
		return;
	}
	stream = call;
	ctl_respond_stream(call, &ticks, NULL);
}

static void tick_forever(struct ctl_call *call, const void *args)
{
	(void)args;
	stream = call;
	ctl_respond_stream(call, &ticks, NULL);
}

static const struct ctl_page pages[] = {
	{ .path = "/ticks", .type = "text/t", .command = "ticks", .doc = "a stream", .run = run_stream },
	{ .path = "/page", .type = "text/x", .command = "hello", .doc = "a page", .run = run_page },
	{ .path = "/long", .type = "text/x", .command = "change", .doc = "a long page", .run = run_long_page },
};

static struct ctl_call *pending;

static void later(struct ctl_call *call, const void *args)
{
	(void)args;
	pending = call;
}

/* A response of 50 MB. */
enum { ITEMS = 800 };
static unsigned item;

static enum ctl_more next_item(struct ctl_call *call, void *state, struct str *out)
{
	(void)state;
	if (item == ITEMS) {
		str_add(out, " ]");
		ctl_cursor_result(call, CTL_SUCCESS, "all");
		return CTL_END;
	}
	str_add(out, item++ ? ", \"" : "[ \"");
	for (int i = 0; i < 4096; i++)
		str_addf(out, "%08x%08x", item, i);
	str_addc(out, '"');
	return CTL_MORE;
}

static void items_done(void *state)
{
	(void)state;
	n_done++;
}

static const struct ctl_cursor items = { next_item, items_done };

static void big(struct ctl_call *call, const void *args)
{
	(void)args;
	item = 0;
	ctl_respond_cursor(call, &items, NULL);
}

static const struct command rows[] = {
	{ .name = "hello", .access = CTL_READ, .provider = "core", .since = "4.2.0", .doc = "greets", .run = hello },
	{ .name = "change",
	  .access = CTL_WRITE,
	  .provider = "core",
	  .since = "4.2.0",
	  .doc = "changes",
	  .run = change },
	{ .name = "ticks",
	  .access = CTL_READ,
	  .provider = "core",
	  .is_stream = true,
	  .since = "4.2.0",
	  .doc = "does not end",
	  .run = tick_forever },
	{ .name = "later", .access = CTL_READ, .provider = "core", .since = "4.2.0", .doc = "waits", .run = later },
	{ .name = "big", .access = CTL_READ, .provider = "core", .since = "4.2.0", .doc = "tells a lot", .run = big },
};

/* --- the server --- */

static void turns(int n)
{
	while (n--)
		ck_assert_int_eq(loop_run_once(loop, 0), 0);
}

/* Time passes. */
static void pass(int64_t ms)
{
	clock_advance(ms);
	turns(5);
}

static struct channel_conf unix_conf(void)
{
	static char name[80];

	(void)snprintf(name, sizeof(name), "unix:%s", path);
	return (struct channel_conf){ .type = CHANNEL_UNIX, .path = path, .name = name };
}

static struct channel_conf http_conf(void)
{
	static char name[40];
	struct channel_conf conf = { .type = CHANNEL_HTTP, .port = port, .name = name };

	(void)ip_parse("127.0.0.1", &conf.addr);
	(void)snprintf(name, sizeof(name), "http:127.0.0.1:%u", port);
	return conf;
}

static void use(const struct channel_conf *confs, unsigned n)
{
	struct channels_next *next;
	char *why = NULL;

	ck_assert_msg(channels_prepare(channels, confs, n, &next, &why) == 0, "%s", why);
	channels_use(channels, next);
}

/* A port that is free now. */
static uint16_t free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return ntohs(sin.sin_port);
}

static const struct log_output nowhere = { .kind = LOG_TO_STDOUT };
static const struct log_logger silent_logger = { "test_channel", LOG_NONE, 0, &nowhere, 1 };
static const struct log_conf silent_log = { &silent_logger, 1 };

static void setup(void)
{
	const char *why;
	struct channel_conf confs[2];

	(void)signal(SIGPIPE, SIG_IGN);
	clock_set_virtual(1000000, 1000000);
	ck_assert_int_eq(log_start("test_channel"), 0);
	ck_assert_int_eq(log_configure(&silent_log, &why), 0);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	port = free_port();
	loop = loop_new_main();
	ctl = ctl_new(KEY_4, NULL);
	ctl_add(ctl, rows, sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		ctl_add_page(ctl, &pages[i]);
	channels = channels_new(loop, ctl);
	memset(users, 0, sizeof(users));
	auth_user_init(&users[0], "admin", "a");
	auth_user_init(&users[1], "reader", "r");
	users[1].is_read_only = true;
	auth_user_init(&users[2], "greeter", "g");
	users[2].commands = &hello_only;
	pending = NULL;
	n_hello = n_done = 0;
	confs[0] = unix_conf();
	confs[1] = http_conf();
	use(confs, 2);
}

static void teardown(void)
{
	channels_free(channels);
	ctl_free(ctl);
	loop_free(loop);
	log_stop();
	ck_assert_int_lt(access(path, F_OK), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	clock_set_real();
}

/* --- clients --- */

struct client {
	int fd;
	struct str got;
	bool is_ended; /* the server closed the connection */
};

static struct client connect_unix(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct client c = { .fd = socket(AF_UNIX, SOCK_STREAM, 0) };

	memcpy(sun.sun_path, path, strlen(path));
	ck_assert_int_eq(connect(c.fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(fcntl(c.fd, F_SETFL, O_NONBLOCK), 0);
	return c;
}

static struct client connect_http(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = htons(port) };
	struct client c = { .fd = socket(AF_INET, SOCK_STREAM, 0) };

	ck_assert_int_eq(connect(c.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(fcntl(c.fd, F_SETFL, O_NONBLOCK), 0);
	return c;
}

/* Reads what is there; up to max bytes. */
static void receive(struct client *c, size_t max)
{
	char buf[65536];
	ssize_t n;

	while (max && (n = recv(c->fd, buf, max < sizeof(buf) ? max : sizeof(buf), 0)) != 0) {
		if (n < 0) {
			if (errno != EAGAIN)
				c->is_ended = true;
			return;
		}
		str_add_n(&c->got, buf, (size_t)n);
		max -= (size_t)n;
	}
	if (max)
		c->is_ended = true;
}

/* Sends everything, also if the server is slow; stops when the connection ends. */
static void give(struct client *c, const char *text, size_t len)
{
	for (int i = 0; len && i < 200000; i++) {
		ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
		turns(1);
	}
	ck_assert_uint_eq(len, 0);
}

static void ask(struct client *c, const char *text)
{
	give(c, text, strlen(text));
}

/* True if the client has received `until`; *seen is what was searched before, because responses may be long. */
static bool has_received(const struct client *c, const char *until, size_t *seen)
{
	size_t len = strlen(until), from = *seen > len ? *seen - len : 0;

	*seen = c->got.len;
	return c->got.len > from && memmem(c->got.text + from, c->got.len - from, until, len) != NULL;
}

/* Runs the server until it closed the connection, or the client received `until`. */
static void await(struct client *c, const char *until)
{
	bool is_there = false;
	size_t seen = 0;

	for (int i = 0; i < 20000 && !c->is_ended && !is_there; i++) {
		turns(1);
		receive(c, SIZE_MAX);
		is_there = until && has_received(c, until, &seen);
		if (i > 100)
			(void)usleep(100);
		if (i % 5 == 4)
			clock_advance(1); /* the budgets fill up */
	}
	ck_assert_msg(until ? is_there : c->is_ended, "received: %.500s", str_text(&c->got));
}

static void leave(struct client *c)
{
	close(c->fd);
	str_free(&c->got);
	turns(3);
}

#define HELLO "{\"command\":\"hello\"}"
#define HELLO_TEXT "{ \"result\": 0, \"text\": \"hello\" }"

/* What a unix client gets for text. */
static void check_unix(const char *text, const char *expected)
{
	struct client c = connect_unix();

	ask(&c, text);
	await(&c, NULL);
	ck_assert_msg(strstr(str_text(&c.got), expected) != NULL, "\"%.80s\": %s, expected %s", text, str_text(&c.got),
		      expected);
	leave(&c);
}

START_TEST(unix_requests)
{
	struct client c = connect_unix();
	struct str text = { 0 };
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	for (const char *p = " \n" HELLO; *p; p++)
		give(&c, p, 1);
	await(&c, NULL);
	ck_assert_str_eq(c.got.text, HELLO_TEXT);
	leave(&c);
	c = connect_unix();
	ask(&c, HELLO);
	ck_assert_int_eq(shutdown(c.fd, SHUT_WR), 0);
	await(&c, NULL);
	ck_assert_str_eq(c.got.text, HELLO_TEXT);
	leave(&c);
	/* Only the first one. */
	n_hello = 0;
	check_unix(HELLO HELLO, HELLO_TEXT);
	ck_assert_uint_eq(n_hello, 1);
	check_unix("hello", "{ \"result\": 1, \"text\": \"invalid first character h\" }");
	check_unix("\"{}\"", "invalid first character 0x22");
	check_unix("\x01", "invalid first character 0x01");
	check_unix("{\"command\":}", "\"result\": 1");
	check_unix("[1]", "\"result\": 1");
	check_unix("{\"command\":\"nix\"}", "\"result\": 2");
	for (int i = 0; i < 20000; i++)
		str_addc(&text, '[');
	check_unix(text.text, "nested too deep");
	str_free(&text);
	c = connect_unix();
	ask(&c, "{\"comm");
	ck_assert_int_eq(shutdown(c.fd, SHUT_WR), 0);
	await(&c, NULL);
	ck_assert_ptr_nonnull(strstr(c.got.text, "the request ends after 6 bytes"));
	leave(&c);
	c = connect_unix();
	ck_assert_int_eq(shutdown(c.fd, SHUT_WR), 0);
	await(&c, NULL);
	ck_assert_uint_eq(c.got.len, 0);
	leave(&c);
	ck_assert_uint_eq(channels_connections(channels, unix_conf().name), 0);
}
END_TEST

/* A request of more than 16 MiB is rejected, one below is read, and the clients get a response in both cases. */
START_TEST(long_requests)
{
	struct str text = { 0 };

	str_add(&text, "{\"command\":\"hello\",\"arguments\":{\"x\":\"");
	while (text.len < (15u << 20))
		str_add(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	str_add(&text, "\"}}");
	check_unix(text.text, "\"result\": 1"); /* an unknown argument */
	text.len -= 3;
	while (text.len < (20u << 20))
		str_add(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	check_unix(text.text, "longer than 16 MiB");
	str_free(&text);
}
END_TEST

#define TYPE "Content-Type: application/json\r\n"
#define REQUEST "POST / HTTP/1.1\r\nHost: x\r\n" TYPE "Content-Length: 19\r\n\r\n" HELLO
#define BODY "[ " HELLO_TEXT " ]"

/* Sends bytes that are in error, then a request; the response has this status, is the only one, and ends the
 * connection. */
static void check_error(const char *text, size_t len, const char *status)
{
	struct client c = connect_http();

	n_hello = 0;
	give(&c, text, len);
	ask(&c, REQUEST);
	await(&c, "\r\n\r\n");
	ck_assert_msg(!strncmp(c.got.text + 5, "1.", 2) && !strncmp(c.got.text + 9, status, 3),
		      "%.60s: %s, expected %s", text, c.got.text, status);
	ck_assert_int_eq(shutdown(c.fd, SHUT_WR), 0);
	await(&c, NULL);
	ck_assert_ptr_null(strstr(c.got.text + 4, "HTTP/1."));
	ck_assert_ptr_nonnull(strstr(c.got.text, "Connection: close\r\n"));
	ck_assert_uint_eq(n_hello, 0);
	leave(&c);
}

static void check_text_error(const char *text, const char *status)
{
	check_error(text, strlen(text), status);
}

START_TEST(http_requests)
{
	struct client c = connect_http();

	ask(&c, REQUEST);
	await(&c, BODY);
	ck_assert_ptr_nonnull(strstr(
		c.got.text, "HTTP/1.1 200 OK\r\nContent-Length: 36\r\nContent-Type: application/json\r\nDate: "));
	str_reset(&c.got);
	/* The connection stays open; bytes one by one; an empty line before. */
	for (const char *p = "\r\n" REQUEST; *p; p++)
		give(&c, p, 1);
	await(&c, BODY);
	str_reset(&c.got);
	ask(&c, "POST /any HTTP/1.1\r\n" TYPE
		"Transfer-Encoding: chunked\r\n\r\n8\r\n{\"comman\r\nb;x\r\nd\":\"hello\"}\r\n0\r\n\r\n");
	await(&c, BODY);
	str_reset(&c.got);
	ask(&c, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 19\r\nExpect: 100-continue\r\n\r\n");
	await(&c, "HTTP/1.1 100 Continue\r\n\r\n");
	ask(&c, HELLO);
	await(&c, BODY);
	str_reset(&c.got);
	ask(&c, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 19\r\nConnection: close\r\n\r\n" HELLO);
	await(&c, NULL);
	ck_assert_ptr_nonnull(strstr(c.got.text, BODY));
	leave(&c);
	c = connect_http();
	ask(&c, "POST / HTTP/1.0\r\n" TYPE "Content-Length: 19\r\n\r\n" HELLO);
	await(&c, NULL);
	ck_assert_int_eq(strncmp(c.got.text, "HTTP/1.0 200 OK\r\nContent-Length: 36\r\n", 37), 0);
	leave(&c);
	/* Not JSON, but the rest of the connection is. */
	c = connect_http();
	ask(&c, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 1\r\n\r\n{");
	await(&c, " ]");
	ck_assert_int_eq(strncmp(c.got.text, "HTTP/1.1 400 Bad Request\r\n", 26), 0);
	ask(&c, REQUEST);
	await(&c, BODY);
	leave(&c);
}
END_TEST

static void tick(unsigned n)
{
	n_ticks = n;
	ctl_cursor_ready(stream);
	turns(5);
}

/* A stream arrives piece by piece, on unix sockets and as a page; it ends with its client. */
START_TEST(streams)
{
	struct client c = connect_unix();

	n_ticks = 1;
	ask(&c, "{\"command\":\"ticks\"}");
	await(&c, TICK);
	ck_assert_str_eq(c.got.text, TICK);
	/* A client that ends its side still reads. */
	ck_assert_int_eq(shutdown(c.fd, SHUT_WR), 0);
	for (unsigned i = 2; i < 5; i++) {
		pass(600000); /* an idle stream is no idle client */
		tick(1);
		await(&c, TICK);
		ck_assert_uint_eq(c.got.len, i * strlen(TICK));
	}
	leave(&c);
	tick(1);
	ck_assert_uint_eq(n_done, 1);
	c = connect_http();
	ask(&c, "GET /ticks?x HTTP/1.1\r\nHost: x\r\n\r\n");
	await(&c, "\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(c.got.text, "Transfer-Encoding: chunked\r\nContent-Type: text/t\r\n"));
	tick(1);
	await(&c, TICK "\r\n");
	/* Its end is noticed at once. */
	leave(&c);
	turns(20);
	ck_assert_uint_eq(n_done, 2);
	c = connect_http();
	ask(&c, "GET /ticks?bad HTTP/1.1\r\nHost: x\r\n\r\n");
	await(&c, "bad query");
	ck_assert_int_eq(strncmp(c.got.text, "HTTP/1.1 400 ", 13), 0);
	leave(&c);
	c = connect_http();
	ask(&c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n"
		"{\"command\":\"ticks\"}");
	await(&c, "responds with a stream");
	leave(&c);
}
END_TEST

/* Nothing is produced for a client that does not read, which is disconnected after a minute. */
START_TEST(slow_streams)
{
	struct client c = connect_unix();
	unsigned left;

	n_ticks = 1;
	ask(&c, "{\"command\":\"ticks\"}");
	await(&c, TICK);
	tick(100000);
	left = n_ticks;
	ck_assert_uint_gt(left, 80000);
	pass(50000);
	ck_assert_uint_eq(n_ticks, left);
	receive(&c, 100000);
	pass(50000);
	ck_assert_uint_eq(n_done, 0);
	left = n_ticks;
	pass(61000);
	ck_assert_uint_eq(n_done, 1);
	ck_assert_uint_eq(n_ticks, left);
	leave(&c);
	/* One that reads slowly stays, and gets all of it. */
	c = connect_unix();
	ask(&c, "{\"command\":\"ticks\"}");
	n_ticks = 20000;
	for (unsigned i = 0; i < 10000 && c.got.len < 20000 * strlen(TICK); i++) {
		receive(&c, 4096);
		turns(2);
		clock_advance(1000);
	}
	ck_assert_uint_eq(c.got.len, 20000 * strlen(TICK));
	leave(&c);
}
END_TEST

/* A reload ends the streams of users that may no longer read them, and those of a closed socket. */
START_TEST(streams_after_a_reload)
{
	struct channel_conf conf = http_conf();
	struct client c;

	conf.auth = &auth;
	use(&conf, 1);
	c = connect_http();
	/* admin:a */
	ask(&c, "GET /ticks HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46YQ==\r\n\r\n");
	await(&c, "\r\n\r\n");
	users[1].is_read_only = false;
	use(&conf, 1);
	tick(1);
	await(&c, TICK);
	users[0].commands = &hello_only;
	use(&conf, 1);
	ck_assert_uint_eq(n_done, 1);
	await(&c, NULL);
	leave(&c);
	users[0].commands = NULL;
	c = connect_http();
	ask(&c, "GET /ticks HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46YQ==\r\n\r\n");
	await(&c, "\r\n\r\n");
	auth_user_init(&users[0], "admin", "other");
	use(&conf, 1);
	ck_assert_uint_eq(n_done, 2);
	leave(&c);
	c = connect_http();
	ask(&c, "GET /ticks HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cmVhZGVyOnI=\r\n\r\n");
	await(&c, "\r\n\r\n");
	use(NULL, 0);
	ck_assert_uint_eq(n_done, 3);
	leave(&c);
}
END_TEST

START_TEST(pipelined_requests)
{
	struct client c = connect_http();
	struct str text = { 0 };
	const char *p;
	int n = 0;

	for (int i = 0; i < 1000; i++)
		str_add(&text, REQUEST);
	str_add(&text, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 19\r\nConnection: close\r\n\r\n" HELLO);
	give(&c, text.text, text.len);
	await(&c, NULL);
	for (p = c.got.text; (p = strstr(p, BODY)) != NULL; p++)
		n++;
	ck_assert_int_eq(n, 1001);
	ck_assert_uint_eq(n_hello, 1001);
	str_free(&text);
	leave(&c);
}
END_TEST

START_TEST(http_errors)
{
	struct str text = { 0 };

	check_text_error("GET / HTTP/1.1\r\n\r\n", "405");
	check_text_error("GET /page/x HTTP/1.1\r\n\r\n", "405");
	check_text_error("GET /pag HTTP/1.1\r\n\r\n", "405");
	check_text_error("GET /page HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "400");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "\r\n", "411");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "Content-Length: 1\r\nContent-Length: 1\r\n\r\n{", "400");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			 "400");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "Content-Length: 16777217\r\n\r\n", "413");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "Content-Length: 999999999999999999999999\r\n\r\n", "413");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "Transfer-Encoding: chunked\r\n\r\n1000001\r\n", "413");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400");
	check_text_error("POST / HTTP/1.1\r\n" TYPE "Transfer-Encoding: gzip\r\n\r\n", "501");
	check_text_error("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "400");
	check_text_error("POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", "400");
	check_text_error("POST / HTTP/1.1\n" TYPE "Content-Length: 2\n\n{}", "400");
	check_text_error("POST /\r\n\r\n", "400");
	check_text_error("POST / HTTP/2.0\r\n\r\n", "505");
	check_error("POST / HTTP/1.1\r\nX: a\0b\r\n\r\n", 27, "400");
	check_text_error("\x16\x03\x01\x02"
			 "garbage\r\n\r\n",
			 "400");
	str_add(&text, "POST / HTTP/1.1\r\nX: ");
	while (text.len < 1u << 20)
		str_add(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	check_text_error(text.text, "431");
	str_reset(&text);
	str_add(&text, "POST / HTTP/1.1\r\n");
	for (int i = 0; i < 1000; i++)
		str_addf(&text, "X%d: 1\r\n", i);
	str_add(&text, "\r\n");
	check_text_error(text.text, "431");
	str_free(&text);
}
END_TEST

/* Silent and dripping clients are closed after 10 seconds; those that wait for a command are not. */
START_TEST(slow_clients)
{
	struct client silent[2] = { connect_unix(), connect_http() }, drip[2] = { connect_unix(), connect_http() };
	struct client waiting = connect_unix();

	ask(&waiting, "{\"command\":\"later\"}");
	turns(5);
	ck_assert_ptr_nonnull(pending);
	for (int i = 0; i < 9; i++) {
		give(&drip[0], i ? " " : "{ ", i ? 1 : 2);
		give(&drip[1], &"POST / HT"[i], 1);
		pass(1000);
		receive(&drip[0], SIZE_MAX);
		receive(&silent[0], SIZE_MAX);
		ck_assert(!drip[0].is_ended && !silent[0].is_ended);
	}
	pass(1100);
	await(&silent[0], NULL);
	await(&silent[1], NULL);
	await(&drip[0], "discarded partial command of 10 bytes");
	await(&drip[1], "HTTP/1.1 408 Request Timeout\r\n");
	ck_assert_str_eq(str_text(&silent[1].got), "");
	ck_assert_ptr_nonnull(strstr(str_text(&silent[0].got), "timed out"));
	/* They do not take the hint. */
	pass(CHANNEL_LINGER_MS + 100);
	await(&drip[0], NULL);
	await(&drip[1], NULL);
	pass(60000);
	receive(&waiting, SIZE_MAX);
	ck_assert(!waiting.is_ended);
	ctl_respond(pending, CTL_SUCCESS, NULL, "at last");
	await(&waiting, NULL);
	ck_assert_ptr_nonnull(strstr(waiting.got.text, "at last"));
	ck_assert_uint_eq(channels_connections(channels, unix_conf().name), 0);
	ck_assert_uint_eq(channels_connections(channels, http_conf().name), 0);
	for (int i = 0; i < 2; i++) {
		leave(&silent[i]);
		leave(&drip[i]);
	}
	leave(&waiting);
}
END_TEST

/* More connections than served at a time: those that send a request get through, the oldest silent ones are closed. */
START_TEST(many_connections)
{
	struct client v[300], c;
	unsigned n_ended = 0;

	for (int i = 0; i < 300; i++) {
		v[i] = i % 2 ? connect_unix() : connect_http();
		turns(1);
		clock_advance(2);
	}
	pass(10);
	ck_assert_uint_eq(channels_connections(channels, unix_conf().name), CHANNEL_CONNECTIONS_MAX);
	ck_assert_uint_eq(channels_connections(channels, http_conf().name), CHANNEL_CONNECTIONS_MAX);
	check_unix(HELLO, HELLO_TEXT);
	c = connect_http();
	ask(&c, REQUEST);
	await(&c, BODY);
	leave(&c);
	for (int i = 0; i < 300; i++) {
		receive(&v[i], SIZE_MAX);
		n_ended += v[i].is_ended;
		ck_assert_msg(!v[i].is_ended || i < 60, "connection %d was closed", i);
		leave(&v[i]);
	}
	ck_assert_uint_ge(n_ended, 300 - 2 * CHANNEL_CONNECTIONS_MAX);
}
END_TEST

/* One client with many requests, others with one: nobody waits for more than a request of each connection. */
START_TEST(fair_turns)
{
	struct client greedy = connect_http(), modest;
	struct str text = { 0 };

	for (int i = 0; i < 3000; i++)
		str_add(&text, REQUEST);
	give(&greedy, text.text, text.len);
	turns(200);
	/* Without time passing, no more than the budget. */
	ck_assert_uint_le(n_hello, CHANNEL_BURST);
	clock_advance(1000);
	turns(20);
	for (int i = 0; i < 5; i++) {
		unsigned before = n_hello;

		modest = connect_unix();
		ask(&modest, HELLO);
		await(&modest, NULL);
		ck_assert_str_eq(modest.got.text, HELLO_TEXT);
		ck_assert_uint_lt(n_hello - before, CHANNEL_BURST + 100);
		leave(&modest);
	}
	str_free(&text);
	leave(&greedy);
}
END_TEST

/* Requests that together are longer than what the server stores: some clients are rejected, the others are served. */
START_TEST(too_much_at_once)
{
	struct client v[8];
	struct str text = { 0 };
	unsigned n_rejected = 0;

	str_add(&text, "{\"command\":\"hello\",\"comment\":\"");
	while (text.len < (12u << 20))
		str_add(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	for (int i = 0; i < 8; i++) {
		v[i] = connect_unix();
		give(&v[i], text.text, text.len);
		receive(&v[i], SIZE_MAX);
		n_rejected += strstr(str_text(&v[i].got), "too many long requests") != NULL;
	}
	ck_assert_uint_ge(n_rejected, 2);
	ck_assert_uint_le(n_rejected, 3);
	check_unix(HELLO, HELLO_TEXT);
	for (int i = 0; i < 8; i++)
		leave(&v[i]);
	turns(50);
	ck_assert_uint_eq(channels_connections(channels, unix_conf().name), 0);
	str_free(&text);
}
END_TEST

static void check_items(const char *text)
{
	const char *p = strstr(text, "[ \"");

	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(strstr(text, "\"result\": 0, \"text\": \"all\" }"));
	for (unsigned i = 1; i <= ITEMS; i++) {
		char first[24];

		(void)snprintf(first, sizeof(first), "\"%08x%08x", i, 0);
		p = strstr(p, first);
		ck_assert_msg(p != NULL, "item %u is missing", i);
		p += 4096 * 16;
	}
}

/* A response of 50 MB arrives complete, and memory for it is bounded while the client does not read. */
START_TEST(long_responses)
{
	struct client c, slow = connect_http();
	size_t before = mallinfo2().uordblks, most;

	ask(&slow, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 17\r\n\r\n{\"command\":\"big\"}");
	turns(50);
	most = mallinfo2().uordblks;
	ck_assert_uint_lt(item, ITEMS);
	ck_assert_uint_lt(most - before, 8u << 20);
	/* One byte a second is not reading. */
	for (int i = 0; i < 100 && !n_done; i++) {
		receive(&slow, 1);
		(void)usleep(1000);
		pass(1000);
	}
	ck_assert_uint_eq(n_done, 1);
	ck_assert_uint_eq(channels_connections(channels, http_conf().name), 0);
	leave(&slow);
	c = connect_unix();
	ask(&c, "{\"command\":\"big\"}");
	await(&c, NULL);
	check_items(c.got.text);
	leave(&c);
	ck_assert_uint_eq(n_done, 2);
	/* In chunks, then another request on the same connection. */
	c = connect_http();
	ask(&c, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 17\r\n\r\n{\"command\":\"big\"}");
	await(&c, "\r\n0\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(c.got.text, "Transfer-Encoding: chunked\r\n"));
	str_reset(&c.got);
	ask(&c, REQUEST);
	await(&c, BODY);
	leave(&c);
	/* HTTP/1.0 has no chunks: the connection ends with the response. */
	c = connect_http();
	ask(&c, "POST / HTTP/1.0\r\n" TYPE "Connection: keep-alive\r\nContent-Length: 17\r\n\r\n{\"command\":\"big\"}");
	await(&c, NULL);
	ck_assert_ptr_null(strstr(c.got.text, "chunked"));
	check_items(c.got.text);
	leave(&c);
	/* A client that leaves in the middle. */
	c = connect_unix();
	ask(&c, "{\"command\":\"big\"}");
	receive(&c, 100000);
	leave(&c);
	turns(20);
	ck_assert_uint_eq(n_done, 5);
	ck_assert_uint_eq(channels_connections(channels, unix_conf().name), 0);
}
END_TEST

/* A client that leaves while its command is executed. */
START_TEST(client_leaves)
{
	struct client c = connect_unix();

	ask(&c, "{\"command\":\"later\"}");
	turns(5);
	ck_assert_ptr_nonnull(pending);
	leave(&c);
	ctl_respond(pending, CTL_SUCCESS, NULL, "nobody listens");
	turns(10);
	ck_assert_uint_eq(channels_connections(channels, unix_conf().name), 0);
	check_unix(HELLO, HELLO_TEXT);
}
END_TEST

/* The status and text of the response to a command of a user. */
static void check_user(const char *credentials, const char *command, const char *status, const char *expected)
{
	struct client c = connect_http();
	struct str text = { 0 };

	str_addf(&text,
		 "POST / HTTP/1.1\r\n" TYPE
		 "%s%s%sContent-Length: %zu\r\nConnection: close\r\n\r\n{\"command\":\"%s\"}",
		 credentials ? "Authorization: Basic " : "", credentials ? credentials : "", credentials ? "\r\n" : "",
		 strlen(command) + 14, command);
	ask(&c, text.text);
	await(&c, "}");
	ck_assert_msg(!strncmp(c.got.text + 9, status, 3), "%s, expected %s", c.got.text, status);
	ck_assert_msg(strstr(c.got.text, expected) != NULL, "%s, expected %s", c.got.text, expected);
	ck_assert_ptr_nonnull(strstr(c.got.text, "X-Test: yes\r\n"));
	str_free(&text);
	leave(&c);
}

#define ADMIN "YWRtaW46YQ=="
#define READER "cmVhZGVyOnI="
#define GREETER "Z3JlZXRlcjpn"

START_TEST(access_of_users)
{
	struct channel_conf confs[2] = { unix_conf(), http_conf() };
	struct client c;

	confs[0].is_read_only = true;
	confs[1].auth = &auth;
	confs[1].headers = headers;
	confs[1].n_headers = 1;
	use(confs, 2);
	check_user(ADMIN, "hello", "200", "hello");
	check_user(ADMIN, "change", "200", "changed");
	check_user(READER, "hello", "200", "hello");
	check_user(READER, "change", "200", "user \\\"reader\\\"");
	check_user(GREETER, "hello", "200", "hello");
	check_user(GREETER, "later", "200", "user \\\"greeter\\\"");
	check_user(NULL, "hello", "401", "{ \"result\": 401, \"text\": \"Unauthorized\" }");
	check_user(NULL, "hello", "401", "WWW-Authenticate: Basic realm=\"kea\"\r\n");
	check_user("YWRtaW46Yg==", "hello", "401", "Unauthorized");
	check_unix(HELLO, HELLO_TEXT);
	check_unix("{\"command\":\"change\"}", "control socket unix:");
	/* Without credentials nobody makes the server read a body. */
	c = connect_http();
	ask(&c, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n");
	await(&c, "401 Unauthorized");
	ck_assert_ptr_null(strstr(c.got.text, "100 Continue"));
	leave(&c);
	/* The users change while a request arrives. */
	c = connect_http();
	ask(&c, "POST / HTTP/1.1\r\n" TYPE "Authorization: Basic " ADMIN "\r\nContent-Length: 19\r\n\r\n{");
	auth_user_init(&users[0], "admin", "b");
	use(confs, 2);
	ask(&c, &HELLO[1]);
	await(&c, "401 Unauthorized");
	leave(&c);
}
END_TEST

/* The response to GET of a target by a user. */
static void check_page(const char *credentials, const char *target, const char *status, const char *expected)
{
	struct client c = connect_http();
	struct str text = { 0 };

	str_addf(&text, "GET %s HTTP/1.1\r\n%s%s%sConnection: close\r\n\r\n", target,
		 credentials ? "Authorization: Basic " : "", credentials ? credentials : "", credentials ? "\r\n" : "");
	ask(&c, text.text);
	await(&c, expected);
	ck_assert_msg(!strncmp(c.got.text + 9, status, 3), "%s, expected %s", c.got.text, status);
	ck_assert_msg(strstr(c.got.text, expected) != NULL, "%s, expected %s", c.got.text, expected);
	str_free(&text);
	leave(&c);
}

START_TEST(text_pages)
{
	struct channel_conf confs[2] = { unix_conf(), http_conf() };
	struct client c = connect_http();
	unsigned n = 0;

	for (int i = 0; i < 2; i++) {
		ask(&c, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
		await(&c, "\r\n\r\nline\n");
		ck_assert_ptr_nonnull(
			strstr(c.got.text, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/x\r\n"));
		str_reset(&c.got);
		ask(&c, REQUEST);
		await(&c, BODY);
		ck_assert_ptr_nonnull(strstr(c.got.text, "Content-Type: application/json\r\n"));
		str_reset(&c.got);
	}
	ask(&c, "GET /long HTTP/1.1\r\nConnection: close\r\n\r\n");
	await(&c, "\r\n0\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(c.got.text, "Transfer-Encoding: chunked\r\n"));
	for (const char *p = c.got.text; (p = strstr(p, LONG_LINE)) != NULL; p++)
		n++;
	ck_assert_uint_gt(n, LONG_PIECES * 9 / 10); /* some are cut by the ends of chunks */
	ck_assert_ptr_null(strstr(c.got.text, "[ "));
	leave(&c);
	ck_assert_uint_eq(n_done, 3);
	confs[1].auth = &auth;
	use(confs, 2);
	check_page(NULL, "/page", "401", "Unauthorized");
	check_page(ADMIN, "/page?a=b", "200", "line\n");
	check_page(READER, "/page", "200", "line\n");
	check_page(GREETER, "/page", "200", "line\n");
	check_page(GREETER, "/long", "403", "Forbidden");
	check_page(GREETER, "/none", "405", "Method Not Allowed");
}
END_TEST

/* --- the filter --- */

static struct {
	bool rejects, changes;
	int status;
	const char *body; /* NULL: none is set */
	unsigned n_asked, n_responses, n_without_body;
	char command[32], user[32], seen[64];
} filter;

static void note(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text ? text : "-");
}

static void change_exchange(struct ctl_exchange *exchange)
{
	exchange->status = filter.status;
	if (filter.body && exchange->body) {
		str_reset(exchange->body);
		str_add(exchange->body, filter.body);
	}
}

static bool accept_exchange(void *ctx, struct ctl_exchange *exchange)
{
	ck_assert_ptr_eq(ctx, &filter);
	filter.n_asked++;
	note(filter.command, sizeof(filter.command), exchange->command);
	note(filter.user, sizeof(filter.user), exchange->user);
	ck_assert_int_eq(exchange->status, 0);
	if (filter.rejects)
		change_exchange(exchange);
	return !filter.rejects;
}

static void see_response(void *ctx, struct ctl_exchange *exchange)
{
	ck_assert_ptr_eq(ctx, &filter);
	filter.n_responses++;
	filter.n_without_body += !exchange->body;
	note(filter.command, sizeof(filter.command), exchange->command);
	note(filter.user, sizeof(filter.user), exchange->user);
	note(filter.seen, sizeof(filter.seen), exchange->body ? str_text(exchange->body) : NULL);
	if (filter.changes)
		change_exchange(exchange);
}

/* Requests are rejected before they are executed; responses are changed if they are there as a whole. */
START_TEST(filtered)
{
	static const struct ctl_filter both = { accept_exchange, see_response }, neither = { NULL, NULL };
	struct channel_conf confs[2] = { unix_conf(), http_conf() };
	struct client c = connect_http();

	memset(&filter, 0, sizeof(filter));
	ctl_set_filter(ctl, &both, &filter);
	ask(&c, REQUEST);
	await(&c, BODY);
	ck_assert_str_eq(filter.seen, BODY);
	ck_assert_str_eq(filter.command, "hello");
	ck_assert_str_eq(filter.user, "-");
	str_reset(&c.got);
	/* The same connection goes on; an empty body is one. */
	filter.changes = true;
	filter.status = 202;
	filter.body = "";
	ask(&c, REQUEST);
	await(&c, "\r\n\r\n");
	ck_assert_msg(strstr(c.got.text, "202 OK\r\nContent-Length: 0\r\n") != NULL, "%s", c.got.text);
	str_reset(&c.got);
	filter.body = "[ 1 ]";
	ask(&c, REQUEST);
	await(&c, "\r\n\r\n[ 1 ]");
	str_reset(&c.got);
	/* A response of 440 kB was sent in chunks, and is there as a whole. */
	ask(&c, "GET /long HTTP/1.1\r\n\r\n");
	await(&c, "\r\n\r\n[ 1 ]");
	ck_assert_str_eq(filter.command, "change");
	ck_assert_uint_eq(filter.n_without_body, 0);
	str_reset(&c.got);
	/* One of 50 MB is not. */
	ask(&c, "POST / HTTP/1.1\r\n" TYPE "Content-Length: 17\r\n\r\n{\"command\":\"big\"}");
	await(&c, "\r\n0\r\n\r\n");
	ck_assert_uint_eq(filter.n_without_body, 1);
	ck_assert_uint_gt(c.got.len, 40u << 20);
	ck_assert_int_eq(strncmp(c.got.text, "HTTP/1.1 202 OK", 15), 0);
	leave(&c);
	/* Nor is a stream. */
	n_ticks = 3;
	c = connect_http();
	ask(&c, "GET /ticks HTTP/1.1\r\n\r\n");
	await(&c, TICK);
	ck_assert_uint_eq(filter.n_without_body, 2);
	leave(&c);
	/* Unix sockets have no filter. */
	filter.n_asked = 0;
	check_unix(HELLO, HELLO_TEXT);
	ck_assert_uint_eq(filter.n_asked, 0);
	/* A rejected request is not executed, its response not filtered, and the connection ends. */
	confs[1].auth = &auth;
	use(confs, 2);
	filter.rejects = true;
	filter.status = 403;
	filter.body = NULL;
	filter.n_responses = n_hello = 0;
	check_page(READER, "/page", "403", "a hook library rejects it");
	ck_assert_str_eq(filter.user, "reader");
	filter.body = "my reason";
	c = connect_http();
	ask(&c, "POST / HTTP/1.1\r\nAuthorization: Basic " GREETER "\r\n" TYPE "Content-Length: 19\r\n\r\n" HELLO);
	await(&c, NULL);
	ck_assert_msg(strstr(c.got.text, "Connection: close\r\n") && strstr(c.got.text, "\r\n\r\nmy reason"), "%s",
		      c.got.text);
	leave(&c);
	ck_assert_uint_eq(n_hello + filter.n_responses, 0);
	ck_assert_str_eq(filter.user, "greeter");
	/* Who is not authenticated does not get that far. */
	filter.n_asked = 0;
	check_page(NULL, "/page", "401", "Unauthorized");
	ck_assert_uint_eq(filter.n_asked, 0);
	ctl_set_filter(ctl, &neither, NULL);
	check_page(READER, "/page", "200", "line\n");
}
END_TEST

/* Reloads: sockets that stay keep their connections, others are opened and closed; one that fails changes nothing. */
START_TEST(reloads)
{
	struct channel_conf confs[3] = { unix_conf(), http_conf() };
	struct client stays = connect_unix(), idle = connect_http(), c;
	struct channels_next *next;
	char *why = NULL, other[80];
	int fd;

	ask(&stays, "{\"command\":");
	ask(&idle, REQUEST);
	await(&idle, BODY);
	/* A path that is a file. */
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	fd = open(other, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	confs[2] = (struct channel_conf){ .type = CHANNEL_UNIX, .path = other, .name = "unix:other" };
	ck_assert_int_lt(channels_prepare(channels, confs, 3, &next, &why), 0);
	ck_assert_ptr_nonnull(strstr(why, "is not a socket"));
	free(why);
	unlink(other);
	ask(&idle, REQUEST);
	await(&idle, BODY);
	/* The HTTP socket goes, another one comes. */
	confs[2] = (struct channel_conf){ .type = CHANNEL_UNIX, .path = other, .name = "unix:other" };
	confs[1] = confs[2];
	use(confs, 2);
	await(&idle, NULL);
	ask(&stays, "\"hello\"}");
	await(&stays, NULL);
	ck_assert_str_eq(stays.got.text, HELLO_TEXT);
	leave(&stays);
	leave(&idle);
	/* A command that is executed while its socket goes gets its response. */
	c = connect_unix();
	ask(&c, "{\"command\":\"later\"}");
	turns(5);
	use(&confs[1], 1);
	ck_assert_int_lt(access(path, F_OK), 0);
	ctl_respond(pending, CTL_SUCCESS, NULL, "still here");
	await(&c, NULL);
	ck_assert_ptr_nonnull(strstr(c.got.text, "still here"));
	leave(&c);
	use(confs, 1);
	check_unix(HELLO, HELLO_TEXT);
	ck_assert_int_lt(access(other, F_OK), 0);
}
END_TEST

/* The file of a process that was killed is replaced; one in use is not. */
START_TEST(stale_files)
{
	struct channel_conf conf = unix_conf();
	struct channels *second = channels_new(loop, ctl);
	struct channels_next *next;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char *why = NULL;
	int fd;

	ck_assert_int_lt(channels_prepare(second, &conf, 1, &next, &why), 0);
	ck_assert_ptr_nonnull(strstr(why, "in use by another process"));
	free(why);
	check_unix(HELLO, HELLO_TEXT);
	use(&conf, 0);
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	ck_assert_int_eq(access(path, F_OK), 0);
	use(&conf, 1);
	check_unix(HELLO, HELLO_TEXT);
	channels_free(second);
	check_unix(HELLO, HELLO_TEXT);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 600); /* with sanitizers on a busy host */
	tcase_add_test(tc, unix_requests);
	tcase_add_test(tc, long_requests);
	tcase_add_test(tc, http_requests);
	tcase_add_test(tc, streams);
	tcase_add_test(tc, slow_streams);
	tcase_add_test(tc, streams_after_a_reload);
	tcase_add_test(tc, pipelined_requests);
	tcase_add_test(tc, http_errors);
	tcase_add_test(tc, slow_clients);
	tcase_add_test(tc, many_connections);
	tcase_add_test(tc, fair_turns);
	tcase_add_test(tc, too_much_at_once);
	tcase_add_test(tc, long_responses);
	tcase_add_test(tc, client_leaves);
	tcase_add_test(tc, access_of_users);
	tcase_add_test(tc, text_pages);
	tcase_add_test(tc, filtered);
	tcase_add_test(tc, reloads);
	tcase_add_test(tc, stale_files);
	return suite_run(tc);
}
