/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/source.h"

/*
 * Remembers for a short time what a source of reservations found for a query, and that it found nothing, so that the
 * later messages of an exchange need no further lookup. Bounded in number and time. For BY_ID and BY_PLACE; other
 * queries, and those with texts, are never remembered.
 *
 * Any thread. Locks are for parts of the table and are held for a lookup.
 */
struct host_cache;

/* Remembers about max queries. */
struct host_cache *host_cache_new(unsigned max, unsigned ms);
void host_cache_free(struct host_cache *cache); /* NULL is fine */

/* Fills the query's results, copied to the arena, and returns true if they are known. n is -E_NOMEM if they do not fit.
 */
bool host_cache_get(struct host_cache *cache, struct host_query *query, struct arena *arena);
/*
 * The state of the cache before a source is asked. What was found is remembered only if host_cache_clear() was not
 * called in the meantime.
 */
uint64_t host_cache_begin(const struct host_cache *cache);
/* Remembers a result. Uses the heap: not for workers. */
void host_cache_put(struct host_cache *cache, const struct host_query *query, uint64_t begun);
/* Forgets everything: after a change. */
void host_cache_clear(struct host_cache *cache);
