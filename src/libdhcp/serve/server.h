/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "hook/hooks.h"
#include "io/loop.h"
#include "io/worker.h"
#include "log/fold.h"
#include "serve/leasedb.h"
#include "serve/pipeline.h"
#include "stat/stat.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * The running server: what all workers share, and the part of each worker that serves requests.
 * serve/main.c builds one over real sockets; the replay tests build one over a fake engine.
 */

/* A configuration in service, with its lease database and the free addresses of its pools. */
struct live {
	struct config *cfg;
	struct leasedb *db;
	struct alloc_set *set;
	struct hooks *hooks;               /* NULL: no library is loaded */
	atomic_uint users;                 /* workers that may still have requests of it */
	uint64_t serial;                   /* differs from those before it */
	void (*unused)(struct live *live); /* called once by the last worker that leaves it */
	void *owner;
	struct post post; /* the owner's */
};

struct server {
	const struct family *fam;
	struct stat_places *places; /* of the lease database in service; NULL before the first configuration */
	struct duid duid;           /* DHCPv6: our own identifier */
	struct turns *turns;
	struct budget *declines;  /* how many addresses a client may take out of use */
	struct budget *omissions; /* options omitted from responses are logged once per client and configuration */
	uint64_t n_lives;
	struct log_fold *fold; /* log lines that would repeat with each packet */
	uint16_t server_port, client_port;
	bool to_source;                        /* KEA_TEST_SEND_RESPONSES_TO_SOURCE: answers go to the sender */
	atomic_bool want_reclaim;              /* a pool is exhausted: look for expired leases soon */
	void (*wake_main)(struct server *srv); /* NULL: nobody to wake */
	unsigned n_workers;
	struct serve_worker *workers;
	pthread_mutex_t own_lock; /* guards own, n_own */
	struct ip *own;
	unsigned n_own;
};

#define OUT_MAX 64 /* answers sent at once */

struct serve_worker {
	struct server *srv;
	struct worker *io;        /* NULL under a fake engine */
	struct io_engine *engine; /* where answers go; NULL: nowhere */
	atomic_uint n_busy;       /* requests under way */
	struct stats *stats;
	struct request *slots;
	unsigned n_slots;
	struct list free;   /* slots without a request */
	struct list parked; /* requests that wait, by deadline: wait.link */
	struct timer deadline;
	struct eval_scratch *scratch; /* for the tests of classes; NULL before a configuration has any */
	uint8_t *out_bufs;            /* OUT_MAX of datagram_max: those of the finished requests are in use */
	struct live *live;            /* for new requests */
	struct list out;              /* finished requests whose answers wait to be sent */
	unsigned n_out;
	/* Requests that others post back. */
	pthread_mutex_t lock; /* guards resumed, posted */
	struct list resumed;
	bool posted;
	struct post post;
};

/* n_slots requests may be under way per worker. The workers have no configuration yet. */
void server_init(struct server *srv, const struct family *fam, unsigned n_workers, unsigned n_slots);
/* No request may be under way. */
void server_done(struct server *srv);

/*
 * Builds what is free of cfg by the lease database; takes cfg. NULL, and cfg stays the caller's: the database cannot be
 * read.
 */
struct live *live_new(struct server *srv, struct leasedb *db, struct config *cfg);
/* The configuration comes into service: statistics have its places from here on. Main thread. */
void server_enter(struct server *srv, struct live *live);
/* With it, if it is the last user of its lease database, that. Main thread. */
void live_free(struct live *live);

/* In the worker's thread: new requests are served by `live` from now on. */
void serve_worker_switch(struct serve_worker *w, struct live *live);
/* In the worker's thread: serve these datagrams. */
void serve_worker_batch(struct serve_worker *w, struct dgram *v, unsigned n);
/* In the worker's thread: go on with what was posted back. */
void serve_worker_resume(struct serve_worker *w);
/*
 * In the worker's thread: send the answers that are finished, and drop requests that waited too long; at the end of
 * each turn.
 */
void serve_worker_flush(struct serve_worker *w);
/* The buffer the next finished answer goes to. */
uint8_t *serve_worker_out_buf(const struct serve_worker *w);

/* From any thread: the request goes on with its next step, in its worker. */
void server_resume(struct request *req);
/* One request of a client at a time: STEP_NEXT when it is this one's turn. */
enum verdict server_take_turn(struct request *req);
void server_want_reclaim(struct server *srv);
/* The addresses of this machine, by which clients may know us; copied. Main thread. */
void server_set_addresses(struct server *srv, const struct ip *addrs, unsigned n);
bool server_has_address(struct server *srv, const struct ip *addr);
