/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/* Rules about leases that both dialects follow. */

/* Whether another client may have the address of this lease. */
bool lease_is_over(const struct lease *lease);
/* What is granted when the client asks for so long; 0 = it does not say. */
uint32_t lifetime_granted(const struct lifetime *lifetime, uint32_t asked);
/* adaptive-lease-time-threshold: whether so much of the pool is in use that leases are to be short. */
bool pool_is_scarce(struct request *req, const struct pool *pool);
/*
 * A lease renewed long before its time is confirmed as it stands, with what is left of it: no write.
 * cache-threshold says how much of the lifetime may have gone, cache-max-age how many seconds. What
 * is confirmed is durable: a client's requests run one at a time, and each waits for the store.
 */
bool lease_may_be_reused(const struct net_params *par, const struct lease *old, const struct lease *fresh);
/* max-leases-per-client: whether the client may get another lease, beyond those it has and those of this message. */
bool client_may_have_more(const struct request *req);
/* T1 and T2 of a lifetime; 0 where none is to be told. */
void timers_of(const struct net_params *par, uint32_t lifetime, uint32_t *ret_t1, uint32_t *ret_t2);

/* Changes: `old` is the lease that is stored there now, NULL if none. */
struct store_change *change_put(struct request *req, const struct lease *lease, const struct lease *old);
void change_delete(struct request *req, const struct lease *old);
/* The client gives it back: removed, or kept for a while so that it finds it again. */
void change_release(struct request *req, const struct lease *old);
/*
 * Somebody else uses the address: kept away from everybody for a while; or, from a client that says so all
 * the time, only taken from that client. False for the latter.
 */
bool change_decline(struct request *req, const struct lease *old);
