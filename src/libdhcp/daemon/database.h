/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/loop.h"
#include "serve/family.h"
#include "serve/leasedb.h"

/*
 * The lease database of a configuration. Opening it reads all leases and waits for the disk, including for the
 * changes that "sanity-checks" makes; another database may be in use meanwhile.
 */

/*
 * On failure returns NULL, and *reterr (malloc'd, NULL if out of memory) gives the reason. While an earlier
 * configuration still uses the file, it runs the posts of the loop, which is the caller's.
 */
struct leasedb *database_open(const struct family *fam, const struct config *cfg, struct loop *loop, char **reterr);
/* True if `db`, which was opened for `old`, also suits `cfg`. */
bool database_is_same(const struct leasedb *db, const struct config *old, const struct config *cfg);
/* Applies the settings that can change while the database stays open. */
void database_adjust(struct leasedb *db, const struct config *cfg);
/* Returns the current number of leases, in all states. */
uint64_t database_leases(const struct leasedb *db);
/* Writes "the file PATH" or "memory only" to buf; returns buf. */
const char *database_name(const struct leasedb *db, char *buf, size_t size);
