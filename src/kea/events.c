/* SPDX-License-Identifier: MPL-2.0 */
/* kea events: what happens in a server, a line for each event. */
#include "base/screen.h"
#include "json/value.h"
#include "kea/follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME_COLUMNS 16

struct printer {
	const struct cli *cli;
	uint32_t n;
};

static void add_time(struct str *out, struct json_object *event)
{
	struct json_object *v = json_member(event, "time");
	double at = json_object_is_type(v, json_type_double) ? json_object_get_double(v) : 0;
	time_t sec = at > 0 && at < 1e12 ? (time_t)at : 0;
	struct tm tm;

	if (!sec || !localtime_r(&sec, &tm)) {
		str_addf(out, "%-12s", "-");
		return;
	}
	str_addf(out, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)((at - (double)sec) * 1000));
}

static void add_lease(struct str *out, struct json_object *lease)
{
	const char *id = json_member_text(lease, "hw-address");

	if (!id[0] || json_member(lease, "duid"))
		id = json_member_text(lease, json_member(lease, "duid") ? "duid" : "client-id");
	str_addf(out, "%s", json_member_text(lease, "ip-address"));
	if (!strcmp(json_member_text(lease, "type"), "IA_PD"))
		str_addf(out, "/%" PRId64, json_member_int(lease, "prefix-len", 128));
	str_addf(out, "  %s", id[0] ? id : "-");
	if (json_member_text(lease, "hostname")[0])
		str_addf(out, "  %s", json_member_text(lease, "hostname"));
}

static void add_rates(struct str *out, struct json_object *event)
{
	struct json_object *dropped = json_member(event, "dropped");
	const char *before = ", dropped ";

	str_addf(out, "received %" PRId64 ", sent %" PRId64, json_member_int(event, "received", 0),
		 json_member_int(event, "sent", 0));
	if (!json_object_is_type(dropped, json_type_object))
		return;
	json_object_object_foreach(dropped, name, value)
	{
		str_addf(out, "%s%s %" PRId64, before, name, json_object_get_int64(value));
		before = ", ";
	}
}

static void print_event(struct json_object *event)
{
	const char *name = json_member_text(event, "event");
	struct json_object *lease = json_member(event, "lease");
	struct str what = { 0 }, line = { 0 };
	size_t used;

	add_time(&line, event);
	str_add(&line, "  ");
	used = screen_add(&line, name, strlen(name), NAME_COLUMNS);
	while (used++ < NAME_COLUMNS + 2)
		str_addc(&line, ' ');
	if (lease)
		add_lease(&what, lease);
	else if (!strcmp(name, "rates"))
		add_rates(&what, event);
	else if (!strcmp(name, "lost") && json_member(event, "count"))
		str_addf(&what, "%" PRId64 " events", json_member_int(event, "count", 0));
	else if (!strcmp(name, "lost"))
		str_add(&what, "some events: the server was restarted, or has had no subscriber");
	else
		str_addf(&what, "%s%s", json_object_get_boolean(json_member(event, "ok")) ? "" : "FAILED: ",
			 json_member_text(event, "text"));
	(void)screen_add(&line, str_text(&what), what.len, screen_width() - NAME_COLUMNS - 16);
	puts(str_text(&line));
	str_free(&what);
	str_free(&line);
}

static bool take(void *ctx, struct json_object *event, const char *text)
{
	struct printer *printer = ctx;

	if (printer->cli->json)
		screen_print_json_text(text);
	else
		print_event(event);
	return fflush(stdout) == 0 && (!printer->cli->count || ++printer->n < printer->cli->count);
}

int run_events(struct cli *cli, char **words, unsigned n)
{
	struct printer printer = { .cli = cli };
	struct follow follow = { .names = words, .n_names = n, .take = take, .ctx = &printer };
	struct remote remote;
	char *rest;
	int code;

	if (cli->after) {
		follow.resumes = true;
		follow.after = strtoull(cli->after, &rest, 10);
		if (cli->after[0] < '0' || cli->after[0] > '9' || *rest || follow.after > INT64_MAX)
			return cli_fail(EXIT_USAGE, "--after: %s is not the number of an event", cli->after);
	}
	code = remote_open(cli, KEY_4, &remote);
	if (code != EXIT_OK)
		return code;
	code = remote.family == KEY_D2 ? cli_fail(EXIT_USAGE, "kea-dhcp-ddns has no events")
				       : follow_events(&remote, &follow);
	remote_close(&remote);
	return code;
}
