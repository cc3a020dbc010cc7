/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/query.h"

/*
 * Bulk and active leasequery over TCP (RFC 6926, RFC 5460; RFC 7724, RFC 7653): a listener and its connections. All of
 * it runs in the main thread.
 *
 * A connection has one search at a time, and one page of leases, from which it fills a buffer of fixed size. It asks
 * for the next page once the buffer has room again, so a requester that reads slowly costs no more than page and
 * buffer. Several queries of a connection take turns, a page each; while there are "max-concurrent-queries" of them,
 * nothing is read from the connection.
 *
 * A connection with an active query (stream.h) has no other query.
 *
 * bulk.c has the listener and connections, bulk_run.c what a query asks the lease database for, stream.c the changes,
 * bulk4.c and bulk6.c the bytes of responses, bulk_parse.c those of queries.
 */

/* NULL: out of memory. */
struct bulk *bulk_new(struct kea_library *lib, struct lease_query *self);
/* Listens from now on, or as soon as it can. */
void bulk_listen(struct bulk *bulk);
/* NULL is fine. */
void bulk_free(struct bulk *bulk);
