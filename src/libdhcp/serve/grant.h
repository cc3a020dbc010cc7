/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/binding.h"
#include "serve/request.h"

/* What is granted: lifetimes, timers, reuse, and the changes that do it. Pure: nothing here asks or claims. */

/* True if the address may be assigned to another client. */
bool lease_is_over(const struct lease *lease);
/* Returns the lifetime granted to a client that asks for `asked` s; 0 if it does not ask for any. */
uint32_t lifetime_granted(const struct lifetime *lifetime, uint32_t asked);
/*
 * True if a lease that is renewed early can be confirmed unchanged, with its remaining lifetime and without a
 * write. cache-threshold is the share of the lifetime that may have passed, cache-max-age the number of seconds.
 * A confirmed lease is durable: a client's requests run one at a time, and each one waits for the store.
 */
bool lease_may_be_reused(const struct net_params *par, const struct lease *old, const struct lease *fresh);
/* True if max-leases-per-client allows the client another lease besides those it has and those of this message. */
bool client_may_have_more(const struct request *req);
/* The same, besides those that are stored. */
bool client_has_room(const struct request *req);
/* Computes T1 and T2 for a lifetime; 0 if the timer is not sent. */
void timers_of(const struct net_params *par, uint32_t lifetime, uint32_t *ret_t1, uint32_t *ret_t2);

/*
 * Fills binding->lease with the lease of the candidate for this client. Changes only the lease of an offer
 * (offer-lifetime).
 */
void grant_offer(struct request *req, struct binding *b);
/* The same, and adds the change that assigns it to the client; none if the lease is reused. */
void grant_lease(struct request *req, struct binding *b);
/* Grants all candidates of the IA; true if there is any. */
bool grant_candidates(struct request *req, struct ia *ia, void (*grant)(struct request *req, struct binding *b));

/* Changes. `old` is the lease stored there now, NULL if none. */
struct store_change *change_put(struct request *req, const struct lease *lease, const struct lease *old);
void change_delete(struct request *req, const struct lease *old);
/*
 * The client releases the lease: it is deleted, or kept for a while so that the client gets it again. Adds the event.
 */
void change_release(struct request *req, const struct ia *ia, const struct lease *old);
/*
 * Another host uses the address: it is withheld from all clients for a while. If the client declines too often,
 * only the client loses it. Adds the event.
 */
void change_decline(struct request *req, const struct ia *ia, const struct lease *old);
/*
 * Another host uses the address of a candidate, which is withheld from all clients for a while; adds the event. False:
 * there is no "decline-probation-period", so nothing changes.
 */
bool change_server_decline(struct request *req, struct binding *b);
/* After this many addresses in use the message is dropped: its client has waited long enough, and will send again. */
#define IN_USE_MAX 3
extern const char in_use_text[]; /* why */
