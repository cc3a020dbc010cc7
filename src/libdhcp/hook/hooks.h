/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "hook/point.h"

#include <stdint.h>

/*
 * The functions that libraries have registered at the hook points, by configuration in service. Immutable once it
 *serves.
 *
 *	if (hooks_at(hooks, HOOK_PKT_RECEIVE))		one pointer test where no library is loaded
 *		verdict = hooks_call(hooks, &call);
 */
/* The later ones outweigh the earlier ones. */
enum hook_verdict { HOOK_CONTINUE, HOOK_SKIP, HOOK_PARK, HOOK_DROP };

struct request;
struct lease;
struct config;

/* What a function is called with; what does not apply at its point is NULL. */
struct hook_call {
	enum hook_point_id point;
	struct request *req;       /* query, response, subnet; NULL outside of the pipeline */
	enum hook_verdict verdict; /* of the functions called before */
	struct lease *lease;       /* the lease this is about; may be changed where the table says so */
	const struct lease *old;   /* what was stored there before */
	bool is_fake;              /* lease#_select: an offer, nothing is stored */
	bool removes;              /* lease#_expire: the lease is deleted, not kept as reclaimed */
	const struct config *cfg;  /* dhcp#_srv_configured */
	const char *why;           /* dhcp#_srv_configured: with HOOK_DROP, the reason; NULL or for good */
	struct bytes packed;       /* pkt#_send: with HOOK_SKIP, the response as the library packed it */
	uint64_t ticket;           /* to resume or drop the request later, if the function says HOOK_PARK */
};

typedef enum hook_verdict hook_fn(void *library, struct hook_call *call);

struct hooks;

/* Lives in the arena. */
struct hooks *hooks_new(struct arena *arena);
/* Functions at one point are called in the order in which they were registered. */
void hooks_register(struct hooks *hooks, enum hook_point_id point, hook_fn *fn, void *library);
/* True if any function is registered there; hooks may be NULL. */
bool hooks_at(const struct hooks *hooks, enum hook_point_id point);
/*
 * Calls the functions at call->point, all of them unless one says HOOK_DROP, and returns the verdict that outweighs the
 * others, cut down to what the point allows.
 */
enum hook_verdict hooks_call(const struct hooks *hooks, struct hook_call *call);
