/* SPDX-License-Identifier: MPL-2.0 */
/* The filter of HTTP: who sets it decides about requests, and edits responses. Channels call it. */
#include "ctl/call_int.h"

void ctl_set_filter(struct ctl *ctl, const struct ctl_filter *filter, void *ctx)
{
	ctl->filter = filter;
	ctl->filter_ctx = ctx;
}

bool ctl_filters_requests(const struct ctl *ctl)
{
	return ctl->filter && ctl->filter->accept;
}

bool ctl_filters_responses(const struct ctl *ctl)
{
	return ctl->filter && ctl->filter->respond;
}

bool ctl_filter_accepts(struct ctl *ctl, struct ctl_exchange *exchange)
{
	return ctl->filter->accept(ctl->filter_ctx, exchange);
}

void ctl_filter_response(struct ctl *ctl, const struct ctl_call *call, struct ctl_exchange *exchange)
{
	exchange->user = call->user;
	/* A page has no request. */
	if (call->req) {
		exchange->command = call->req->command;
		exchange->arguments = call->req->arguments;
	}
	ctl->filter->respond(ctl->filter_ctx, exchange);
}
