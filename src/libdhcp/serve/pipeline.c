/* SPDX-License-Identifier: MPL-2.0 */
/*
 * THE STEP LIST. A request runs down the list until it must wait; then the step parks it, and
 * whoever it waits for posts it back to its worker, where it goes on with the next step. Steps that
 * the RFCs make different come from the family.
 */
#include "serve/pipeline.h"

#include "log/log.h"
#include "serve/budget.h"
#include "serve/family.h"
#include "serve/server.h"

static enum verdict step_unpack(struct request *req)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];

	LOGF(req->fam->idx, DHCPx_BUFFER_RECEIVED, ip_format(&req->in.src, from), req->in.sport,
	     ip_format(&req->in.dst, to), req->in.dport, req->in.ifname);
	LOGF(req->fam->idx, DHCPx_BUFFER_UNPACK, req->in.len, ip_format(&req->in.src, from), req->in.ifname);
	return req->fam->unpack(req);
}

static enum verdict step_identify(struct request *req)
{
	return req->fam->identify(req);
}

static enum verdict step_recall(struct request *req)
{
	return req->fam->recall(req);
}

static enum verdict step_answer(struct request *req)
{
	return req->fam->answer(req);
}

static enum verdict step_pack(struct request *req)
{
	LOGF(req->fam->idx, DHCPx_PACKET_PACK, request_label(req));
	req->out.buf = serve_worker_out_buf(req->worker);
	req->out.size = (uint32_t)req->fam->datagram_max;
	return req->fam->pack(req);
}

const struct step pipeline_steps[] = {
	{ .name = "unpack", .run = step_unpack, .points = { HOOK_BUFFER_RECEIVE }, .n_points = 1 },
	{ .name = "accept", .run = step_accept, .points = { HOOK_PKT_RECEIVE }, .n_points = 1 },
	{ .name = "identify", .run = step_identify, .points = { HOOK_HOST_IDENTIFIER }, .n_points = 1 },
	{ .name = "choose", .run = step_choose, .points = { HOOK_SUBNET_SELECT }, .n_points = 1 },
	{ .name = "recall", .run = step_recall, .restart = true },
	{ .name = "bind",
	  .run = step_bind,
	  .points = { HOOK_LEASE_SELECT, HOOK_LEASE_RENEW, HOOK_LEASE_RELEASE },
	  .n_points = 3 },
	{ .name = "commit", .run = step_commit },
	{ .name = "committed",
	  .run = step_committed,
	  .points = { HOOK_LEASES_COMMITTED, HOOK_LEASE_OFFER },
	  .n_points = 2 },
	{ .name = "answer", .run = step_answer, .points = { HOOK_PKT_SEND }, .n_points = 1 },
	{ .name = "pack", .run = step_pack, .points = { HOOK_BUFFER_SEND }, .n_points = 1 },
};
const unsigned pipeline_n = sizeof(pipeline_steps) / sizeof(pipeline_steps[0]);

enum verdict request_drop(struct request *req, enum drop_reason reason, const char *why)
{
	req->drop = reason;
	req->why = why;
	return STEP_DROP;
}

const char *request_label(const struct request *req)
{
	struct request *mutable = (struct request *)req;

	if (!req->label[0])
		req->fam->make_label(req, mutable->label, sizeof(mutable->label));
	return req->label;
}

void request_received(const struct request *req)
{
	unsigned fam = req->fam->idx;

	LOGF(fam, DHCPx_QUERY_LABEL, request_label(req));
	if (log_is_on(&log_msg_DHCPx_PACKET_RECEIVED[fam])) {
		char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
		struct link_text link = { 0 };

		req->fam->describe_link(req, &link);
		LOGF(fam, DHCPx_PACKET_RECEIVED, request_label(req), req->row->name, req->type,
		     ip_format(&req->in.src, from), ip_format(&req->in.dst, to), req->in.ifname, link.buf);
	}
	if (log_is_on(&log_msg_DHCPx_QUERY_DATA[fam])) {
		struct str text = { 0 };

		req->fam->dump_query(req, &text);
		LOGF(fam, DHCPx_QUERY_DATA, request_label(req), str_text(&text));
		str_free(&text);
	}
}

static void count_sent(const struct request *req, const struct message_row *row)
{
	unsigned fam = req->fam->idx;

	stat_add(req->worker->stats, STAT_SENT, 1);
	stat_add(req->worker->stats, row->sent, 1);
	if (log_is_on(&log_msg_DHCPx_PACKET_SEND[fam])) {
		char from[IP_TEXT_MAX], to[IP_TEXT_MAX];

		LOGF(fam, DHCPx_PACKET_SEND, request_label(req), row->name, req->answer_type,
		     ip_format(&req->out.src, from), req->out.sport, ip_format(&req->out.dst, to), req->out.dport,
		     req->out.ifname);
	}
	if (log_is_on(&log_msg_DHCPx_RESPONSE_DATA[fam])) {
		struct str text = { 0 };

		req->fam->dump_answer(req, &text);
		LOGF(fam, DHCPx_RESPONSE_DATA, request_label(req), row->name, req->answer_type, str_text(&text));
		str_free(&text);
	}
}

/* Options that did not fit are named once per client and configuration, and counted always. */
static void log_omitted(const struct request *req)
{
	const struct dict *dict = req->cfg->dict;
	struct client_key key;
	char text[OMITTED_MAX * 64 + 32];
	size_t len = 0;
	unsigned i;

	if (!req->omitted.n)
		return;
	stat_add(req->worker->stats, STAT_OPTIONS_OMITTED, 1);
	key = client_key_part(&req->turn.client, req->live->serial);
	if (!budget_take(req->worker->srv->omissions, &key))
		return;
	for (i = 0; i < req->omitted.n && i < OMITTED_MAX; i++) {
		uint16_t code = req->omitted.codes[i];
		const struct optdef *def = dict_by_code(dict, dict_main_space(dict), code);

		len += (size_t)snprintf(text + len, 64, "%s%u%s%.50s", i ? ", " : "", code, def ? " " : "",
					def ? def->name : "");
	}
	if (i < req->omitted.n)
		(void)snprintf(text + len, 32, " and %u more", req->omitted.n - i);
	LOGF_FOLDED(req->fam->idx, req->worker->srv->fold, key.a, DHCPx_OPTIONS_OMITTED, request_label(req),
		    message_row(req->fam, req->answer_type)->name, req->size_limit, text);
}

enum verdict request_packed(struct request *req, int len)
{
	if (len < 0)
		return request_drop(req, DROP_TOO_BIG, err_text(len));
	req->out.len = (uint32_t)len;
	log_omitted(req);
	count_sent(req, message_row(req->fam, req->answer_type));
	return STEP_NEXT;
}

void pipeline_drop(struct request *req, enum drop_reason reason, const char *why)
{
	(void)request_drop(req, reason, why);
	stat_add(req->worker->stats, drop_rows[reason].stat, 1);
	stat_add(req->worker->stats, STAT_RECEIVE_DROP, 1);
	req->fam->log_drop(req);
}

unsigned pipeline_restart(void)
{
	unsigned i = 0;

	while (!pipeline_steps[i].restart)
		i++;
	return i;
}

enum progress pipeline_run_to(struct request *req, unsigned end)
{
	while (req->step < end) {
		const struct step *step = &pipeline_steps[req->step++];

		switch (step->run(req)) {
		case STEP_NEXT:
			break;
		case STEP_PARK:
			return RUN_PARKED;
		case STEP_AGAIN:
			req->step = pipeline_restart();
			break;
		case STEP_DROP:
			pipeline_drop(req, req->drop, req->why);
			return RUN_FINISHED;
		case STEP_DONE:
			return RUN_FINISHED;
		}
	}
	if (end < pipeline_n)
		return RUN_SO_FAR;
	req->has_answer = true;
	return RUN_FINISHED;
}

bool pipeline_run(struct request *req)
{
	return pipeline_run_to(req, pipeline_n) == RUN_FINISHED;
}
