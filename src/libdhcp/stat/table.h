/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "stat/place.h"
#include "stat/stat.h"

/* The rows behind stat_name(); for walking all counters use stat_each(). */
struct stat_row {
	const char *name[2]; /* DHCPv4, DHCPv6; NULL if the family has none */
	enum stat_kind kind;
	unsigned places; /* AT(PLACE_...) of each place that has it; 0 = AT(PLACE_GLOBAL) */
};

#define AT(kind) (1u << (kind))

extern const struct stat_row stat_table[STAT_N];

static inline bool stat_is_at(enum stat_id id, enum place_kind kind)
{
	unsigned places = stat_table[id].places;

	return (places ? places : AT(PLACE_GLOBAL)) & AT(kind);
}
