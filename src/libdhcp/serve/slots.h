/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/hooks.h"
#include "serve/request.h"

/*
 * The places of hook points in the pipeline. Steps do not know that hooks exist: if a library is loaded, the
 * runner reads this table around each step, calls the library and does what its verdict means according to
 * hook/point.c.
 */
enum slot_when {
	SLOT_BEFORE,     /* the step */
	SLOT_AFTER,      /* the step */
	SLOT_EACH_LEASE, /* after the step, for each event about a lease */
	SLOT_EACH_ENDED, /* after the step, for each ended lease that is replaced; `where` calls it for the others */
	SLOT_OUTSIDE,    /* not in the pipeline: `where` says who calls the library */
};

struct slot {
	enum hook_point_id point;
	enum slot_when when;
	const char *step; /* NULL if not in the pipeline */
	/* False if the point does not apply to the request. NULL: it always applies. */
	bool (*applies)(const struct request *req);
	const char *where;
};

/* One row per hook point. */
extern const struct slot slots[];
extern const unsigned slots_n;

/* The deadline has passed: ends what libraries have parked. */
void slots_expire(struct request *req);
/* The request has ended: frees what libraries keep for it. */
void slots_end(struct request *req);
/* Once, in the main thread, before a configuration serves. */
void slots_prepare(void);
/* Notes which steps and rows libraries use: for the others, the runner does not ask. After live->hooks has changed. */
void slots_plan(struct live *live);
/* Runs the current step, one of live->hook_steps, and the slots around it. */
enum verdict slots_run(struct request *req);

/* Points that are not in the pipeline, in the main thread; without a library they cost one pointer test. */

/* A configuration is about to go into service. False if a library rejects it, with the reason in *ret_why. */
bool slots_accept_config(const struct live *live, const char **ret_why);
/*
 * An ended lease is about to be reclaimed: deleted, or kept as reclaimed. What a library writes to the lease is
 * kept. False: it stays unchanged in the store.
 */
bool slots_reclaim(const struct hooks *hooks, struct lease *lease, bool removes);

/*
 * Called by a function at a hook point, which then returns HOOK_PARK: the request waits for slot_resume() or
 * slot_drop() with the ticket, at most ms (0: PARK_MS; at most PARK_MS_MAX). -E_UNSUPPORTED: the point does not allow
 * that. -E_BUSY: parked-packet-limit is reached, or too many functions have parked the request.
 */
#define PARK_MS 30000 /* a client that got no response for this long has started over */
#define PARK_MS_MAX 600000
int slot_park(struct hook_call *call, int64_t ms, uint64_t *ret_ticket);
/*
 * Called by a function at lease#_select: the client gets this address or prefix instead, if it can have it. Once all
 * libraries have returned, the lease is bound anew and the point is called again. -E_UNSUPPORTED: not at this point.
 * Other errors as from propose_move().
 */
int slot_move_lease(struct hook_call *call, const struct ip *addr);
/*
 * Called by a library that parked a request, in any thread: the request continues or is dropped. False if this
 * was called before, or the request has ended.
 */
bool slot_resume(struct request *req, uint64_t ticket);
bool slot_drop(struct request *req, uint64_t ticket);
