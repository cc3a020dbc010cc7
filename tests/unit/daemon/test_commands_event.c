/* SPDX-License-Identifier: MPL-2.0 */
/* The command `events` and the page /events: what a stream has, filters, resuming, slow readers, limits. */
#include "commanding.h"

#include "ctl/limits.h"
#include "daemon/subscribers.h"

static void setup(void)
{
	command_start(&family4, "\"commands\": \"all\", \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.0.0/16\" } ]");
}

static void setup6(void)
{
	command_start(&family6, "\"commands\": \"all\", \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8::/32\" } ]");
}

/* A client of a stream. */
struct stream {
	struct ctl_call *call;
	struct str got;
	size_t seen; /* what line() has returned */
	bool is_ready;
};

static const struct ctl_who who = { .channel = "test", .is_read_only = true, .takes_streams = true };

static void open_stream(struct stream *s, const char *arguments)
{
	struct str text = { 0 };

	*s = (struct stream){ .is_ready = true };
	str_addf(&text, "{ \"command\": \"events\", \"arguments\": { %s } }", arguments);
	for (char *p = text.text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	s->call =
		ctl_dispatch(commanded.ctl, ctl_request_parse(text.text, text.len), &who, command_ready, &s->is_ready);
	str_free(&text);
}

static void open_page(struct stream *s, const char *query, const char *last_id)
{
	struct ctl_get get = { bytes_of(query, strlen(query)), bytes_of(last_id, strlen(last_id)) };
	const struct ctl_page *page = ctl_page_find(commanded.ctl, bytes_of("/events", 7));

	*s = (struct stream){ .is_ready = true };
	s->call = ctl_page_open(commanded.ctl, page, &get, &who, command_ready, &s->is_ready);
	ck_assert_ptr_nonnull(s->call);
}

static void close_stream(struct stream *s)
{
	ctl_call_free(s->call);
	str_free(&s->got);
}

/* Reads what is there; true if there is more than before. */
static bool pull(struct stream *s)
{
	enum ctl_more more = CTL_MORE;
	size_t before = s->got.len;

	ck_assert_int_eq(loop_run_once(commanded.loop, s->is_ready ? 0 : 5), 0);
	while (s->is_ready && more == CTL_MORE)
		more = ctl_call_read(s->call, &s->got);
	ck_assert(more == CTL_MORE || more == CTL_WAIT);
	s->is_ready = false;
	return s->got.len > before;
}

/* The next line of a stream as JSON; the caller puts it. Empty lines are signs of life. */
static struct json_object *line(struct stream *s)
{
	struct json_object *v = NULL;
	char *end;

	for (unsigned i = 0; i < 12000 && !v; i++) {
		end = s->got.len > s->seen ? memchr(s->got.text + s->seen, '\n', s->got.len - s->seen) : NULL;
		if (!end) {
			(void)pull(s);
			continue;
		}
		if (end > s->got.text + s->seen) {
			char *text = strndup(s->got.text + s->seen, (size_t)(end - s->got.text) - s->seen);

			v = json_tokener_parse(text);
			ck_assert_msg(v != NULL, "not JSON: %s", text);
			free(text);
		}
		s->seen = (size_t)(end + 1 - s->got.text);
	}
	ck_assert_msg(v != NULL, "no further line after: %s", str_text(&s->got));
	return v;
}

static int64_t number_of(struct json_object *v, const char *name)
{
	struct json_object *member = NULL;

	ck_assert_msg(json_object_object_get_ex(v, name, &member), "%s: %s", name, json_object_to_json_string(v));
	return json_object_get_int64(member);
}

/* The next line must match; its number is returned, 0 if it has none. */
static int64_t expect_line(struct stream *s, const char *want)
{
	char *wanted = strdup(want);
	struct json_object *got = line(s), *pattern, *number;
	int64_t n = 0;

	for (char *p = wanted; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	pattern = json_tokener_parse(wanted);
	ck_assert_ptr_nonnull(pattern);
	ck_assert_msg(command_matches(got, pattern), "%s, expected %s", json_object_to_json_string(got), wanted);
	if (json_object_object_get_ex(got, "number", &number))
		n = json_object_get_int64(number);
	json_object_put(got);
	json_object_put(pattern);
	free(wanted);
	return n;
}

#define ADD                                                                                                            \
	"{ 'command': 'lease4-add', 'arguments': { 'ip-address': '192.0.2.%u', 'hw-address': '02:00:00:00:00:%02x' } " \
	"}"

static void add_lease(unsigned n)
{
	char text[256];

	(void)snprintf(text, sizeof(text), ADD, n, n);
	command_expect(text, "{ 'result': 0 }");
}

/* Renewals, as workers add them. */
static void renew(unsigned n)
{
	struct lease lease = {
		.addr = ip_from4(0xc0000201), .prefix_len = 32, .type = LEASE_V4, .hostname = "\"<\x01"
	};

	for (unsigned i = 0; i < n; i++)
		feed_lease(commanded.srv.feed, FEED_LEASE_RENEWED, &lease, false);
}

START_TEST(commands_are_events)
{
	struct stream s;
	int64_t first, next;

	open_stream(&s, "");
	(void)expect_line(&s, "{ 'result': 0, 'text': 'subscribed' }");
	add_lease(1);
	first = expect_line(&s, "{ 'event': 'lease-added', 'lease': { 'ip-address': '192.0.2.1', 'subnet-id': 1, "
				"'hw-address': '02:00:00:00:00:01', 'state': 0, 'hostname': '' } }");
	command_expect("{ 'command': 'lease4-update', 'arguments': { 'ip-address': '192.0.2.1', 'hw-address': "
		       "'02:00:00:00:00:01', 'hostname': 'pc' } }",
		       "{ 'result': 0 }");
	next = expect_line(&s, "{ 'event': 'lease-updated', 'lease': { 'hostname': 'pc' } }");
	ck_assert_int_eq(next, first + 1);
	command_expect("{ 'command': 'lease4-del', 'arguments': { 'ip-address': '192.0.2.1' } }", "{ 'result': 0 }");
	(void)expect_line(&s, "{ 'event': 'lease-deleted', 'lease': { 'ip-address': '192.0.2.1' } }");
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 0 }");
	(void)expect_line(&s, "{ 'event': 'reload', 'ok': true }");
	command_write_file(command_config, "{");
	command_expect("{ 'command': 'config-reload' }", "{ 'result': 1 }");
	(void)expect_line(&s, "{ 'event': 'reload', 'ok': false }");
	/* Text that clients choose stays JSON. */
	renew(1);
	(void)expect_line(&s, "{ 'event': 'lease-renewed', 'lease': { 'hostname': '\\\"<\\u0001' } }");
	close_stream(&s);
}
END_TEST

START_TEST(expired_leases_are_events)
{
	struct stream s;

	command_expect("{ 'command': 'lease6-add', 'arguments': { 'ip-address': '2001:db8::1', 'duid': '00:01:02:03', "
		       "'iaid': 5, 'expire': 1000 } }",
		       "{ 'result': 0 }");
	open_stream(&s, "'events': [ 'lease-expired' ]");
	(void)expect_line(&s, "{ 'result': 0 }");
	command_expect("{ 'command': 'leases-reclaim', 'arguments': { 'remove': true } }", "{ 'result': 0 }");
	(void)expect_line(&s, "{ 'event': 'lease-expired', 'lease': { 'ip-address': '2001:db8::1', 'duid': "
			      "'00:01:02:03', 'iaid': 5, 'type': 'IA_NA' } }");
	close_stream(&s);
}
END_TEST

START_TEST(filters)
{
	struct stream s;

	open_stream(&s, "'events': [ 'lease-deleted', 'rates' ]");
	(void)expect_line(&s, "{ 'result': 0 }");
	add_lease(1);
	renew(100);
	command_expect("{ 'command': 'lease4-del', 'arguments': { 'ip-address': '192.0.2.1' } }", "{ 'result': 0 }");
	(void)expect_line(&s, "{ 'event': 'lease-deleted' }");
	close_stream(&s);
	open_stream(&s, "'events': [ 'lease-lost' ]");
	while (s.call && ctl_call_read(s.call, &s.got) != CTL_END)
		;
	ck_assert_ptr_nonnull(strstr(s.got.text, "there is no event 'lease-lost': expected lease-granted, "));
	close_stream(&s);
}
END_TEST

/* A client that was away continues where it was; what is no longer kept is counted. */
START_TEST(resuming)
{
	struct json_object *v;
	struct stream s;
	int64_t number;
	char text[64];

	open_stream(&s, "'events': [ 'lease-added' ]");
	(void)expect_line(&s, "{ 'result': 0 }");
	add_lease(1);
	number = expect_line(&s, "{ 'event': 'lease-added' }");
	close_stream(&s);
	add_lease(2);
	add_lease(3);
	(void)snprintf(text, sizeof(text), "'after': %lld", (long long)number);
	open_stream(&s, text);
	(void)expect_line(&s, "{ 'result': 0 }");
	ck_assert_int_eq(expect_line(&s, "{ 'event': 'lease-added', 'lease': { 'ip-address': '192.0.2.2' } }"),
			 number + 1);
	(void)expect_line(&s, "{ 'event': 'lease-added', 'lease': { 'ip-address': '192.0.2.3' } }");
	close_stream(&s);
	/* More than the ring has. */
	renew(40000);
	open_stream(&s, text);
	(void)expect_line(&s, "{ 'result': 0 }");
	v = line(&s);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(v, "event")), "lost");
	number += number_of(v, "count") + 1;
	ck_assert_int_eq(expect_line(&s, "{ 'event': 'lease-renewed' }"), number);
	json_object_put(v);
	close_stream(&s);
	/* Numbers of before the feed was switched on, and those of another server. */
	for (unsigned i = 0; i < 2; i++) {
		open_stream(&s, i ? "'after': 9000000000000000" : "'after': 1000");
		(void)expect_line(&s, "{ 'result': 0 }");
		v = line(&s);
		ck_assert_str_eq(json_object_to_json_string(v), "{ \"event\": \"lost\" }");
		json_object_put(v);
		(void)expect_line(&s, "{ 'event': 'lease-renewed' }");
		close_stream(&s);
	}
	/* All that is kept. */
	open_stream(&s, "'after': 0");
	(void)expect_line(&s, "{ 'result': 0 }");
	(void)expect_line(&s, "{ 'event': 'lease-renewed' }");
	close_stream(&s);
}
END_TEST

/* One that does not read costs the others nothing, and gets the number of what it has lost. */
START_TEST(slow_reader)
{
	struct stream fast, slow;
	int64_t sum = 0, count = 0, n_fast = 0;

	open_stream(&slow, "'events': [ 'lease-renewed' ]");
	open_stream(&fast, "'events': [ 'lease-renewed' ]");
	(void)expect_line(&slow, "{ 'result': 0 }");
	(void)expect_line(&fast, "{ 'result': 0 }");
	for (unsigned i = 0; i < 10; i++) {
		renew(5000);
		for (unsigned k = 0; k < 5000; k++) {
			(void)expect_line(&fast, "{ 'event': 'lease-renewed' }");
			n_fast++;
		}
		str_reset(&fast.got);
		fast.seen = 0;
	}
	ck_assert_int_eq(n_fast, 50000);
	while (sum + count < 50000) {
		struct json_object *v = line(&slow);

		if (!strcmp(json_object_get_string(json_object_object_get(v, "event")), "lost"))
			sum += number_of(v, "count");
		else
			count++;
		json_object_put(v);
	}
	ck_assert_int_eq(sum + count, 50000);
	ck_assert_int_gt(sum, 10000);
	close_stream(&fast);
	close_stream(&slow);
}
END_TEST

START_TEST(subscribers_are_limited)
{
	struct stream v[CHANNEL_SUBSCRIBERS_MAX], more;
	const char *why;

	for (unsigned i = 0; i < CHANNEL_SUBSCRIBERS_MAX; i++)
		open_stream(&v[i], "");
	open_stream(&more, "");
	while (ctl_call_read(more.call, &more.got) != CTL_END)
		;
	ck_assert_ptr_nonnull(strstr(more.got.text, "\"result\": 1"));
	close_stream(&more);
	open_page(&more, "", "");
	ck_assert_int_eq(ctl_page_status(more.call, &why), 503);
	close_stream(&more);
	close_stream(&v[0]);
	open_stream(&v[0], "");
	(void)expect_line(&v[0], "{ 'result': 0 }");
	for (unsigned i = 0; i < CHANNEL_SUBSCRIBERS_MAX; i++)
		close_stream(&v[i]);
}
END_TEST

START_TEST(page)
{
	static const char *const bad[] = { "after=",    "after=-1",
					   "after=x",   "events=",
					   "events=no", "events=reload,,rates",
					   "x=1",       "after=1111111111111111111" };
	struct stream s;
	char *id;

	open_page(&s, "events=lease-added,reload", "");
	while (!strstr(str_text(&s.got), "retry: "))
		(void)pull(&s);
	add_lease(1);
	for (unsigned i = 0; i < 6000 && !strstr(s.got.text, "data: "); i++)
		(void)pull(&s);
	id = strstr(s.got.text, "\n\nid: ");
	ck_assert_ptr_nonnull(id);
	id = strndup(id + 6, 16);
	ck_assert_ptr_nonnull(strstr(s.got.text, "\ndata: { \"number\": "));
	ck_assert_str_eq(s.got.text + s.got.len - 4, " }\n\n");
	close_stream(&s);
	/* A browser resumes by the header, with the query of before. */
	add_lease(2);
	open_page(&s, "events=lease-added&after=0", id);
	for (unsigned i = 0; i < 6000 && !strstr(str_text(&s.got), "data: "); i++)
		(void)pull(&s);
	ck_assert_ptr_nonnull(strstr(s.got.text, "192.0.2.2"));
	ck_assert_ptr_null(strstr(s.got.text, "192.0.2.1\""));
	close_stream(&s);
	free(id);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why;

		open_page(&s, bad[i], "");
		ck_assert_msg(ctl_page_status(s.call, &why) == 400, "%s", bad[i]);
		close_stream(&s);
	}
}
END_TEST

/* Rates come by themselves; whoever filters them out gets a sign of life. With a virtual clock. */
START_TEST(rates)
{
	struct stream all, some;

	clock_set_virtual(1800000000, 1000);
	open_stream(&all, "");
	open_stream(&some, "'events': [ 'reload' ]");
	(void)expect_line(&all, "{ 'result': 0 }");
	(void)expect_line(&some, "{ 'result': 0 }");
	stat_add(commanded.stats, STAT_RECEIVED, 7);
	stat_add(commanded.stats, STAT_PARSE_FAILED, 2);
	clock_advance(10000);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_int_eq(loop_run_once(commanded.loop, 0), 0);
	(void)expect_line(&all, "{ 'event': 'rates', 'seconds': 10.0, 'received': 7, 'sent': 0, 'dropped': { "
				"'parse-failed': 2 } }");
	clock_advance(10000);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_int_eq(loop_run_once(commanded.loop, 0), 0);
	(void)expect_line(&all, "{ 'event': 'rates', 'received': 0, 'dropped': { } }");
	(void)pull(&some);
	ck_assert_str_eq(some.got.text + some.seen, "\n");
	close_stream(&all);
	close_stream(&some);
	/* A minute later nothing is recorded any longer. */
	ck_assert(feed_is_on(commanded.srv.feed));
	clock_advance(60000);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_int_eq(loop_run_once(commanded.loop, 0), 0);
	ck_assert(!feed_is_on(commanded.srv.feed));
	clock_set_real();
}
END_TEST

/* A channel that needs a response with an end gets an error. */
START_TEST(no_stream_over_post)
{
	command_expect("{ 'command': 'events' }", "{ 'result': 1 }");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("event"), *tc6 = tcase_create("event6");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, command_stop);
	tcase_add_test(tc, commands_are_events);
	tcase_add_test(tc, filters);
	tcase_add_test(tc, resuming);
	tcase_add_test(tc, slow_reader);
	tcase_add_test(tc, subscribers_are_limited);
	tcase_add_test(tc, page);
	tcase_add_test(tc, rates);
	tcase_add_test(tc, no_stream_over_post);
	tcase_add_checked_fixture(tc6, setup6, command_stop);
	tcase_add_test(tc6, expired_leases_are_events);
	return suite_run_all((TCase *[]){ tc, tc6 }, 2);
}
