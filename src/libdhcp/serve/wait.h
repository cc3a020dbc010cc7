/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/*
 * What a parked request waits for: responses from outside its worker, whoever sends them (the turn of its
 * client, the journal, a database). A request waits for one thing at a time, and for a limited time.
 *
 *	wait_begin(req, &(struct wait_for){ .ms = 10000, .drop = DROP_STORE });
 *	txn->ticket = wait_expect(req);		one for each response
 *	store_apply(store, txn);
 *	return wait_end(req);			STEP_PARK, or STEP_NEXT if all have responded already
 *
 * and whoever responds, in any thread: wait_respond(req, ticket).
 *
 * A ticket is good for one response to one wait. A response that comes twice, or after its request ended, does nothing.
 * A request whose deadline passes is dropped at once, but its slot stays out of use until the last response has come:
 * until then somebody else may write to it.
 */
/* The request's worker. */
void wait_begin(struct request *req, const struct wait_for *what);
wait_ticket wait_expect(struct request *req);
/* STEP_PARK: do not touch the request any more. STEP_NEXT: nothing is outstanding. An enum verdict. */
int wait_end(struct request *req);
/* The response will not come after all, as when the question could not be sent. */
void wait_cancel(struct request *req, wait_ticket ticket);

/* Any thread. False: this ticket was used before, or the request is past it. */
bool wait_respond(struct request *req, wait_ticket ticket);
/* The same, and the request is to be dropped. */
bool wait_refuse(struct request *req, wait_ticket ticket);

/* The request's worker, of one that was posted back. False: it was dropped while it waited, free its slot. */
bool wait_over(struct request *req);
/* The request's worker: somebody it waited for refused it. */
bool wait_was_refused(const struct request *req);
/* The request's worker: its deadline passed. False: the last response has just come. */
bool wait_expire(struct request *req);

/* One request of a client at a time: STEP_NEXT when it is this one's turn. */
enum verdict wait_for_turn(struct request *req);
