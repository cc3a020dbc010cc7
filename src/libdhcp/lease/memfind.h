/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/memtable.h"
#include "lease/store.h"

/* Searches of the memfile table. All functions take the locks they need. */

/* Fills in the response; returns the number of leases or an error. */
int memfind_query(struct memtable *table, struct lease_query *query, struct arena *arena);
/* store_scan() */
int memfind_scan(struct memtable *table, struct store_scan *scan);
