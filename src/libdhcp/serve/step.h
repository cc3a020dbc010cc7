/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/*
 * The steps of the pipeline, and the runner that takes a message through them.
 */
struct step {
	const char *name;
	enum verdict (*run)(struct request *req);
};

extern const struct step pipeline_steps[];
extern const unsigned pipeline_n;

/* Steps shared by both families. */
enum verdict step_accept(struct request *req);
enum verdict step_classify(struct request *req);
enum verdict step_early(struct request *req);
enum verdict step_choose(struct request *req);
enum verdict step_host(struct request *req);
enum verdict step_recall(struct request *req);
enum verdict step_propose(struct request *req);
enum verdict step_look(struct request *req);
enum verdict step_bind(struct request *req);
enum verdict step_commit(struct request *req);
enum verdict step_committed(struct request *req);
