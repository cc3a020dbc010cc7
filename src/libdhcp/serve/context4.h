/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "root/config.h"
#include "serve/context.h"
#include "serve/rai4.h"

/*
 * The user-context that keeps it with a lease; `old` is the lease's so far (NULL if none) and all else in
 * it is kept. NULL if there is none.
 */
const char *context4_make(struct arena *arena, const struct relay_info4 *rai, const char *old);
/* The bytes of option 82 kept in a user-context; empty if none. */
struct bytes context4_relay(struct arena *arena, const char *context);
/* See struct family. */
enum context_verdict context4_check(struct arena *arena, const char *context, enum context_checks level,
				    const char **ret);
