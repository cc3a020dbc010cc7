/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/loop.h"
#include "root/config.h"
#include "serve/leasedb.h"

/*
 * dns-publish: the names of leases and reservations in a hosts file and in Unbound, for sites without a DNS server that
 * accepts updates. A thread follows the changes of the lease database, whoever makes them, and reads the names there;
 * what it misses because too much happens at once it finds by reading everything again.
 */
struct publisher;

/* `family` is the index of LOGF(). Publishes nothing before publisher_use(). */
struct publisher *publisher_new(struct loop *loop, unsigned family);
/* Publishes what is left and ends the thread; before databases are closed. What is published stays. Accepts NULL. */
void publisher_end_wait(struct publisher *pub);
/* After all databases are closed. Accepts NULL. */
void publisher_free(struct publisher *pub);
/*
 * Takes a configuration and the database in service; the configuration may be freed afterwards. The database is not
 * closed before it is replaced. Main thread.
 */
void publisher_use(struct publisher *pub, const struct config *cfg, struct leasedb *db);
