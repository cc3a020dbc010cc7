/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "stat/stat.h"

/* The rows behind stat_name(); for walking all counters use that function. */
struct stat_row {
	const char *name[2]; /* DHCPv4, DHCPv6; NULL if the family has none */
};

extern const struct stat_row stat_table[STAT_N];
