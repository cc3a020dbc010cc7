/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/step.h"

/*
 * Run the request from req->step until it is finished (true: has_answer tells whether there is
 * something to send) or parked (false: it may be running elsewhere already, do not touch it).
 */
bool pipeline_run(struct request *req);

/* The same, but no further than to the step `end`. */
enum progress { RUN_FINISHED, RUN_PARKED, RUN_SO_FAR };
enum progress pipeline_run_to(struct request *req, unsigned end);
/* The request ends here without an answer: counted and logged. */
void pipeline_drop(struct request *req, enum drop_reason reason, const char *why);
/* The first step that asks what the client has. */
unsigned pipeline_recall(void);
