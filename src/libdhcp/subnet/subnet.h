/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/fetch.h"
#include "base/ip.h"
#include "base/wide.h"
#include "optconf/optconf.h"
#include "stat/place.h"

/*
 * The address plan: networks, subnets and pools, immutable once built, with inheritance already
 * applied. It lives in the arena of its configuration.
 */

/* How the next address of a pool is found: the first words of allocator_words. */
enum allocator { ALLOC_ITERATIVE, ALLOC_RANDOM, ALLOC_FLQ };

/* A lifetime and what a client may ask instead; s. */
struct lifetime {
	uint32_t def, min, max;
};

/*
 * What a subnet grants by; after global > network > subnet. The rows of root/keys_rows.h write it, a copy in each of
 * these scopes.
 */
struct net_params {
	struct lifetime valid;
	struct lifetime preferred; /* DHCPv6 */
	uint32_t t1, t2;           /* s; count only if set */
	bool t1_set, t2_set;
	bool calculate_tee;
	double t1_percent, t2_percent; /* fractions of the lifetime */
	double cache_threshold;        /* 0 = off */
	uint32_t cache_max_age;        /* s; 0 = no cap */
	double adaptive_threshold;     /* share of a pool in use above which minima are granted; 0 = off */
	uint32_t offer_lifetime;       /* s an offer is stored for; 0 = it is not */
	enum allocator allocator, pd_allocator;
	unsigned addresses_per_ia, prefixes_per_ia; /* DHCPv6: the most that one IA is granted */
	bool authoritative, match_client_id;
	bool rapid_commit; /* DHCPv6 */
	bool store_extended_info;
	uint32_t next_server;                         /* siaddr */
	const char *server_hostname, *boot_file_name; /* "" if none */
};

struct pool {
	struct ip first, last;
	uint64_t size;          /* addresses or prefixes */
	uint8_t len;            /* of what is granted: 32, 128, or of the delegated prefixes */
	struct prefix excluded; /* RFC 6603; length 0 = none */
	uint32_t id;            /* pool-id */
	bool skip_first;        /* the first address is never assigned */
	bool skip_reserved;     /* nor are reserved interface identifiers: ip_next_reserved() */
	/* Set when it goes into service: */
	size_t index; /* number of its range in the alloc set */
	struct stat_place *place;
	struct optlist opts;
	const struct subnet *sub;
};

/* Subnets of one link: a client there may get an address of any of them. */
struct network {
	const char *name;
	struct optlist opts;
	struct subnet *subs; /* in the plan, side by side */
	unsigned n;
	uint32_t *ids; /* of its subnets, ascending; made by plan_index() */
};

struct subnet {
	uint32_t id;
	struct prefix prefix;
	struct net_params par;
	struct pool *pools; /* in the order of the configuration, not overlapping */
	unsigned n_pools;
	struct pool *pd_pools; /* of prefixes; DHCPv6 */
	unsigned n_pd_pools;
	struct bytes iface_id; /* of the relay's interface, its own or the network's; empty if none */
	struct optlist opts;
	const struct network *net; /* NULL */
	const char *iface;         /* its own or the network's; "" if none */
	struct ip *relays;         /* its own or the network's */
	unsigned n_relays;
	struct stat_place *place; /* set when it goes into service */
};

struct subnet_ref {
	union {
		struct ip addr; /* first address, or relay */
		const char *iface;
		struct bytes iface_id;
	};
	struct subnet *sub;
	uint32_t parent; /* by_first: index + 1 of the subnet around this one; 0 = none */
	uint8_t len;     /* by_first: of its prefix */
};

struct plan {
	struct network *nets;
	size_t n_nets;
	struct subnet *subs; /* those of their own, then those of each network, in the order of the configuration */
	size_t n;
	/* Indexes, made by plan_index(). */
	struct subnet **by_id;
	struct subnet_ref *by_first;
	struct ip *firsts; /* the addresses of by_first, and of by_relay: a search reads few places in memory */
	struct subnet_ref *by_relay;
	struct ip *relays;
	size_t n_relays;
	struct subnet_ref *by_iface;
	size_t n_ifaces;
	struct subnet_ref *by_iface_id;
	size_t n_iface_ids;
};

/* Once subs is filled. */
void plan_index(struct plan *plan, struct arena *arena);

const struct subnet *subnet_by_id(const struct plan *plan, uint32_t id);
/* The innermost subnet whose prefix holds the address; NULL if none. */
const struct subnet *subnet_by_address(const struct plan *plan, const struct ip *addr);
const struct pool *subnet_pool_of(const struct subnet *sub, const struct ip *addr);
/* How many addresses or prefixes it has, all of them counted. */
struct wide pool_total(const struct pool *pool);

/* Will be read soon: the pools, and the list of options. */
static inline void subnet_fetch(const struct subnet *sub)
{
	fetch(sub->pools, sizeof(*sub->pools));
	fetch(sub->opts.v, 1);
}

/* How many subnets are on the link of this one, itself included. */
static inline unsigned link_size(const struct subnet *sub)
{
	return sub->net ? sub->net->n : 1;
}

/* The i-th of them: 0 is `sub` itself, then those behind it, then from the first one. */
static inline const struct subnet *link_subnet(const struct subnet *sub, unsigned i)
{
	return sub->net ? &sub->net->subs[((unsigned)(sub - sub->net->subs) + i) % sub->net->n] : sub;
}

/* The pools of addresses, or with `prefixes` of prefixes. */
static inline const struct pool *subnet_pools(const struct subnet *sub, bool prefixes, unsigned *ret_n)
{
	*ret_n = prefixes ? sub->n_pd_pools : sub->n_pools;
	return prefixes ? sub->pd_pools : sub->pools;
}

static inline bool link_same(const struct subnet *a, const struct subnet *b)
{
	return a == b || (a->net && a->net == b->net);
}

/* Whether any subnet of the link has a pool of addresses, or with `prefixes` of prefixes. */
bool link_has_pools(const struct subnet *sub, bool prefixes);
/* The ids of the subnets on the link, ascending. */
static inline const uint32_t *link_ids(const struct subnet *sub, unsigned *ret_n)
{
	*ret_n = link_size(sub);
	return sub->net ? sub->net->ids : &sub->id;
}

/* The pool on the link of `sub` that holds the address; NULL if none. */
const struct pool *link_pool_of(const struct subnet *sub, const struct ip *addr);
/* The same for a pool of prefixes that this one may be granted from; its length 0 = of any. */
const struct pool *link_pd_pool_of(const struct subnet *sub, const struct prefix *prefix);
/* The pool of prefixes on the link that contains all of this one, whatever its length: one of its length before others.
 */
const struct pool *link_pd_pool_around(const struct subnet *sub, const struct prefix *prefix);
/* Whether a subnet of the link holds the address. */
bool link_contains(const struct subnet *sub, const struct ip *addr);

/* The one that names this interface of its relay; NULL if none. */
const struct subnet *subnet_by_interface_id(const struct plan *plan, struct bytes id);

/* What a message says about the link of its client. An address that it does not have is zero. */
struct select_query {
	bool has_link;
	struct ip link_addr;   /* the link as the message itself names it (RFC 3011, RFC 3527) */
	struct bytes iface_id; /* of the relay's interface; empty if none */
	bool has_relay;
	struct ip relay_addr;  /* giaddr, link-address */
	struct ip client_addr; /* ciaddr */
	struct ip src_addr;    /* source of the datagram */
	bool on_link; /* it cannot come from anywhere but the link of the interface, whatever its addresses are */
	struct ip local_addr; /* our address on the interface it came in by */
	const char *iface;
};

/*
 * The client's subnet. Where the message itself names a link, the subnet around that address or none. For a relayed
 * message the one that names the relay's interface; else the one that names the relay or is around its address, or
 * none. A relay without an address (RFC 6221) is on the link of the interface. For others the one around the client's
 * address, else around the source address. If there is none, they are on a link that is not configured, unless they
 * can only come from the link of the interface. There it is the subnet that names the interface, else the one around
 * our own address there. NULL: none.
 */
const struct subnet *subnet_select(const struct plan *plan, const struct select_query *query);
