/* SPDX-License-Identifier: MPL-2.0 */
#include "api/api_int.h"

static struct hook_stat *of(struct kea_stat *stat)
{
	return (struct hook_stat *)stat;
}

struct kea_stat *api_stat(struct kea_library *lib, const char *name)
{
	return (struct kea_stat *)hook_stat(lib, name);
}

void api_stat_add(struct kea_stat *stat, int64_t n)
{
	atomic_fetch_add_explicit(&of(stat)->value, n, memory_order_relaxed);
}

void api_stat_set(struct kea_stat *stat, int64_t n)
{
	atomic_store_explicit(&of(stat)->value, n, memory_order_relaxed);
}

int64_t api_stat_get(const struct kea_stat *stat)
{
	return atomic_load_explicit(&((const struct hook_stat *)stat)->value, memory_order_relaxed);
}
