/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/binding.h"
#include "serve/request.h"

/*
 * The client's reservation, req->host, and what it means for addresses: what is reserved for the client is the first
 * candidate, and what is reserved for others is none, whoever names or holds it.
 */
/* What is reserved for the client on this link; see struct request. */
struct reserved {
	struct prefix prefix; /* of an address all bits */
	enum lease_type type;
	const struct host_place *place;
	const struct host *host;
	const struct pool *pool;   /* which contains it, or one for what is in none */
	const struct lease *lease; /* what is stored there, whoever's; NULL: nothing. From recall on */
};

/* NULL: it is not reserved for the client. */
const struct reserved *reserved_of(const struct request *req, enum lease_type type, const struct prefix *prefix);
/* False: the classes of the client keep it from that subnet. A guard of the pool is for others. */
bool reserved_is_usable(const struct request *req, const struct reserved *r);
/* True if the client, or another stage of its boot, has a lease of it. Another IA of the client does not count. */
bool reserved_is_held(const struct request *req, const struct ia *ia, const struct reserved *r);
/* True if this address is reserved for the client, and it has a lease of it in that sense. */
bool holds_reserved(const struct request *req, const struct ia *ia, const struct ip *addr);
/* In bind: adds an event for each address or prefix that is reserved for the client and in use by another. */
void reserved_note_conflicts(struct request *req);
/* True if a part of it is reserved in this pool, for others than the client. */
bool is_withheld(const struct request *req, const struct pool *pool, enum lease_type type, const struct prefix *prefix);
/* The same for an address, in the pool of the link that contains it; false if none does. */
bool is_withheld_on_link(const struct request *req, const struct ip *addr);
/* True if a part of it is reserved for other hosts, in or outside pools, in any subnet. */
bool is_reserved_for_others(const struct request *req, enum lease_type type, const struct prefix *prefix);
/* The pool by which the client may keep its lease; NULL: no pool for the client contains it any longer, or it is
 * reserved for another. */
const struct pool *pool_to_keep(const struct request *req, const struct lease *lease);
