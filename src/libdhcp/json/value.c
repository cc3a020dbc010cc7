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
