/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/outage.h"
#include "io/loop.h"
#include "serve/family.h"
#include "serve/leasedb.h"

/*
 * The databases of a configuration: leases, and reservations that are not in the file. Opening them may take long: it
 * reads leases and waits for the disk or for other hosts. Meanwhile other databases are in use, and the posts of the
 * loop run, which is the caller's.
 */
struct database_env {
	const struct family *fam;
	struct loop *loop;
	bool is_start; /* not a reload: "retry-on-startup" applies */
	/* What the outages of databases over SQL mean, until they are closed; see outage.h. */
	void (*outage)(void *ctx, struct outage *outage, unsigned actions);
	void *ctx;
};

/*
 * Opens the lease database of cfg, which makes the changes of "sanity-checks" if it is a file. On failure returns NULL,
 * and *reterr (malloc'd, NULL if out of memory) gives the reason.
 */
struct leasedb *database_open(const struct database_env *env, const struct config *cfg, char **reterr);
/*
 * Opens "hosts-databases" and makes them part of cfg->hosts, after the file; config_free() closes them. Those that
 * `before`, the configuration in service (NULL: none), has with the same settings need not be reachable, and are not
 * waited for while they are known not to be. Returns 0, or -E_SYS with the reason as above; what is open then remains
 * part of cfg.
 */
int database_open_hosts(const struct database_env *env, struct config *cfg, const struct config *before, char **reterr);
/* True if `db`, which was opened for `old`, also suits `cfg`. */
bool database_is_same(const struct leasedb *db, const struct config *old, const struct config *cfg);
/* Applies the settings that can change while the database stays open. */
void database_adjust(struct leasedb *db, const struct config *cfg);
/* Returns the current number of leases, in all states. */
uint64_t database_leases(const struct leasedb *db);
/* Writes "the file PATH", "memory only" or "the postgresql database NAME" to buf; returns buf. */
const char *database_name(const struct leasedb *db, char *buf, size_t size);
