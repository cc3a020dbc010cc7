/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The rows of a scope as JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it). Whatever it rejects, conf_read() rejects;
 * the opposite is not true, because what several keys may say together is checked elsewhere.
 */
#include "conf/key.h"

#define DEPTH_MAX 16 /* of scopes in each other; deeper ones are any map */

static void put(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, json_object_new_string(text));
}

static struct json_object *typed(const char *type)
{
	struct json_object *o = json_object_new_object();

	put(o, "type", type);
	return o;
}

static struct json_object *list_of(struct json_object *items)
{
	struct json_object *o = typed("array");

	json_object_object_add(o, "items", items);
	return o;
}

static struct json_object *integer(int64_t min, int64_t max)
{
	struct json_object *o = typed("integer");

	json_object_object_add(o, "minimum", json_object_new_int64(min));
	json_object_object_add(o, "maximum", json_object_new_int64(max ? max : UINT32_MAX));
	return o;
}

static struct json_object *real(const struct key *key)
{
	struct json_object *o = typed("number");
	bool is_share = !key->min_real && !key->max_real;

	json_object_object_add(o, "minimum", json_shortest_double(key->min_real));
	json_object_object_add(o, "maximum", json_shortest_double(is_share ? 1 : key->max_real));
	return o;
}

static struct json_object *string(const struct key *key)
{
	struct json_object *o = typed("string");

	if (key->max)
		json_object_object_add(o, "maxLength", json_object_new_int64(key->max));
	return o;
}

static struct json_object *words(const struct key *key)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	for (unsigned i = 0; key->words[i]; i++)
		json_object_array_add(list, json_object_new_string(key->words[i]));
	if (key->bool_word) {
		json_object_array_add(list, json_object_new_boolean(true));
		json_object_array_add(list, json_object_new_boolean(false));
	}
	json_object_object_add(o, "enum", list);
	return o;
}

static struct json_object *scope_schema(unsigned family, const struct scope *scope, unsigned depth);

static struct json_object *value_schema(unsigned family, const struct key *key, unsigned depth)
{
	switch (key->type) {
	case KEY_BOOL:
		return typed("boolean");
	case KEY_INT:
		return integer(key->min, key->max);
	case KEY_REAL:
		return real(key);
	case KEY_STRING:
	case KEY_IP4:
		return string(key);
	case KEY_ENUM:
		return words(key);
	case KEY_MAP:
		return scope_schema(family, key->scope, depth + 1);
	case KEY_LIST:
		return list_of(scope_schema(family, key->scope, depth + 1));
	case KEY_STRINGS:
		return list_of(typed("string"));
	case KEY_INTS:
		return list_of(integer(key->min, key->max));
	case KEY_JSON:
		return typed("object");
	case KEY_JSONS:
		return list_of(typed("object"));
	}
	return json_object_new_object();
}

static struct json_object *key_schema(unsigned family, const struct key *key, unsigned depth)
{
	struct json_object *o = value_schema(family, key, depth), *def;
	const char *text = family == KEY_6 && key->def6 ? key->def6 : key->def;

	put(o, "description", key->doc);
	def = text ? json_tokener_parse(text) : NULL;
	if (def)
		json_object_object_add(o, "default", def);
	if (key->replaced_by)
		json_object_object_add(o, "deprecated", json_object_new_boolean(true));
	if (key->unit)
		put(o, "x-unit", key->unit);
	if (key->native)
		json_object_object_add(o, "x-native", json_object_new_boolean(true));
	return o;
}

static struct json_object *scope_schema(unsigned family, const struct scope *scope, unsigned depth)
{
	struct json_object *o = typed("object"), *properties, *required;

	if (depth > DEPTH_MAX)
		return o;
	properties = json_object_new_object();
	required = json_object_new_array();
	for (unsigned i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];

		if (!((key->families ? key->families : KEY_DHCP) & family) || key->refuse)
			continue;
		json_object_object_add(properties, key->name, key_schema(family, key, depth));
		if (key->required)
			json_object_array_add(required, json_object_new_string(key->name));
	}
	json_object_object_add(o, "properties", properties);
	if (json_object_array_length(required))
		json_object_object_add(o, "required", required);
	else
		json_object_put(required);
	json_object_object_add(o, "additionalProperties", json_object_new_boolean(false));
	return o;
}

struct json_object *conf_json_schema(unsigned family, const struct scope *scope)
{
	return scope_schema(family, scope, 0);
}
