/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/binding.h"

const struct pool *lease_pool(const struct subnet *sub, const struct lease *lease)
{
	struct prefix span = lease_span(lease);

	return lease->type == LEASE_PD ? link_pd_pool_around(sub, &span) : link_pool_of(sub, &lease->addr);
}

const struct lease *ia_held_at(const struct ia *ia, const struct ip *addr)
{
	unsigned i;

	for (i = 0; i < ia->n_held; i++)
		if (ip_equal(&ia->held[i].addr, addr))
			return &ia->held[i];
	return NULL;
}

const struct hint *ia_hint_for(const struct ia *ia, const struct ip *addr)
{
	unsigned i;

	for (i = 0; i < ia->n_hints; i++)
		if (ip_equal(&ia->hints[i].prefix.addr, addr))
			return &ia->hints[i];
	return ia->n_hints ? &ia->hints[0] : NULL;
}

bool ia_names(const struct ia *ia, const struct ip *addr)
{
	const struct hint *hint = ia_hint_for(ia, addr);

	return hint && ip_equal(&hint->prefix.addr, addr);
}

bool ia_is_granted(const struct ia *ia, const struct prefix *prefix)
{
	unsigned i;

	for (i = 0; i < ia->n_bindings; i++) {
		const struct binding *b = &ia->bindings[i];

		if (b->is_granted && ip_equal(&b->lease.addr, &prefix->addr) && b->lease.prefix_len == prefix->len)
			return true;
	}
	return false;
}
