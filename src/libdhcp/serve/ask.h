/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/* A client that has heard nothing for so long has asked again. */
#define STORE_WAIT_MS 10000

/*
 * Questions of a request to the lease store. They and their answers live in the request, so that the store may respond
 * late; a step that asks is a list of rounds:
 *
 *	static const struct ask_round rounds[] = { { ask_held, take_held }, { ask_named, take_named } };
 *	...
 *	return ask_rounds(req, rounds, 2);	STEP_NEXT when all have been asked and answered
 */
struct ask_round {
	/* Makes req->queries and returns how many; 0 = nothing to ask. */
	unsigned (*ask)(struct request *req);
	/* One that was answered: query->n leases are in query->out; query->owner is for who takes them. */
	void (*take)(struct request *req, const struct lease_query *query);
};

/* To be called first thing by a step, and again when it is entered again. An enum verdict. */
enum verdict ask_rounds(struct request *req, const struct ask_round *rounds, unsigned n);

/*
 * For questions to others than the lease store: `send` asks with this ticket, as store_find() does. STEP_NEXT if the
 * responses are here, STEP_PARK, or STEP_DROP. With at_once, `send` never returns -E_AGAIN, and the ticket is not
 * needed.
 */
enum verdict ask_send(struct request *req, const struct wait_for *responses, bool at_once,
		      int (*send)(struct request *req, uint64_t ticket));
/* Drops the request, since a response is that it could not be found. */
enum verdict ask_failed(struct request *req, int err);
