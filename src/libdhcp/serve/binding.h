/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "lease/lease.h"
#include "lease/store.h"
#include "subnet/subnet.h"

/*
 * What a client asks for, has and gets. A DHCPv6 message has identity associations (IAs), each with one binding
 * per address or prefix it may get; a DHCPv4 message has a single IA with a single binding. Everything here
 * lives in the request's arena.
 *
 *	request --- ias[] ----- hints[]     what the client names
 *	                  |---- held[]      what it has on this link
 *	                  `---- bindings[]  candidate, then what is granted
 */
#define IAS_MAX 16   /* per message; further IAs get a status code */
#define HINTS_MAX 16 /* per IA; further ones are ignored */
#define HELD_MAX 8   /* per IA */
#define BINDINGS_MAX 8

/* An address or prefix that the client names. */
struct hint {
	struct ia *ia;
	struct prefix prefix;      /* address zero: only a length is requested */
	uint32_t preferred, valid; /* s; 0: no preference */
	const struct lease *lease; /* the lease stored there, whoever its client is, or NULL. Set by recall */
};

/* Where a candidate comes from. A policy has the order in which sources are tried. */
enum source {
	SOURCE_NONE,
	SOURCE_RESERVED,  /* reserved for the client */
	SOURCE_HELD,      /* the client has or had a lease for it */
	SOURCE_OFFERED,   /* offered to the client a moment ago, and claimed for it */
	SOURCE_HINTED,    /* named by the client */
	SOURCE_FREE,      /* picked by the pool's allocator */
	SOURCE_ENDED,     /* the oldest one whose lease has ended */
	SOURCE_OVERTAKEN, /* offered to a client that has not requested it */
	SOURCE_OWN,       /* chosen by the client itself, which registers it */
};

/* What a client might be granted. */
struct candidate {
	bool exists;
	struct prefix prefix;
	const struct pool *pool; /* NULL with SOURCE_OWN */
	enum source source;
	bool is_claimed;              /* false if it needed no claim */
	struct alloc_client claimant; /* if it is claimed */
	bool is_new;                  /* adds to the number of leases the client has; counted in req->n_new */
	bool is_known;                /* `lease` below has been looked up */
	const struct lease *lease;    /* the lease stored there, or NULL */
	bool is_of_host;              /* the lease there is that of another stage of the same host's boot */
	bool is_others;               /* the client's former address, in the part that another server picks from */
	bool is_reserved;             /* look found that another host has it reserved */
	bool is_scarce;               /* its pool is so full that lifetimes are reduced */
	bool is_rejected;             /* the previous candidate turned out to belong to another client */
};

struct binding {
	struct ia *ia;
	struct candidate candidate;
	unsigned source, pos;     /* where propose continues: index in the order, position in the source */
	unsigned n_moves;         /* by hook libraries */
	bool was_lost;            /* a claim was lost to another client while the request waited */
	unsigned first_pool;      /* the random pool to start with */
	uint64_t rank, next_rank; /* of the pool tried last, and of the current one */
	bool is_granted;
	struct lease lease; /* the lease granted or offered */
	bool is_reused;     /* confirmed without a change */
};

struct ia {
	enum lease_type type;
	uint32_t iaid;               /* 0 in DHCPv4 */
	uint16_t code;               /* DHCPv6: code of its option */
	const struct policy *policy; /* the policy its candidates were proposed by; NULL if there are none */
	const struct ia *same_as;    /* the message's first IA with this IAID, which covers this one; or NULL */
	struct hint *hints;
	unsigned n_hints;
	struct lease *held; /* leases in use first, those that the client names first among them */
	unsigned n_held;
	struct binding *bindings;
	unsigned n_bindings;
	bool is_limited; /* max-leases-per-client allows it no further lease */
	bool has_status; /* DHCPv6 */
	uint16_t status; /* STATUS6_* */
	const char *text;
};

/* Returns the pool on the link of `sub` that contains the lease, whatever length it now delegates; NULL if none. */
const struct pool *lease_pool(const struct subnet *sub, const struct lease *lease);
/* Returns the lease the client has for the address; NULL if none. */
const struct lease *ia_held_at(const struct ia *ia, const struct ip *addr);
/* Returns the hint for this address, or else the first one; NULL if the client names nothing. */
const struct hint *ia_hint_for(const struct ia *ia, const struct ip *addr);
bool ia_names(const struct ia *ia, const struct ip *addr);
/* True if a binding of the IA was granted this prefix. */
bool ia_is_granted(const struct ia *ia, const struct prefix *prefix);
