/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "limits/counts.h"
#include "limits/rate.h"

#include <kea/hooks.h>

/* The limits of a configuration: "limits" in the user-context of classes and subnets. */
struct shared_rate;

struct rule {
	char *name;  /* of the class; of the subnet its prefix */
	int64_t id;  /* of the subnet */
	int class;   /* number of the class in the counts; -1: its leases are not limited */
	bool has[2]; /* limits of addresses, of prefixes */
	uint32_t max[2];
	struct shared_rate *rate; /* NULL: none */
	char rate_text[64];
};

struct rules {
	struct rule *classes, *subnets; /* subnets by id */
	size_t n_classes, n_subnets;
	bool limits_leases; /* any of them limits leases */
	struct limits *limits;
};

/* What all configurations of an instance share. */
struct limits {
	int family;
	struct counts *counts;
	struct shared_rate *rates;
};

/* Checks "limits" in the user-context of a subnet or class; errors are reported with fail(). */
void rules_check(struct kea_library *lib, enum kea_scope scope, const struct kea_json *map);
/* Reads what was checked. NULL: `why` says what is wrong. In the main thread. */
struct rules *rules_read(struct limits *limits, const struct kea_json *config, char *why, size_t size);
void rules_free(struct rules *rules); /* NULL is fine; in the main thread */
const struct rule *rules_subnet(const struct rules *rules, int64_t id);
struct rate *rule_rate(const struct rule *rule);
