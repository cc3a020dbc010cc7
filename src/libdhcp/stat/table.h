/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "stat/id.h"

#include <stdbool.h>

/* The rows used by stat_name(); to walk all counters use stat_each(). */
struct stat_row {
	const char *name[2]; /* DHCPv4, DHCPv6; NULL if the family has none */
	enum stat_kind kind;
	unsigned places; /* AT(PLACE_...) of each place with this row; 0 = AT(PLACE_GLOBAL) */
	const char *doc;
};

#define AT(kind) (1u << (kind))

extern const struct stat_row stat_table[STAT_N];

static inline bool stat_is_at(enum stat_id id, enum place_kind kind)
{
	unsigned places = stat_table[id].places;

	return (places ? places : AT(PLACE_GLOBAL)) & AT(kind);
}
