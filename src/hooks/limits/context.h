/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

/*
 * The classes of a lease in its user context, as in Kea: { "ISC": { "client-classes": [ "a", "b" ] } }. So they are
 * known after a restart.
 */

/* Returns the list; NULL: there is none. */
const struct kea_json *context_classes(const struct kea_json *context);
/*
 * Writes the context with these classes instead of those that it had (NULL: it was empty). Returns its length, or 0:
 * it does not fit.
 */
size_t context_write(const struct kea_json *context, const char *const *classes, size_t n, char *buf, size_t size);
