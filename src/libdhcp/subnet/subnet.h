/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/ip.h"
#include "optconf/optconf.h"

/*
 * The address plan: subnets and their pools, immutable once built, with inheritance already applied.
 * It lives in the arena of its configuration.
 */

/* What a subnet grants by; after global > subnet. */
struct net_params {
	uint32_t valid, min_valid, max_valid; /* s */
	uint32_t t1, t2;                      /* s; count only if set */
	bool t1_set, t2_set;
	bool calculate_tee;
	double t1_percent, t2_percent;        /* fractions of the lifetime */
	double cache_threshold;               /* 0 = off */
	uint32_t cache_max_age;               /* s; 0 = no cap */
	bool authoritative, match_client_id;
	uint32_t next_server;                 /* siaddr */
	const char *server_hostname, *boot_file_name; /* "" if none */
};

struct pool {
	struct ip first, last;
	uint64_t size;
	uint32_t id;        /* pool-id */
	size_t index;       /* number of its range in the alloc set; set when it goes into service */
	struct optlist opts;
	const struct subnet *sub;
};

struct network {
	const char *name;
	struct optlist opts;
};

struct subnet {
	uint32_t id;
	struct prefix prefix;
	struct net_params par;
	struct pool *pools; /* in the order of the configuration, not overlapping */
	unsigned n_pools;
	struct optlist opts;
	const struct network *net; /* NULL */
	const char *iface;         /* "" if none */
	struct ip *relays;
	unsigned n_relays;
};

struct subnet_ref {
	struct ip addr;     /* first address, or relay */
	const char *iface;
	struct subnet *sub;
	size_t parent;      /* by_first: index + 1 of the subnet around this one; 0 = none */
};

struct plan {
	struct subnet *subs; /* in the order of the configuration */
	size_t n;
	/* Indexes, made by plan_index(). */
	struct subnet **by_id;
	struct subnet_ref *by_first;
	struct subnet_ref *by_relay;
	size_t n_relays;
	struct subnet_ref *by_iface;
	size_t n_ifaces;
};

/* Once subs is filled. */
void plan_index(struct plan *plan, struct arena *arena);

const struct subnet *subnet_by_id(const struct plan *plan, uint32_t id);
/* The innermost subnet whose prefix holds the address; NULL if none. */
const struct subnet *subnet_by_address(const struct plan *plan, const struct ip *addr);
const struct pool *subnet_pool_of(const struct subnet *sub, const struct ip *addr);

/* What a message tells about where its client is. */
struct select_query {
	bool has_relay;
	struct ip relay_addr;  /* giaddr, link-address */
	struct ip client_addr; /* ciaddr; zero if none */
	struct ip src_addr;    /* source of the datagram */
	bool was_broadcast;    /* the datagram was for everybody on the link */
	struct ip local_addr;  /* our address on the interface it came in by */
	const char *iface;
};

/*
 * The client's subnet: for a relayed message the one that names the relay, else the one around the
 * relay's address; else the one around the client's address, else the one that names the interface, else
 * the one around our own address there. NULL: none.
 */
const struct subnet *subnet_select(const struct plan *plan, const struct select_query *query);
