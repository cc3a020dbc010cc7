/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>

/* These bytes will be read soon: ask for all of their cache lines at once instead of one after the other. */
static inline void fetch(const void *data, size_t len)
{
	for (size_t at = 0; at < len; at += 64)
		__builtin_prefetch((const char *)data + at);
}
