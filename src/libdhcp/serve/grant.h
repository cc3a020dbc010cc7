/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/binding.h"
#include "serve/request.h"

/* What is granted: lifetimes, timers, reuse, and the changes that make it so. Pure: nothing here asks or claims. */

/* True if the address may be assigned to another client. */
bool lease_is_over(const struct lease *lease);
/* What is granted when the client asks for so long; 0 = it does not say. */
uint32_t lifetime_granted(const struct lifetime *lifetime, uint32_t asked);
/*
 * A lease renewed long before its time is confirmed unchanged, with what is left of it: no write.
 * cache-threshold says how much of the lifetime may have passed, cache-max-age how many seconds. What is confirmed is
 * durable: a client's requests run one at a time, and each waits for the store.
 */
bool lease_may_be_reused(const struct net_params *par, const struct lease *old, const struct lease *fresh);
/* max-leases-per-client: may the client get another lease, beyond those it has and those of this message? */
bool client_may_have_more(const struct request *req);
/* The same, beyond those that are stored. */
bool client_has_room(const struct request *req);
/* T1 and T2 of a lifetime; 0 where none is sent. */
void timers_of(const struct net_params *par, uint32_t lifetime, uint32_t *ret_t1, uint32_t *ret_t2);

/* The lease of the candidate for this client, in binding->lease; nothing changes. */
void grant_offer(struct request *req, struct binding *b);
/* The same, and the change that makes it the client's, or none if it is reused. */
void grant_lease(struct request *req, struct binding *b);
/* All candidates of the IA; true if there is any. */
bool grant_candidates(struct request *req, struct ia *ia, void (*grant)(struct request *req, struct binding *b));

/* Changes: `old` is the lease that is stored there now, NULL if none. */
struct store_change *change_put(struct request *req, const struct lease *lease, const struct lease *old);
void change_delete(struct request *req, const struct lease *old);
/* The client releases it: removed, or kept for a while so that the client finds it again. */
void change_release(struct request *req, const struct lease *old);
/*
 * Somebody else uses the address: kept away from everybody for a while; or, from a client that declines too much, only
 * taken from that client. Adds the event.
 */
void change_decline(struct request *req, const struct ia *ia, const struct lease *old);
