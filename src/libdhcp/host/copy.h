/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/host.h"

/*
 * Copies hosts, with everything they point to except option definitions, into one piece of memory that the caller
 * provides. It is aligned for any type.
 */
size_t host_copy_size(const struct host *const *v, unsigned n);
/* Returns the n copies, at the beginning of the memory. */
const struct host *const *host_copy(const struct host *const *v, unsigned n, void *room);
