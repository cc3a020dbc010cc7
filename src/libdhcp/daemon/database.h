/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/family.h"
#include "serve/leasedb.h"

/*
 * The lease database that a configuration asks for. Opening reads all leases and waits for the disk, and for what
 * "sanity-checks" change; another one may be in service meanwhile.
 */

/* On failure NULL, and *reterr (malloc'd, NULL when there is no memory) says why. */
struct leasedb *database_open(const struct family *fam, const struct config *cfg, char **reterr);
/* Whether `db`, which was opened for `old`, is what `cfg` asks for. */
bool database_is_same(const struct leasedb *db, const struct config *old, const struct config *cfg);
/* One that stays: what can change while it is open. */
void database_adjust(struct leasedb *db, const struct config *cfg);
/* How many leases it has now, in all states. */
uint64_t database_leases(const struct leasedb *db);
/* "the file PATH" or "memory only", in buf; returns it. */
const char *database_name(const struct leasedb *db, char *buf, size_t size);
