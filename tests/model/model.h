/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "io/engine.h"
#include "lease/store.h"
#include "serve/family.h"
#include "serve/server.h"

/*
 * A game of random clients (model.c) and the rules of one family (model4.c, model6.c): what its clients send and
 * what its responses mean. A program is model.c with the rules of one family.
 */
#define WORKERS 2
#define XIDS 8192 /* pending messages are identified by xid modulo this */
enum { CLIENTS_MAX = 24, NOISY = 24, IAS_MODEL = 4, THINGS_MAX = 96 };

/* The last response about an IA. */
struct told {
	enum { TOLD_NOTHING, TOLD_OFFER, TOLD_GIVEN, TOLD_REFUSED } what;
	struct prefix prefix;  /* one that was offered or assigned */
	bool any_own;          /* one of them is reserved for the client */
	struct prefix stopped; /* DHCPv6: one that came back with lifetimes of 0 */
};

struct client {
	uint8_t id[10];       /* hardware address; DHCPv6: DUID */
	unsigned outstanding; /* messages that may still get a response */
	int64_t since_ms;     /* when the first of them was sent */
	uint32_t last_xid;
	bool moving;       /* one of them gives up what it holds */
	unsigned look;     /* classes its messages are in; changes only while none is outstanding */
	unsigned n_leases; /* in the store, when last counted */
	struct told told[IAS_MODEL];
};

/* An address or prefix in a pool of some configuration, and the client it was last assigned to. Some overlap. */
struct thing {
	struct prefix prefix;
	enum lease_type type;
	unsigned subnet_id;          /* that contains it; 0 for a prefix */
	const struct client *client; /* NULL: nobody, or it was given up */
	unsigned ia;                 /* of that client; 0 for DHCPv4 */
	unsigned lease_subnet;       /* id in its lease; a prefix may come from any subnet of the link */
	int64_t ends_ms;             /* boot time */
};

struct sent {
	struct client *client;
	uint8_t type;
	unsigned look;   /* of the client then */
	uint32_t round;  /* of configurations */
	int64_t at_ms;   /* boot time; RFC 2131 4.4.1: a client counts its lease from here */
	uint32_t wanted; /* DHCPv4: the requested address, 0 if none */
};

struct rules {
	const struct family *family;
	unsigned n_clients, n_things;
	unsigned max_leases; /* the smallest max-leases-per-client with which all cases still occur */

	/* Start of a game: sets up the clients and the things in the pools. */
	void (*begin)(void);
	/* Adds configuration keys that only this family has, and its subnets, with ids 1 and, if m.has_second, 2. */
	void (*configure)(struct str *text);
	/* Identifiers of reservations, by name; NULL at the end. */
	const char *const *id_names;
	/* The client's identifier of this kind; empty if its messages have none. */
	struct bytes (*id_of)(const struct client *c, unsigned kind);
	/* True if several clients have this one. */
	bool (*shares_id)(const struct client *c, unsigned kind);
	const char *class_test; /* what class expressions compare with 'r', 'b' or 'rb' */
	/* Sends a message, or not. */
	void (*act)(struct client *c);
	/* Sends DISCOVER or SOLICIT for this IA only, and the REQUEST for what it was offered. */
	void (*discover)(struct client *c, unsigned ia);
	void (*request)(struct client *c, unsigned ia);
	/* Renews what it holds. */
	void (*renew)(struct client *c, unsigned ia, const struct prefix *held);
	/* A client that never requests anything sends DISCOVER or SOLICIT; is_new: it has a new identity. */
	void (*make_noise)(struct client *c, bool is_new);
	unsigned n_ias; /* per client */
	enum lease_type (*type_of)(unsigned ia);
	/* Handles a message from the server. */
	void (*take_answer)(struct bytes answer);
	/* True if this is a lease of that client for its IA. */
	bool (*is_lease_of)(const struct lease *lease, const struct client *c, unsigned ia);
	/* After all games: fails unless every case occurred. */
	void (*check_enough)(void);
};

extern const struct rules rules;

/*
 * Who may have what (access.c): reservations and guards of the configuration in service. A class is a bit.
 */
enum {
	CLASS_RED = 1,
	CLASS_BLUE = 2,
	CLASS_KNOWN = 4,
	CLASS_UNKNOWN = 8,
	CLASS_STAFF = 16,
	CLASS_GOLD = 32,
	LOOKS = 4
};
enum { RESERVATIONS_MAX = 12, PLACES_MAX = 4, KINDS_MAX = 4, POOLS_MAX = 4 };

/* What messages say so that class expressions are true, by look. */
extern const char *const look_text[LOOKS];

struct reservation {
	unsigned scope; /* subnet id; 0: global */
	unsigned kind;
	struct bytes id;
	const struct thing *places[PLACES_MAX];
	unsigned n_places;
	unsigned classes; /* it assigns to its client */
};

struct access {
	struct reservation v[RESERVATIONS_MAX];
	unsigned n;
	bool in_subnet, global, unique;
	bool early;                         /* global ones are looked up before the subnet is selected */
	unsigned kinds[KINDS_MAX], n_kinds; /* in the order in which they are tried */
	/* Of the network, its subnets, their pools and prefix pools: the classes in it; 0: none. */
	unsigned network, subnets[2];
	struct guard {
		unsigned classes;
		bool deny_unknown;
	} pools[2][POOLS_MAX], pd_pools[2][POOLS_MAX];
	bool deny_unknown; /* of pools that say nothing */
};

/* Makes new ones, and adds what is global in them. */
void access_begin(struct str *text);
/* Adds ", \"client-classes\": ..." or nothing, and sets the classes. */
void add_guard(struct str *text, unsigned *classes);
/* For a pool also "deny-unknown". */
void add_pool_guard(struct str *text, struct guard *guard);
/* Adds the same for reservations of a subnet. */
void add_reservations(struct str *text, unsigned subnet_id);

/* The client's reservation; NULL: none. */
const struct reservation *host_of(const struct client *c);
/* True if they are stages of one host's boot, by an identifier that a reservation may have and a lease shows. */
bool is_same_host(const struct client *a, const struct client *b);
/* True if exactly this is reserved for the client. */
bool owns(const struct client *c, const struct thing *thing);
/* The pool of the configuration that contains it; NULL: none. */
const struct pool *pool_of_thing(const struct thing *thing);
/* Why the client may not have it, in these classes; NULL: it may, if a pool contains it or it is reserved for it. */
const char *forbidden(const struct client *c, unsigned look, const struct thing *thing);
/* True if the client, with its messages in these classes, gets it if it is free. */
bool may_assign(const struct client *c, const struct thing *thing, unsigned ia);
/* True if a client that holds it keeps it when it asks again. */
bool may_keep(const struct client *c, unsigned look, const struct thing *thing);
/* True if some client may get another reserved one instead of it. */
bool has_home(const struct client *c, enum lease_type type);
/* True if a host has it reserved. */
bool is_reserved(const struct thing *thing);
/* True if nobody else has it reserved, as far as the model can know. */
bool is_exclusive(const struct client *c, const struct thing *thing);

/*
 * Explanations (explain.c), with EXPLAIN=1. The explainer is that of one game.
 */
void explain_start(void);
bool explain_is_on(void);
void explain_begin(void);
void explain_end(void);
/* Adds ", \"option-data\": ..." with the option that names its scope, sometimes; and at the top its definition. */
void add_scope_option(struct str *text, const char *scope);
void add_scope_definition(struct str *text);
/* True if the next message is to be explained; the store must be at rest then. */
bool explain_is_due(void);
void explain_message_first(const struct dgram *dgram);
/* The server responded to it. */
void explain_response(struct bytes response);
/* It is served. */
void explain_compare(void);
bool explain_is_enough(void);
void explain_check_enough(void);

struct game {
	uint64_t seed;
	unsigned step;
	struct server srv;
	struct store *store;
	struct leasedb *db;
	struct reclaim *reclaim;
	struct live *live;
	/* Those after rules.n_clients only discover; the last one is a client of another server of the store. */
	struct client clients[CLIENTS_MAX + NOISY + 1];
	bool is_shared;  /* there is another server; then all pools divide their addresses in one way */
	bool has_second; /* the subnet is in a shared network with another one */
	struct access access;
	struct thing things[THINGS_MAX];
	struct sent sent[XIDS];
	uint32_t xid, round;
	unsigned max_leases;              /* max-leases-per-client */
	struct arena *arena;              /* temporary, for a response */
	uint64_t n[256];                  /* responses by type, over all games */
	uint64_t n_foreign;               /* actions of the other server, over all games */
	uint64_t n_served, n_served_last; /* honest clients, and those for which all free ones were offered to others */
	uint64_t n_home, n_moved; /* those that got what is reserved for them, and that had to give up a lease */
	bool trace;
};

extern struct game m;

void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* With MODEL_TRACE set: prints what happens, to find the cause of a failure. */
void trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * 0 .. n - 1. One call per statement: the order of evaluation of arguments is unspecified, and a seed must mean
 * one game.
 */
static inline unsigned dice(unsigned n)
{
	return (unsigned)rand_below(n);
}

/* The name of one of the allocators. */
const char *any_allocator(void);
/* Ends a pool: with a pool-id, which reloads change, or without. */
void add_pool_id(struct str *text);

static inline int client_no(const struct client *c)
{
	return (int)(c - m.clients);
}

/* True if someone, or this client for its IA, may use it now. */
bool is_held(const struct thing *thing);
bool holds(const struct thing *thing, const struct client *c, unsigned ia);
/* NULL if no pool ever contains it. */
struct thing *thing_of(const struct prefix *prefix, enum lease_type type);

/* A response said this about the client's IA, `what` being one of TOLD_*; prefix may be NULL. */
void tell(struct client *c, unsigned ia, unsigned what, const struct prefix *prefix);

/*
 * A response offers or assigns (acknowledges, is_given) this address or prefix, for an IA of the client that
 * sent this and for this many seconds. Fails if another client, or another IA, may still use it or anything that
 * overlaps it; for an assigned one also if the store disagrees or keeps it for less time.
 */
void take_lease(const struct sent *sent, const struct prefix *prefix, enum lease_type type, unsigned ia,
		uint32_t valid_sec, bool is_given);

/* Begins a client's message, numbered m.xid. Returns the worker that will get it. */
struct serve_worker *say_begin(struct client *c, uint8_t type, uint32_t wanted);
/* The message is complete; serve it as far as possible. */
void say_end(struct client *c, struct serve_worker *w, struct dgram *dgram);
