/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/step.h"

/*
 * Runs the request from req->step until it is finished (true: has_answer says whether there is a response to
 * send) or parked (false: another thread may be running it already, do not touch it).
 */
bool pipeline_run(struct request *req);

/* The same, but stops before the step `end`. */
enum progress { RUN_FINISHED, RUN_PARKED, RUN_SO_FAR };
enum progress pipeline_run_to(struct request *req, unsigned end);
/*
 * Runs a request with a trace, which only finds out what would be done: nothing is stored, claimed, counted or
 * reported, and no hook library is called. RUN_FINISHED: has_answer, or a reason in req->drop, or neither.
 */
enum progress pipeline_try(struct request *req);
/* True if the request has come past that step. */
bool pipeline_passed(const struct request *req, enum verdict (*step)(struct request *req));
/* Ends the request without a response: counted and logged. */
void pipeline_drop(struct request *req, enum drop_reason reason, const char *why);
/* Returns the first step that asks which leases the client has. */
unsigned pipeline_recall(void);
