/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "stat/id.h"

#include <stdbool.h>

/*
 * Statistics as metrics for Prometheus. A row is a metric: its name in each family after "kea_dhcp4_" or "kea_dhcp6_",
 * as in kea-exporter where that has it, and the statistics that are its values, each with the value of its label.
 */
#define METRIC_VALUES_MAX 24

struct metric_value {
	enum stat_id id;
	const char *label; /* NULL in rows without a label */
};

struct metric_row {
	const char *name[2]; /* DHCPv4, DHCPv6; NULL: not in this family. Of counters without "_total" */
	const char *help;
	bool is_gauge;
	const char *label; /* name of the label that distinguishes the values; NULL: one value */
	unsigned n;
	struct metric_value v[METRIC_VALUES_MAX];
};

extern const struct metric_row metric_rows[];
extern const unsigned metric_n_rows;
