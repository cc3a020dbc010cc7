/* SPDX-License-Identifier: MPL-2.0 */
#include "json/diff.h"

#include <limits.h>
#include <stddef.h>

/* The way to a value, from the innermost step to the root. */
struct way {
	const struct way *outer; /* NULL: the root */
	const char *key;         /* NULL: an item of a list */
	size_t index;
};

static void add_way(struct json_object *list, const struct way *way)
{
	if (!way)
		return;
	add_way(list, way->outer);
	json_object_array_add(list,
			      way->key ? json_object_new_string(way->key) : json_object_new_int64((int64_t)way->index));
}

static struct json_object *new_step(struct json_object *steps, const struct way *way)
{
	struct json_object *step = json_object_new_object(), *at = json_object_new_array();

	add_way(at, way);
	json_object_object_add(step, "at", at);
	json_object_array_add(steps, step);
	return step;
}

static void compare(struct json_object *steps, const struct way *way, struct json_object *a, struct json_object *b);

static void compare_maps(struct json_object *steps, const struct way *way, struct json_object *a, struct json_object *b)
{
	struct json_object *other;

	json_object_object_foreach(a, key, value)
	{
		const struct way inner = { .outer = way, .key = key };

		if (json_object_object_get_ex(b, key, &other))
			compare(steps, &inner, value, other);
		else
			json_object_object_add(new_step(steps, &inner), "remove", json_object_new_int(1));
	}
	json_object_object_foreach(b, name, added)
	{
		const struct way inner = { .outer = way, .key = name };

		if (!json_object_object_get_ex(a, name, NULL))
			json_object_object_add(new_step(steps, &inner), "set", json_object_get(added));
	}
}

static bool same_item(struct json_object *a, size_t i, struct json_object *b, size_t k)
{
	return json_object_equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, k));
}

static void compare_lists(struct json_object *steps, const struct way *way, struct json_object *a,
			  struct json_object *b)
{
	size_t n = json_object_array_length(a), m = json_object_array_length(b), begin = 0;
	struct json_object *step, *insert;

	while (begin < n && begin < m && same_item(a, begin, b, begin))
		begin++;
	while (n > begin && m > begin && same_item(a, n - 1, b, m - 1)) {
		n--;
		m--;
	}
	for (size_t i = begin; n == m && i < n; i++) {
		const struct way inner = { .outer = way, .index = i };

		compare(steps, &inner, json_object_array_get_idx(a, i), json_object_array_get_idx(b, i));
	}
	if (n == m)
		return;
	step = new_step(steps, way);
	insert = json_object_new_array();
	for (size_t i = begin; i < m; i++)
		json_object_array_add(insert, json_object_get(json_object_array_get_idx(b, i)));
	json_object_object_add(step, "from", json_object_new_int64((int64_t)begin));
	json_object_object_add(step, "remove", json_object_new_int64((int64_t)(n - begin)));
	json_object_object_add(step, "insert", insert);
}

/* way is not NULL if they are no maps: a member or item can be set, the root cannot. */
static void compare(struct json_object *steps, const struct way *way, struct json_object *a, struct json_object *b)
{
	enum json_type type = json_object_get_type(a);

	if (type == json_type_object && json_object_is_type(b, type))
		compare_maps(steps, way, a, b);
	else if (type == json_type_array && json_object_is_type(b, type))
		compare_lists(steps, way, a, b);
	else if (!json_object_equal(a, b))
		json_object_object_add(new_step(steps, way), "set", json_object_get(b));
}

struct json_object *json_diff(struct json_object *before, struct json_object *after)
{
	struct json_object *steps = json_object_new_array();

	compare(steps, NULL, before, after);
	return steps;
}

/* --- applying --- */

/* Returns false if there is no such member or item. */
static bool enter(struct json_object *in, struct json_object *by, struct json_object **ret)
{
	int64_t i;

	if (json_object_is_type(by, json_type_string))
		return json_object_is_type(in, json_type_object) &&
		       json_object_object_get_ex(in, json_object_get_string(by), ret);
	if (!json_object_is_type(by, json_type_int) || !json_object_is_type(in, json_type_array))
		return false;
	i = json_object_get_int64(by);
	if (i < 0 || (uint64_t)i >= json_object_array_length(in))
		return false;
	*ret = json_object_array_get_idx(in, (size_t)i);
	return true;
}

/* Follows the first n of the way. */
static bool follow(struct json_object *map, struct json_object *at, size_t n, struct json_object **ret)
{
	*ret = map;
	for (size_t i = 0; i < n; i++)
		if (!enter(*ret, json_object_array_get_idx(at, i), ret))
			return false;
	return true;
}

static bool is_number(struct json_object *v, size_t max, size_t *ret)
{
	int64_t n = json_object_get_int64(v);

	if (!json_object_is_type(v, json_type_int) || n < 0 || (uint64_t)n > max)
		return false;
	*ret = (size_t)n;
	return true;
}

static bool splice(struct json_object *list, struct json_object *step, struct json_object *from)
{
	struct json_object *remove = NULL, *insert = NULL;
	size_t n, begin, n_removed, n_inserted;

	if (!json_object_is_type(list, json_type_array) || !json_object_object_get_ex(step, "remove", &remove) ||
	    !json_object_object_get_ex(step, "insert", &insert) || !json_object_is_type(insert, json_type_array))
		return false;
	n = json_object_array_length(list);
	if (!is_number(from, n, &begin) || !is_number(remove, n - begin, &n_removed))
		return false;
	n_inserted = json_object_array_length(insert);
	/* The rest moves to its new place, from the end that is free. */
	for (size_t i = 0; n_inserted < n_removed && i < n - begin - n_removed; i++)
		json_object_array_put_idx(list, begin + n_inserted + i,
					  json_object_get(json_object_array_get_idx(list, begin + n_removed + i)));
	for (size_t i = n - begin - n_removed; n_inserted > n_removed && i--;)
		json_object_array_put_idx(list, begin + n_inserted + i,
					  json_object_get(json_object_array_get_idx(list, begin + n_removed + i)));
	for (size_t i = 0; i < n_inserted; i++)
		json_object_array_put_idx(list, begin + i, json_object_get(json_object_array_get_idx(insert, i)));
	if (n_inserted < n_removed)
		json_object_array_del_idx(list, n - n_removed + n_inserted, n_removed - n_inserted);
	return true;
}

static bool set(struct json_object *in, struct json_object *last, struct json_object *value)
{
	struct json_object *old;

	if (json_object_is_type(last, json_type_string) && json_object_is_type(in, json_type_object)) {
		json_object_object_add(in, json_object_get_string(last), json_object_get(value));
		return true;
	}
	if (!json_object_is_type(last, json_type_int) || !enter(in, last, &old))
		return false;
	json_object_array_put_idx(in, (size_t)json_object_get_int64(last), json_object_get(value));
	return true;
}

static bool apply_step(struct json_object *map, struct json_object *step)
{
	struct json_object *at = NULL, *in, *last, *value = NULL;
	size_t n;

	if (!json_object_is_type(step, json_type_object) || !json_object_object_get_ex(step, "at", &at) ||
	    !json_object_is_type(at, json_type_array))
		return false;
	n = json_object_array_length(at);
	if (json_object_object_get_ex(step, "from", &value))
		return follow(map, at, n, &in) && splice(in, step, value);
	if (!n || !follow(map, at, n - 1, &in))
		return false;
	last = json_object_array_get_idx(at, n - 1);
	if (json_object_object_get_ex(step, "set", &value))
		return set(in, last, value);
	if (!json_object_object_get_ex(step, "remove", NULL) || !json_object_is_type(last, json_type_string) ||
	    !json_object_is_type(in, json_type_object))
		return false;
	json_object_object_del(in, json_object_get_string(last));
	return true;
}

bool json_apply(struct json_object *map, struct json_object *steps)
{
	if (!json_object_is_type(steps, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		if (!apply_step(map, json_object_array_get_idx(steps, i)))
			return false;
	return true;
}
