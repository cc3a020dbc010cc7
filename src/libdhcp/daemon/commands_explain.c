/* SPDX-License-Identifier: MPL-2.0 */
/* The command `explain`: what a client would get, and why. */
#include "daemon/explain_query.h"

#include "serve/explain.h"

static void explained(void *owner, struct json_object *what)
{
	struct ctl_call *call = owner;
	struct json_object *response;
	char text[64];

	if (!what) {
		ctl_respond(call, CTL_ERROR, NULL, "the server is shutting down");
		return;
	}
	(void)json_object_object_get_ex(what, "response", &response);
	if (response)
		(void)snprintf(text, sizeof(text), "%s", json_object_get_string(response));
	ctl_respond(call, response ? CTL_SUCCESS : CTL_EMPTY, what, "%s",
		    response ? text : "the server would not respond");
}

static void run_explain(struct ctl_call *call, const void *args)
{
	struct daemon *d = call_daemon(call);
	struct dgram query;
	int err;

	if (!explain_query(call, args, &query)) {
		ctl_respond_diag(call);
		return;
	}
	if (!d->explainer)
		d->explainer = explainer_new(&d->srv, d->loop);
	err = explain_message(d->explainer, d->sockets.live, &query, explained, call);
	if (err < 0)
		ctl_respond(call, CTL_ERROR, NULL,
			    err == -E_BUSY ? "too many messages are being explained: try again"
					   : "the message is too long");
}

static const struct command rows[] = {
	{ .name = "explain",
	  .access = CTL_READ,
	  .provider = "core",
	  .native = true,
	  .since = "4.2.0",
	  .args = &explain_args_scope,
	  .run = run_explain,
	  .doc = "Returns what a client would get, and why: its subnet, classes, reservation, addresses and options, "
		 "with "
		 "the rule or scope that each came from, or the reason for no response. Nothing is assigned, offered, "
		 "counted or logged." },
};
const struct command_rows commands_explain = COMMAND_ROWS(rows);
