/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/* A client that got no response for this long has sent its request again. */
#define STORE_WAIT_MS 10000

/*
 * Queries of a request to the lease store. The queries and their results live in the request, so the store may
 * respond late. A step that asks is a list of rounds:
 *
 *	static const struct ask_round rounds[] = { { ask_held, take_held }, { ask_named, take_named } };
 *	...
 *	return ask_rounds(req, rounds, 2);	STEP_NEXT when the store has responded to all of them
 */
struct ask_round {
	/* Fills req->queries and returns how many there are; 0 if there is nothing to ask. */
	unsigned (*ask)(struct request *req);
	/* Handles one response: query->n leases are in query->out; query->owner is free for use by ask and take. */
	void (*take)(struct request *req, const struct lease_query *query);
};

/* A step calls this before anything else, also when it is re-entered. Returns an enum verdict. */
enum verdict ask_rounds(struct request *req, const struct ask_round *rounds, unsigned n);

/*
 * For queries to other sources than the lease store: `send` sends a query with this ticket, as store_find()
 * does. Returns STEP_NEXT if the responses are here, STEP_PARK, or STEP_DROP. With at_once, `send` never returns
 * -E_AGAIN and needs no ticket.
 */
enum verdict ask_send(struct request *req, const struct wait_for *responses, bool at_once,
		      int (*send)(struct request *req, uint64_t ticket));
/* Asks the lease store; returns what store_find() does. The store responds to the ticket if it is late. */
int ask_find(struct request *req, struct lease_query *v, unsigned n, uint64_t ticket);
/* True if the request may wait after it has claimed something: what was read before may then have changed. */
bool may_have_waited(const struct request *req);
/* Drops the request because a query failed. */
enum verdict ask_failed(struct request *req, int err);
