/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/ask.h"

#include "base/err.h"
#include "serve/service.h"
#include "serve/wait.h"

/* A response that comes twice may find another message in the request: only its place in memory is certain. */
static void found(struct store_find *find, uint64_t ticket)
{
	(void)wait_respond(container_of(find, struct request, find), ticket);
}

static enum verdict ask(struct request *req, unsigned n)
{
	static const struct wait_for responses = {
		.ms = STORE_WAIT_MS,
		.drop = DROP_STORE,
		.why = "the lease store did not respond in time",
		.reenter = true,
	};
	struct store *store = req->live->db->store;
	struct store_find *find = &req->find;
	int err;

	find->v = req->queries;
	find->n = n;
	find->arena = req->arena;
	if (!store_finds_at_once(store)) {
		wait_begin(req, &responses);
		find->done = found;
		find->ticket = wait_expect(req);
	}
	err = store_find(store, find);
	if (err == -E_AGAIN)
		return wait_end(req);
	return err < 0 ? request_drop(req, DROP_STORE, err_text(err)) : STEP_NEXT;
}

/* Leases that cannot be looked at are not leases that do not exist. */
static enum verdict take(struct request *req, const struct ask_round *round)
{
	unsigned i;

	for (i = 0; i < req->find.n; i++) {
		int n = req->find.v[i].n;

		if (n == -E_NOMEM)
			return request_drop(req, DROP_LIMIT, "its leases are too large");
		if (n < 0)
			return request_drop(req, DROP_STORE, err_text(n));
		round->take(req, &req->find.v[i]);
	}
	return STEP_NEXT;
}

enum verdict ask_rounds(struct request *req, const struct ask_round *rounds, unsigned n)
{
	for (; req->phase < n; req->phase++) {
		const struct ask_round *round = &rounds[req->phase];
		enum verdict verdict;

		if (!req->has_asked) {
			unsigned n_asked = round->ask(req);

			if (!n_asked)
				continue;
			/* For when the step is entered again. */
			req->has_asked = true;
			verdict = ask(req, n_asked);
			if (verdict != STEP_NEXT)
				return verdict;
		}
		req->has_asked = false;
		verdict = take(req, round);
		if (verdict != STEP_NEXT)
			return verdict;
	}
	return STEP_NEXT;
}
