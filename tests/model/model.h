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
 * A game of random clients (model.c) and the rules of one family (model4.c, model6.c): what its clients say and
 * what its answers mean. A program is model.c with the rules of one family.
 */
#define WORKERS 2
#define XIDS 8192 /* messages in flight are told apart by xid modulo this */
enum { CLIENTS_MAX = 24, NOISY = 24, IAS_MODEL = 4, THINGS_MAX = 80 };

/* The last response about an IA. */
struct told {
	enum { TOLD_NOTHING, TOLD_OFFER, TOLD_GIVEN, TOLD_REFUSED } what;
	struct prefix prefix; /* the first one, if it was offered or given something */
};

struct client {
	uint8_t id[10];       /* its hardware address; of DHCPv6 its DUID */
	unsigned outstanding; /* messages that may still be answered */
	int64_t since_ms;     /* the first of them was sent then */
	bool moving;          /* one of them gives up what it holds */
	unsigned n_leases;    /* in the store, when last counted */
	struct told told[IAS_MODEL];
};

/* An address or prefix of a pool of some configuration, and who was told last that it has it. Some overlap. */
struct thing {
	struct prefix prefix;
	enum lease_type type;
	const struct client *client; /* NULL: nobody ever, or it gave it up */
	unsigned ia;                 /* of that client; 0 of DHCPv4 */
	int64_t ends_ms;             /* boot time */
};

struct sent {
	struct client *client;
	uint8_t type;
	uint32_t round;  /* of configurations */
	int64_t at_ms;   /* boot time; RFC 2131 4.4.1: a client counts its lease from here */
	uint32_t wanted; /* DHCPv4: the address it named, 0 if none */
};

struct rules {
	const struct family *family;
	unsigned n_clients, n_things;
	unsigned max_leases; /* the smallest max-leases-per-client with which everything still happens */

	/* At the start of a game: who the clients are, and the things of the pools. */
	void (*begin)(void);
	/* Keys of the configuration that only this family has, and its subnet, as id 1. */
	void (*configure)(struct str *text);
	/* Say something, or not. */
	void (*act)(struct client *c);
	/* DISCOVER or SOLICIT for this IA alone, and the REQUEST for what it was offered there. */
	void (*discover)(struct client *c, unsigned ia);
	void (*request)(struct client *c, unsigned ia);
	/* A client that never requests anything says DISCOVER or SOLICIT; is_new: it has a new identity. */
	void (*make_noise)(struct client *c, bool is_new);
	unsigned n_ias; /* of a client */
	/* May the configuration assign it to this IA, if it is free? */
	bool (*may_assign)(const struct thing *thing, unsigned ia);
	/* The server sent this. */
	void (*take_answer)(struct bytes answer);
	/* Is this a lease of that client for its IA? */
	bool (*is_lease_of)(const struct lease *lease, const struct client *c, unsigned ia);
	/* After all games: fails unless there was something of everything. */
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
	unsigned max_leases; /* max-leases-per-client */
	struct arena *arena; /* for an answer, for a while */
	uint64_t n[256];     /* answers by type, of all games */
	uint64_t n_foreign;  /* what another server did, of all games */
	uint64_t n_served,
		n_served_last; /* honest clients, and those for which somebody else had all free ones offered */
	bool trace;
};

extern struct game m;

void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* With MODEL_TRACE set: what happens, for whoever looks for the reason. */
void trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* 0 .. n - 1. One draw in a statement: the order of arguments is the compiler's, and a seed must mean one game. */
static inline unsigned dice(unsigned n)
{
	return (unsigned)rand_below(n);
}

/* The name of one of the allocators. */
const char *any_allocator(void);
/* The end of a pool: with a pool-id, which reloads change, or without. */
void add_pool_id(struct str *text);

static inline int client_no(const struct client *c)
{
	return (int)(c - m.clients);
}

/* May somebody, or this client for its IA, use it now? */
bool is_held(const struct thing *thing);
bool holds(const struct thing *thing, const struct client *c, unsigned ia);
/* NULL if no pool ever has it. */
struct thing *thing_of(const struct prefix *prefix, enum lease_type type);

/* A response said this about the IA of the client, `what` being one of TOLD_*; prefix may be NULL. */
void tell(struct client *c, unsigned ia, unsigned what, const struct prefix *prefix);

/*
 * An answer offers or gives (acknowledges, is_given) this address or prefix, for an IA of the client that sent
 * this and for so many seconds. Fails if somebody else, or another IA, may still use it, a part of it or what it is a
 * part of; and of what is given if the store says something else or keeps it for less time.
 */
void take_lease(const struct sent *sent, const struct prefix *prefix, enum lease_type type, unsigned ia,
		uint32_t valid_sec, bool is_given);

/* A client's message begins: m.xid is its number. The worker that will get it. */
struct serve_worker *say_begin(struct client *c, uint8_t type, uint32_t wanted);
/* It is written; serve it as far as it goes. */
void say_end(struct client *c, struct serve_worker *w, struct dgram *dgram);
