/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The points http_auth and http_response: libraries are the filter of the HTTP sockets. Main thread. What they see
 * comes from clients; what they write is checked here, as it becomes part of what HTTP is framed by.
 */
#include "api/api.h"

#include "api/api_int.h"
#include "base/err.h"
#include "ctl/command.h"

static enum hook_verdict call_at(const struct hooks *hooks, enum hook_point_id point, struct ctl_exchange *exchange)
{
	struct hook_call call = {
		.point = point,
		.digit = hooks->uses->lib->digit,
		.command = exchange->command,
		.arguments = exchange->arguments,
		.http = exchange,
	};

	return hooks_call(hooks, &call);
}

static bool accept_request(void *ctx, struct ctl_exchange *exchange)
{
	enum hook_verdict said = call_at(ctx, HOOK_HTTP_AUTH, exchange);

	if (said == HOOK_CONTINUE)
		return true;
	if (!exchange->status)
		exchange->status = said == HOOK_SKIP ? 401 : 403;
	return false;
}

static void edit_response(void *ctx, struct ctl_exchange *exchange)
{
	(void)call_at(ctx, HOOK_HTTP_RESPONSE, exchange);
}

void api_use_http(struct ctl *ctl, const struct hooks *hooks)
{
	/* By the points that libraries have registered at: requests, responses. */
	static const struct ctl_filter filters[2][2] = {
		{ { NULL, NULL }, { NULL, edit_response } },
		{ { accept_request, NULL }, { accept_request, edit_response } },
	};

	ctl_set_filter(ctl, &filters[hooks_at(hooks, HOOK_HTTP_AUTH)][hooks_at(hooks, HOOK_HTTP_RESPONSE)],
		       (void *)(uintptr_t)hooks);
}

bool http_get(const struct ctl_exchange *http, enum kea_field field, struct value *ret)
{
	switch (field) {
	case KEA_CALL_USER:
		ret->text = http->user ? http->user : "";
		return true;
	case KEA_CALL_REMOTE_ADDR:
		ret->ip = http->addr;
		return true;
	case KEA_CALL_STATUS:
		ret->number = http->status;
		return true;
	case KEA_CALL_BODY:
		ret->text = http->body ? str_text(http->body) : "";
		return true;
	default:
		return false;
	}
}

int http_set_status(struct ctl_exchange *http, int64_t status)
{
	/* RFC 9110 6.4.1: responses with these two have no body. */
	if (status < 200 || status > 599 || status == 204 || status == 304)
		return -E_RANGE;
	http->status = (int)status;
	return 0;
}

int http_set_body(struct ctl_exchange *http, const char *text)
{
	size_t len = strlen(text);
	struct str body = { 0 };

	if (!http->body)
		return -E_UNSUPPORTED;
	if (len > CTL_FILTER_BODY_MAX)
		return -E_RANGE;
	/* It may be part of what is there. */
	str_add_n(&body, text, len);
	str_free(http->body);
	*http->body = body;
	return 0;
}
