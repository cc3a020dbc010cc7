/* SPDX-License-Identifier: MPL-2.0 */
#include "ping_check/settings.h"

#include "ping_check/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAX 10
#define TIMEOUT_MS_MAX 10000
#define CLTT_SEC_MAX 86400

/* Of the parameters and of "ping-check" in a user-context. */
static const char *const keys[] = { "enable-ping-check", "min-ping-requests", "reply-timeout", "ping-cltt-secs",
				    "arp" };
#define KEYS_N (sizeof(keys) / sizeof(keys[0]))

void settings_read(struct kea_library *lib, const struct kea_json *parameters, struct settings *ret)
{
	ret->is_enabled = kea->param_bool(lib, parameters, "enable-ping-check", 1);
	ret->n_requests = (unsigned)kea->param_int(lib, parameters, "min-ping-requests", 1, 1, REQUESTS_MAX);
	ret->timeout_ms = (unsigned)kea->param_int(lib, parameters, "reply-timeout", 100, 1, TIMEOUT_MS_MAX);
	ret->cltt_sec = (unsigned)kea->param_int(lib, parameters, "ping-cltt-secs", 60, 0, CLTT_SEC_MAX);
	ret->by_arp = kea->param_bool(lib, parameters, "arp", 1);
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

static void set_bool(struct reader *r, const char *scope, const struct kea_json *map, const char *key, bool *ret)
{
	const struct kea_json *value = kea->json_get(map, key);

	if (!value)
		return;
	if (kea->json_type(value) != KEA_JSON_BOOL)
		bad(r, scope, key, "must be true or false");
	*ret = kea->json_bool(value);
}

static void set_int(struct reader *r, const char *scope, const struct kea_json *map, const char *key, int64_t min,
		    int64_t max, unsigned *ret)
{
	const struct kea_json *value = kea->json_get(map, key);
	char what[64];

	if (!value)
		return;
	if (kea->json_type(value) != KEA_JSON_INT || kea->json_int(value) < min || kea->json_int(value) > max) {
		(void)snprintf(what, sizeof(what), "must be from %lld to %lld", (long long)min, (long long)max);
		bad(r, scope, key, what);
		return;
	}
	*ret = (unsigned)kea->json_int(value);
}

static void check_keys(struct reader *r, const char *scope, const struct kea_json *map)
{
	for (size_t i = 0; i < kea->json_count(map); i++) {
		const char *key = NULL;
		size_t k = 0;

		(void)kea->json_at(map, i, &key);
		while (k < KEYS_N && strcmp(keys[k], key) != 0)
			k++;
		if (k == KEYS_N)
			bad(r, scope, key, "is not a parameter of ping-check");
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
	check_keys(r, name, map);
	set_bool(r, name, map, "enable-ping-check", &settings->is_enabled);
	set_int(r, name, map, "min-ping-requests", 1, REQUESTS_MAX, &settings->n_requests);
	set_int(r, name, map, "reply-timeout", 1, TIMEOUT_MS_MAX, &settings->timeout_ms);
	set_int(r, name, map, "ping-cltt-secs", 0, CLTT_SEC_MAX, &settings->cltt_sec);
	set_bool(r, name, map, "arp", &settings->by_arp);
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
	const struct kea_json *list = kea->json_get(config, "subnet4");
	struct reader r = { why, size, false };
	size_t max = kea->json_count(list);
	struct subnets *subnets;

	for (size_t i = 0; i < kea->json_count(networks); i++)
		max += kea->json_count(kea->json_get(kea->json_at(networks, i, NULL), "subnet4"));
	subnets = calloc(1, sizeof(*subnets) + (max + 1) * sizeof(subnets->v[0]));
	if (!subnets) {
		(void)snprintf(why, size, "out of memory");
		return NULL;
	}
	read_list(&r, list, def, false, subnets);
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
