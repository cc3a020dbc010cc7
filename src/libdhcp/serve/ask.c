/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/ask.h"

#include "base/err.h"
#include "serve/service.h"
#include "serve/wait.h"

/* A duplicate response may find another message in the request: only the request's memory is certain to exist. */
static void found(struct store_find *find, uint64_t ticket)
{
	(void)wait_respond(container_of(find, struct request, find), ticket);
}

enum verdict ask_send(struct request *req, const struct wait_for *responses, bool at_once,
		      int (*send)(struct request *req, uint64_t ticket))
{
	uint64_t ticket = 0;
	int err;

	if (!at_once) {
		wait_begin(req, responses);
		ticket = wait_expect(req);
	}
	err = send(req, ticket);
	if (err == -E_AGAIN)
		return wait_end(req);
	return err < 0 ? ask_failed(req, err) : STEP_NEXT;
}

bool may_have_waited(const struct request *req)
{
	return req->cfg->asks_hosts || !store_finds_at_once(req->live->db->store);
}

enum verdict ask_failed(struct request *req, int err)
{
	if (err == -E_NOMEM)
		return request_drop(req, DROP_LIMIT, "what is stored about the client is too large");
	return request_drop(req, DROP_STORE, err_text(err));
}

int ask_find(struct request *req, struct lease_query *v, unsigned n, uint64_t ticket)
{
	req->find.v = v;
	req->find.n = n;
	req->find.is_remembered = false;
	req->find.arena = req->arena;
	req->find.done = found;
	req->find.ticket = ticket;
	return store_find(req->live->db->store, &req->find);
}

static int send_queries(struct request *req, uint64_t ticket)
{
	return ask_find(req, req->queries, req->find.n, ticket);
}

static enum verdict ask(struct request *req, unsigned n)
{
	static const struct wait_for responses = {
		.ms = STORE_WAIT_MS,
		.drop = DROP_STORE,
		.why = "the lease store did not respond in time",
		.reenter = true,
	};

	req->find.n = n;
	return ask_send(req, &responses, store_finds_at_once(req->live->db->store), send_queries);
}

/* That leases cannot be read does not mean that there are none. */
static enum verdict take(struct request *req, const struct ask_round *round)
{
	unsigned i;

	req->is_cached |= req->find.is_remembered;
	for (i = 0; i < req->find.n; i++) {
		if (req->find.v[i].n < 0)
			return ask_failed(req, req->find.v[i].n);
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
			/* In case the step is re-entered. */
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
