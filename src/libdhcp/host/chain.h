/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/source.h"

/*
 * Several sources as one, in order: usually that of the configuration file, then databases. Of a client's reservations
 * in a subnet, that of the first source that has one counts; lookups by address or prefix return those of all sources;
 * pages go through one source after the other. If a source that is needed for a query fails, the query fails.
 */
/* Takes the n sources, at least 1 and at most HOST_CHAIN_MAX; they are closed with it. Each responds once to a find. */
struct host_source *host_chain_new(struct host_source *const *v, unsigned n);
#define HOST_CHAIN_MAX 16
/* For any source: the sources in a chain; one that is not a chain has only itself. */
unsigned host_chain_size(const struct host_source *source);
struct host_source *host_chain_at(struct host_source *source, unsigned i);
