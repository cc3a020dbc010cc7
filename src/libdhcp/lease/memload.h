/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/load.h"
#include "lease/memtable.h"

/* What the start loaded. */
struct memload {
	uint64_t rows, bytes, bad; /* of all files; bytes count complete rows */
	struct load_result last;   /* for the lease file itself */
};

/*
 * Fills an empty table from the lease file at `path` and the files that cleanups left next to it.
 * Uses threads of its own, before anything else uses the table. max_bad: see load_file; it applies to each file. After
 * a failure only memtable_done() may be called.
 */
int memload_fill(struct memtable *table, int family, const char *path, uint64_t max_bad, struct memload *ret,
		 char **reterr);
