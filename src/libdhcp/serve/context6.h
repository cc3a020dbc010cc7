/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/context.h"
#include "wire/packet6.h"

/*
 * Returns the user-context that stores with a lease which relays forwarded the message. `old` is the lease's
 * current context (NULL if none); its other members are kept. NULL if there is nothing to store.
 */
const char *context6_make(struct arena *arena, const struct packet6 *query, const char *old);
extern const struct context_form context6_form;
