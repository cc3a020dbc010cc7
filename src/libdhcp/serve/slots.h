/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/hooks.h"
#include "serve/request.h"

/*
 * Where the hook points are in the pipeline. The steps do not know that hooks exist: with a library loaded the runner
 * goes through this table around each step, calls the library, and obeys what hook/point.c says its verdict means.
 */
enum slot_when {
	SLOT_BEFORE,     /* the step */
	SLOT_AFTER,      /* the step */
	SLOT_EACH_LEASE, /* after the step, for each event about a lease */
	SLOT_EACH_ENDED, /* after the step, for each lease that has ended and is replaced, and `where` for the others */
	SLOT_OUTSIDE,    /* of the pipeline: `where` says who calls the library */
};

struct slot {
	enum hook_point_id point;
	enum slot_when when;
	const char *step; /* NULL outside of the pipeline */
	/* False: the point does not apply to the request. NULL: it always does. */
	bool (*applies)(const struct request *req);
	const char *where;
};

/* A row for each hook point. */
extern const struct slot slots[];
extern const unsigned slots_n;

/* The step under way, with the slots around it. */
enum verdict slots_run(struct request *req);

/* Outside of the pipeline, in the main thread; without a library they cost one pointer test. */

/* A configuration is about to serve. False: a library rejects it, and *ret_why says why. */
bool slots_accept_config(const struct live *live, const char **ret_why);
/*
 * A lease that has ended is about to be reclaimed: removed, or kept as reclaimed. What a library writes to the lease is
 * what is kept. False: it stays as it is in the store.
 */
bool slots_reclaim(const struct hooks *hooks, struct lease *lease, bool removes);

/* A library that parked a request, from any thread: it goes on, or is dropped. False: it did so before, or too late. */
bool slot_resume(struct request *req, uint64_t ticket);
bool slot_drop(struct request *req, uint64_t ticket);
