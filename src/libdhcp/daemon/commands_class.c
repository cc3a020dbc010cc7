/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about client classes, those of Kea's library class_cmds. */
#include "daemon/command_edit.h"

#include "base/str.h"

#define SINCE .since = "4.2.0"

struct class_args {
	struct conf_node node;
	struct json_object *classes;
	const char *name, *hash;
};
#define K_HASH                                                                                             \
	K_STRING(struct class_args, hash, "hash", .max = CONFIG_HASH_MAX, SINCE,                           \
		 .doc = "hash of the configuration as read: if it has changed since, the result is 4 and " \
			"nothing changes")
static const struct key name_keys[] = {
	K_STRING(struct class_args, name, "name", .required = true, SINCE, .doc = "name of the class"),
};
static const struct key del_keys[] = {
	K_STRING(struct class_args, name, "name", .required = true, SINCE, .doc = "name of the class"),
	K_HASH,
};
static const struct key class_keys[] = {
	K_JSONS(struct class_args, classes, "client-classes", .required = true, SINCE,
		.doc = "a list with one class, as in the configuration"),
	K_HASH,
};
static const struct scope name_scope = SCOPE("arguments", struct class_args, name_keys);
static const struct scope del_scope = SCOPE("arguments", struct class_args, del_keys);
static const struct scope class_scope = SCOPE("arguments", struct class_args, class_keys);

static int find(struct json_object *list, const char *name)
{
	struct json_object *value = json_object_new_string(name);
	int at = command_find(list, "name", value);

	json_object_put(value);
	return at;
}

static void not_found(struct command_edited *ret, const char *name)
{
	ret->result = CTL_EMPTY;
	str_addf(&ret->text, "Class '%s' not found.", name);
}

/* Returns the class in the arguments and its name; NULL after an error. */
static struct json_object *class_of(struct ctl_call *call, const struct class_args *a, const char **ret_name)
{
	struct json_object *class = json_object_array_get_idx(a->classes, 0), *name;

	if (json_object_array_length(a->classes) != 1) {
		diag_error(ctl_call_diag(call), json_pos(a->classes), "\"client-classes\" must have one class");
		return NULL;
	}
	if (!json_object_object_get_ex(class, "name", &name) || !json_object_is_type(name, json_type_string)) {
		diag_error(ctl_call_diag(call), json_pos(class), "\"name\" is missing in the class");
		return NULL;
	}
	*ret_name = json_object_get_string(name);
	return class;
}

static void add(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *list = command_list(root, "client-classes"), *class;
	const char *name;

	class = class_of(call, args, &name);
	if (!class)
		return;
	if (find(list, name) >= 0) {
		ret->result = CTL_ERROR;
		str_addf(&ret->text, "Class '%s' already exists.", name);
		return;
	}
	json_object_array_add(list, json_object_get(class));
	str_addf(&ret->text, "Class '%s' added.", name);
}

static void update(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *list = command_list(root, "client-classes"), *class;
	const char *name;
	int at;

	class = class_of(call, args, &name);
	if (!class)
		return;
	at = find(list, name);
	if (at < 0) {
		not_found(ret, name);
		return;
	}
	json_object_array_put_idx(list, (size_t)at, json_object_get(class));
	str_addf(&ret->text, "Class '%s' updated.", name);
}

static void del(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *list = command_list(root, "client-classes");
	const char *name = ((const struct class_args *)args)->name;
	int at = find(list, name);

	(void)call;
	if (at < 0) {
		not_found(ret, name);
		return;
	}
	json_object_array_del_idx(list, (size_t)at, 1);
	str_addf(&ret->text, "Class '%s' deleted.", name);
}

static struct json_object *wrap(struct json_object *list)
{
	struct json_object *map = json_object_new_object();

	json_object_object_add(map, "client-classes", list);
	return map;
}

static void get(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *list = command_list(root, "client-classes"), *one;
	const char *name = ((const struct class_args *)args)->name;
	int at = find(list, name);

	(void)call;
	ret->only_reads = true;
	if (at < 0) {
		not_found(ret, name);
		return;
	}
	one = json_object_new_array();
	json_object_array_add(one, json_object_get(json_object_array_get_idx(list, (size_t)at)));
	ret->arguments = wrap(one);
	str_addf(&ret->text, "Class '%s' definition returned", name);
}

static void list(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *classes = command_list(root, "client-classes"), *names = json_object_new_array(), *name;
	size_t n = json_object_array_length(classes);

	(void)call;
	(void)args;
	for (size_t i = 0; i < n; i++) {
		struct json_object *map = json_object_new_object();

		if (json_object_object_get_ex(json_object_array_get_idx(classes, i), "name", &name))
			json_object_object_add(map, "name", json_object_get(name));
		json_object_array_add(names, map);
	}
	ret->only_reads = true;
	ret->result = n ? CTL_SUCCESS : CTL_EMPTY;
	ret->arguments = wrap(names);
	str_addf(&ret->text, "%zu class%s found", n, n == 1 ? "" : "es");
}

static void class_add_command(struct ctl_call *call, const void *args)
{
	command_edit(call, args, ((const struct class_args *)args)->hash, add);
}

static void class_update(struct ctl_call *call, const void *args)
{
	command_edit(call, args, ((const struct class_args *)args)->hash, update);
}

static void class_del(struct ctl_call *call, const void *args)
{
	command_edit(call, args, ((const struct class_args *)args)->hash, del);
}

static void class_get(struct ctl_call *call, const void *args)
{
	command_edit(call, args, NULL, get);
}

static void class_list(struct ctl_call *call, const void *args)
{
	command_edit(call, args, NULL, list);
}

#define ROW(n, a) .name = n, .families = KEY_DHCP, .access = a, .provider = "class_cmds", SINCE

static const struct command rows[] = {
	{ ROW("class-add", CTL_WRITE), .args = &class_scope, .run = class_add_command,
	  .doc = "Adds a class after the others." },
	{ ROW("class-update", CTL_WRITE), .args = &class_scope, .run = class_update, .doc = "Replaces a class." },
	{ ROW("class-del", CTL_WRITE), .args = &del_scope, .run = class_del,
	  .doc = "Removes a class that nothing in the configuration refers to." },
	{ ROW("class-get", CTL_READ), .args = &name_scope, .run = class_get, .doc = "Returns a class." },
	{ ROW("class-list", CTL_READ), .run = class_list, .doc = "Returns the names of all classes." },
};
const struct command_rows commands_class = COMMAND_ROWS(rows);
