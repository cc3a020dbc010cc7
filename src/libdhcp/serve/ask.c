/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/ask.h"

#include "base/err.h"
#include "serve/server.h"

void ask_prepare(struct request *req, struct lease_query *query, void *owner, unsigned max)
{
	query->owner = owner;
	query->max = max;
	/* Filled in by the store: not cleared. NULL at the arena's cap, which the store answers with -E_NOMEM. */
	query->out = arena_room(req->arena, max * sizeof(*query->out));
}

static void found(struct store_find *find, uint64_t ticket)
{
	(void)wait_respond(find->owner, ticket);
}

static enum verdict ask(struct request *req, unsigned n)
{
	static const struct wait_for responses = {
		.ms = STORE_WAIT_MS,
		.drop = DROP_STORE,
		.why = "the lease store did not respond in time",
		.reenter = true,
	};
	int err;

	wait_begin(req, &responses);
	req->find = (struct store_find){
		.v = req->queries,
		.n = n,
		.arena = req->arena,
		.done = found,
		.owner = req,
		.ticket = wait_expect(req),
	};
	err = store_find(req->worker->srv->store, &req->find);
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
	while (req->phase < 2 * n) {
		const struct ask_round *round = &rounds[req->phase / 2];
		enum verdict verdict;
		unsigned n_asked;

		/* Even: to be asked; odd: has been answered. */
		if (req->phase++ % 2) {
			verdict = take(req, round);
		} else {
			n_asked = round->ask(req);
			verdict = n_asked ? ask(req, n_asked) : STEP_NEXT;
			if (!n_asked)
				req->phase++;
		}
		if (verdict != STEP_NEXT)
			return verdict;
	}
	return STEP_NEXT;
}
