/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "root/config.h"
#include "serve/context.h"
#include "wire/packet6.h"

/*
 * The user-context that keeps with a lease which relays the message came through; `old` is the lease's so far
 * (NULL if none) and all else in it is kept. NULL if there is none.
 */
const char *context6_make(struct arena *arena, const struct packet6 *query, const char *old);
/* See struct family. */
enum context_verdict context6_check(struct arena *arena, const char *context, enum context_checks level,
				    const char **ret);
