/* SPDX-License-Identifier: MPL-2.0 */
/* A stream of events: lines of JSON on unix sockets, server-sent events over HTTP. */
#include "kea/follow.h"

#include "base/screen.h"
#include "base/str.h"
#include "json/value.h"

#include <string.h>

#define LINE_BYTES_MAX (1u << 16)
#define DEPTH_MAX 8

static volatile sig_atomic_t stopped;

static void on_signal(int signo)
{
	(void)signo;
	stopped = 1;
}

void follow_catch(struct remote *remote)
{
	struct sigaction action = { .sa_handler = on_signal };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	remote->peer.stop = &stopped;
}

bool follow_is_stopped(void)
{
	return stopped;
}

/* What arrives. */
struct stream {
	const struct follow *follow;
	bool is_sse, has_begun, is_over;
	int code;
	struct str line;
};

static bool end(struct stream *s, int code)
{
	s->is_over = true;
	s->code = code;
	return false;
}

static bool begin(struct stream *s)
{
	int code = s->follow->begin ? s->follow->begin(s->follow->ctx) : EXIT_OK;

	s->has_begun = true;
	return code == EXIT_OK || end(s, code);
}

static struct json_object *parse(const char *text)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *v = tok ? json_tokener_parse_ex(tok, text, (int)strlen(text)) : NULL;

	json_tokener_free(tok);
	if (json_object_is_type(v, json_type_object))
		return v;
	json_object_put(v);
	return NULL;
}

/* The first line on a unix socket is the response to the command. */
static bool take_response(struct stream *s, struct json_object *v)
{
	int result = (int)json_member_int(v, "result", -1);

	if (result == 0)
		return begin(s);
	return end(s, cli_fail(EXIT_REFUSED, "%s", json_member_text(v, "text")));
}

static bool take_line(struct stream *s, const char *line)
{
	struct json_object *v;
	bool goes_on = true;

	if (s->is_sse && !s->has_begun && !begin(s))
		return false;
	if (s->is_sse && strncmp(line, "data:", 5) != 0)
		return true;
	if (s->is_sse)
		line += 5;
	line += strspn(line, " ");
	if (!*line)
		return true;
	v = parse(line);
	if (!v)
		return end(s, cli_fail(EXIT_UNREACHABLE, "the server sends something that is not an event"));
	if (!s->has_begun)
		goes_on = take_response(s, v);
	else if (!s->follow->take(s->follow->ctx, v, line))
		goes_on = end(s, EXIT_OK);
	json_object_put(v);
	return goes_on;
}

static bool take_text(void *ctx, const char *text, size_t len)
{
	struct stream *s = ctx;
	const char *newline;
	bool goes_on = true;

	while (goes_on && (newline = memchr(text, '\n', len)) != NULL) {
		str_add_n(&s->line, text, (size_t)(newline - text));
		len -= (size_t)(newline + 1 - text);
		text = newline + 1;
		goes_on = take_line(s, str_text(&s->line));
		str_reset(&s->line);
	}
	if (goes_on)
		str_add_n(&s->line, text, len);
	if (s->line.len > LINE_BYTES_MAX)
		return end(s, cli_fail(EXIT_UNREACHABLE, "the server sends something that is not an event"));
	return goes_on;
}

static void add_command(const struct follow *follow, struct str *out)
{
	struct json_object *request = json_object_new_object(), *args = json_object_new_object();

	json_object_object_add(request, "command", json_object_new_string("events"));
	json_object_object_add(request, "arguments", args);
	if (follow->resumes)
		json_object_object_add(args, "after", json_object_new_int64((int64_t)follow->after));
	if (follow->n_names) {
		struct json_object *names = json_object_new_array();

		for (unsigned i = 0; i < follow->n_names; i++)
			json_object_array_add(names, json_object_new_string(follow->names[i]));
		json_object_object_add(args, "events", names);
	}
	str_add(out, json_object_to_json_string(request));
	json_object_put(request);
}

static void add_target(const struct follow *follow, struct str *out)
{
	char mark = '?';

	str_add(out, "/events");
	if (follow->resumes) {
		str_addf(out, "%cafter=%llu", mark, (unsigned long long)follow->after);
		mark = '&';
	}
	for (unsigned i = 0; i < follow->n_names; i++) {
		if (i)
			str_addc(out, ',');
		else
			str_addf(out, "%cevents=", mark);
		str_add(out, follow->names[i]);
	}
}

int follow_events(struct remote *remote, const struct follow *follow)
{
	struct str request = { 0 }, why = { 0 };
	struct stream s = { .follow = follow, .is_sse = !remote->peer.path };
	int code;

	for (unsigned i = 0; i < follow->n_names; i++)
		for (const char *p = follow->names[i]; *p; p++)
			if ((*p < 'a' || *p > 'z') && *p != '-')
				return cli_fail(EXIT_USAGE, "%s is not the name of an event", follow->names[i]);
	follow_catch(remote);
	if (s.is_sse)
		add_target(follow, &request);
	else
		add_command(follow, &request);
	code = peer_follow(&remote->peer, str_text(&request), take_text, &s, &why);
	/* An error response has no newline. */
	if (code == 0 && !s.is_over && s.line.len)
		(void)take_line(&s, str_text(&s.line));
	if (s.is_over)
		code = s.code;
	else if (stopped)
		code = EXIT_OK;
	else
		code = remote_unreachable(remote, code < 0 ? str_text(&why) : "the server closed the connection");
	str_free(&request);
	str_free(&why);
	str_free(&s.line);
	return code;
}
