/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Commands that trace single clients: all log lines of their exchanges, whatever the loggers say
 * (serve/client_trace.h).
 */
#include "daemon/commands.h"

#include "base/clock.h"
#include "serve/client_trace.h"
#include "wire/ident.h"

struct trace_args {
	struct conf_node node;
	const char *hw_address, *id;
	uint32_t seconds;
};

#define K_TRACE(field, name, of, text)                                                                         \
	K_STRING(struct trace_args, field, name, .families = of, .max = 800, .since = "4.2.0", .native = true, \
		 .doc = text)
#define K_CLIENT                                                                             \
	K_TRACE(hw_address, "hw-address", KEY_DHCP, "hardware address of the client"),       \
		K_TRACE(id, "client-id", KEY_4, "client identifier, 'text' or hexadecimal"), \
		K_TRACE(id, "duid", KEY_6, "DUID of the client")

static const struct key add_keys[] = {
	K_CLIENT,
	K_INT(struct trace_args, seconds, "seconds", .def = "600", .min = 1, .max = 86400, .unit = "s",
	      .since = "4.2.0", .native = true, .doc = "when the trace ends by itself"),
};
static const struct key del_keys[] = { K_CLIENT };
static const struct scope add_scope = SCOPE("arguments", struct trace_args, add_keys);
static const struct scope del_scope = SCOPE("arguments", struct trace_args, del_keys);

static const char *text_of(struct bytes id, char buf[IDENT_MAX])
{
	ident_id(id, buf, IDENT_MAX);
	return buf;
}

/* False after an error, to which it has responded. */
static bool read_client(struct ctl_call *call, const struct trace_args *a, enum client_trace_by *ret_by,
			struct bytes *ret_id)
{
	const struct daemon *d = call_daemon(call);
	const char *text = a->hw_address ? a->hw_address : a->id;
	size_t len = text ? strlen(text) : 0;
	uint8_t *buf;
	int n;

	if (!text || (a->hw_address && a->id)) {
		ctl_respond(call, CTL_ERROR, NULL, "expected either \"hw-address\" or \"%s\"",
			    tracer_key(&d->tracer, TRACE_BY_ID));
		return false;
	}
	*ret_by = a->hw_address ? TRACE_BY_HWADDR : TRACE_BY_ID;
	buf = arena_alloc(ctl_call_arena(call), len + 1);
	n = text_to_bytes(text, len, buf, len + 1);
	if (n <= 0 || n > CLIENT_TRACE_ID_MAX) {
		ctl_respond(call, CTL_ERROR, NULL, "\"%s\": expected 1 to %d bytes, 'text' or hexadecimal",
			    tracer_key(&d->tracer, *ret_by), CLIENT_TRACE_ID_MAX);
		return false;
	}
	*ret_id = bytes_of(buf, (size_t)n);
	return true;
}

static void trace_add(struct ctl_call *call, const void *args)
{
	const struct trace_args *a = args;
	struct daemon *d = call_daemon(call);
	enum client_trace_by by;
	struct bytes id;

	if (!read_client(call, a, &by, &id))
		return;
	if (tracer_add(&d->tracer, by, id, a->seconds) < 0) {
		ctl_respond(call, CTL_ERROR, NULL, "%d clients are already traced: end one with client-trace-del",
			    CLIENT_TRACES_MAX);
		return;
	}
	ctl_respond(call, CTL_SUCCESS, NULL, "client traced for %u seconds", a->seconds);
}

static void trace_del(struct ctl_call *call, const void *args)
{
	struct daemon *d = call_daemon(call);
	enum client_trace_by by;
	struct bytes id;

	if (!read_client(call, args, &by, &id))
		return;
	if (!tracer_remove(&d->tracer, by, id)) {
		ctl_respond(call, CTL_EMPTY, NULL, "the client is not traced");
		return;
	}
	ctl_respond(call, CTL_SUCCESS, NULL, "client no longer traced");
}

static void trace_list(struct ctl_call *call, const void *args)
{
	struct daemon *d = call_daemon(call);
	struct json_object *map = json_object_new_object(), *list = json_object_new_array();
	struct client_trace v[CLIENT_TRACES_MAX];
	size_t n = client_traces_list(d->srv.traces, v);
	int64_t now_ms = clock_boot_ms();
	char text[IDENT_MAX];

	(void)args;
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, tracer_key(&d->tracer, v[i].by),
				       json_object_new_string(text_of(bytes_of(v[i].id, v[i].len), text)));
		json_object_object_add(one, "seconds", json_object_new_int64((v[i].ends_ms - now_ms + 999) / 1000));
		json_object_array_add(list, one);
	}
	json_object_object_add(map, "clients", list);
	ctl_respond(call, n ? CTL_SUCCESS : CTL_EMPTY, map, "%zu client(s) traced", n);
}

#define ROW(n, a) .name = n, .families = KEY_DHCP, .access = a, .provider = "core", .native = true, .since = "4.2.0"

static const struct command rows[] = {
	{ ROW("client-trace-add", CTL_WRITE), .args = &add_scope, .run = trace_add,
	  .doc = "Logs everything about the exchanges of one client, debug messages too, whatever the severity of the "
		 "loggers, until the time has passed or client-trace-del ends it. At most 16 clients are traced." },
	{ ROW("client-trace-del", CTL_WRITE), .args = &del_scope, .run = trace_del,
	  .doc = "Ends what client-trace-add began for this client." },
	{ ROW("client-trace-list", CTL_READ), .run = trace_list,
	  .doc = "Returns the clients that are traced, and for how many seconds." },
};
const struct command_rows commands_trace = COMMAND_ROWS(rows);
