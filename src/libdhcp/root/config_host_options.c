/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Options of reservations that are not in the configuration file: written as option-data and read by the same rows and
 * checks, when they are found. The configuration is complete by then and is not changed; other threads use it.
 */
#include "base/err.h"
#include "root/config_build.h"
#include "wire/dict4.h"

#include <stdlib.h>

static void add_text(struct json_object *map, const char *key, const char *text)
{
	json_object_object_add(map, key, json_object_new_string(text));
}

static void add_hex(struct json_object *map, struct arena *arena, struct bytes data)
{
	size_t size = 2 * data.len + 1;
	char *hex = arena_room(arena, size);

	(void)bytes_to_hex(data, 0, hex, size);
	add_text(map, "data", hex);
}

/* Returns NULL if it is for no client: nobody is in a class that the configuration does not have. */
static struct json_object *option_as_json(const struct config *cfg, const struct host_option *opt, struct arena *arena)
{
	struct json_object *classes = json_object_new_array(), *map;

	for (unsigned i = 0; i < opt->n_classes; i++)
		if (class_by_name(&cfg->classes, opt->classes[i]) >= 0)
			json_object_array_add(classes, json_object_new_string(opt->classes[i]));
	if (opt->n_classes && !json_object_array_length(classes)) {
		json_object_put(classes);
		return NULL;
	}
	map = json_object_new_object();
	json_object_object_add(map, "code", json_object_new_int(opt->code));
	if (opt->space[0])
		add_text(map, "space", opt->space);
	if (opt->text)
		add_text(map, "data", opt->text);
	else if (opt->data.len)
		add_hex(map, arena, opt->data);
	json_object_object_add(map, "csv-format", json_object_new_boolean(opt->text != NULL));
	json_object_object_add(map, "always-send", json_object_new_boolean(opt->always_send));
	json_object_object_add(map, "never-send", json_object_new_boolean(opt->never_send));
	json_object_object_add(map, "client-classes", classes);
	return map;
}

/* Clients name the server by it in their next message, which is accepted only if the configuration has it too. */
static void check_server_ids(struct build *b, const struct optlist *list)
{
	note_server_ids(b, list);
	for (size_t i = 0; i < b->server_ids.n; i++)
		if (!config_has_server_id(b->cfg, b->server_ids.v[i]))
			diag_error(b->diag, POS_NONE,
				   "dhcp-server-identifier has a value that \"option-data\" of no scope has");
	vec_free(&b->server_ids);
}

int config_host_options(void *ctx, const struct host_option *v, unsigned n, struct arena *arena, struct optlist *ret,
			struct str *why)
{
	const struct config *complete = ctx;
	struct json_object *list = json_object_new_array();
	struct config cfg = *complete;
	struct build b = {
		.cfg = &cfg, .diag = diag_new(), .root = &cfg.global, .dict = cfg.dict, .is_complete = true
	};
	const struct conf_reader rd = { .diag = b.diag, .all = all_scopes, .family = cfg.family, .arena = arena };
	struct option_data_conf *confs = arena_new_array(arena, struct option_data_conf, n);
	struct conf_list data = { .v = confs };
	unsigned n_errors;

	cfg.arena = arena;
	for (unsigned i = 0; i < n; i++) {
		struct json_object *map = option_as_json(complete, &v[i], arena);

		if (!map)
			continue;
		json_object_array_add(list, map);
		(void)conf_read(&rd, &option_data_scope, map, &confs[data.n++]);
	}
	build_optlist(&b, &data, false, ret);
	check_server_ids(&b, ret);
	n_errors = diag_errors(b.diag);
	if (n_errors)
		diag_reason(b.diag, why);
	diag_free(b.diag);
	json_object_put(list);
	return n_errors ? -E_INVAL : 0;
}

bool config_host_subnet(void *ctx, uint32_t subnet_id, struct prefix *ret)
{
	const struct config *cfg = ctx;
	const struct subnet *sub = subnet_by_id(&cfg->plan, subnet_id);

	if (!sub || !sub->prefix.len)
		return false;
	*ret = sub->prefix;
	return true;
}
