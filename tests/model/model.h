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
enum { CLIENTS_MAX = 24, NOISY = 24, IAS_MODEL = 4, THINGS_MAX = 80 };

/* The last response about an IA. */
struct told {
	enum { TOLD_NOTHING, TOLD_OFFER, TOLD_GIVEN, TOLD_REFUSED } what;
	struct prefix prefix; /* the first one, if anything was offered or assigned */
};

struct client {
	uint8_t id[10];       /* hardware address; DHCPv6: DUID */
	unsigned outstanding; /* messages that may still get a response */
	int64_t since_ms;     /* when the first of them was sent */
	bool moving;          /* one of them gives up what it holds */
	unsigned n_leases;    /* in the store, when last counted */
	struct told told[IAS_MODEL];
};

/* An address or prefix in a pool of some configuration, and the client it was last assigned to. Some overlap. */
struct thing {
	struct prefix prefix;
	enum lease_type type;
	const struct client *client; /* NULL: nobody, or it was given up */
	unsigned ia;                 /* of that client; 0 for DHCPv4 */
	int64_t ends_ms;             /* boot time */
};

struct sent {
	struct client *client;
	uint8_t type;
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
	/* Adds configuration keys that only this family has, and its subnet, as id 1. */
	void (*configure)(struct str *text);
	/* Sends a message, or not. */
	void (*act)(struct client *c);
	/* Sends DISCOVER or SOLICIT for this IA only, and the REQUEST for what it was offered. */
	void (*discover)(struct client *c, unsigned ia);
	void (*request)(struct client *c, unsigned ia);
	/* A client that never requests anything sends DISCOVER or SOLICIT; is_new: it has a new identity. */
	void (*make_noise)(struct client *c, bool is_new);
	unsigned n_ias; /* per client */
	/* True if the configuration may assign it to this IA, provided it is free. */
	bool (*may_assign)(const struct thing *thing, unsigned ia);
	/* Handles a message from the server. */
	void (*take_answer)(struct bytes answer);
	/* True if this is a lease of that client for its IA. */
	bool (*is_lease_of)(const struct lease *lease, const struct client *c, unsigned ia);
	/* After all games: fails unless every case occurred. */
	void (*check_enough)(void);
};

extern const struct rules rules;

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
	bool is_shared; /* there is another server; then all pools divide their addresses in one way */
	struct thing things[THINGS_MAX];
	struct sent sent[XIDS];
	uint32_t xid, round;
	unsigned max_leases;              /* max-leases-per-client */
	struct arena *arena;              /* temporary, for a response */
	uint64_t n[256];                  /* responses by type, over all games */
	uint64_t n_foreign;               /* actions of the other server, over all games */
	uint64_t n_served, n_served_last; /* honest clients, and those for which all free ones were offered to others */
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
