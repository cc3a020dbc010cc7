/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/subnet_delta.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum kind { KIND_OTHER, KIND_POOL, KIND_PD_POOL, KIND_OPTION };

/* What identifies the items of these lists. */
static const struct {
	const char *list;
	enum kind kind;
	const char *keys[4]; /* NULL-terminated */
} lists[] = {
	{ "pools", KIND_POOL, { "pool" } },
	{ "pd-pools", KIND_PD_POOL, { "prefix", "prefix-len", "delegated-len" } },
	{ "option-data", KIND_OPTION, { "name", "code", "space" } },
};

static int list_of(const char *name)
{
	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!strcmp(lists[i].list, name))
			return (int)i;
	return -1;
}

static struct json_object *member(struct json_object *map, const char *key)
{
	struct json_object *v = NULL;

	(void)json_object_object_get_ex(map, key, &v);
	return v;
}

/* "192.0.2.1 - 192.0.2.9" is "192.0.2.1-192.0.2.9". */
static bool same_text(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (*a != *b)
			return false;
		if (!*a)
			return true;
	}
}

static const char *text(struct json_object *map, const char *key)
{
	struct json_object *v = member(map, key);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
}

/* Returns the code of an option of the main space; -1 if it is not known. */
static int64_t code_of(const struct dict *dict, struct json_object *option)
{
	struct json_object *code = member(option, "code");
	const struct optdef *def;

	if (json_object_is_type(code, json_type_int))
		return json_object_get_int64(code);
	def = dict_by_name(dict, dict_main_space(dict), text(option, "name"));
	return def ? def->code : -1;
}

static bool same_option(const struct dict *dict, struct json_object *a, struct json_object *b)
{
	const char *main = "dhcp", *space_a = text(a, "space"), *space_b = text(b, "space");
	bool is_main_a = !*space_a || !strncmp(space_a, main, 4), is_main_b = !*space_b || !strncmp(space_b, main, 4);
	struct json_object *code_a = member(a, "code"), *code_b = member(b, "code");

	if (is_main_a != is_main_b || (!is_main_a && strcmp(space_a, space_b) != 0))
		return false;
	if (code_a && code_b)
		return json_object_equal(code_a, code_b);
	if (*text(a, "name") && *text(b, "name"))
		return !strcmp(text(a, "name"), text(b, "name"));
	return is_main_a && code_of(dict, a) >= 0 && code_of(dict, a) == code_of(dict, b);
}

static bool same_item(const struct dict *dict, enum kind kind, struct json_object *a, struct json_object *b)
{
	switch (kind) {
	case KIND_POOL:
		return same_text(text(a, "pool"), text(b, "pool"));
	case KIND_PD_POOL:
		return !strcmp(text(a, "prefix"), text(b, "prefix")) &&
		       json_object_equal(member(a, "prefix-len"), member(b, "prefix-len")) &&
		       (!member(b, "delegated-len") ||
			json_object_equal(member(a, "delegated-len"), member(b, "delegated-len")));
	case KIND_OPTION:
		return same_option(dict, a, b);
	case KIND_OTHER:
		break;
	}
	return false;
}

static int find(const struct dict *dict, enum kind kind, struct json_object *list, struct json_object *item)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (same_item(dict, kind, json_object_array_get_idx(list, i), item))
			return (int)i;
	return -1;
}

static bool identifies(int list, const char *key)
{
	for (unsigned i = 0; lists[list].keys[i]; i++)
		if (!strcmp(lists[list].keys[i], key))
			return true;
	return false;
}

static bool has_more(int list, struct json_object *item)
{
	json_object_object_foreach(item, key, value)
	{
		(void)value;
		if (!identifies(list, key))
			return true;
	}
	return false;
}

static bool names_subnet_or_pool(const char *key)
{
	static const char *const keys[] = { "id", "subnet", "pool", "prefix", "prefix-len", "delegated-len" };

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static void add_items(const struct dict *dict, int which, struct json_object *list, struct json_object *items)
{
	enum kind kind = lists[which].kind;

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		int at = find(dict, kind, list, item);

		if (at < 0)
			json_object_array_add(list, json_object_get(item));
		else if (kind == KIND_OPTION)
			json_object_array_put_idx(list, (size_t)at, json_object_get(item));
		else
			subnet_delta_add(dict, json_object_array_get_idx(list, (size_t)at), item);
	}
}

void subnet_delta_add(const struct dict *dict, struct json_object *map, struct json_object *delta)
{
	json_object_object_foreach(delta, key, value)
	{
		struct json_object *old = member(map, key);
		int which = list_of(key);

		if (old && names_subnet_or_pool(key))
			continue;
		if (which >= 0 && json_object_is_type(old, json_type_array) &&
		    json_object_is_type(value, json_type_array))
			add_items(dict, which, old, value);
		else
			json_object_object_add(map, key, json_object_get(value));
	}
}

static void del_items(const struct dict *dict, int which, struct json_object *list, struct json_object *items)
{
	enum kind kind = lists[which].kind;

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		int at = find(dict, kind, list, item);

		if (at < 0)
			continue;
		if (kind != KIND_OPTION && has_more(which, item))
			subnet_delta_del(dict, json_object_array_get_idx(list, (size_t)at), item);
		else
			json_object_array_del_idx(list, (size_t)at, 1);
	}
}

void subnet_delta_del(const struct dict *dict, struct json_object *map, struct json_object *delta)
{
	json_object_object_foreach(delta, key, value)
	{
		struct json_object *old = member(map, key);
		int which = list_of(key);

		if (names_subnet_or_pool(key))
			continue;
		if (which >= 0 && json_object_is_type(old, json_type_array) &&
		    json_object_is_type(value, json_type_array))
			del_items(dict, which, old, value);
		else
			json_object_object_del(map, key);
	}
}
