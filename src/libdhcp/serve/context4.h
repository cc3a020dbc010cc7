/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/context.h"
#include "wire/rai4.h"

/*
 * Returns the user-context that stores the relay information with a lease. `old` is the lease's current context
 * (NULL if none); its other members are kept. NULL if there is nothing to store.
 */
const char *context4_make(struct arena *arena, const struct relay_info4 *rai, const char *old);
/* Returns the bytes of option 82 stored in a user-context; empty if there are none. */
struct bytes context4_relay(struct arena *arena, const char *context);
extern const struct context_form context4_form;
