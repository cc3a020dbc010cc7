/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * What only a memfile has: a lease file. All leases are in memory (memtable.h), and each change is in the file
 * (journal.h), unless it was opened without one.
 */
extern const struct store_ops memfile_ops;

/* The lease file with symbolic links followed; NULL if there is none, or the store is no memfile. */
const char *memfile_path(const struct store *store);
/*
 * Move the lease file aside and begin a new one, for the cleanup to work on the old one (leftover.h, kea-lfc).
 * done is called from any thread: 0 = there is something to clean up, -E_NOENT = there is nothing, else why not.
 * This may wait for the disk. -E_UNSUPPORTED when there is no file, -E_BUSY while one is under way, -E_SYS: done is
 * not called.
 */
int memfile_rotate(struct store *store, void (*done)(void *ctx, int result), void *ctx);
/* From the next change on: whether a lease has to be on disk before it counts as stored (store_conf.sync). */
void memfile_set_sync(struct store *store, bool sync);
