/* SPDX-License-Identifier: MPL-2.0 */
#include "json/value.h"

#include "json/limits.h"

#include <stdint.h>

struct json_object *json_parse(const char *text, size_t len)
{
	struct json_tokener *tokener;
	struct json_object *value;

	if (len > INT32_MAX)
		return NULL;
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	value = json_tokener_parse_ex(tokener, text, (int)len);
	/* A number ends where something else begins. */
	if (!value && json_tokener_get_error(tokener) == json_tokener_continue)
		value = json_tokener_parse_ex(tokener, "", 1);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(value);
		value = NULL;
	}
	json_tokener_free(tokener);
	return value;
}

/* Positions stay behind. */
static int copy_value(struct json_object *value, struct json_object *parent, const char *name, size_t i,
		      struct json_object **ret)
{
	return json_c_shallow_copy_default(value, parent, name, i, ret) < 0 ? -1 : 2;
}

struct json_object *json_copy(struct json_object *value)
{
	struct json_object *copy = NULL;

	if (value)
		(void)json_object_deep_copy(value, &copy, copy_value);
	return copy;
}

struct json_object *json_member(struct json_object *map, const char *name)
{
	struct json_object *v;

	return json_object_is_type(map, json_type_object) && json_object_object_get_ex(map, name, &v) ? v : NULL;
}

const char *json_member_text(struct json_object *map, const char *name)
{
	struct json_object *v = json_member(map, name);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
}

int64_t json_member_int(struct json_object *map, const char *name, int64_t by_default)
{
	struct json_object *v = json_member(map, name);

	return json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : by_default;
}
