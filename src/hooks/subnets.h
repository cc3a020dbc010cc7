/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

extern const struct kea_api *kea; /* of the library */

/*
 * All subnets of a configuration: those without a shared network, then those of each.
 *
 *	struct subnet_walk walk = subnet_walk(config, family);
 *	while ((subnet = subnet_next(&walk)) != NULL)
 *		...
 */
struct subnet_walk {
	const struct kea_json *networks, *list;
	const char *key;
	size_t i, n_networks;
};

static inline struct subnet_walk subnet_walk(const struct kea_json *config, int family)
{
	const char *key = family == 4 ? "subnet4" : "subnet6";

	return (struct subnet_walk){
		.networks = kea->json_get(config, "shared-networks"),
		.list = kea->json_get(config, key),
		.key = key,
	};
}

/* NULL: there are no more. */
static inline const struct kea_json *subnet_next(struct subnet_walk *walk)
{
	while (walk->i == kea->json_count(walk->list)) {
		if (walk->n_networks == kea->json_count(walk->networks))
			return NULL;
		walk->list = kea->json_get(kea->json_at(walk->networks, walk->n_networks++, NULL), walk->key);
		walk->i = 0;
	}
	return kea->json_at(walk->list, walk->i++, NULL);
}

static inline size_t subnet_count(const struct kea_json *config, int family)
{
	struct subnet_walk walk = subnet_walk(config, family);
	size_t n = 0;

	while (subnet_next(&walk))
		n++;
	return n;
}
