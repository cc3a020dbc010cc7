/* SPDX-License-Identifier: MPL-2.0 */
/*
 * THE STEP LIST. A request runs down the list until it must wait; then the step parks it, and the response posts
 * it back to its worker, where it continues with the next step. Steps that the RFCs make different come from the
 * family.
 */
#include "serve/pipeline.h"

#include "log/log.h"
#include "serve/answer_options.h"
#include "serve/budget.h"
#include "serve/classify.h"
#include "serve/client_trace.h"
#include "serve/emit.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/report.h"
#include "serve/service.h"
#include "serve/slots.h"

static enum verdict step_unpack(struct request *req)
{
	bool lenient = req->cfg->global.compatibility->lenient_option_parsing;
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
	const char *why = NULL;

	if (log_has_traces() && !req->trace)
		client_trace_begin(req);

	LOGF(req->fam->idx, DHCPx_BUFFER_RECEIVED, ip_format(&req->in.src, from), req->in.sport,
	     ip_format(&req->in.dst, to), req->in.dport, req->in.ifname);
	LOGF(req->fam->idx, DHCPx_BUFFER_UNPACK, req->in.len, ip_format(&req->in.src, from), req->in.ifname);
	if (req->fam->parse(req, bytes_of(req->in.buf, req->in.len), lenient, &why) < 0)
		return request_drop(req, DROP_PARSE, why);
	return req->fam->unpack(req);
}

static enum verdict step_identify(struct request *req)
{
	enum verdict verdict;

	if (req->row->use == MESSAGE_OF_LIBRARY)
		return request_drop(req, DROP_UNSUPPORTED_TYPE, NULL);
	/* A hook library may have asked for the label before the client was known. */
	req->label[0] = '\0';
	verdict = req->fam->identify(req);
	/* If it parks, another thread may have it: pipeline_run_to() does this when it returns. */
	if (verdict == STEP_NEXT && log_has_traces() && !req->trace)
		client_trace_identified(req);
	return verdict;
}

static enum verdict step_answer(struct request *req)
{
	if (!req->answer_type)
		return STEP_DONE;
	req->fam->begin(req);
	if (req->classes.bits && !classify_additional(req))
		return request_drop(req, DROP_LIMIT, classes_too_expensive);
	request_set_scopes(req);
	return req->fam->answer(req);
}

static enum verdict step_pack(struct request *req)
{
	LOGF(req->fam->idx, DHCPx_PACKET_PACK, request_label(req));
	req->out.buf = serve_worker_out_buf(req->worker);
	req->out.size = (uint32_t)req->fam->datagram_max;
	return req->fam->pack(req);
}

/* Looked up for each message. */
enum { AT_RECALL = 7, AT_PACK = 14 };

/* Hook points are at steps, see slots.c. */
const struct step pipeline_steps[] = {
	{ "unpack", step_unpack },     /* header and options, pointing into the request's copy of the datagram */
	{ "accept", step_accept },     /* is this type served? */
	{ "identify", step_identify }, /* the client; one request per client at a time */
	{ "classify", step_classify }, /* classes that the message alone decides */
	{ "early", step_early },       /* global reservations, with early-global-reservations-lookup */
	{ "choose", step_choose },     /* the client's subnet */
	{ "host", step_host },         /* its reservation, and the classes that depend on it */
	[AT_RECALL] = { "recall", step_recall }, /* the leases that the client has and names */
	{ "propose", step_propose },             /* candidates; the only step that claims */
	{ "look", step_look },                   /* what is stored at the candidates */
	{ "bind", step_bind },                   /* pure: leases and candidates in, changes and events out */
	{ "commit", step_commit },               /* the changes go to the store */
	{ "committed", step_committed },         /* durable: the events are reported */
	{ "answer", step_answer },               /* header and options by precedence */
	[AT_PACK] = { "pack", step_pack },       /* bytes */
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

/* Options that did not fit are logged by name once per client and configuration; they are always counted. */
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
	bool was_traced = log_trace(req->is_traced);

	(void)request_drop(req, reason, why);
	if (!drop_rows[reason].is_undone)
		event_emit(req);
	stat_add(req->worker->stats, drop_rows[reason].stat, 1);
	stat_add(req->worker->stats, STAT_RECEIVE_DROP, 1);
	report_drop(req);
	(void)log_trace(was_traced);
}

static unsigned index_of(enum verdict (*run)(struct request *req))
{
	unsigned i = 0;

	while (pipeline_steps[i].run != run)
		i++;
	return i;
}

static void begin_step(struct request *req, unsigned step)
{
	req->step = step;
	req->step_ran = req->has_asked = false;
	req->phase = req->slot = 0;
}

static unsigned next_step(const struct request *req)
{
	return req->is_answered && req->step < AT_PACK ? AT_PACK : req->step + 1;
}

unsigned pipeline_recall(void)
{
	return AT_RECALL;
}

enum verdict request_again(struct request *req, enum verdict (*step)(struct request *req))
{
	begin_step(req, index_of(step));
	return STEP_AGAIN;
}

/* Unless it has already run and its responses have arrived. */
static enum verdict run_step(struct request *req)
{
	return req->step_ran ? STEP_NEXT : pipeline_steps[req->step].run(req);
}

static enum progress stop(struct request *req, enum verdict verdict)
{
	/* Another thread may have it already. */
	if (verdict == STEP_PARK)
		return RUN_PARKED;
	if (verdict == STEP_DROP)
		pipeline_drop(req, req->drop, req->why);
	else
		event_emit(req);
	return RUN_FINISHED;
}

static enum progress run_to(struct request *req, unsigned end)
{
	const uint32_t hook_steps = req->live->hook_steps;

	while (req->step < end) {
		enum verdict verdict = hook_steps >> req->step & 1 ? slots_run(req) : run_step(req);

		if (verdict == STEP_NEXT)
			begin_step(req, next_step(req));
		else if (verdict != STEP_AGAIN)
			return stop(req, verdict);
	}
	if (end < pipeline_n)
		return RUN_SO_FAR;
	req->has_answer = true;
	return RUN_FINISHED;
}

enum progress pipeline_run_to(struct request *req, unsigned end)
{
	enum progress progress;

	if (!log_has_traces())
		return run_to(req, end);
	(void)log_trace(req->is_traced);
	client_trace_identified(req);
	progress = run_to(req, end);
	(void)log_trace(false);
	return progress;
}

/* Left out when a request is only explained. */
static bool stores(const struct step *step)
{
	return step->run == step_commit || step->run == step_committed;
}

enum progress pipeline_try(struct request *req)
{
	while (req->step < pipeline_n) {
		enum verdict verdict = stores(&pipeline_steps[req->step]) ? STEP_NEXT : run_step(req);

		if (verdict == STEP_PARK)
			return RUN_PARKED;
		if (verdict == STEP_NEXT)
			begin_step(req, req->step + 1);
		else if (verdict != STEP_AGAIN)
			return RUN_FINISHED;
	}
	req->has_answer = true;
	return RUN_FINISHED;
}

bool pipeline_passed(const struct request *req, enum verdict (*step)(struct request *req))
{
	return req->step > index_of(step);
}

bool pipeline_run(struct request *req)
{
	return pipeline_run_to(req, pipeline_n) == RUN_FINISHED;
}
