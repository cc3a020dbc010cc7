/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/service.h"

/* Requests and their slots: requests begin with datagrams, and finished responses are sent in batches. */

/* Each worker can have n_slots requests in progress. The workers have no configuration yet. */
void server_init(struct server *srv, const struct family *fam, unsigned n_workers, unsigned n_slots);
/*
 * When the workers have stopped: closes the sources of reservations that requests still wait for, so that nothing
 * responds to them afterwards. Main thread.
 */
void server_close_hosts(struct server *srv);
/* Nothing may respond to requests after this: those still in progress end without a response. */
void server_done(struct server *srv);
/*
 * Once the workers have stopped: ends what hook libraries have parked. Libraries that are just resuming a request, in
 * threads of their own, are waited for; later ones find that it has ended.
 */
void server_end_parked_wait(struct server *srv);

/*
 * Builds the free addresses of cfg from the lease database; takes cfg. Returns NULL if the database cannot be
 * read; the caller then keeps cfg.
 */
struct live *live_new(struct server *srv, struct leasedb *db, struct config *cfg);
/* Puts the configuration into service: from here on statistics have its places. Main thread. */
void server_enter(struct server *srv, struct live *live);
/* Frees the configuration, and its lease database if this was the last user. Main thread. */
void live_free(struct live *live);

/* In the worker's thread: from now on `live` serves new requests. */
void serve_worker_switch(struct serve_worker *w, struct live *live);
/* In the worker's thread: serves these datagrams. */
void serve_worker_batch(struct serve_worker *w, struct dgram *v, unsigned n);
/*
 * In the worker's thread: a request for one datagram, at the first step, and its end. For a worker that does not serve;
 * NULL if it has no free slot or the datagram is too long.
 */
struct request *serve_worker_begin(struct serve_worker *w, const struct dgram *dgram);
void serve_worker_end(struct request *req);
/* In the worker's thread: continues requests that were posted back. */
void serve_worker_resume(struct serve_worker *w);
/*
 * In the worker's thread, at the end of each turn: sends the finished responses and drops requests that waited
 * too long.
 */
void serve_worker_flush(struct serve_worker *w);
