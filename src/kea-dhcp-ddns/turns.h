/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The order of requests that concern the same thing (a client, a name, an address): each takes a turn for each of its
 * things when it arrives, and runs when it is the first of all of them. As all turns of a request are taken at once,
 * the oldest request can always run. Things are hashes; two with the same hash only wait without need.
 *
 *	turns_enter(&turns, req->turn, keys, n, req);
 *	if (turns_may_run(req->turn)) ...
 *	turns_leave(&turns, req->turn, n, now_may_run, ctx);
 */
#define TURN_BUCKETS 4096
#define TURNS_MAX 3 /* of one request */

struct turn {
	struct list link;
	uint64_t key;
	struct turn *lead;     /* the request's first turn, which counts */
	void *owner;           /* of the lead */
	unsigned n, n_waiting; /* of the lead: turns, and those that are not the first of their thing */
};

struct turns {
	struct list buckets[TURN_BUCKETS];
};

void turns_init(struct turns *turns);
/* Takes n turns, with different keys or not; v is the request's array. */
void turns_enter(struct turns *turns, struct turn v[TURNS_MAX], const uint64_t *keys, unsigned n, void *owner);
static inline bool turns_may_run(const struct turn v[TURNS_MAX])
{
	return !v[0].n_waiting;
}
/* Ends the turns of a request; calls fn for each owner that may run now. fn must not enter or leave. */
void turns_leave(struct turns *turns, struct turn v[TURNS_MAX], void (*fn)(void *ctx, void *owner), void *ctx);
