/* SPDX-License-Identifier: MPL-2.0 */
/* Relay information as text in a lease's user-context: what both families share. */
#include "serve/context.h"

#include "json/value.h"
#include "lease/lease.h"

#include <json-c/json.h>

char *context_put_text(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

char *context_put_hex(char *at, struct bytes data)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < data.len; i++) {
		*at++ = digits[data.data[i] >> 4];
		*at++ = digits[data.data[i] & 15];
	}
	return at;
}

const char *context_print(struct arena *arena, struct json_object *context)
{
	const char *text =
		json_object_to_json_string_ext(context, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	return strlen(text) <= LEASE_CONTEXT_MAX ? arena_strdup(arena, text) : NULL;
}

enum context_verdict context_checked(struct arena *arena, struct json_object *context, enum context_verdict verdict,
				     const char **ret)
{
	const char *text = NULL;

	if (verdict != CONTEXT_FINE && json_object_object_length(context) && !(text = context_print(arena, context)))
		return CONTEXT_FINE;
	if (verdict != CONTEXT_FINE)
		*ret = text;
	return verdict;
}

const char *context_merge(struct arena *arena, const char *old, const char *fresh, const char *key)
{
	struct json_object *to = json_parse(old, strlen(old)), *from = json_parse(fresh, strlen(fresh)), *isc, *info,
			   *target;
	const char *ret = fresh;

	if (json_object_is_type(to, json_type_object) && json_object_object_get_ex(from, "ISC", &isc) &&
	    json_object_object_get_ex(isc, key, &info)) {
		if (!json_object_object_get_ex(to, "ISC", &target) || !json_object_is_type(target, json_type_object)) {
			target = json_object_new_object();
			json_object_object_add(to, "ISC", target);
		}
		json_object_object_add(target, key, json_object_get(info));
		ret = context_print(arena, to);
	}
	json_object_put(to);
	json_object_put(from);
	return ret ? ret : old;
}
