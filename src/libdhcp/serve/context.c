/* SPDX-License-Identifier: MPL-2.0 */
/* What the relay information of both families has in common as text in a lease's user-context. */
#include "serve/context.h"

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
	return arena_strdup(arena, json_object_to_json_string_ext(context, JSON_C_TO_STRING_SPACED |
										   JSON_C_TO_STRING_NOSLASHESCAPE));
}

const char *context_merge(struct arena *arena, const char *old, const char *fresh, const char *key)
{
	struct json_object *to = json_tokener_parse(old), *from = json_tokener_parse(fresh), *isc, *info, *target;
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
	return ret;
}
