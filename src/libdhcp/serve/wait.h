/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/*
 * What a parked request waits for: responses from outside its worker (its client's turn, the journal, a
 * database). A request waits for one thing at a time, and for a limited time.
 *
 *	wait_begin(req, &(struct wait_for){ .ms = 10000, .drop = DROP_STORE });
 *	txn->ticket = wait_expect(req);		one for each response
 *	store_apply(store, txn);
 *	return wait_end(req);			STEP_PARK, or STEP_NEXT if all have responded already
 *
 * The responder calls, in any thread: wait_respond(req, ticket).
 *
 * A ticket is good for one response to one wait. A duplicate response, or one that arrives after its request
 * ended, has no effect. A request whose deadline passes is dropped at once, but its slot is not reused until the
 * last response has arrived: until then a responder may write to it.
 */
/* In the request's worker. */
void wait_begin(struct request *req, const struct wait_for *what);
wait_ticket wait_expect(struct request *req);
/* STEP_PARK: the request must not be touched any longer. STEP_NEXT: nothing is outstanding. Returns an enum verdict. */
int wait_end(struct request *req);
/* The response will not come, because the query could not be sent. */
void wait_cancel(struct request *req, wait_ticket ticket);

/* Any thread. False if this ticket was used before or the request no longer waits for it. */
bool wait_respond(struct request *req, wait_ticket ticket);
/* The same, and the request is to be dropped. */
bool wait_refuse(struct request *req, wait_ticket ticket);

/*
 * In the request's worker, for a request that was posted back. False if it was dropped while it waited: free its
 * slot.
 */
bool wait_over(struct request *req);
/* In the request's worker: true if something it waited for refused it. */
bool wait_was_refused(const struct request *req);
/* In the request's worker: the deadline passed. False if the last response has just arrived. */
bool wait_expire(struct request *req);

/* One request per client at a time: STEP_NEXT when it is this one's turn. */
enum verdict wait_for_turn(struct request *req);
