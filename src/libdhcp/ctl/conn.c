/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A connection: its request comes in, waits for its turn, is executed, and the response goes out, as fast as the client
 * accepts it. While the connection waits for its client a timer runs, which ends it unless enough bytes arrive or
 * leave: single bytes at intervals are no progress. A client that is rejected gets the reason; what it still sends is
 * read and ignored for a while, because closing a socket with unread data would take the response away from it.
 */
#include "ctl/channel_int.h"

#include "base/err.h"
#include "log/log.h"

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <sys/socket.h>

#define READ_HIGH 65536 /* bytes libevent reads ahead */
#define PIECE 16384

/* --- the timer --- */

/* How long its client may be idle. */
static int64_t patience_ms(const struct conn *c)
{
	return c->is_stream ? CHANNEL_STREAM_MS : CHANNEL_IDLE_MS;
}

static void await_client(struct conn *c)
{
	if (!timer_is_running(&c->timer)) {
		c->progress = 0;
		loop_timer_start(c->ch->all->loop, &c->timer, patience_ms(c));
	}
}

static void note_progress(struct conn *c, size_t n)
{
	c->progress += n;
	if ((c->progress < CHANNEL_PROGRESS && !c->is_stream) || c->state == CONN_LINGERING ||
	    !timer_is_running(&c->timer))
		return;
	c->progress = 0;
	loop_timer_start(c->ch->all->loop, &c->timer, patience_ms(c));
	list_remove(&c->link);
	list_add_tail(&c->ch->conns, &c->link);
}

static void stop_waiting(struct conn *c)
{
	loop_timer_stop(c->ch->all->loop, &c->timer);
}

struct conn *conn_to_evict(struct channel *ch)
{
	list_for_each (pos, &ch->conns) {
		struct conn *c = container_of(pos, struct conn, link);

		if (timer_is_running(&c->timer))
			return c;
	}
	return NULL;
}

/* --- the request --- */

bool conn_count(struct conn *c)
{
	struct channels *all = c->ch->all;

	all->receiving += c->in.len - c->counted;
	c->counted = c->in.len;
	return all->receiving <= CHANNEL_RECEIVING_MAX;
}

static void forget_request(struct conn *c)
{
	str_free(&c->in);
	(void)conn_count(c);
	c->frame = (struct json_frame){ 0 };
}

bool conn_store(struct conn *c, const char *text, size_t len, const char **ret_why)
{
	if (len > CTL_REQUEST_MAX - c->in.len) {
		*ret_why = "the request is longer than 16 MiB";
		return false;
	}
	str_add_n(&c->in, text, len);
	if (conn_count(c))
		return true;
	*ret_why = "too many long requests at the same time";
	return false;
}

void conn_enqueue(struct conn *c)
{
	stop_waiting(c);
	(void)bufferevent_disable(c->bev, EV_READ);
	c->state = CONN_QUEUED;
	list_add_tail(&c->ch->queue, &c->queued);
}

/* Starts to send the end of a response. */
static void flush(struct conn *c)
{
	c->state = CONN_FLUSHING;
	bufferevent_setwatermark(c->bev, EV_WRITE, 0, 0);
	await_client(c);
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		loop_timer_start(c->ch->all->loop, &c->wake, 0);
}

void conn_reject(struct conn *c)
{
	c->is_rejected = true;
	forget_request(c);
	str_free(&c->head);
	/* What still arrives is drained. */
	(void)bufferevent_enable(c->bev, EV_READ);
	stop_waiting(c);
	flush(c);
}

/* As the command would respond. */
static void reject_unix(struct conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void reject_unix(struct conn *c, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	(void)evbuffer_add_printf(bufferevent_get_output(c->bev), "{ \"result\": %d, \"text\": \"%s\" }", CTL_ERROR,
				  str_text(&text));
	LOG(HTTP_BAD_CLIENT_REQUEST_RECEIVED, c->ch->name, c->from.text, str_text(&text));
	str_free(&text);
	conn_reject(c);
}

/* Text for JSON from one character that a client sent. */
static const char *show(char c, char buf[8])
{
	if (c > ' ' && c < 0x7f && c != '"' && c != '\\')
		(void)snprintf(buf, 8, "%c", c);
	else
		(void)snprintf(buf, 8, "0x%02x", (unsigned char)c);
	return buf;
}

static size_t unix_receive(struct conn *c, const char *text, size_t len)
{
	const char *why = NULL;
	char first = 0, buf[8];
	int64_t end = json_frame_read(&c->frame, text, len, &first);
	size_t used = end > 0 ? (size_t)end : len;

	if (end == FRAME_NOT_JSON)
		reject_unix(c, "invalid first character %s", show(first, buf));
	else if (end == FRAME_TOO_DEEP)
		reject_unix(c, "the request is nested too deep");
	else if (end == FRAME_TOO_MANY)
		reject_unix(c, "the request has too many values");
	else if (!conn_store(c, text, used, &why))
		reject_unix(c, "%s", why);
	else if (end > 0)
		conn_enqueue(c);
	return used;
}

static void receive(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t budget = READ_HIGH;
	char piece[PIECE];

	while (c->state == CONN_READING && evbuffer_get_length(in) && budget) {
		size_t n = (size_t)evbuffer_copyout(in, piece, sizeof(piece)), used;

		used = c->ch->conf.type == CHANNEL_UNIX ? unix_receive(c, piece, n) : http_receive(c, piece, n);
		(void)evbuffer_drain(in, used);
		if (c->state == CONN_READING)
			note_progress(c, used);
		budget -= used < budget ? used : budget;
	}
	if (c->state == CONN_READING && evbuffer_get_length(in))
		loop_timer_start(c->ch->all->loop, &c->wake, 0);
	else if (c->state == CONN_QUEUED)
		channels_run(c->ch->all);
}

/* --- the response --- */

static void shut(struct conn *c)
{
	if (c->tls) {
		(void)SSL_shutdown(c->tls);
		ERR_clear_error();
	}
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
}

static void linger(struct conn *c)
{
	c->state = CONN_LINGERING;
	(void)bufferevent_disable(c->bev, EV_WRITE);
	(void)bufferevent_enable(c->bev, EV_READ);
	shut(c);
	loop_timer_start(c->ch->all->loop, &c->timer, CHANNEL_LINGER_MS);
}

/* The response was sent. */
static void flushed(struct conn *c)
{
	struct ctl_call *call = c->call;

	c->call = NULL;
	stop_waiting(c);
	if (c->is_rejected) {
		linger(c);
	} else if (c->ch->conf.type == CHANNEL_UNIX) {
		conn_free(c);
	} else if (!c->keep_alive || c->ch->is_closing) {
		linger(c);
	} else {
		http_reset(c);
		c->state = CONN_READING;
		(void)bufferevent_enable(c->bev, EV_READ);
		await_client(c);
		/* The next request may be there already. */
		loop_timer_start(c->ch->all->loop, &c->wake, 0);
	}
	/* Last, because it does what a command does after its response. */
	ctl_call_free(call);
}

static void pump(struct conn *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	enum ctl_more more = CTL_MORE;

	while (more == CTL_MORE && !c->is_call_waiting && evbuffer_get_length(out) < CHANNEL_OUT_HIGH) {
		more = ctl_call_read(c->call, &c->out);
		c->is_call_waiting = more == CTL_WAIT;
		if (more == CTL_FAILED) {
			conn_free(c);
			return;
		}
		if (c->ch->conf.type != CHANNEL_UNIX) {
			http_send(c, more);
		} else if (c->out.len) {
			(void)evbuffer_add(out, c->out.text, c->out.len);
			str_reset(&c->out);
		}
	}
	if (more == CTL_END)
		flush(c);
	else if (evbuffer_get_length(out))
		await_client(c);
	else
		stop_waiting(c);
}

static void call_ready(void *ctx)
{
	struct conn *c = ctx;

	c->is_call_waiting = false;
	loop_timer_start(c->ch->all->loop, &c->wake, 0);
}

static struct ctl_who who_is(const struct conn *c, const struct auth_user *user)
{
	return (struct ctl_who){ .channel = c->ch->name,
				 .from = c->ch->conf.type == CHANNEL_UNIX ? NULL : c->from.text,
				 .user = user ? user->name : NULL,
				 .is_read_only = c->ch->conf.is_read_only || (user && user->is_read_only),
				 .commands = user ? user->commands : NULL,
				 .takes_streams = c->ch->conf.type == CHANNEL_UNIX };
}

static void begin_response(struct conn *c)
{
	/* Otherwise it is not noticed that the client of an idle stream is gone. */
	if (c->is_stream)
		(void)bufferevent_enable(c->bev, EV_READ);
	c->state = CONN_RESPONDING;
	bufferevent_setwatermark(c->bev, EV_WRITE, CHANNEL_OUT_LOW, 0);
}

void conn_dispatch(struct conn *c, const struct auth_user *user)
{
	struct ctl_request *req = ctl_request_parse(str_text(&c->in), c->in.len);
	struct ctl_who who = who_is(c, user);
	struct str rule = { 0 };

	forget_request(c);
	if (!http_accepts(c, user, ctl_request_command(req), ctl_request_arguments(req))) {
		ctl_request_free(req);
		return;
	}
	if (user && (user->is_read_only || user->commands))
		str_addf(&rule, "user \"%s\"", user->name);
	if (c->ch->conf.is_read_only)
		str_addf(&rule, "%scontrol socket %s", rule.len ? ", " : "", c->ch->name);
	who.rule = rule.text;
	if (!ctl_request_is_json(req))
		c->status = 400;
	c->state = CONN_RESPONDING;
	c->call = ctl_dispatch(c->ch->all->ctl, req, &who, call_ready, c);
	c->is_stream = ctl_call_is_stream(c->call);
	str_free(&rule);
	begin_response(c);
	pump(c);
}

bool conn_may_read(const struct conn *c, const struct auth_user *user)
{
	struct ctl_who who = who_is(c, user);

	return ctl_page_is_allowed(c->page, &who);
}

bool conn_open_page(struct conn *c, const struct http_head *head, const struct auth_user *user)
{
	const uint8_t *mark = memchr(head->target.data, '?', head->target.len);
	struct ctl_get get = { .last_event_id = head->last_event_id };
	struct ctl_who who = who_is(c, user);
	const char *why;
	int status;

	if (!http_accepts(c, user, c->page->command, NULL))
		return true;
	if (mark)
		get.query = bytes_of(mark + 1, head->target.len - (size_t)(mark + 1 - head->target.data));
	c->call = ctl_page_open(c->ch->all->ctl, c->page, &get, &who, call_ready, c);
	if (!c->call)
		return false;
	status = ctl_page_status(c->call, &why);
	if (status) {
		http_reject(c, status, why);
		return true;
	}
	c->is_stream = ctl_call_is_stream(c->call);
	begin_response(c);
	pump(c);
	return true;
}

void conn_start(struct conn *c)
{
	if (c->ch->conf.type == CHANNEL_UNIX)
		conn_dispatch(c, NULL);
	else
		http_start(c);
}

/* --- events --- */

static void on_wake(void *ctx)
{
	struct conn *c = ctx;

	if (c->state == CONN_READING)
		receive(c);
	else if (c->state == CONN_RESPONDING)
		pump(c);
	else if (c->state == CONN_FLUSHING && !evbuffer_get_length(bufferevent_get_output(c->bev)))
		flushed(c);
}

static void on_readable(struct bufferevent *bev, void *ctx)
{
	struct conn *c = ctx;

	if (c->state == CONN_READING) {
		receive(c);
	} else if (c->is_rejected || c->state == CONN_LINGERING) {
		struct evbuffer *in = bufferevent_get_input(bev);

		(void)evbuffer_drain(in, evbuffer_get_length(in));
	}
}

static void on_writable(struct bufferevent *bev, void *ctx)
{
	struct conn *c = ctx;

	if (c->state == CONN_RESPONDING)
		pump(c);
	else if (c->state == CONN_FLUSHING && !evbuffer_get_length(bufferevent_get_output(bev)))
		flushed(c);
}

static void on_sent(struct evbuffer *buf, const struct evbuffer_cb_info *info, void *ctx)
{
	(void)buf;
	if (info->n_deleted)
		note_progress(ctx, info->n_deleted);
}

static void handshake_failed(struct conn *c)
{
	unsigned long err = bufferevent_get_openssl_error(c->bev);
	const char *why = err ? ERR_reason_error_string(err) : NULL;

	LOG_FOLDED(c->ch->all->fold, (uintptr_t)c->ch, HTTP_CONNECTION_HANDSHAKE_FAILED, c->ch->name, c->from.text,
		   why ? why : "the client closed the connection");
	ERR_clear_error();
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct conn *c = ctx;
	/* Events of one turn come together: both sides may have failed. */
	bool is_half_closed = (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == BEV_EVENT_EOF;

	if (what == BEV_EVENT_CONNECTED)
		return;
	if (c->tls && !SSL_is_init_finished(c->tls))
		handshake_failed(c);
	/* A client that only ends its side still gets its response. */
	if (is_half_closed && c->state != CONN_READING && c->state != CONN_LINGERING &&
	    !(c->is_stream && c->ch->conf.type != CHANNEL_UNIX)) {
		(void)bufferevent_disable(bev, EV_READ);
		return;
	}
	if (is_half_closed && c->state == CONN_READING && c->ch->conf.type == CHANNEL_UNIX && c->in.len) {
		reject_unix(c, "the request ends after %zu bytes, before its last bracket", c->in.len);
		return;
	}
	conn_free(c);
}

static void on_timeout(void *ctx)
{
	struct conn *c = ctx;
	bool is_partial = c->in.len || c->head.len;

	if (c->state != CONN_LINGERING)
		LOG(COMMAND_SOCKET_CONNECTION_TIMEOUT, c->ch->name, c->from.text,
		    c->state == CONN_READING ? "waiting for a request" : "sending a response");
	if (c->state != CONN_READING || (c->tls && !SSL_is_init_finished(c->tls))) {
		conn_free(c);
	} else if (c->ch->conf.type == CHANNEL_UNIX) {
		if (is_partial)
			reject_unix(c,
				    "Connection over control channel timed out, discarded partial command of %zu bytes",
				    c->in.len);
		else
			reject_unix(c, "Connection over control channel timed out");
	} else if (is_partial) {
		http_reject(c, 408, NULL);
	} else {
		conn_free(c);
	}
}

/* --- life --- */

void conn_new(struct channel *ch, int fd, const struct peer *peer)
{
	struct event_base *base = loop_base(ch->all->loop);
	enum bufferevent_options options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
	struct conn *c = xcalloc(1, sizeof(*c));

	c->ch = ch;
	c->length = -1;
	c->from = *peer;
	list_init(&c->queued);
	timer_init(&c->timer, on_timeout, c);
	timer_init(&c->wake, on_wake, c);
	if (ch->tls) {
		c->tls = SSL_new(ch->tls);
		if (!c->tls)
			die_of_memory();
		c->bev = bufferevent_openssl_socket_new(base, fd, c->tls, BUFFEREVENT_SSL_ACCEPTING, options);
		if (c->bev)
			bufferevent_openssl_set_allow_dirty_shutdown(c->bev, 1);
	} else {
		c->bev = bufferevent_socket_new(base, fd, options);
	}
	if (!c->bev)
		die_of_memory();
	list_add_tail(&ch->conns, &c->link);
	ch->n_conns++;
	bufferevent_setcb(c->bev, on_readable, on_writable, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, READ_HIGH);
	(void)evbuffer_add_cb(bufferevent_get_output(c->bev), on_sent, c);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	await_client(c);
	LOG(COMMAND_SOCKET_CONNECTION_OPENED, ch->name, c->from.text);
}

void conn_free(struct conn *c)
{
	struct channel *ch = c->ch;
	struct loop *loop = ch->all->loop;

	LOG(COMMAND_SOCKET_CONNECTION_CLOSED, ch->name, c->from.text);
	forget_request(c);
	loop_timer_stop(loop, &c->timer);
	loop_timer_stop(loop, &c->wake);
	list_remove(&c->link);
	list_remove(&c->queued);
	(void)evbuffer_remove_cb(bufferevent_get_output(c->bev), on_sent, c);
	bufferevent_free(c->bev);
	ctl_call_free(c->call);
	str_free(&c->head);
	str_free(&c->out);
	free(c);
	ERR_clear_error();
	if (--ch->n_conns == 0 && ch->is_closing)
		channel_free(ch);
}

void conn_close_idle(struct conn *c)
{
	if (c->state == CONN_READING || c->state == CONN_QUEUED || c->state == CONN_LINGERING)
		conn_free(c);
}

void conn_check_stream(struct conn *c)
{
	if (c->is_stream && (c->ch->is_closing || (c->ch->conf.type != CHANNEL_UNIX && !http_is_allowed(c))))
		conn_free(c);
}
