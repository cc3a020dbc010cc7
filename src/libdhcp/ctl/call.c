/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A call from its start to the end of its response. Channel and command share it: the channel may leave first (its
 * client is gone), then the command's response ends the call; otherwise ctl_call_free() does.
 */
#include "ctl/call_int.h"

#include "base/str.h"
#include "log/log.h"

#include <stdarg.h>

#define PIECE (32u << 10)

struct ctl_call *call_new(struct ctl *ctl, struct ctl_request *req, const struct ctl_who *who, ctl_ready_fn *ready,
			  void *ctx)
{
	struct ctl_call *call = xcalloc(1, sizeof(*call));

	call->ctl = ctl;
	call->req = req;
	call->arena = arena_new(0);
	call->ready = ready;
	call->ready_ctx = ctx;
	call->who = arena_printf(call->arena, "%s%s%s%s%s", who->channel, who->from ? " " : "",
				 who->from ? who->from : "", who->user ? ", user " : "", who->user ? who->user : "");
	call->user = who->user ? arena_strdup(call->arena, who->user) : NULL;
	return call;
}

static void destroy(struct ctl_call *call)
{
	if (call->cursor)
		call->cursor->done(call->cursor_state);
	if (call->after)
		call->after(call->ctl->user, call->after_ctx);
	json_object_put(call->arguments);
	ctl_request_free(call->req);
	arena_free(call->arena);
	free(call);
}

void ctl_call_free(struct ctl_call *call)
{
	if (!call)
		return;
	if (call->stage == CALL_PENDING)
		call->is_left = true;
	else
		destroy(call);
}

static void wake(struct ctl_call *call)
{
	if (!call->is_waiting)
		return;
	call->is_waiting = false;
	call->ready(call->ready_ctx);
}

static void set_result(struct ctl_call *call, enum ctl_result result, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
static void set_result(struct ctl_call *call, enum ctl_result result, const char *fmt, va_list ap)
{
	struct str text = { 0 };

	call->result = result;
	if (fmt) {
		str_addv(&text, fmt, ap);
		call->text = arena_strndup(call->arena, str_text(&text), text.len);
		str_free(&text);
	}
	if (result != CTL_SUCCESS && result != CTL_EMPTY)
		LOG(COMMAND_RESPONSE_ERROR, call->cmd ? call->cmd->name : "-", call->who, call->text ? call->text : "");
}

/* The response can be read from here on. */
static void begin(struct ctl_call *call)
{
	struct ctl *ctl = call->ctl;

	if (call->cmd && ctl->processed)
		ctl->processed(ctl->processed_ctx, call->cmd->name, call->req->arguments, call->result);
	call->stage = CALL_HEAD;
	if (call->is_left)
		destroy(call);
	else
		wake(call);
}

void ctl_respond(struct ctl_call *call, enum ctl_result result, struct json_object *arguments, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_result(call, result, fmt, ap);
	va_end(ap);
	call->arguments = arguments;
	begin(call);
}

static enum ctl_more next_raw(struct ctl_call *call, void *state, struct str *out)
{
	(void)state;
	str_add_n(out, str_text(&call->raw) + call->raw_sent,
		  call->raw.len - call->raw_sent < PIECE ? call->raw.len - call->raw_sent : PIECE);
	call->raw_sent += PIECE;
	return call->raw_sent < call->raw.len ? CTL_MORE : CTL_END;
}

static void free_raw(void *state)
{
	str_free(state);
}

void ctl_respond_raw(struct ctl_call *call, enum ctl_result result, struct str *arguments, const char *fmt, ...)
{
	static const struct ctl_cursor cursor = { next_raw, free_raw };
	va_list ap;

	va_start(ap, fmt);
	set_result(call, result, fmt, ap);
	va_end(ap);
	call->raw = *arguments;
	*arguments = (struct str){ 0 };
	ctl_respond_cursor(call, &cursor, &call->raw);
}

static void add_error(void *ctx, enum diag_kind kind, const char *line)
{
	struct str *out = ctx;

	if (kind == DIAG_ERROR)
		str_addf(out, "%s%s", out->len ? "\n" : "", line);
}

void ctl_respond_diag(struct ctl_call *call)
{
	struct str out = { 0 };

	diag_each(call->req->diag, add_error, &out);
	ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(&out));
	str_free(&out);
}

void ctl_respond_cursor(struct ctl_call *call, const struct ctl_cursor *cursor, void *state)
{
	call->cursor = cursor;
	call->cursor_state = state;
	begin(call);
}

static enum ctl_more next_text(struct ctl_call *call, void *state, struct str *out)
{
	(void)call;
	str_add(out, state);
	return CTL_END;
}

static void leave_text(void *state)
{
	(void)state;
}

void call_respond_text(struct ctl_call *call, const char *text)
{
	static const struct ctl_cursor cursor = { next_text, leave_text };

	ctl_respond_cursor(call, &cursor, (void *)(uintptr_t)text);
}

void ctl_respond_stream(struct ctl_call *call, const struct ctl_cursor *cursor, void *state)
{
	call->is_whole = call->is_stream = true;
	ctl_respond_cursor(call, cursor, state);
}

void ctl_page_refuse(struct ctl_call *call, int status, const char *why)
{
	call->status = status;
	call->why = why;
	begin(call);
}

void ctl_cursor_result(struct ctl_call *call, enum ctl_result result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_result(call, result, fmt, ap);
	va_end(ap);
}

void ctl_cursor_ready(struct ctl_call *call)
{
	wake(call);
}

void ctl_after(struct ctl_call *call, void (*fn)(void *user, void *ctx), void *ctx)
{
	call->after = fn;
	call->after_ctx = ctx;
}

/* --- reading --- */

static enum ctl_more read_cursor(struct ctl_call *call, struct str *out)
{
	static const char name[] = "\"arguments\": ";
	size_t before = out->len, start;
	enum ctl_more more;

	if (!call->has_output && !call->is_whole)
		str_add(out, name);
	start = out->len;
	more = call->cursor->next(call, call->cursor_state, out);
	if (out->len > start)
		call->has_output = true;
	else
		out->len = before;
	return more;
}

static enum ctl_more read_arguments(struct ctl_call *call, struct str *out)
{
	enum ctl_more more;

	if (!call->cursor)
		return json_write_next(&call->writing, out, PIECE) ? CTL_MORE : CTL_END;
	more = read_cursor(call, out);
	call->is_waiting = more == CTL_WAIT;
	return more;
}

static void add_tail(const struct ctl_call *call, struct str *out)
{
	str_addf(out, "%s\"result\": %d", call->arguments || call->has_output ? ", " : "", (int)call->result);
	if (call->text) {
		str_add(out, ", \"text\": ");
		json_add_string(out, call->text, strlen(call->text));
	}
	str_add(out, " }");
}

enum ctl_more ctl_call_read(struct ctl_call *call, struct str *out)
{
	enum ctl_more more;

	switch (call->stage) {
	case CALL_PENDING:
		call->is_waiting = true;
		return CTL_WAIT;
	case CALL_HEAD:
		if (call->is_whole) {
			call->stage = CALL_ARGUMENTS;
			return CTL_MORE;
		}
		str_add(out, "{ ");
		call->stage = call->arguments || call->cursor ? CALL_ARGUMENTS : CALL_TAIL;
		if (call->arguments) {
			str_add(out, "\"arguments\": ");
			json_write_init(&call->writing, call->arguments);
		}
		return CTL_MORE;
	case CALL_ARGUMENTS:
		more = read_arguments(call, out);
		if (more == CTL_END && call->is_whole) {
			call->stage = CALL_ENDED;
			return CTL_END;
		}
		if (more == CTL_END)
			call->stage = CALL_TAIL;
		return more == CTL_END ? CTL_MORE : more;
	case CALL_TAIL:
		add_tail(call, out);
		call->stage = CALL_ENDED;
		return CTL_END;
	case CALL_ENDED:
		break;
	}
	return CTL_END;
}

enum ctl_result ctl_call_result(const struct ctl_call *call)
{
	return call->result;
}

bool ctl_call_is_stream(const struct ctl_call *call)
{
	return call->is_stream;
}

const struct ctl_get *ctl_call_get(const struct ctl_call *call)
{
	return &call->get;
}

int ctl_page_status(const struct ctl_call *call, const char **ret_why)
{
	*ret_why = call->why;
	return call->status;
}

void *ctl_call_user(const struct ctl_call *call)
{
	return call->ctl->user;
}

const struct command *ctl_call_command(const struct ctl_call *call)
{
	return call->cmd;
}

unsigned ctl_call_family(const struct ctl_call *call)
{
	return call->ctl->family;
}

struct json_object *ctl_call_arguments(const struct ctl_call *call)
{
	return call->req->arguments;
}

struct arena *ctl_call_arena(struct ctl_call *call)
{
	return call->arena;
}

struct diag *ctl_call_diag(struct ctl_call *call)
{
	return call->req->diag;
}
