/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The steps both families share: which message is served at all, which subnet the client is in,
 * what its message means (by the message table), and making the changes durable.
 */
#include "base/err.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/pipeline.h"
#include "serve/answer_options.h"
#include "serve/report.h"
#include "serve/server.h"

/* A client that has heard nothing for so long has asked again. */
#define STORE_WAIT_MS 10000

enum verdict step_accept(struct request *req)
{
	struct stats *stats = req->worker->stats;

	req->row = message_row(req->fam, req->type);
	stat_add(stats, req->row->received, 1);
	switch (req->row->use) {
	case MESSAGE_SERVED:
		return STEP_NEXT;
	case MESSAGE_OF_SERVER:
		return request_drop(req, DROP_NOT_CLIENT, NULL);
	case MESSAGE_UNSUPPORTED:
		return request_drop(req, DROP_UNSUPPORTED_TYPE, NULL);
	case MESSAGE_UNKNOWN:
		break;
	}
	return request_drop(req, DROP_UNKNOWN_TYPE, NULL);
}

enum verdict step_choose(struct request *req)
{
	struct select_query query = { 0 };

	req->fam->where(req, &query);
	req->chosen = req->sub = subnet_select(&req->cfg->plan, &query);
	request_set_scopes(req);
	if (req->sub)
		report_subnet(req);
	else
		LOGF(req->fam->idx, DHCPx_SUBNET_SELECTION_FAILED, request_label(req));
	return STEP_NEXT;
}

enum verdict step_bind(struct request *req)
{
	enum verdict verdict;

	if (!req->chosen && !req->row->any_link)
		report_no_subnet(req);
	req->n_changes = 0;
	req->changes = req->few_changes;
	req->reused = false;
	verdict = req->row->bind(req);
	req->fam->log_bound(req);
	return verdict;
}

/* From whatever thread made the changes durable: back to the worker. */
static void txn_done(struct store_txn *txn)
{
	struct request *req = txn->owner;

	(void)wait_respond(req, txn->ticket);
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
		.owner = req,
		.ticket = wait_expect(req),
	};
	err = store_apply(req->worker->srv->store, &req->txn);
	/* Busy: as with a sick disk, no answer is better than one that does not hold. */
	if (err < 0)
		return request_drop(req, DROP_STORE, err_text(err));
	return wait_end(req);
}

/* RFC 2131 3.1 and 4.3: what is acknowledged is in stable storage; if it is not, be silent. */
enum verdict step_committed(struct request *req)
{
	if (req->n_changes) {
		switch (req->txn.result) {
		case CHANGE_OK:
			break;
		case CHANGE_CONFLICT:
		case CHANGE_GONE:
			if (++req->n_conflicts > CONFLICTS_MAX)
				return request_drop(req, DROP_CONFLICT, NULL);
			LOGF(req->fam->idx, DHCPx_LEASE_CONFLICT, request_label(req));
			return STEP_AGAIN;
		case CHANGE_FAILED:
		case CHANGE_ABORTED:
			return request_drop(req, DROP_STORE, NULL);
		}
	}
	req->fam->committed(req);
	return STEP_NEXT;
}
