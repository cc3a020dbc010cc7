/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"

/*
 * Functions only memfile has, for its lease file. All leases are in memory (memtable.h), and each change goes to
 * the file (journal.h), unless the store was opened without one.
 */
extern const struct store_ops memfile_ops;

/*
 * Returns the path of the lease file with symbolic links resolved; NULL if there is none, or the store is not a
 * memfile.
 */
const char *memfile_path(const struct store *store);
/*
 * Moves the lease file aside for cleanup and begins a new one (leftover.h, kea-lfc). done is called from any
 * thread: 0 = there are files to clean up, -E_NOENT = there are none, otherwise the error. May wait for the
 * disk. Returns -E_UNSUPPORTED if there is no file, -E_BUSY while a rotation is in progress, or -E_SYS; in these
 * cases done is not called.
 */
int memfile_rotate(struct store *store, void (*done)(void *ctx, int result), void *ctx);
/* Returns how many records and addresses the searches for pages have looked at: their cost, for tests. */
uint64_t memfile_page_cost(const struct store *store);
/* Sets whether a lease must be on disk before it counts as stored (store_conf.sync), from the next change on. */
void memfile_set_sync(struct store *store, bool sync);
