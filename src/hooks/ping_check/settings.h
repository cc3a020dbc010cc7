/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

#include <stdbool.h>

/* Whether and how the addresses of a subnet are checked. */
struct settings {
	bool is_enabled;
	unsigned n_requests, timeout_ms, cltt_sec;
	bool by_arp;
};

/* The subnets that differ from the parameters, by id. */
struct subnets;

/* Reads the parameters, among which is one more key, or NULL; errors are reported with fail(). */
void settings_read(struct kea_library *lib, const struct kea_json *parameters, const char *other_key,
		   struct settings *ret);
/* Checks "ping-check" in the user-context of a subnet or shared network; errors are reported with fail(). */
void settings_check(struct kea_library *lib, enum kea_scope scope, const struct kea_json *map);
/* Reads "ping-check" in the user-context of subnets and their shared networks. NULL: out of memory. */
struct subnets *subnets_read(const struct kea_json *config, const struct settings *def);
void subnets_free(struct subnets *subnets); /* NULL is fine */
/* Returns def if the subnet has no settings of its own. subnets may be NULL. */
const struct settings *subnets_find(const struct subnets *subnets, int64_t id, const struct settings *def);
/* True if any of them checks addresses. */
bool subnets_any(const struct subnets *subnets);
