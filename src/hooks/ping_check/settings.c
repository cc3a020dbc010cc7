/* SPDX-License-Identifier: MPL-2.0 */
#include "ping_check/settings.h"

#include "ping_check/messages.h"
#include "subnets.h"

#include <stddef.h>
#include <stdio.h>
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
	const char *keys[ROWS_N + 2] = { other_key };

	for (size_t i = 0; i < ROWS_N; i++) {
		const struct row *row = &rows[i];

		keys[i + 1] = row->key;
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

/* Where an error is reported: the first one counts. */
struct reader {
	char *why;
	size_t size;
	bool has_failed;
};

static void bad(struct reader *r, const char *scope, const char *key, const char *what)
{
	if (!r->has_failed)
		(void)snprintf(r->why, r->size, "\"ping-check\" in the user-context of %s: \"%s\" %s", scope, key,
			       what);
	r->has_failed = true;
}

static void set_checked(struct reader *r, const char *scope, const struct row *row, const struct kea_json *value,
			struct settings *settings)
{
	enum kea_json_type type = kea->json_type(value);
	char what[64];

	if (is_bool(row) && type != KEA_JSON_BOOL) {
		bad(r, scope, row->key, "must be true or false");
	} else if (is_bool(row)) {
		set(settings, row, kea->json_bool(value));
	} else if (type != KEA_JSON_INT || kea->json_int(value) < row->min || kea->json_int(value) > row->max) {
		(void)snprintf(what, sizeof(what), "must be from %lld to %lld", (long long)row->min,
			       (long long)row->max);
		bad(r, scope, row->key, what);
	} else {
		set(settings, row, kea->json_int(value));
	}
}

/* True if the scope, a subnet or a network, has settings of its own; they replace parts of *settings. */
static bool read_scope(struct reader *r, const struct kea_json *scope, const char *name, struct settings *settings)
{
	const struct kea_json *map = kea->json_get(kea->json_get(scope, "user-context"), "ping-check");

	if (!map)
		return false;
	if (kea->json_type(map) != KEA_JSON_MAP) {
		bad(r, name, "ping-check", "must be a map");
		return false;
	}
	for (size_t i = 0; i < kea->json_count(map); i++) {
		const char *key = NULL;
		const struct kea_json *value = kea->json_at(map, i, &key);
		size_t k = 0;

		while (k < ROWS_N && strcmp(rows[k].key, key) != 0)
			k++;
		if (k == ROWS_N)
			bad(r, name, key, "is not a parameter of ping-check");
		else
			set_checked(r, name, &rows[k], value, settings);
	}
	return true;
}

static void read_list(struct reader *r, const struct kea_json *list, const struct settings *def, bool is_own,
		      struct subnets *subnets)
{
	for (size_t i = 0; i < kea->json_count(list); i++) {
		const struct kea_json *sub = kea->json_at(list, i, NULL);
		struct subnet *at = &subnets->v[subnets->n];
		const char *name = kea->json_text(kea->json_get(sub, "subnet"));

		*at = (struct subnet){ .id = kea->json_int(kea->json_get(sub, "id")), .settings = *def };
		if (read_scope(r, sub, name, &at->settings) || is_own)
			subnets->n++;
	}
}

static int by_id(const void *a, const void *b)
{
	const struct subnet *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

struct subnets *subnets_read(const struct kea_json *config, const struct settings *def, char *why, size_t size)
{
	const struct kea_json *networks = kea->json_get(config, "shared-networks");
	struct reader r = { why, size, false };
	struct subnets *subnets = calloc(1, sizeof(*subnets) + (subnet_count(config, 4) + 1) * sizeof(subnets->v[0]));

	if (!subnets) {
		(void)snprintf(why, size, "out of memory");
		return NULL;
	}
	read_list(&r, kea->json_get(config, "subnet4"), def, false, subnets);
	for (size_t i = 0; i < kea->json_count(networks); i++) {
		const struct kea_json *network = kea->json_at(networks, i, NULL);
		struct settings settings = *def;
		bool is_own = read_scope(&r, network, kea->json_text(kea->json_get(network, "name")), &settings);

		read_list(&r, kea->json_get(network, "subnet4"), &settings, is_own, subnets);
	}
	if (r.has_failed) {
		free(subnets);
		return NULL;
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
