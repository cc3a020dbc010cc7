/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "host/source.h"

/*
 * The reservations of a configuration file, in memory: found by hashing, whatever their number. Filled while the
 * configuration is built, then immutable; its memory is the configuration's arena, as are the hosts.
 *
 *	struct host_file *file = host_file_new(arena, n_hosts, n_places, true);
 *	if (host_file_add(file, host, &other) < 0) ...
 *	host_file_ready(file);
 *	struct host_source *source = host_file_source(file);
 */
struct host_file;

/*
 * For at most n hosts with so many places together. `unique`: no two hosts may have the same address or prefix in one
 * subnet. The arena has no cap.
 */
struct host_file *host_file_new(struct arena *arena, size_t n, size_t n_places, bool unique);
/*
 * The host stays the caller's, as long as the file is used. -E_EXIST, and nothing is added: in this subnet its
 * identifier, or with `unique` one of its places, belongs to *ret_other. -E_RANGE: there is no room for it.
 */
int host_file_add(struct host_file *file, const struct host *host, const struct host **ret_other);
/* All are there: from here on they can be found. */
void host_file_ready(struct host_file *file);
struct host_source *host_file_source(struct host_file *file);
size_t host_file_n(const struct host_file *file);
