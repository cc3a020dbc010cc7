/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/service.h"

/* Requests in their slots: they come with datagrams, and finished responses leave together. */

/* n_slots requests may be under way per worker. The workers have no configuration yet. */
void server_init(struct server *srv, const struct family *fam, unsigned n_workers, unsigned n_slots);
/*
 * When the workers have stopped: closes the sources of reservations that requests still wait for, so nothing responds
 * to these requests afterwards. Main thread.
 */
void server_close_hosts(struct server *srv);
/* Nobody may respond to requests any more: those still under way end without a response. */
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
