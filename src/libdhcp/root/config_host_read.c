/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reservations that commands add to a database: read and checked by the rows and functions for those of the
 * configuration file. The configuration is complete and is not changed.
 */
#include "base/err.h"
#include "root/config_values.h"

/* Returns the "user-context" that a map is printed with; "" if none. */
static const char *user_context(const struct config *cfg, const struct scope *scope, const void *conf)
{
	struct json_object *map = conf_print(cfg->family, scope, conf), *context;
	const char *text = "";

	if (json_object_object_get_ex(map, "user-context", &context))
		text = arena_strdup(cfg->arena, json_object_to_json_string_ext(context, JSON_C_TO_STRING_PLAIN));
	json_object_put(map);
	return text;
}

static bool read_option(struct build *b, struct option_data_conf *conf, struct host_option *ret)
{
	struct value value;

	if (!value_read(b, conf, &value))
		return false;
	*ret = (struct host_option){ .space = value.space,
				     .code = value.val.code,
				     .text = conf->csv_format ? conf->data : NULL,
				     .data = conf->csv_format ? bytes_of(NULL, 0) : value.val.data,
				     .always_send = conf->always_send,
				     .never_send = conf->never_send,
				     .classes = (const char *const *)conf->client_classes.v,
				     .n_classes = conf->client_classes.n,
				     .user_context = user_context(b->cfg, &option_data_scope, conf) };
	return true;
}

static const struct host_texts *read_texts(struct build *b, const struct reservation_conf *conf)
{
	struct host_texts *texts = arena_new_obj(b->cfg->arena, struct host_texts);
	struct host_option *options = arena_new_array(b->cfg->arena, struct host_option, conf->option_data.n);
	struct option_data_conf *confs = conf->option_data.v;

	for (unsigned i = 0; i < conf->option_data.n; i++)
		texts->n_options += read_option(b, &confs[i], &options[texts->n_options]);
	texts->options = options;
	texts->user_context = user_context(b->cfg, &reservation_scope, conf);
	texts->auth_key = "";
	return texts;
}

int config_host_read(const struct config *complete, struct json_object *map, uint32_t subnet_id, struct arena *arena,
		     struct diag *diag, struct host *ret)
{
	const struct subnet *sub = subnet_by_id(&complete->plan, subnet_id);
	const struct host_extra none = { .server_hostname = "", .boot_file = "" };
	struct config cfg = *complete;
	struct build b = { .cfg = &cfg, .diag = diag, .root = &cfg.global, .dict = cfg.dict, .is_complete = true };
	const struct conf_reader rd = { .diag = diag, .all = all_scopes, .family = cfg.family, .arena = arena };
	struct reservation_conf conf;
	struct host_extra *extra;
	struct host host;

	cfg.arena = arena;
	(void)conf_read(&rd, &reservation_scope, map, &conf);
	if (!build_single_host(&b, sub ? &cfg.plan.subs[sub - cfg.plan.subs] : NULL, &conf, &host) || diag_errors(diag))
		return -E_INVAL;
	extra = arena_dup(arena, host.extra ? host.extra : &none, sizeof(*extra));
	extra->texts = read_texts(&b, &conf);
	host.extra = extra;
	host.subnet_id = subnet_id;
	*ret = host;
	return 0;
}
