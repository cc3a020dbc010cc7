/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/fetch.h"
#include "base/ip.h"
#include "base/wide.h"
#include "optconf/guard.h"
#include "optconf/optconf.h"
#include "stat/place.h"
#include "subnet/naming.h"

/*
 * The address plan: networks, subnets and pools, immutable once built, with inheritance already applied. It is
 * in the arena of its configuration.
 */

/* How the next address of a pool is picked; the order is that of the first entries of allocator_words. */
enum allocator { ALLOC_ITERATIVE, ALLOC_RANDOM, ALLOC_FLQ, ALLOC_SHARED };

/* A lifetime and the range that a client may request; s. */
struct lifetime {
	uint32_t def, min, max;
};

/*
 * Parameters of leases in a subnet; after inheritance global > network > subnet. The rows of root/keys_rows.h
 * write it, one copy in each of these scopes.
 */
struct net_params {
	struct lifetime valid;
	struct lifetime preferred; /* DHCPv6 */
	uint32_t t1, t2;           /* s; only valid if set */
	bool t1_set, t2_set;
	bool calculate_tee;
	double t1_percent, t2_percent; /* fractions of the lifetime */
	double cache_threshold;        /* 0 = off */
	uint32_t cache_max_age;        /* s; 0 = no cap */
	double adaptive_threshold;     /* share of a pool in use above which minimum lifetimes are granted; 0 = off */
	uint32_t offer_lifetime;       /* s to store an offer; 0 = offers are not stored */
	enum allocator allocator, pd_allocator;
	unsigned addresses_per_ia, prefixes_per_ia; /* DHCPv6: maximum per IA */
	bool authoritative, match_client_id;
	bool rapid_commit; /* DHCPv6 */
	bool store_extended_info;
	bool reservations_global, reservations_in_subnet; /* which reservations count */
	uint32_t next_server;                             /* siaddr */
	const char *server_hostname, *boot_file_name;     /* "" if none */
};

/* Addresses side by side. */
struct ip_span {
	struct ip first, last;
};

/*
 * The expressions that a scope has for hook libraries, its own or those of the outer scope: of each library what it
 * declared, NULL for none. A scope without its own has the list of the outer one; NULL: no library declared any.
 */
struct eval_expr;
struct scope_exprs {
	unsigned n;
	const struct eval_expr *v[];
};

struct pool {
	struct ip first, last;
	uint64_t size;                /* number of addresses or prefixes */
	uint8_t len;                  /* of each lease: 32, 128, or length of the delegated prefixes */
	struct prefix excluded;       /* RFC 6603; length 0 = none */
	uint32_t id;                  /* pool-id */
	bool skip_first;              /* never assign the first address */
	bool skip_reserved;           /* never assign reserved interface identifiers: ip_next_reserved() */
	bool is_guarded;              /* it, its subnet or its network has a guard, or it has deny-unknown */
	struct class_refs guard;      /* client-classes: only clients in one of these may use it; empty: all */
	struct class_refs known;      /* deny-unknown: class KNOWN; empty: all clients */
	struct class_refs additional; /* evaluate-additional-classes */
	/* The parts of it that hosts have reserved, ascending and apart; the first and last may extend beyond it. */
	const struct ip_span *withheld;
	size_t n_withheld;
	bool ignores_hosts; /* reservations-out-of-pool: databases are not asked about its addresses */
	/* Set when the configuration is put into service: */
	size_t index; /* number of its range in the alloc set */
	struct stat_place *place;
	const struct naming *naming; /* see naming.h */
	const struct scope_exprs *exprs;
	struct optlist opts;
	const struct subnet *sub;
};

/* Subnets on one link: a client there may get an address from any of them. */
struct network {
	const char *name;
	struct optlist opts;
	struct class_refs guard, additional;
	const struct naming *naming;
	const struct scope_exprs *exprs;
	struct subnet *subs; /* in the plan, adjacent */
	unsigned n;
	uint32_t *ids; /* ids of its subnets, ascending; created by plan_index() */
};

struct subnet {
	uint32_t id;
	struct prefix prefix;
	struct net_params par;
	const struct naming *naming;
	const struct scope_exprs *exprs;
	struct pool *pools; /* in configuration order, not overlapping */
	unsigned n_pools;
	bool is_guarded; /* it or its network has a guard */
	struct class_refs guard, additional;
	struct pool *pd_pools; /* prefix pools; DHCPv6 */
	unsigned n_pd_pools;
	bool has_hosts; /* it has reservations, and they count */
	struct pool
		*outside; /* [2]: reserved addresses and prefixes that are in no pool are from these; NULL: none are */
	struct bytes iface_id; /* interface id of the relay, its own or the network's; empty if none */
	struct optlist opts;
	const struct network *net; /* NULL if none */
	const char *iface;         /* its own or the network's; "" if none */
	struct ip *relays;         /* its own or the network's */
	unsigned n_relays;
	struct stat_place *place; /* set when the configuration is put into service */
};

struct subnet_ref {
	union {
		struct ip addr; /* first address, or relay */
		const char *iface;
		struct bytes iface_id;
	};
	struct subnet *sub;
	uint32_t parent; /* by_first: index + 1 of the enclosing subnet; 0 = none */
	uint8_t len;     /* by_first: prefix length */
};

struct plan {
	const struct naming *naming; /* of the global scope */
	const struct scope_exprs *exprs;
	struct network *nets;
	size_t n_nets;
	const struct ip_span *withheld; /* all that hosts have reserved, as in struct pool */
	size_t n_withheld;
	bool reserves_prefixes; /* a host has a delegated prefix reserved */
	struct subnet *subs;    /* subnets outside networks, then those of each network, in configuration order */
	size_t n;
	/* Indexes, created by plan_index(). */
	struct subnet **by_id;
	struct subnet_ref *by_first;
	struct ip *firsts; /* the addresses of by_first, and of by_relay: a search touches little memory */
	struct subnet_ref *by_relay;
	struct ip *relays;
	size_t n_relays;
	struct subnet_ref *by_iface;
	size_t n_ifaces;
	struct subnet_ref *by_iface_id;
	size_t n_iface_ids;
};

/* Call this once subs is filled. */
void plan_index(struct plan *plan, struct arena *arena);

/* True if a client in these classes (a bit for each number; NULL: every client) may use it. */
static inline bool subnet_allows(const struct subnet *sub, const uint64_t *classes)
{
	return !sub->is_guarded || !classes ||
	       (guard_allows(&sub->guard, classes) && (!sub->net || guard_allows(&sub->net->guard, classes)));
}

/* The same for a pool, apart from deny-unknown. */
static inline bool pool_guards_allow(const struct pool *pool, const uint64_t *classes)
{
	return !pool->is_guarded || !classes ||
	       (guard_allows(&pool->guard, classes) && subnet_allows(pool->sub, classes));
}

static inline bool pool_allows(const struct pool *pool, const uint64_t *classes)
{
	return !pool->is_guarded || !classes ||
	       (guard_allows(&pool->known, classes) && pool_guards_allow(pool, classes));
}

const struct subnet *subnet_by_id(const struct plan *plan, uint32_t id);
/* Returns the innermost subnet that contains the address; NULL if there is none. */
const struct subnet *subnet_by_address(const struct plan *plan, const struct ip *addr);
const struct pool *subnet_pool_of(const struct subnet *sub, const struct ip *addr);
/* Returns the total number of addresses or prefixes in the pool. */
struct wide pool_total(const struct pool *pool);

/* Prefetches what will be read soon: the pools, and the list of options. */
static inline void subnet_fetch(const struct subnet *sub)
{
	fetch(sub->pools, sizeof(*sub->pools));
	fetch(sub->opts.v, 1);
}

/* Returns the number of subnets on this subnet's link, including itself. */
static inline unsigned link_size(const struct subnet *sub)
{
	return sub->net ? sub->net->n : 1;
}

/* Returns the i-th of them: 0 is `sub` itself, then the following ones, wrapping around. */
static inline const struct subnet *link_subnet(const struct subnet *sub, unsigned i)
{
	return sub->net ? &sub->net->subs[((unsigned)(sub - sub->net->subs) + i) % sub->net->n] : sub;
}

/* Returns the address pools, or with `prefixes` the prefix pools. */
static inline const struct pool *subnet_pools(const struct subnet *sub, bool prefixes, unsigned *ret_n)
{
	*ret_n = prefixes ? sub->n_pd_pools : sub->n_pools;
	return prefixes ? sub->pd_pools : sub->pools;
}

static inline bool link_same(const struct subnet *a, const struct subnet *b)
{
	return a == b || (a->net && a->net == b->net);
}

/* True if any subnet on the link has an address pool, or with `prefixes` a prefix pool, for a client in these classes.
 */
bool link_has_pools(const struct subnet *sub, bool prefixes, const uint64_t *classes);
/* True if none of them is for a client in these classes, and deny-unknown is the reason for at least one. */
bool link_denies_unknown(const struct subnet *sub, bool prefixes, const uint64_t *classes);
/* Returns the ids of the subnets on the link, ascending. */
static inline const uint32_t *link_ids(const struct subnet *sub, unsigned *ret_n)
{
	*ret_n = link_size(sub);
	return sub->net ? sub->net->ids : &sub->id;
}

/* Returns the pool on the link of `sub` that contains the address; NULL if there is none. */
const struct pool *link_pool_of(const struct subnet *sub, const struct ip *addr);
/* Same for a pool from which this prefix may be delegated; its length 0 = any length. */
const struct pool *link_pd_pool_of(const struct subnet *sub, const struct prefix *prefix);
/*
 * Returns the prefix pool on the link that contains this entire prefix, whatever its delegated length; one with
 * the same length is preferred.
 */
const struct pool *link_pd_pool_around(const struct subnet *sub, const struct prefix *prefix);
/* The first of these spans that ends at this address or after it; n: none does. */
size_t ip_span_at(const struct ip_span *spans, size_t n, const struct ip *addr);
/* True if any of the spans overlaps the prefix. */
bool ip_span_overlaps(const struct ip_span *spans, size_t n, const struct prefix *prefix);
/* True if any subnet on the link contains the address. */
bool link_contains(const struct subnet *sub, const struct ip *addr);

/* Returns the subnet with this interface id of its relay; NULL if there is none. */
const struct subnet *subnet_by_interface_id(const struct plan *plan, struct bytes id);

/* What a message says about its client's link. An address it does not contain is zero. */
struct select_query {
	bool has_link;
	struct ip link_addr;   /* the link named in the message itself (RFC 3011, RFC 3527) */
	struct bytes iface_id; /* interface id of the relay; empty if none */
	bool has_relay;
	struct ip relay_addr;  /* giaddr, link-address */
	struct ip client_addr; /* ciaddr */
	struct ip src_addr;    /* source of the datagram */
	bool on_link;          /* the client must be on the link of the interface, whatever the addresses are */
	struct ip local_addr;  /* the server's address on the receiving interface */
	const char *iface;
	const uint64_t *classes; /* of the client, see subnet_allows() */
};

/*
 * Selects the client's subnet; NULL if there is none. The rules:
 *
 * - If the message itself names a link: the subnet that contains that address, or none.
 * - Relayed: the subnet with the relay's interface id; otherwise the one that names the relay or contains its
 *   address, or none. A relay without an address (RFC 6221) is on the link of the interface.
 * - Otherwise: the subnet that contains the client's address, then the one that contains the source address. If
 *   there is none, the client is on a link that is not configured, unless it must be on the link of the
 *   interface. For that link it is the subnet that names the interface, otherwise the one that contains the
 *   server's own address there.
 *
 * A subnet that the client may not use (query->classes) is not selected, but another subnet on its link that the client
 * may use; without one, what the rules select without that subnet.
 */
const struct subnet *subnet_select(const struct plan *plan, const struct select_query *query);
