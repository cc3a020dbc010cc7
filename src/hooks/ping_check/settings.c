/* SPDX-License-Identifier: MPL-2.0 */
#include "ping_check/settings.h"

#include "ping_check/messages.h"
#include "subnets.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Of the parameters and of "ping-check" in a user-context; a bool has no range. */
static const struct row {
	const char *key;
	size_t offset; /* of a bool or unsigned in struct settings */
	int64_t def, min, max;
} rows[] = {
	{ "enable-ping-check", offsetof(struct settings, is_enabled), true, 0, 0 },
	{ "min-ping-requests", offsetof(struct settings, n_requests), 1, 1, 10 },
	{ "reply-timeout", offsetof(struct settings, timeout_ms), 100, 1, 10000 },
	{ "ping-cltt-secs", offsetof(struct settings, cltt_sec), 60, 0, 86400 },
	{ "arp", offsetof(struct settings, by_arp), true, 0, 0 },
};
#define ROWS_N (sizeof(rows) / sizeof(rows[0]))

static bool is_bool(const struct row *row)
{
	return !row->max;
}

static void set(struct settings *settings, const struct row *row, int64_t value)
{
	char *at = (char *)settings + row->offset;

	if (is_bool(row))
		*(bool *)(void *)at = value;
	else
		*(unsigned *)(void *)at = (unsigned)value;
}

void settings_read(struct kea_library *lib, const struct kea_json *parameters, const char *other_key,
		   struct settings *ret)
{
	const char *keys[ROWS_N + 2] = { [ROWS_N] = other_key };

	for (size_t i = 0; i < ROWS_N; i++) {
		const struct row *row = &rows[i];

		keys[i] = row->key;
		set(ret, row,
		    is_bool(row) ? kea->param_bool(lib, parameters, row->key, (int)row->def)
				 : kea->param_int(lib, parameters, row->key, row->def, row->min, row->max));
	}
	(void)kea->param_keys(lib, parameters, keys);
}

/* --- subnets --------------------------------------------------------------------------------------------------- */

struct subnet {
	int64_t id;
	struct settings settings;
};

struct subnets {
	size_t n;
	struct subnet v[];
};

void settings_check(struct kea_library *lib, enum kea_scope scope, const struct kea_json *map)
{
	struct settings settings;

	(void)scope;
	settings_read(lib, map, NULL, &settings);
}

/* True if the scope, a subnet or a network, has settings of its own; they replace parts of *settings. */
static bool read_scope(const struct kea_json *scope, struct settings *settings)
{
	const struct kea_json *map = kea->json_get(kea->json_get(scope, "user-context"), "ping-check");

	for (size_t i = 0; map && i < ROWS_N; i++) {
		const struct kea_json *value = kea->json_get(map, rows[i].key);

		if (value)
			set(settings, &rows[i], is_bool(&rows[i]) ? kea->json_bool(value) : kea->json_int(value));
	}
	return map != NULL;
}

static void read_list(const struct kea_json *list, const struct settings *def, bool is_own, struct subnets *subnets)
{
	for (size_t i = 0; i < kea->json_count(list); i++) {
		const struct kea_json *sub = kea->json_at(list, i, NULL);
		struct subnet *at = &subnets->v[subnets->n];

		*at = (struct subnet){ .id = kea->json_int(kea->json_get(sub, "id")), .settings = *def };
		if (read_scope(sub, &at->settings) || is_own)
			subnets->n++;
	}
}

static int by_id(const void *a, const void *b)
{
	const struct subnet *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

struct subnets *subnets_read(const struct kea_json *config, const struct settings *def)
{
	const struct kea_json *networks = kea->json_get(config, "shared-networks");
	struct subnets *subnets = calloc(1, sizeof(*subnets) + (subnet_count(config, 4) + 1) * sizeof(subnets->v[0]));

	if (!subnets)
		return NULL;
	read_list(kea->json_get(config, "subnet4"), def, false, subnets);
	for (size_t i = 0; i < kea->json_count(networks); i++) {
		const struct kea_json *network = kea->json_at(networks, i, NULL);
		struct settings settings = *def;
		bool is_own = read_scope(network, &settings);

		read_list(kea->json_get(network, "subnet4"), &settings, is_own, subnets);
	}
	qsort(subnets->v, subnets->n, sizeof(subnets->v[0]), by_id);
	return subnets;
}

void subnets_free(struct subnets *subnets)
{
	free(subnets);
}

const struct settings *subnets_find(const struct subnets *subnets, int64_t id, const struct settings *def)
{
	const struct subnet key = { .id = id }, *found;

	found = subnets && subnets->n ? bsearch(&key, subnets->v, subnets->n, sizeof(key), by_id) : NULL;
	return found ? &found->settings : def;
}

bool subnets_any(const struct subnets *subnets)
{
	for (size_t i = 0; subnets && i < subnets->n; i++)
		if (subnets->v[i].settings.is_enabled)
			return true;
	return false;
}
