/* SPDX-License-Identifier: MPL-2.0 */
#include "ctl/call_int.h"

#include "base/err.h"
#include "ctl/channel.h"
#include "ctl/forward.h"
#include "ctl/frame.h"
#include "ctl/limits.h"
#include "io/loop.h"
#include "log/log.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE (32u << 10)
#define AGAIN_MS 50 /* until a socket with a full backlog is tried again */

const char *const ctl_service_names[CTL_SERVICES] = { "dhcp4", "dhcp6", "d2" };

enum forward_state {
	FORWARD_IDLE, /* the next service is to be asked */
	FORWARD_CONNECTING,
	FORWARD_SENDING,
	FORWARD_RECEIVING,
	FORWARD_PAUSED, /* enough was received; the client is slower */
	FORWARD_RECEIVED,
	FORWARD_FAILED, /* why */
};

struct forwarding {
	struct ctl_call *call;
	struct ctl_forwarder *to;
	unsigned i; /* the service, of those in the request */
	enum forward_state state;
	enum ctl_service service;
	int fd;
	struct json_writing writing;
	bool is_written; /* all of the request is in out */
	struct str out;  /* of the request, not sent yet */
	size_t sent;     /* of out */
	struct str in;   /* of the response, not passed on yet */
	bool has_passed; /* some of it was passed on */
	struct json_frame frame;
	struct timer timer; /* runs while the process is waited for */
	size_t progress;    /* bytes since the timer was started */
	struct str why;
};

static const char *name_of(const struct forwarding *f)
{
	return f->call->req->service.v[f->i];
}

static void await_service(struct forwarding *f)
{
	f->progress = 0;
	loop_timer_start(f->to->loop, &f->timer, FORWARD_WAIT_MS);
}

static void note_progress(struct forwarding *f, size_t n)
{
	f->progress += n;
	if (f->progress >= CHANNEL_PROGRESS)
		await_service(f);
}

/* Ends the exchange with this service. */
static void hang_up(struct forwarding *f)
{
	loop_timer_stop(f->to->loop, &f->timer);
	if (f->fd < 0)
		return;
	loop_del(f->to->loop, f->fd);
	close(f->fd);
	f->fd = -1;
	f->to->n_busy[f->service]--;
}

static void fail(struct forwarding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct forwarding *f, const char *fmt, ...)
{
	va_list ap;

	hang_up(f);
	f->state = FORWARD_FAILED;
	str_reset(&f->why);
	va_start(ap, fmt);
	str_addv(&f->why, fmt, ap);
	va_end(ap);
	LOG(CTRL_AGENT_COMMAND_FORWARD_FAILED, f->call->req->command, name_of(f), str_text(&f->why));
}

/* As Kea's agent responds. */
static void fail_offline(struct forwarding *f, int err)
{
	fail(f, "unable to forward command to the %s service: %s. The server is likely to be offline", name_of(f),
	     strerror(err));
}

/* --- the request --- */

static void watch(struct forwarding *f, uint32_t events);

/* Adds a piece of the request to out if it is empty. */
static void fill(struct forwarding *f)
{
	if (f->sent < f->out.len)
		return;
	str_reset(&f->out);
	f->sent = 0;
	if (!f->is_written)
		f->is_written = !json_write_next(&f->writing, &f->out, PIECE);
}

static void send_more(struct forwarding *f)
{
	ssize_t n;

	fill(f);
	if (f->sent == f->out.len) {
		f->state = FORWARD_RECEIVING;
		watch(f, EPOLLIN);
		return;
	}
	n = send(f->fd, f->out.text + f->sent, f->out.len - f->sent, MSG_NOSIGNAL);
	if (n > 0) {
		f->sent += (size_t)n;
		note_progress(f, (size_t)n);
	} else if (errno == EPIPE || errno == ECONNRESET) {
		/* It may have responded with the reason. */
		f->state = FORWARD_RECEIVING;
		watch(f, EPOLLIN);
	} else if (errno != EAGAIN && errno != EINTR) {
		fail_offline(f, errno);
	}
}

/* --- the response --- */

static bool is_json(const struct str *text)
{
	struct json_doc doc = { 0 };
	struct diag *diag = diag_new();
	bool ok;

	(void)json_read_text("response", str_text(text), text->len, JSON_STRICT, NULL, diag, &doc);
	ok = !diag_errors(diag) && json_object_is_type(doc.root, json_type_object);
	json_doc_done(&doc);
	diag_free(diag);
	return ok;
}

static void fail_invalid(struct forwarding *f)
{
	fail(f, "the response of the %s service is not valid", name_of(f));
}

static void receive_more(struct forwarding *f)
{
	char piece[PIECE], first;
	ssize_t n = recv(f->fd, piece, sizeof(piece), 0);
	int64_t end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(f, "the %s service has closed the connection before its response was complete", name_of(f));
		return;
	}
	note_progress(f, (size_t)n);
	/* The counts are for requests; a response is not parsed unless it is short. */
	f->frame.n_maps = f->frame.n_values = 0;
	end = json_frame_read(&f->frame, piece, (size_t)n, &first);
	if (end < 0) {
		fail_invalid(f);
		return;
	}
	str_add_n(&f->in, piece, end ? (size_t)end : (size_t)n);
	if (end) {
		hang_up(f);
		f->state = FORWARD_RECEIVED;
		if (!f->has_passed && f->in.len <= FORWARD_HELD && !is_json(&f->in))
			fail_invalid(f);
	} else if (f->in.len >= FORWARD_HELD) {
		loop_del(f->to->loop, f->fd);
		loop_timer_stop(f->to->loop, &f->timer);
		f->state = FORWARD_PAUSED;
	}
}

/* --- connecting --- */

static void on_event(void *ctx, uint32_t events)
{
	struct forwarding *f = ctx;

	(void)events;
	if (f->state == FORWARD_SENDING)
		send_more(f);
	else if (f->state == FORWARD_RECEIVING)
		receive_more(f);
	if (f->state == FORWARD_PAUSED || f->state == FORWARD_RECEIVED || f->state == FORWARD_FAILED)
		ctl_cursor_ready(f->call);
}

static void watch(struct forwarding *f, uint32_t events)
{
	loop_del(f->to->loop, f->fd);
	if (loop_add(f->to->loop, f->fd, events, on_event, f) < 0)
		fail_offline(f, errno);
}

/* Connects to a unix socket, which is done at once or fails. */
static void try_connect(struct forwarding *f)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = f->to->paths[f->service];

	/* A reload may have taken it away. */
	if (!path || strlen(path) > CHANNEL_PATH_MAX) {
		fail_offline(f, ENOENT);
		return;
	}
	memcpy(sun.sun_path, path, strlen(path));
	if (connect(f->fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0) {
		f->state = FORWARD_SENDING;
		await_service(f);
		watch(f, EPOLLOUT);
	} else if (errno == EAGAIN && f->progress < FORWARD_CONNECTS_MAX) {
		/* Its backlog is full. */
		f->progress++;
		loop_timer_start(f->to->loop, &f->timer, AGAIN_MS);
	} else {
		fail_offline(f, errno);
	}
}

static void on_timer(void *ctx)
{
	struct forwarding *f = ctx;

	if (f->state == FORWARD_CONNECTING)
		try_connect(f);
	else
		fail(f, "the %s service does not respond", name_of(f));
	if (f->state == FORWARD_FAILED)
		ctl_cursor_ready(f->call);
}

static void ask(struct forwarding *f)
{
	const char *name = name_of(f);
	unsigned i;

	for (i = 0; i < CTL_SERVICES && strcmp(name, ctl_service_names[i]) != 0; i++)
		;
	if (i == CTL_SERVICES || !f->to->paths[i]) {
		fail(f, "forwarding socket is not configured for the server type %.64s", name);
		return;
	}
	if (f->to->n_busy[i] >= FORWARDS_MAX) {
		fail(f, "%u requests are already waiting for the %s service", FORWARDS_MAX, name);
		return;
	}
	f->service = (enum ctl_service)i;
	f->state = FORWARD_CONNECTING;
	f->is_written = false;
	f->frame = (struct json_frame){ 0 };
	f->progress = f->sent = 0;
	str_reset(&f->out);
	str_reset(&f->in);
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (f->fd < 0) {
		fail_offline(f, errno);
		return;
	}
	f->to->n_busy[i]++;
	json_write_init(&f->writing, f->call->req->doc.root);
	try_connect(f);
}

/* --- the list of responses --- */

static void add_error(struct str *out, const struct str *why)
{
	str_addf(out, "{ \"result\": %d, \"text\": ", CTL_ERROR);
	json_add_string(out, str_text(why), why->len);
	str_add(out, " }");
}

static void begin_next(struct forwarding *f)
{
	f->i++;
	f->has_passed = false;
	f->state = FORWARD_IDLE;
}

static enum ctl_more next_piece(struct ctl_call *call, void *state, struct str *out)
{
	struct forwarding *f = state;

	if (f->state == FORWARD_IDLE) {
		if (f->i == call->req->service.n) {
			ctl_cursor_result(call, CTL_SUCCESS, NULL);
			return CTL_END;
		}
		if (f->i)
			str_add(out, ", ");
		ask(f);
	}
	switch (f->state) {
	case FORWARD_FAILED:
		if (f->has_passed)
			return CTL_FAILED;
		add_error(out, &f->why);
		begin_next(f);
		return CTL_MORE;
	case FORWARD_RECEIVED:
		str_add_n(out, str_text(&f->in), f->in.len);
		LOG(CTRL_AGENT_COMMAND_FORWARDED, call->req->command, name_of(f));
		begin_next(f);
		return CTL_MORE;
	case FORWARD_PAUSED:
		str_add_n(out, str_text(&f->in), f->in.len);
		str_reset(&f->in);
		f->has_passed = true;
		f->state = FORWARD_RECEIVING;
		await_service(f);
		watch(f, EPOLLIN);
		return CTL_MORE;
	default:
		return CTL_WAIT;
	}
}

static void free_forwarding(void *state)
{
	struct forwarding *f = state;

	hang_up(f);
	str_free(&f->out);
	str_free(&f->in);
	str_free(&f->why);
	free(f);
}

void call_forward(struct ctl_call *call)
{
	static const struct ctl_cursor cursor = { next_piece, free_forwarding };
	struct forwarding *f;

	if (call->req->service.n > FORWARD_SERVICES_MAX) {
		ctl_respond(call, CTL_ERROR, NULL, "\"service\" has %u names, the limit is %d", call->req->service.n,
			    FORWARD_SERVICES_MAX);
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->call = call;
	f->to = call->ctl->forwarder;
	f->fd = -1;
	f->state = FORWARD_IDLE;
	timer_init(&f->timer, on_timer, f);
	call->is_whole = true;
	ctl_respond_cursor(call, &cursor, f);
}

void ctl_forward(struct ctl *ctl, struct loop *loop, const struct ctl *known, const char *const paths[CTL_SERVICES])
{
	if (!ctl->forwarder)
		ctl->forwarder = xcalloc(1, sizeof(*ctl->forwarder));
	ctl->forwarder->loop = loop;
	ctl->forwarder->known = known;
	memcpy(ctl->forwarder->paths, paths, sizeof(ctl->forwarder->paths));
}
