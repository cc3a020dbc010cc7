/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>

/* Prefetches all cache lines of these bytes at once, instead of loading one after the other later. */
static inline void fetch(const void *data, size_t len)
{
	for (size_t at = 0; at < len; at += 64)
		__builtin_prefetch((const char *)data + at);
}
