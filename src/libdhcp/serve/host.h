/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/binding.h"
#include "serve/request.h"

/*
 * The client's reservation, req->host, and what it means for addresses: what is reserved for the client is the first
 * candidate; what is reserved for others is never one, even if the client names it or has a lease for it.
 */
/* An address or prefix that is reserved for the client on this link; in req->reserved. */
struct reserved {
	struct prefix prefix; /* for an address, with its full length */
	enum lease_type type;
	const struct host_place *place;
	const struct host *host;
	const struct pool *pool;   /* the pool that contains it, else `outside` of its subnet */
	const struct lease *lease; /* the lease stored there, whoever its client is, or NULL. Set by recall */
};

/* Returns NULL if it is not reserved for the client. */
const struct reserved *reserved_of(const struct request *req, enum lease_type type, const struct prefix *prefix);
/* False if the client's classes keep it out of that subnet. The guard of the pool only concerns other clients. */
bool reserved_is_usable(const struct request *req, const struct reserved *r);
/* True if the client, or another stage of its boot, has a lease for it. Another IA of the client does not count. */
bool reserved_is_held(const struct request *req, const struct ia *ia, const struct reserved *r);
/* True if this address is reserved for the client and held in that sense. */
bool holds_reserved(const struct request *req, const struct ia *ia, const struct ip *addr);
/*
 * With reservations in databases, addresses that are reserved for others are not known in advance. Asks about the
 * candidates that were not asked about before; once it has returned STEP_NEXT, the functions below know them. For step
 * look, in its phase after the leases; it may park.
 */
enum verdict others_ask(struct request *req);
/* True if what others_ask() found out about this candidate is that another host has it reserved. */
bool others_have(const struct request *req, enum lease_type type, const struct prefix *prefix);
/* In bind: adds an event for each address or prefix that is reserved for the client and in use by another. */
void reserved_note_conflicts(struct request *req);
/* True if part of it is reserved in this pool for other hosts. */
bool is_withheld(const struct request *req, const struct pool *pool, enum lease_type type, const struct prefix *prefix);
/* The same for an address in a pool on the link; false if no pool contains it. */
bool is_withheld_on_link(const struct request *req, const struct ip *addr);
/* True if part of it is reserved for other hosts in any subnet, inside pools or outside. */
bool is_reserved_for_others(const struct request *req, enum lease_type type, const struct prefix *prefix);
/*
 * Returns the pool from which the client may keep its lease; NULL if no pool for the client contains it any longer, or
 * it is reserved for another host.
 */
const struct pool *pool_to_keep(const struct request *req, const struct lease *lease);
