/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Asks the store for the leases that the client has on its link, for those at the addresses it names and for those at
 * what is reserved for it. Up to four rounds of queries, each a batch for all IAs of the message; no round asks what an
 * earlier one has found. If the client is probably new and the store responds late, all of it is asked in one round: a
 * trip to a database takes longer than three queries that find nothing.
 */
#include "serve/ask.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/host.h"
#include "serve/service.h"
#include "serve/step.h"

/* --- what the client has --------------------------------------------------- */

static bool is_here(const struct request *req, const struct lease *lease)
{
	const struct subnet *sub = subnet_by_id(&req->cfg->plan, lease->subnet_id);

	return sub && link_same(sub, req->chosen);
}

/*
 * Returns the position of the address among those that the client names; the position after them if it does not
 * name it.
 */
static unsigned place_of(const struct ia *ia, const struct ip *addr)
{
	unsigned i = 0;

	while (i < ia->n_hints && !ip_equal(&ia->hints[i].prefix.addr, addr))
		i++;
	return i;
}

/* Leases in use come before ended ones; within each, those that the client names come first, in its order. */
static bool comes_before(const struct ia *ia, const struct lease *a, const struct lease *b)
{
	bool a_ended = lease_is_over(a), b_ended = lease_is_over(b);

	if (a_ended != b_ended)
		return b_ended;
	return place_of(ia, &a->addr) < place_of(ia, &b->addr);
}

static void add_held(struct request *req, struct ia *ia, const struct lease *lease)
{
	unsigned i;

	if (!req->fam->belongs(req, ia, lease) || !is_here(req, lease) || ia_held_at(ia, &lease->addr))
		return;
	if (!ia->held)
		ia->held = arena_room(req->arena, HELD_MAX * sizeof(*ia->held));
	if (!ia->held)
		return;
	if (ia->n_held == HELD_MAX) {
		if (!comes_before(ia, lease, &ia->held[HELD_MAX - 1]))
			return;
		ia->n_held--;
	}
	for (i = ia->n_held++; i && comes_before(ia, lease, &ia->held[i - 1]); i--)
		ia->held[i] = ia->held[i - 1];
	ia->held[i] = *lease;
}

/* Queries that find the client's leases, from index n; the second one only if the first found nothing. */
static unsigned ask_held(struct request *req, unsigned nth, unsigned n)
{
	unsigned i;

	if (!req->row->recalls_held || !req->chosen)
		return n;
	for (i = 0; i < req->n_ias; i++) {
		struct ia *ia = &req->ias[i];

		if (ia->same_as || ia->n_held || !req->fam->held_query(req, ia, nth, &req->queries[n]))
			continue;
		req->queries[n].subnets = link_ids(req->chosen, &req->queries[n].n_subnets);
		req->queries[n].max = HELD_MAX;
		req->queries[n++].owner = ia;
	}
	return n;
}

static unsigned ask_held_first(struct request *req)
{
	return ask_held(req, 0, 0);
}

static unsigned ask_held_second(struct request *req)
{
	return ask_held(req, 1, 0);
}

static void take_held(struct request *req, const struct lease_query *query)
{
	int i;

	for (i = 0; i < query->n; i++)
		add_held(req, query->owner, &query->out[i]);
}

/* The result of the first query says how many leases the client has in total. */
static void take_held_first(struct request *req, const struct lease_query *query)
{
	req->n_leases = query->n_client;
	take_held(req, query);
}

/* --- what is stored at what it names --------------------------------------- */

static unsigned add_named(struct request *req, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < req->n_ias; i++) {
		struct ia *ia = &req->ias[i];

		for (k = 0; k < ia->n_hints && !ia->same_as; k++) {
			struct hint *hint = &ia->hints[k];

			if (ip_is_zero(&hint->prefix.addr) || ia_held_at(ia, &hint->prefix.addr))
				continue;
			req->queries[n++] = (struct lease_query){
				.by = BY_ADDR, .type = ia->type, .addr = hint->prefix.addr, .max = 1, .owner = hint
			};
		}
	}
	return n;
}

static unsigned ask_named(struct request *req)
{
	return add_named(req, 0);
}

static void take_named(struct request *req, const struct lease_query *query)
{
	struct hint *hint = query->owner;

	if (!query->n || ia_held_at(hint->ia, &hint->prefix.addr))
		return;
	hint->lease = query->out;
	/* One of the client's many leases, beyond those found by its identity. */
	if (req->row->recalls_held && req->chosen)
		add_held(req, hint->ia, hint->lease);
}

/* --- what is stored at what is reserved for it ------------------------------- */

/* True if an earlier round looked there, because the client has it or names it. */
static bool take_recalled(const struct request *req, struct reserved *r)
{
	const struct ip *addr = &r->prefix.addr;

	for (unsigned i = 0; i < req->n_ias; i++) {
		const struct ia *ia = &req->ias[i];

		if (ia->same_as || ia->type != r->type)
			continue;
		r->lease = ia_held_at(ia, addr);
		if (r->lease)
			return true;
		for (unsigned k = 0; k < ia->n_hints; k++)
			if (ip_equal(&ia->hints[k].prefix.addr, addr)) {
				r->lease = ia->hints[k].lease;
				return true;
			}
	}
	return false;
}

static unsigned add_reserved(struct request *req, unsigned n)
{
	unsigned i;

	for (i = 0; req->row->policy && i < req->n_reserved; i++) {
		struct reserved *r = &req->reserved[i];

		if (!take_recalled(req, r))
			req->queries[n++] = (struct lease_query){
				.by = BY_ADDR, .type = r->type, .addr = r->prefix.addr, .max = 1, .owner = r
			};
	}
	return n;
}

static unsigned ask_reserved(struct request *req)
{
	return add_reserved(req, 0);
}

static void take_reserved(struct request *req, const struct lease_query *query)
{
	struct reserved *r = query->owner;

	(void)req;
	r->lease = query->n ? query->out : NULL;
}

/* --- all at once -------------------------------------------------------------- */

static unsigned ask_all(struct request *req)
{
	unsigned n = ask_held(req, 0, 0);

	req->recall_ends[0] = n;
	n = ask_held(req, 1, n);
	req->recall_ends[1] = n;
	n = add_named(req, n);
	req->recall_ends[2] = n;
	return add_reserved(req, n);
}

/* In the order of the rounds, with the same precedence. */
static void take_all(struct request *req, const struct lease_query *query)
{
	unsigned i = (unsigned)(query - req->queries);

	if (i < req->recall_ends[0])
		take_held_first(req, query);
	else if (i < req->recall_ends[1] && ((const struct ia *)query->owner)->n_held)
		return;
	else if (i < req->recall_ends[1])
		take_held(req, query);
	else if (i < req->recall_ends[2])
		take_named(req, query);
	else
		take_reserved(req, query);
}

/* What is reserved may be what the client has or names, which is known only now. */
static void resolve_reserved(struct request *req)
{
	for (unsigned i = 0; i < req->n_reserved; i++) {
		const struct lease *lease = req->reserved[i].lease;

		if (!take_recalled(req, &req->reserved[i]))
			req->reserved[i].lease = lease;
	}
}

/* Hints for held leases point to these, wherever they were found. */
static void resolve_hints(struct request *req)
{
	unsigned i, k;

	for (i = 0; i < req->n_ias; i++)
		for (k = 0; k < req->ias[i].n_hints; k++) {
			struct hint *hint = &req->ias[i].hints[k];
			const struct lease *held = ia_held_at(&req->ias[i], &hint->prefix.addr);

			if (held)
				hint->lease = held;
		}
}

/* Returns the first IA with the same IAID in the message, NULL if there is none. */
static const struct ia *find_same(const struct request *req, const struct ia *ia)
{
	const struct ia *other;

	for (other = req->ias; other < ia; other++)
		if (other->type == ia->type && other->iaid == ia->iaid)
			return other;
	return NULL;
}

/* Prepares the IAs before anything is asked; again if leases have changed since. */
static enum verdict begin(struct request *req)
{
	unsigned i, n = 0;

	req->n_ias = req->n_bindings = req->n_rejected = 0;
	req->n_leases = req->n_new = 0;
	if (req->fam->read_ias(req) < 0)
		return request_drop(req, DROP_LIMIT, "the message is too large");
	for (i = 0; i < req->n_ias; i++) {
		req->ias[i].same_as = find_same(req, &req->ias[i]);
		n += req->ias[i].n_hints + 2;
	}
	n += req->n_reserved;
	req->queries = arena_room(req->arena, n * sizeof(*req->queries));
	return req->queries ? STEP_NEXT : request_drop(req, DROP_LIMIT, "the message is too large");
}

enum verdict step_recall(struct request *req)
{
	static const struct ask_round rounds[] = {
		{ ask_held_first, take_held_first },
		{ ask_held_second, take_held },
		{ ask_named, take_named },
		{ ask_reserved, take_reserved },
	};
	static const struct ask_round at_once[] = { { ask_all, take_all } };
	bool is_one = req->fam->is_probably_new(req) && !store_finds_at_once(req->live->db->store);
	enum verdict verdict = req->phase || req->has_asked ? STEP_NEXT : begin(req);

	if (verdict == STEP_NEXT)
		verdict = is_one ? ask_rounds(req, at_once, 1) : ask_rounds(req, rounds, req->n_reserved ? 4 : 3);
	if (verdict != STEP_NEXT)
		return verdict;
	resolve_hints(req);
	if (is_one && req->row->policy)
		resolve_reserved(req);
	return STEP_NEXT;
}
