/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "host/source.h"

/*
 * The reservations of a configuration file, in memory: hashed, so lookups take constant time. Filled while the
 * configuration is built, then immutable; like the hosts, it is in the configuration's arena.
 *
 *	struct host_file *file = host_file_new(arena, hosts, n_hosts, n_places, true);
 *	hosts[host_file_n(file)] = (struct host){ ... };
 *	if (host_file_add(file, &other) < 0) ...
 *	host_file_ready(file);
 *	struct host_source *source = host_file_source(file);
 */
struct host_file;

/*
 * Creates a source for at most n hosts with n_places places in total. `v` has room for them and lives as long as the
 * source; they are added in its order. `unique`: no two hosts may have the same address or prefix in one subnet. The
 * arena must have no cap.
 */
struct host_file *host_file_new(struct arena *arena, const struct host *v, size_t n, size_t n_places, bool unique);
/*
 * Adds the next host of the array, v[host_file_n(file)]. Returns -E_EXIST, without adding it, if its identifier or,
 * with `unique`, one of its places already belongs to *ret_other in this subnet; another may take its place then.
 * -E_RANGE if there is no room.
 */
int host_file_add(struct host_file *file, const struct host **ret_other);
/* Must be called after the last host is added; then they can be found. */
void host_file_ready(struct host_file *file);
struct host_source *host_file_source(struct host_file *file);
size_t host_file_n(const struct host_file *file);
/* True if the source is of this kind. */
bool host_is_file(const struct host_source *source);
/* True if the host is one of the source, which may be of any kind. */
bool host_file_has(const struct host_source *source, const struct host *host);
/* Returns the position of a host that the source has found, in the order in which they were added. */
size_t host_file_index(const struct host_source *source, const struct host *host);
