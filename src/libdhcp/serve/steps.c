/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The steps that both families share: which message is served, which subnet the client is in, what the message
 * means (by the message table), and making the changes durable.
 */
#include "base/err.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/step.h"
#include "serve/answer_options.h"
#include "serve/ask.h"
#include "serve/binding.h"
#include "serve/emit.h"
#include "serve/event.h"
#include "serve/grant.h"
#include "serve/lease_dns.h"
#include "serve/report.h"
#include "serve/service.h"
#include "serve/wait.h"

enum verdict step_accept(struct request *req)
{
	struct stats *stats = req->worker->stats;

	req->row = message_row(req->fam, req->type);
	stat_add(stats, req->row->received, 1);
	if (atomic_load_explicit(&req->worker->srv->is_disabled, memory_order_relaxed))
		return request_drop(req, DROP_DISABLED, NULL);
	switch (req->row->use) {
	case MESSAGE_SERVED:
		return STEP_NEXT;
	case MESSAGE_OF_SERVER:
		return request_drop(req, DROP_NOT_CLIENT, NULL);
	case MESSAGE_OF_LIBRARY:
		if (hooks_at(req->live->hooks, HOOK_PKT_RECEIVE))
			return STEP_NEXT;
		return request_drop(req, DROP_UNSUPPORTED_TYPE, NULL);
	case MESSAGE_UNSUPPORTED:
		return request_drop(req, DROP_UNSUPPORTED_TYPE, NULL);
	case MESSAGE_UNKNOWN:
		break;
	}
	return request_drop(req, DROP_UNKNOWN_TYPE, NULL);
}

static unsigned ask_link(struct request *req)
{
	struct lease_query query;
	struct ip addr;

	if (!req->fam->needs_lease(req, &addr))
		return 0;
	query = (struct lease_query){ .by = BY_ADDR, .type = req->fam->lease_type, .addr = addr, .max = 1 };
	req->queries = arena_dup(req->arena, &query, sizeof(query));
	return req->queries ? 1 : 0;
}

static void take_link(struct request *req, const struct lease_query *query)
{
	if (query->n)
		req->fam->use_lease(req, query->out);
}

enum verdict step_choose(struct request *req)
{
	static const struct ask_round rounds[] = { { ask_link, take_link } };
	enum verdict verdict = req->fam->needs_lease ? ask_rounds(req, rounds, 1) : STEP_NEXT;
	struct select_query query = { 0 };

	if (verdict != STEP_NEXT)
		return verdict;
	req->fam->where(req, &query);
	query.classes = req->classes.bits;
	req->chosen = req->sub = subnet_select(&req->cfg->plan, &query);
	request_set_scopes(req);
	if (req->sub)
		report_subnet(req);
	else
		LOGF(req->fam->idx, DHCPx_SUBNET_SELECTION_FAILED, request_label(req));
	report_chosen(req, &query);
	return req->fam->chosen ? req->fam->chosen(req) : STEP_NEXT;
}

/* Makes room for bind: at most one change and event per item here, and a few events about the message. */
static bool prepare_bind(struct request *req)
{
	unsigned n = req->n_bindings + req->n_reserved + 2, i;

	for (i = 0; i < req->n_ias; i++)
		n += req->ias[i].n_held + req->ias[i].n_hints + 1;
	req->n_changes = req->n_events = 0;
	req->name = NULL;
	req->changes_max = req->events_max = n;
	/* Each is filled in as it is counted. */
	req->changes = arena_room(req->arena, n * (sizeof(*req->changes) + sizeof(*req->events)));
	req->events = (struct event *)(req->changes + n);
	return req->changes != NULL;
}

/*
 * The database failed, and some of the client's leases were remembered: true if the response says nothing but that it
 * may keep them. Whatever else was concluded, above all that it has no lease, may be wrong.
 */
static bool only_keeps(const struct request *req)
{
	unsigned i, k;

	if (req->n_changes)
		return false;
	for (i = 0; i < req->n_ias; i++) {
		const struct ia *ia = &req->ias[i];
		unsigned n_kept = 0;

		for (k = 0; k < ia->n_bindings; k++) {
			if (ia->bindings[k].candidate.exists && !ia->bindings[k].is_reused)
				return false;
			n_kept += ia->bindings[k].is_reused;
		}
		if (!n_kept)
			return false;
		for (k = 0; k < ia->n_hints; k++)
			if (!ip_is_zero(&ia->hints[k].prefix.addr) && !ia_is_granted(ia, &ia->hints[k].prefix))
				return false;
	}
	return req->n_ias > 0;
}

enum verdict step_bind(struct request *req)
{
	enum verdict verdict;

	if (!req->chosen && !req->row->any_link)
		report_no_subnet(req);
	if (!prepare_bind(req))
		return request_drop(req, DROP_LIMIT, "the message is too large");
	verdict = req->row->bind(req);
	if (verdict == STEP_NEXT && req->is_cached && !only_keeps(req))
		verdict = request_drop(req, DROP_STORE, "the lease database cannot be reached");
	report_bound(req);
	return verdict;
}

/*
 * In the thread that made the changes durable: posts the request back to its worker. As in ask.c, the slot may
 * hold another message.
 */
static void txn_done(struct store_txn *txn, uint64_t ticket)
{
	(void)wait_respond(container_of(txn, struct request, txn), ticket);
}

enum verdict step_commit(struct request *req)
{
	static const struct wait_for stored = {
		.ms = STORE_WAIT_MS,
		.drop = DROP_STORE,
		.why = "the store did not respond in time",
	};
	int err;

	if (!req->n_changes)
		return STEP_NEXT;
	wait_begin(req, &stored);
	req->txn = (struct store_txn){
		.v = req->changes,
		.n = req->n_changes,
		.done = txn_done,
		.ticket = wait_expect(req),
	};
	err = store_apply(req->live->db->store, &req->txn);
	/* Busy: as with a failing disk, no response is better than one that does not last. */
	if (err < 0)
		return request_drop(req, DROP_STORE, err_text(err));
	return wait_end(req);
}

/* Ended leases that were replaced before the server reclaimed them. */
static void log_recovered(struct request *req)
{
	char text[IP_TEXT_MAX];
	unsigned i;

	for (i = 0; i < req->n_changes; i++) {
		const struct lease *lease = req->changes[i].ended;

		if (lease && lease->state == LEASE_DECLINED)
			LOGF(req->fam->idx, ALLOC_ENGINE_Vx_DECLINED_RECOVERED, ip_format(&lease->addr, text),
			     lease->subnet_id);
	}
}

/* RFC 2131 3.1 and 4.3: what is acknowledged is on stable storage; otherwise there is no response. */
enum verdict step_committed(struct request *req)
{
	bool has_declined = req->is_declining;

	req->is_declining = false;
	if (req->n_changes) {
		switch (req->txn.result) {
		case CHANGE_OK:
			log_recovered(req);
			lease_dns_note(req->worker->srv->sender, req->cfg, req->changes, req->n_changes);
			break;
		case CHANGE_CONFLICT:
		case CHANGE_GONE:
			req->n_events = 0;
			if (++req->n_conflicts > CONFLICTS_MAX)
				return request_drop(req, DROP_CONFLICT, NULL);
			LOGF(req->fam->idx, DHCPx_LEASE_CONFLICT, request_label(req));
			return request_again(req, step_recall);
		case CHANGE_FAILED:
		case CHANGE_ABORTED:
			return request_drop(req, DROP_STORE, NULL);
		}
	}
	event_emit(req);
	if (!has_declined)
		return STEP_NEXT;
	return req->n_in_use == IN_USE_MAX ? request_drop(req, DROP_CONFLICT, in_use_text)
					   : request_again(req, step_recall);
}
