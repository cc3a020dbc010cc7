/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/refuse.h"

#include "serve/event.h"
#include "serve/host.h"

const struct refusal_row refusal_rows[REFUSED_N] = {
	[REFUSED_NO_SUBNET] = { .text = "no subnet is configured for this link", .reason = DROP_NO_SUBNET },
	[REFUSED_MAX_LEASES] = { .text = "too many leases", .reason = DROP_MAX_LEASES },
	[REFUSED_UNKNOWN] = { .text = "the client has no reservation", .reason = DROP_UNKNOWN },
	[REFUSED_NO_POOLS] = { .text = "no addresses are assigned on this link",
			       .pd_text = "no prefixes are delegated on this link",
			       .reason = DROP_NO_ADDRESS },
	[REFUSED_EXHAUSTED] = { .text = "no address is available",
				.pd_text = "no prefix is available",
				.reason = DROP_NO_ADDRESS },
	[REFUSED_MOVED] = { .text = "another address is reserved for the client" },
	[REFUSED_RESERVED] = { .text = "reserved for another client" },
	[REFUSED_OUTSIDE] = { .text = "not in a pool of the subnet" },
	[REFUSED_POOL_KNOWN] = { .text = "in a pool that is for clients with a reservation" },
	[REFUSED_POOL_CLASSES] = { .text = "in a pool that is not for the classes of the client" },
	[REFUSED_IN_USE] = { .text = "in use by another client" },
};

enum refusal refusal_of_ia(const struct request *req, const struct ia *ia)
{
	bool prefixes = ia->type == LEASE_PD;

	if (!req->chosen)
		return REFUSED_NO_SUBNET;
	if (ia->is_limited)
		return REFUSED_MAX_LEASES;
	if (link_denies_unknown(req->chosen, prefixes, req->classes.bits))
		return REFUSED_UNKNOWN;
	return link_has_pools(req->chosen, prefixes, req->classes.bits) ? REFUSED_EXHAUSTED : REFUSED_NO_POOLS;
}

static bool has_candidate(const struct ia *ia)
{
	unsigned i;

	for (i = 0; i < ia->n_bindings; i++)
		if (ia->bindings[i].candidate.exists)
			return true;
	return false;
}

enum refusal refusal_of_addr(const struct request *req, const struct ia *ia, const struct ip *addr)
{
	const struct pool *pool = link_pool_of(req->chosen, addr);
	enum refusal refusal = refusal_of_ia(req, ia);

	if (has_candidate(ia))
		return REFUSED_MOVED;
	if (is_withheld_on_link(req, addr))
		return REFUSED_RESERVED;
	if (refusal == REFUSED_MAX_LEASES || refusal == REFUSED_UNKNOWN)
		return refusal;
	if (!pool)
		return REFUSED_OUTSIDE;
	if (pool_allows(pool, req->classes.bits))
		return REFUSED_IN_USE;
	return pool_guards_allow(pool, req->classes.bits) ? REFUSED_POOL_KNOWN : REFUSED_POOL_CLASSES;
}

const char *refusal_text(enum refusal refusal, const struct ia *ia)
{
	const struct refusal_row *row = &refusal_rows[refusal];

	return ia->type == LEASE_PD && row->pd_text ? row->pd_text : row->text;
}

void refuse_ia(struct request *req, const struct ia *ia)
{
	event_of_ia(req, ia->is_limited ? EVENT_MAX_LEASES : EVENT_UNAVAILABLE, ia);
}
