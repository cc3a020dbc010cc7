/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/load.h"
#include "lease/memtable.h"

/* What a start found. */
struct memload {
	uint64_t rows, bytes, bad; /* of all files; bytes of whole rows */
	struct load_result last;   /* of the lease file itself */
};

/*
 * Fill an empty table with the leases of the file at `path` and of what cleanups left beside it. One
 * thread, before anybody else has the table. max_bad: see load_file; it counts for each file. On failure
 * the table is only good for memtable_done().
 */
int memload_fill(struct memtable *table, int family, const char *path, uint64_t max_bad, struct memload *ret,
		 char **reterr);
