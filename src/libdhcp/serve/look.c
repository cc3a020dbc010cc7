/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Looks up the candidates in the store: those not looked up before, in one batch. Then asks whether they are reserved
 * for others, if that is not known in advance. A candidate that belongs to another client is rejected, and the request
 * goes back for the next one.
 */
#include "serve/ask.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/host.h"
#include "serve/step.h"
#include "serve/propose.h"
#include "serve/service.h"

#include "base/clock.h"

/* If another server on the same store has taken nearly all of a pool, its last free address is still found. */
#define REJECTED_MAX 256
#define LOOK_MS 500

static unsigned ask_candidates(struct request *req)
{
	unsigned i, n = 0;

	req->queries = NULL;
	for (i = 0; i < req->n_bindings; i++) {
		struct candidate *c = &req->bindings[i].candidate;

		if (!c->exists || c->is_known)
			continue;
		if (!req->queries)
			req->queries = arena_room(req->arena, req->n_bindings * sizeof(*req->queries));
		if (!req->queries)
			return 0;
		req->queries[n++] = (struct lease_query){ .by = BY_ADDR,
							  .type = req->bindings[i].ia->type,
							  .addr = c->prefix.addr,
							  .is_probably_free = candidate_is_undisputed(req, c),
							  .max = 1,
							  .owner = c };
	}
	return n;
}

static void take_candidate(struct request *req, const struct lease_query *query)
{
	struct candidate *c = query->owner;

	(void)req;
	c->is_known = true;
	c->lease = query->n ? query->out : NULL;
}

static bool is_somebody_elses(const struct request *req, const struct binding *b)
{
	const struct lease *lease = b->candidate.lease;

	return b->candidate.source != SOURCE_OWN && !b->candidate.is_of_host && lease && !lease_is_over(lease) &&
	       !req->fam->belongs(req, b->ia, lease);
}

/*
 * While the request waited. If others are picked, what is not claimed any more cannot stay either: it might be picked
 * once more.
 */
static void reject_lost(struct request *req, unsigned n_before)
{
	for (unsigned i = 0; i < req->n_bindings; i++)
		if (candidate_is_lost(req, &req->bindings[i]))
			candidate_reject(req, &req->bindings[i]);
	for (unsigned i = 0; i < req->n_bindings && req->n_rejected > n_before; i++)
		if (!candidate_is_claimed(req, &req->bindings[i]))
			candidate_reject(req, &req->bindings[i]);
}

enum verdict step_look(struct request *req)
{
	static const struct ask_round rounds[] = { { ask_candidates, take_candidate } };
	enum verdict verdict = ask_rounds(req, rounds, 1);
	unsigned n_before = req->n_rejected;

	if (verdict == STEP_NEXT)
		verdict = others_ask(req);
	if (verdict != STEP_NEXT)
		return verdict;
	for (unsigned i = 0; i < req->n_bindings; i++) {
		struct candidate *c = &req->bindings[i].candidate;

		/* No memory for the query: nothing may be concluded. */
		if (c->exists && !c->is_known)
			return request_drop(req, DROP_LIMIT, "the message is too large");
		c->is_reserved =
			c->exists && req->asked_places && others_have(req, req->bindings[i].ia->type, &c->prefix);
		if (c->is_reserved || is_somebody_elses(req, &req->bindings[i]))
			candidate_reject(req, &req->bindings[i]);
	}
	if (may_have_waited(req))
		reject_lost(req, n_before);
	if (req->n_rejected == n_before)
		return STEP_NEXT;
	if (!n_before)
		req->rejected_ms = clock_boot_ms();
	if (req->n_rejected > REJECTED_MAX || clock_boot_ms() - req->rejected_ms > LOOK_MS)
		return request_drop(req, DROP_CONFLICT, "the addresses that were picked have leases");
	return request_again(req, step_propose);
}
