/* SPDX-License-Identifier: MPL-2.0 */
/*
 * HTTP on a connection. A request is authenticated when its head is there, so that nobody else can make the server
 * store a body, and again when it is executed, because a reload may have changed the users. A response is a list of one
 * map, or the text of a page; short ones have a Content-Length, as Kea's have, long ones are sent in chunks while the
 * command produces them. A filter of responses makes them wait until they are complete, or too long for it.
 */
#include "ctl/channel_int.h"

#include "base/clock.h"
#include "log/log.h"

#include <strings.h>
#include <time.h>

#define WITH_LENGTH_MAX (64u << 10)

/* page: whose type and headers the response has; NULL: it is JSON. */
static void add_head(struct conn *c, int status, int64_t length, const struct ctl_page *page)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	time_t now = (time_t)clock_wall_sec();
	char date[64];
	struct tm tm;

	(void)evbuffer_add_printf(out, "HTTP/1.%d %d %s\r\n", c->is_http10 ? 0 : 1, status, http_phrase(status));
	if (length >= 0)
		(void)evbuffer_add_printf(out, "Content-Length: %lld\r\n", (long long)length);
	else if (!c->is_http10)
		(void)evbuffer_add_printf(out, "Transfer-Encoding: chunked\r\n");
	(void)evbuffer_add_printf(out, "Content-Type: %s\r\n", page ? page->type : "application/json");
	if (gmtime_r(&now, &tm) && strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		(void)evbuffer_add_printf(out, "Date: %s\r\n", date);
	if (status == 401)
		(void)evbuffer_add_printf(out, "WWW-Authenticate: Basic realm=\"%s\"\r\n",
					  c->ch->conf.auth ? c->ch->conf.auth->realm : "");
	if (status == 405)
		(void)evbuffer_add_printf(out, "Allow: %sPOST\r\n", c->page ? "GET, " : "");
	if (!c->keep_alive)
		(void)evbuffer_add_printf(out, "Connection: close\r\n");
	else if (c->is_http10)
		(void)evbuffer_add_printf(out, "Connection: keep-alive\r\n");
	if (page && page->headers)
		(void)evbuffer_add_printf(out, "%s", page->headers);
	for (unsigned i = 0; i < c->ch->conf.n_headers; i++)
		(void)evbuffer_add_printf(out, "%s: %s\r\n", c->ch->conf.headers[i].name, c->ch->conf.headers[i].value);
	(void)evbuffer_add_printf(out, "\r\n");
}

/* Responds with an error and ends the connection. */
static void reject(struct conn *c, int status, const char *why, const struct str *body)
{
	LOG(HTTP_BAD_CLIENT_REQUEST_RECEIVED, c->ch->name, c->from.text, why ? why : http_phrase(status));
	c->keep_alive = false;
	add_head(c, status, (int64_t)body->len, NULL);
	(void)evbuffer_add(bufferevent_get_output(c->bev), body->text, body->len);
	conn_reject(c);
}

static void add_error(struct str *body, int status, const char *why)
{
	str_addf(body, "{ \"result\": %d, \"text\": \"%s\"", status, http_phrase(status));
	if (why && status != 401)
		str_addf(body, ", \"arguments\": { \"reason\": \"%s\" }", why);
	str_add(body, " }");
}

void http_reject(struct conn *c, int status, const char *why)
{
	struct str body = { 0 };

	add_error(&body, status, why);
	reject(c, status, why, &body);
	str_free(&body);
}

void http_reset(struct conn *c)
{
	str_reset(&c->head);
	str_reset(&c->out);
	c->head_searched = 0;
	c->has_head = c->has_sent_head = c->sends_chunks = c->is_chunked = c->is_stream = false;
	c->length = -1;
	c->page = NULL;
	c->chunks = (struct http_chunks){ 0 };
}

/* --- requests --- */

/* False if the request was rejected; otherwise *ret_user is NULL for a socket without authentication. */
static bool authenticate(struct conn *c, const struct http_head *head, const struct auth_user **ret_user)
{
	const struct auth *auth = c->ch->conf.auth;

	*ret_user = NULL;
	if (!auth)
		return true;
	if (head->authorization.data)
		*ret_user = auth_find(auth, head->authorization);
	if (*ret_user)
		return true;
	if (head->authorization.data)
		LOG_FOLDED(c->ch->all->fold, (uintptr_t)c->ch, HTTP_CLIENT_REQUEST_NOT_AUTHORIZED, c->ch->name,
			   c->from.text);
	else
		LOG_FOLDED(c->ch->all->fold, (uintptr_t)c->ch, HTTP_CLIENT_REQUEST_NO_AUTH_HEADER, c->ch->name,
			   c->from.text);
	http_reject(c, 401, NULL);
	return false;
}

static bool is_json(struct bytes type)
{
	static const char json[] = "application/json";
	size_t n = strlen(json);

	return type.len >= n && strncasecmp((const char *)type.data, json, n) == 0 &&
	       (type.len == n || type.data[n] == ';' || type.data[n] == ' ' || type.data[n] == '\t');
}

static void accept_head(struct conn *c)
{
	const struct auth_user *user;
	struct http_head head;
	const char *why;
	int status = http_head_parse(c->head.text, c->head.len, &head, &why);

	c->is_http10 = head.is_http10;
	c->keep_alive = head.keep_alive;
	if (status == 401 && !c->ch->conf.auth)
		status = 400;
	if (status) {
		http_reject(c, status, why);
		return;
	}
	if (!authenticate(c, &head, &user))
		return;
	if (!head.is_post) {
		c->page = ctl_page_find(c->ch->all->ctl, head.target);
		if (c->page && c->page->is_web && !c->ch->conf.has_page)
			c->page = NULL;
		if (!c->page && c->ch->conf.has_page) {
			http_reject(c, 404, "there is no such page");
			return;
		}
		if (!c->page) {
			http_reject(c, 405, "only POST is supported");
			return;
		}
		c->has_head = true;
		c->length = 0;
		return;
	}
	if (!is_json(head.content_type)) {
		http_reject(c, 400, "Content-Type is not application/json");
		return;
	}
	if (head.length > (int64_t)CTL_REQUEST_MAX) {
		http_reject(c, 413, "the request is longer than 16 MiB");
		return;
	}
	c->has_head = true;
	c->is_chunked = head.is_chunked;
	c->length = head.length;
	if (head.expects_continue && head.length != 0 && !c->is_http10)
		(void)evbuffer_add_printf(bufferevent_get_output(c->bev), "HTTP/1.1 100 Continue\r\n\r\n");
}

static size_t receive_head(struct conn *c, const char *text, size_t len)
{
	size_t before = c->head.len, end;

	/* RFC 9112 2.2: an empty line before a request is ignored. */
	if (before == 1 && c->head.text[0] == '\r' && text[0] == '\n') {
		str_reset(&c->head);
		return 1;
	}
	if (!before && text[0] == '\r')
		len = 1;
	if (len > HTTP_HEAD_MAX + 1 - before)
		len = HTTP_HEAD_MAX + 1 - before;
	str_add_n(&c->head, text, len);
	end = http_head_end(c->head.text, c->head.len, &c->head_searched);
	if (!end) {
		if (c->head.len > HTTP_HEAD_MAX) {
			c->is_http10 = false;
			http_reject(c, 431, "the head is longer than 16 KiB");
		}
		return len;
	}
	c->head.len = end;
	accept_head(c);
	return end - before;
}

static size_t receive_chunks(struct conn *c, const char *text, size_t len)
{
	int64_t used = http_chunks_read(&c->chunks, text, len, &c->in, CTL_REQUEST_MAX);

	if (used < 0) {
		http_reject(c, (int)-used, used == -400 ? "invalid chunk" : "the request is longer than 16 MiB");
		return len;
	}
	if (!conn_count(c)) {
		http_reject(c, 503, "too many long requests at the same time");
		return len;
	}
	return (size_t)used;
}

size_t http_receive(struct conn *c, const char *text, size_t len)
{
	const char *why = NULL;

	if (!c->has_head) {
		len = receive_head(c, text, len);
	} else if (c->is_chunked) {
		len = receive_chunks(c, text, len);
	} else {
		if (len > (size_t)c->length - c->in.len)
			len = (size_t)c->length - c->in.len;
		if (!conn_store(c, text, len, &why))
			http_reject(c, 503, why);
	}
	if (c->state == CONN_READING && c->has_head &&
	    (c->is_chunked ? c->chunks.state == CHUNK_DONE : c->in.len == (size_t)c->length))
		conn_enqueue(c);
	return len;
}

void http_start(struct conn *c)
{
	struct json_frame frame = { 0 };
	const struct auth_user *user;
	struct http_head head;
	const char *why;
	char first;
	int64_t end;

	/* Nothing but the users can have changed since it was accepted. */
	if (http_head_parse(c->head.text, c->head.len, &head, &why) != 0 || !authenticate(c, &head, &user))
		return;
	c->status = 200;
	if (c->page) {
		if (!conn_open_page(c, &head, user))
			http_reject(c, 403, "this user may not read it");
		return;
	}
	end = json_frame_read(&frame, str_text(&c->in), c->in.len, &first);
	if (end == FRAME_TOO_DEEP) {
		http_reject(c, 400, "the request is nested too deep");
		return;
	}
	if (end == FRAME_TOO_MANY) {
		http_reject(c, 413, "the request has too many values");
		return;
	}
	conn_dispatch(c, user);
}

bool http_is_allowed(const struct conn *c)
{
	const struct auth *auth = c->ch->conf.auth;
	const struct auth_user *user = NULL;
	struct http_head head;
	const char *why;

	if (http_head_parse(c->head.text, c->head.len, &head, &why) != 0)
		return false;
	if (auth && head.authorization.data)
		user = auth_find(auth, head.authorization);
	return (user || !auth) && conn_may_read(c, user);
}

/* --- the filter --- */

bool http_accepts(struct conn *c, const struct auth_user *user, const char *command, struct json_object *arguments)
{
	static const char why[] = "a hook library rejects it";
	struct str body = { 0 };
	struct ctl_exchange exchange = {
		.command = command,
		.arguments = arguments,
		.user = user ? user->name : NULL,
		.addr = c->from.addr,
		.body = &body,
	};
	bool ok = c->ch->conf.type == CHANNEL_UNIX || !ctl_filters_requests(c->ch->all->ctl) ||
		  ctl_filter_accepts(c->ch->all->ctl, &exchange);

	if (!ok) {
		if (!body.len)
			add_error(&body, exchange.status, why);
		reject(c, exchange.status, why, &body);
	}
	str_free(&body);
	return ok;
}

/* Passes the response to the filter, which may change it if all of it is in c->out. */
static void filter_response(struct conn *c, bool is_whole)
{
	struct ctl_exchange exchange = {
		.command = c->page ? c->page->command : NULL,
		.addr = c->from.addr,
		.status = c->status,
		.body = is_whole && !c->is_stream && c->out.len <= CTL_FILTER_BODY_MAX ? &c->out : NULL,
	};

	ctl_filter_response(c->ch->all->ctl, c->call, &exchange);
	c->status = exchange.status;
}

/* --- responses --- */

static void add_piece(struct conn *c, const char *before, const char *after)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t len = c->out.len + strlen(before) + strlen(after);

	if (len && c->sends_chunks)
		(void)evbuffer_add_printf(out, "%zx\r\n", len);
	(void)evbuffer_add(out, before, strlen(before));
	(void)evbuffer_add(out, str_text(&c->out), c->out.len);
	(void)evbuffer_add(out, after, strlen(after));
	if (len && c->sends_chunks)
		(void)evbuffer_add(out, "\r\n", 2);
	str_reset(&c->out);
}

static void wrap(struct str *text, const char *before, const char *after)
{
	struct str whole = { 0 };

	str_add(&whole, before);
	str_add_n(&whole, str_text(text), text->len);
	str_add(&whole, after);
	str_free(text);
	*text = whole;
}

void http_send(struct conn *c, enum ctl_more more)
{
	bool is_first = !c->has_sent_head, is_last = more == CTL_END;
	bool is_filtered = is_first && ctl_filters_responses(c->ch->all->ctl);
	const char *before = is_first && !c->page ? "[ " : "", *after = is_last && !c->page ? " ]" : "";
	const struct ctl_page *page = c->status == 200 ? c->page : NULL; /* whatever status the filter gives it */

	if (is_first && !is_last && !c->is_stream &&
	    c->out.len <= (is_filtered ? CTL_FILTER_BODY_MAX : WITH_LENGTH_MAX))
		return;
	if (is_filtered && is_last) {
		wrap(&c->out, before, after);
		before = after = "";
	}
	if (is_filtered)
		filter_response(c, is_last);
	if (is_first) {
		c->has_sent_head = true;
		c->sends_chunks = !is_last && !c->is_http10;
		if (!is_last && c->is_http10)
			c->keep_alive = false; /* its end is the end of the response */
		add_head(c, c->status, is_last ? (int64_t)(c->out.len + strlen(before) + strlen(after)) : -1, page);
	}
	add_piece(c, before, after);
	if (is_last && c->sends_chunks)
		(void)evbuffer_add(bufferevent_get_output(c->bev), "0\r\n\r\n", 5);
}
