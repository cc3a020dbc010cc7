/* SPDX-License-Identifier: MPL-2.0 */
/* What a library reads from its parameters while it is loaded, and the errors it finds there. */
#include "api/api_int.h"

#include "base/err.h"
#include "base/str.h"

const struct kea_json *api_parameters(const struct kea_library *lib)
{
	return json_handle(lib->parameters);
}

static struct json_object *twin_of(const struct kea_library *lib, const struct kea_json *value)
{
	if (lib->in_scope)
		return json_of(value);
	return value && lib->positioned ? hook_twin(lib->parameters, lib->positioned, json_of(value)) : NULL;
}

static struct pos pos_of(const struct kea_library *lib, const struct kea_json *value)
{
	struct pos pos = json_pos(twin_of(lib, value));

	return pos.file ? pos : lib->pos;
}

static void report(struct kea_library *lib, bool is_error, const struct kea_json *value, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
static void report(struct kea_library *lib, bool is_error, const struct kea_json *value, const char *fmt, va_list ap)
{
	struct str text = { 0 };

	if (!lib->diag)
		return;
	str_addv(&text, fmt, ap);
	if (is_error)
		diag_error(lib->diag, pos_of(lib, value), "%s: %s", lib->name, str_text(&text));
	else
		diag_warn(lib->diag, pos_of(lib, value), "%s: %s", lib->name, str_text(&text));
	lib->has_failed |= is_error;
	str_free(&text);
}

int api_fail(struct kea_library *lib, const struct kea_json *value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(lib, true, value, fmt, ap);
	va_end(ap);
	return -E_CONFIG;
}

void api_warn(struct kea_library *lib, const struct kea_json *value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(lib, false, value, fmt, ap);
	va_end(ap);
}

int64_t api_param_int(struct kea_library *lib, const struct kea_json *map, const char *key, int64_t def, int64_t min,
		      int64_t max)
{
	const struct kea_json *value = api_json_get(map, key);
	int64_t number = api_json_int(value);

	if (!value)
		return def;
	if (api_json_type(value) != KEA_JSON_INT) {
		(void)api_fail(lib, value, "\"%s\": expected an integer", key);
		return def;
	}
	if (number >= min && number <= max)
		return number;
	(void)api_fail(lib, value, "\"%s\" is %lld, expected %lld to %lld", key, (long long)number, (long long)min,
		       (long long)max);
	return def;
}

int api_param_bool(struct kea_library *lib, const struct kea_json *map, const char *key, int def)
{
	const struct kea_json *value = api_json_get(map, key);

	if (!value || api_json_type(value) == KEA_JSON_BOOL)
		return value ? api_json_bool(value) : def;
	(void)api_fail(lib, value, "\"%s\": expected true or false", key);
	return def;
}

const char *api_param_text(struct kea_library *lib, const struct kea_json *map, const char *key, const char *def)
{
	const struct kea_json *value = api_json_get(map, key);

	if (!value || api_json_type(value) == KEA_JSON_TEXT)
		return value ? api_json_text(value) : def;
	(void)api_fail(lib, value, "\"%s\": expected a string", key);
	return def;
}

int api_param_keys(struct kea_library *lib, const struct kea_json *map, const char *const *keys)
{
	const char *key;
	size_t n = 0;
	int err = 0;

	if (map && api_json_type(map) != KEA_JSON_MAP)
		return api_fail(lib, map, "expected a map");
	while (keys[n])
		n++;
	for (size_t i = 0; i < api_json_count(map); i++) {
		const struct kea_json *value = api_json_at(map, i, &key);
		size_t k = 0;

		while (k < n && strcmp(keys[k], key) != 0)
			k++;
		/* Everywhere in a configuration. */
		if (k < n || !strcmp(key, "user-context") || !strcmp(key, "comment"))
			continue;
		err = -E_CONFIG;
		if (!lib->diag)
			continue;
		lib->has_failed = true;
		diag_error(lib->diag, json_key_pos(twin_of(lib, value)), "%s: unknown parameter \"%s\"", lib->name,
			   key);
		(void)diag_help_near(lib->diag, key, keys, n);
	}
	return err;
}
