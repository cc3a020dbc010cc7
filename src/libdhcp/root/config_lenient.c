/* SPDX-License-Identifier: MPL-2.0 */
/*
 * "lenient": reservations and classes with an error are left out of the document, which is then built again, until no
 * error is left or one is elsewhere. What remains must not be more permissive: a class that depends on one left out is
 * left out too, a guard that names one admits nobody for it, and what a reservation left out reserves is for nobody.
 * Class DROP, and reservations that assign it, are never left out.
 */
#include "root/config_lenient.h"

struct error {
	struct pos pos;
	char *text;
};

struct errors {
	VEC(struct error) v;
};

static void collect(void *ctx, struct pos pos, const char *text)
{
	struct errors *errors = ctx;

	*vec_push(&errors->v) = (struct error){ pos, xstrdup(text) };
}

static int compare_pos(const struct pos *a, const struct pos *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->col < b->col ? -1 : a->col > b->col;
}

static int order_errors(const void *x, const void *y)
{
	const struct error *a = x, *b = y;

	return compare_pos(&a->pos, &b->pos);
}

/* Returns the first error in the marked text; NULL if there is none. */
static const struct error *error_in(const struct errors *errors, struct pos pos)
{
	size_t low = 0, high = errors->v.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_pos(&errors->v.v[mid].pos, &pos) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (!pos.file || low == errors->v.n || errors->v.v[low].pos.file != pos.file ||
	    errors->v.v[low].pos.line != pos.line)
		return NULL;
	return errors->v.v[low].pos.col < pos.col + (pos.len ? pos.len : 1) ? &errors->v.v[low] : NULL;
}

/* The same for a value and all in it. */
static const struct error *error_of(const struct errors *errors, struct json_object *value)
{
	const struct error *error = error_in(errors, json_pos(value));
	size_t i;

	if (!error)
		error = error_in(errors, json_key_pos(value));
	if (!error && json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			if (!error)
				error = error_of(errors, member);
		}
	}
	if (!error && json_object_is_type(value, json_type_array))
		for (i = 0; !error && i < json_object_array_length(value); i++)
			error = error_of(errors, json_object_array_get_idx(value, i));
	return error;
}

/* --- leaving out ------------------------------------------------------------------- */

static struct json_object *get(struct json_object *map, const char *key, enum json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(map, json_type_object) || !json_object_object_get_ex(map, key, &value))
		return NULL;
	return json_object_is_type(value, type) ? value : NULL;
}

static const char *name_of(struct json_object *class)
{
	struct json_object *name = get(class, "name", json_type_string);

	return name ? json_object_get_string(name) : "";
}

static bool may_leave_out(struct json_object *item, bool is_class)
{
	struct json_object *names = get(item, "client-classes", json_type_array);
	size_t i;

	if (is_class)
		return strcmp(name_of(item), "DROP") != 0;
	for (i = 0; names && i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		if (name && !strcmp(name, "DROP"))
			return false;
	}
	return true;
}

static void withhold_prefix(struct left_out *out, const char *text)
{
	struct prefix prefix;

	if (!text || (strchr(text, '/') ? prefix_parse(text, &prefix) : ip_parse(text, &prefix.addr)) < 0)
		return;
	if (!strchr(text, '/'))
		prefix.len = ip_is4(&prefix.addr) ? 32 : 128;
	*vec_push(&out->spans) = (struct ip_span){ prefix_first(&prefix), prefix_last(&prefix) };
}

/* What it reserves; whoever has it may use it without asking. */
static void withhold_places(struct left_out *out, struct json_object *host)
{
	static const char *const keys[] = { "ip-addresses", "prefixes" };
	struct json_object *list, *one = get(host, "ip-address", json_type_string);
	size_t i, k;

	if (one)
		withhold_prefix(out, json_object_get_string(one));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		list = get(host, keys[i], json_type_array);
		for (k = 0; list && k < json_object_array_length(list); k++)
			withhold_prefix(out, json_object_get_string(json_object_array_get_idx(list, k)));
	}
}

/* Classes that only reservations assign need no definition. */
static void note_classes(struct left_out *out, struct json_object *host)
{
	struct json_object *names = get(host, "client-classes", json_type_array);
	size_t i;

	for (i = 0; names && i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		if (name)
			*vec_push(&out->classes) = xstrdup(name);
	}
}

static void leave_out_item(struct left_out *out, struct json_object *item, bool is_class, const struct error *error)
{
	struct left_out_item *row = vec_push(&out->items);

	*row = (struct left_out_item){ .pos = error->pos, .text = xstrdup(error->text), .is_class = is_class };
	if (is_class) {
		row->name = xstrdup(name_of(item));
		if (row->name[0])
			*vec_push(&out->classes) = xstrdup(row->name);
	} else {
		withhold_places(out, item);
		note_classes(out, item);
	}
}

static bool leave_out_of(struct left_out *out, struct json_object *list, bool is_class, const struct errors *errors)
{
	bool any = false;
	size_t i = 0;

	while (list && i < json_object_array_length(list)) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const struct error *error = error_of(errors, item);

		if (error && may_leave_out(item, is_class)) {
			leave_out_item(out, item, is_class, error);
			(void)json_object_array_del_idx(list, i, 1);
			any = true;
			continue;
		}
		if (error)
			*vec_push(&out->kept) = json_pos(item);
		i++;
	}
	return any;
}

static bool leave_out_of_subnets(struct left_out *out, struct json_object *map, const struct errors *errors)
{
	static const char *const keys[] = { "subnet4", "subnet6" };
	bool any = false;
	size_t i, k;

	for (i = 0; i < 2; i++) {
		struct json_object *list = get(map, keys[i], json_type_array);

		for (k = 0; list && k < json_object_array_length(list); k++)
			any |= leave_out_of(out,
					    get(json_object_array_get_idx(list, k), "reservations", json_type_array),
					    false, errors);
	}
	return any;
}

bool leave_out(struct left_out *out, struct json_object *root, const struct diag *diag)
{
	struct json_object *nets = get(root, "shared-networks", json_type_array);
	struct errors errors = { 0 };
	bool any;
	size_t i;

	diag_each_error(diag, collect, &errors);
	qsort(errors.v.v, errors.v.n, sizeof(*errors.v.v), order_errors);
	any = leave_out_of(out, get(root, "client-classes", json_type_array), true, &errors);
	any |= leave_out_of(out, get(root, "reservations", json_type_array), false, &errors);
	any |= leave_out_of_subnets(out, root, &errors);
	for (i = 0; nets && i < json_object_array_length(nets); i++)
		any |= leave_out_of_subnets(out, json_object_array_get_idx(nets, i), &errors);
	for (i = 0; i < errors.v.n; i++)
		free(errors.v.v[i].text);
	vec_free(&errors.v);
	return any;
}

/* --- afterwards ---------------------------------------------------------------------- */

void left_out_report(const struct left_out *out, struct diag *diag, bool is_usable)
{
	size_t i;

	for (i = 0; i < out->items.n; i++) {
		const struct left_out_item *item = &out->items.v[i];

		if (item->is_class && item->name[0])
			diag_warn(diag, item->pos, "class \"%s\" is left out: %s", item->name, item->text);
		else if (item->is_class)
			diag_warn(diag, item->pos, "this class is left out: %s", item->text);
		else
			diag_warn(diag, item->pos, "this reservation is left out: %s", item->text);
	}
	for (i = 0; !is_usable && i < out->kept.n; i++)
		diag_warn(diag, out->kept.v[i],
			  "\"lenient\" does not leave this out: clients that class DROP is for would be served");
}

bool left_out_class(const struct left_out *out, const char *name)
{
	size_t i;

	for (i = 0; out && i < out->classes.n; i++)
		if (!strcmp(out->classes.v[i], name) || class_may_spawn(out->classes.v[i], name))
			return true;
	return false;
}

void left_out_done(struct left_out *out)
{
	size_t i;

	for (i = 0; i < out->items.n; i++) {
		free(out->items.v[i].name);
		free(out->items.v[i].text);
	}
	for (i = 0; i < out->classes.n; i++)
		free(out->classes.v[i]);
	vec_free(&out->items);
	vec_free(&out->classes);
	vec_free(&out->kept);
	vec_free(&out->spans);
}
