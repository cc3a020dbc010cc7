/* SPDX-License-Identifier: MPL-2.0 */
/* JSON values for libraries: json-c's, which they do not see. */
#include "api/api_int.h"

#include "base/utf8.h"
#include "json/value.h"
#include "root/config.h"

/* Built when a library asks for it, and freed when all have been called. */
const struct kea_json *api_config(struct kea_call *call)
{
	struct hook_call *hook = call->hook;

	if (!hook->config && hook->cfg && hook->cfg->text)
		hook->config = config_text_parse(hook->cfg->text);
	return json_handle(hook->config);
}

enum kea_json_type api_json_type(const struct kea_json *json)
{
	static const enum kea_json_type types[] = {
		[json_type_null] = KEA_JSON_NULL,   [json_type_boolean] = KEA_JSON_BOOL,
		[json_type_double] = KEA_JSON_REAL, [json_type_int] = KEA_JSON_INT,
		[json_type_object] = KEA_JSON_MAP,  [json_type_array] = KEA_JSON_LIST,
		[json_type_string] = KEA_JSON_TEXT,
	};

	return types[json_object_get_type(json_of(json))];
}

const struct kea_json *api_json_get(const struct kea_json *map, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(json_of(map), json_type_object))
		return NULL;
	(void)json_object_object_get_ex(json_of(map), key, &value);
	return json_handle(value);
}

size_t api_json_count(const struct kea_json *json)
{
	if (json_object_is_type(json_of(json), json_type_object))
		return (size_t)json_object_object_length(json_of(json));
	return json_object_is_type(json_of(json), json_type_array) ? json_object_array_length(json_of(json)) : 0;
}

const struct kea_json *api_json_at(const struct kea_json *json, size_t i, const char **ret_key)
{
	const char *found_key = NULL;
	struct json_object *found = NULL;
	size_t n = 0;

	if (json_object_is_type(json_of(json), json_type_array)) {
		found = json_object_array_get_idx(json_of(json), i);
	} else if (json_object_is_type(json_of(json), json_type_object)) {
		json_object_object_foreach(json_of(json), key, value)
		{
			if (n++ == i) {
				found_key = key;
				found = value;
				break;
			}
		}
	}
	if (ret_key)
		*ret_key = found_key;
	return json_handle(found);
}

int api_json_bool(const struct kea_json *json)
{
	return json_object_get_boolean(json_of(json));
}

int64_t api_json_int(const struct kea_json *json)
{
	enum json_type type = json_object_get_type(json_of(json));

	return type == json_type_int || type == json_type_double || type == json_type_boolean
		       ? json_object_get_int64(json_of(json))
		       : 0;
}

double api_json_real(const struct kea_json *json)
{
	enum json_type type = json_object_get_type(json_of(json));

	return type == json_type_int || type == json_type_double ? json_object_get_double(json_of(json)) : 0;
}

const char *api_json_text(const struct kea_json *json)
{
	return json_object_is_type(json_of(json), json_type_string) ? json_object_get_string(json_of(json)) : "";
}

size_t api_json_print(const struct kea_json *json, char *buf, size_t size)
{
	/* json-c keeps the text that it makes in the value, which another thread may read. */
	struct json_object *copy = json_copy(json_of(json));
	const char *text = "null";
	size_t len;

	if (copy)
		text = json_object_to_json_string_ext(copy, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	len = strlen(text);
	if (size) {
		size_t n = len < size ? len : size - 1;

		memcpy(buf, text, n);
		buf[n] = '\0';
	}
	json_object_put(copy);
	return len;
}

static bool is_utf8(const char *text, size_t len)
{
	size_t n = 1;

	for (; len && n; text += n, len -= n)
		n = utf8_decode(text, len, NULL);
	return n != 0;
}

struct kea_json *api_json_read(const char *text, size_t len)
{
	/* What is read here becomes part of responses. */
	if (!is_utf8(text, len))
		return NULL;
	return (struct kea_json *)json_parse(text, len);
}

void api_json_free(struct kea_json *json)
{
	json_object_put((struct json_object *)json);
}
