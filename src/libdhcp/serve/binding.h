/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "lease/lease.h"
#include "lease/store.h"
#include "subnet/subnet.h"

/*
 * What a client asks for, what it has and what it gets. A DHCPv6 message has identity associations (IAs), and each has
 * one binding per address or prefix it may get; a DHCPv4 message has one IA with one binding, and says so nowhere.
 * Everything here lives in the request's arena.
 *
 *	request --- ias[] ----- hints[]     what the client names
 *	                  |---- held[]      what it has on this link
 *	                  `---- bindings[]  candidate, then what is granted
 */
#define IAS_MAX 16   /* of a message; more get a status code */
#define HINTS_MAX 16 /* of an IA; the rest is not looked at */
#define HELD_MAX 8   /* of an IA */
#define BINDINGS_MAX 8

/* An address or prefix that the client names. */
struct hint {
	struct ia *ia;
	struct prefix prefix;      /* address zero: only a length is wanted */
	uint32_t preferred, valid; /* s; 0 = whatever the server says */
	const struct lease *lease; /* what is stored there, whoever's; NULL: nothing. From recall on */
};

/* Where a candidate comes from; the order in which they are tried is a policy's. */
enum source {
	SOURCE_NONE,
	SOURCE_RESERVED,  /* it is reserved for the client */
	SOURCE_HELD,      /* the client has or had it */
	SOURCE_OFFERED,   /* it was offered a moment ago and is claimed for the client */
	SOURCE_HINTED,    /* the client names it */
	SOURCE_FREE,      /* picked by the pool's allocator */
	SOURCE_ENDED,     /* its lease has ended, before those of the rest of the pool */
	SOURCE_OVERTAKEN, /* offered to somebody who has not requested it */
	SOURCE_OWN,       /* the client made it itself and registers it */
};

/* What a client might be granted. */
struct candidate {
	bool exists;
	struct prefix prefix;
	const struct pool *pool; /* NULL with SOURCE_OWN */
	enum source source;
	bool is_claimed;              /* false: no claim was needed */
	struct alloc_client claimant; /* if it is claimed */
	bool is_new;                  /* one more than the client has; counted in req->n_new */
	bool is_known;                /* the next field is right */
	const struct lease *lease;    /* what is stored there; NULL: nothing */
	bool is_scarce;               /* its pool is so full that lifetimes are short */
	bool is_rejected;             /* there was one, and it turned out to be somebody else's */
};

struct binding {
	struct ia *ia;
	struct candidate candidate;
	unsigned source, pos;     /* how far propose has come: in the policy's order, and in that source */
	bool was_lost;            /* a claim of it went to somebody else while the request waited */
	unsigned first_pool;      /* of several random ones */
	uint64_t rank, next_rank; /* of the pool that was tried last, and of the one under way */
	bool is_granted;
	struct lease lease; /* once it is granted, or offered */
	bool is_reused;     /* confirmed without a change */
};

struct ia {
	enum lease_type type;
	uint32_t iaid;               /* 0 with DHCPv4 */
	uint16_t code;               /* DHCPv6: of its option */
	const struct policy *policy; /* by which its candidates were proposed; NULL: there are none */
	const struct ia *same_as;    /* the message has this IA twice: the first one says it all; else NULL */
	struct hint *hints;
	unsigned n_hints;
	struct lease *held; /* in use first, of these what the client names first */
	unsigned n_held;
	struct binding *bindings;
	unsigned n_bindings;
	bool is_limited; /* max-leases-per-client denies it another lease */
	bool has_status; /* DHCPv6 */
	uint16_t status; /* STATUS6_* */
	const char *text;
};

/* The pool on the link of `sub` that contains the lease, whatever length it delegates by now; NULL if none. */
const struct pool *lease_pool(const struct subnet *sub, const struct lease *lease);
/* The lease the client has at the address; NULL if none. */
const struct lease *ia_held_at(const struct ia *ia, const struct ip *addr);
/* The hint for this address, else the first one; NULL if the client names nothing. */
const struct hint *ia_hint_for(const struct ia *ia, const struct ip *addr);
bool ia_names(const struct ia *ia, const struct ip *addr);
/* True if a binding of the IA was granted it. */
bool ia_is_granted(const struct ia *ia, const struct prefix *prefix);
