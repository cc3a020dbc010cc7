/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "hook/hooks.h"
#include "io/loop.h"
#include "io/worker.h"
#include "log/fold.h"
#include "serve/leasedb.h"
#include "serve/request.h"
#include "stat/stat.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * The running server: what all workers share, and the part of each worker that serves requests. daemon/daemon.c
 * builds one over real sockets; the replay tests build one over a fake engine.
 */

/* A configuration in service, with its lease database and the free addresses of its pools. */
struct live {
	struct config *cfg;
	struct leasedb *db;
	struct alloc_set *set;
	struct hooks *hooks;    /* NULL if no library is loaded */
	uint32_t hook_rows[32]; /* by step: its rows of serve/slots.c that libraries use, a bit each */
	uint8_t hook_row[32];   /* by step: the only one, its number in serve/slots.c + 1; 0: none, or several */
	uint32_t hook_steps;    /* steps with such a row, a bit each */
	atomic_uint users;      /* uses by workers, see struct live_use */
	uint64_t serial;        /* unique: counts configurations */
	void (*unused)(struct live *live); /* called once by the last worker that leaves it */
	void *owner;
	struct post post; /* the owner's: where `unused` runs */
	unsigned n_held;  /* the owner's: commands that still use it */
	bool is_unused;   /* by workers; freed once no command uses it */
};

/*
 * What one worker knows of a configuration that it serves, or of one that it has requests of. Only that worker counts,
 * so a request costs no cache line that others write; the last one reports it to the configuration.
 */
struct live_use {
	struct live *live;
	unsigned n; /* its requests, and one while it is the configuration of new ones */
};

struct server {
	const struct family *fam;
	struct stat_places *places; /* of the lease database in service; NULL before the first configuration */
	struct duid duid;           /* DHCPv6: the server's identifier */
	struct turns *turns;
	struct budget *declines;   /* limits the addresses that a client may decline */
	struct budget *omissions;  /* options omitted from responses are logged once per client and configuration */
	struct ncr_sender *sender; /* requests to kea-dhcp-ddns; NULL: they go nowhere. The owner's */
	uint64_t n_lives;
	struct feed *feed;            /* for subscribers; NULL: there are none. The owner's */
	struct client_traces *traces; /* clients whose messages are all logged */
	struct log_fold *fold;        /* log lines that would repeat with each packet */
	uint16_t server_port, client_port;
	bool to_source;                        /* KEA_TEST_SEND_RESPONSES_TO_SOURCE: responses go to the sender */
	atomic_bool is_disabled;               /* dhcp-disable: requests are dropped */
	atomic_uint n_parked;                  /* requests that wait for hook libraries */
	atomic_bool want_reclaim;              /* a pool is exhausted: look for expired leases soon */
	void (*wake_main)(struct server *srv); /* NULL if there is no main thread to wake */
	unsigned n_workers;
	struct serve_worker *workers;
	pthread_mutex_t own_lock; /* guards own, n_own */
	struct ip *own;
	unsigned n_own;
};

#define OUT_MAX 64 /* responses sent at once */

struct serve_worker {
	struct server *srv;
	struct worker *io;        /* NULL with a fake engine */
	struct io_engine *engine; /* where responses go; NULL: nowhere */
	atomic_uint n_busy;       /* requests in progress; only the worker writes it */
	struct stats *stats;
	struct request *slots;
	unsigned n_slots;
	struct list free;   /* slots without a request */
	struct list parked; /* waiting requests, by deadline: wait.link */
	struct timer deadline;
	struct arena *trace_arena;    /* for client_trace.c; NULL until a client is traced */
	struct eval_scratch *scratch; /* for the tests of classes; NULL until a configuration has any */
	uint8_t *out_bufs;            /* OUT_MAX buffers of datagram_max bytes; those of finished requests are in use */
	struct live_use *use;         /* the configuration for new requests; NULL: none */
	struct list out;              /* finished requests whose responses wait to be sent */
	unsigned n_out;
	/* Requests posted back by other threads: on cache lines of their own, as these write to them. */
	pthread_mutex_t lock __attribute__((aligned(CACHE_LINE))); /* guards resumed, posted */
	struct list resumed;
	bool posted;
	struct post post;
} __attribute__((aligned(CACHE_LINE)));

/* Reports that a pool is exhausted: the main thread looks for expired leases soon. Any thread. */
void server_want_reclaim(struct server *srv);
/* Sets the addresses of this host by which clients may know the server; they are copied. Main thread. */
void server_set_addresses(struct server *srv, const struct ip *addrs, unsigned n);
/* Any thread. */
bool server_has_address(struct server *srv, const struct ip *addr);
/* Returns the buffer for the next finished response. */
uint8_t *serve_worker_out_buf(const struct serve_worker *w);
