/* SPDX-License-Identifier: MPL-2.0 */
/* Reads, builds and prints a configuration; the other config_*.c files build its parts. */
#include "root/config.h"

#include "base/err.h"
#include "base/heap.h"
#include "base/str.h"
#include "hook/library.h"
#include "root/agent.h"
#include "root/config_build.h"
#include "root/config_lenient.h"
#include "root/option_names.h"

#include <sys/stat.h>

/* The messages of all programs are in one table. */
static bool logs_to(const struct program_build *pb, const char *logger)
{
	static const char *const others[] = { "dctl", "dhcpddns", "dhcp-to-d2", "d2-to-dns", "libdhcp-ddns" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i], logger))
			return false;
	return strcmp(logger, !strcmp(pb->program, "kea-dhcp6") ? "dhcp4" : "dhcp6") != 0;
}

struct program_build program_of(const struct build *b)
{
	return (struct program_build){ .arena = b->cfg->arena,
				       .diag = b->diag,
				       .flags = b->flags,
				       .program = b->cfg->family == KEY_6 ? "kea-dhcp6" : "kea-dhcp4",
				       .logs_to = logs_to,
				       .shared_loggers = b->shared_loggers };
}

static struct json_object *find_root(struct build *b)
{
	struct program_build pb = program_of(b);
	struct json_object *root = program_find_root(&pb, b->cfg->doc.root, scope_name(&global_scope, b->cfg->family));

	b->shared_loggers = pb.shared_loggers;
	return root;
}

const char *build_path(const struct build *b, struct pos pos, const char *key, const char *text, const char *env,
		       const char *folder)
{
	struct program_build pb = program_of(b);

	return program_path(&pb, pos, key, text, env, folder);
}

void build_logging(struct build *b)
{
	struct program_build pb = program_of(b);

	b->cfg->log = program_loggers(&pb, &b->root->loggers);
}

void build_control(struct build *b)
{
	struct program_build pb = program_of(b);

	b->cfg->n_channels =
		program_control(&pb, &b->root->node, b->root->control_socket, &b->root->control_sockets,
				b->cfg->family == KEY_6 ? "kea6-ctrl-socket" : "kea4-ctrl-socket", &b->cfg->channels);
}

static void summarise(struct config *cfg)
{
	char subnets[COUNT_TEXT_MAX], pools[COUNT_TEXT_MAX], pd_pools[COUNT_TEXT_MAX], ifaces[COUNT_TEXT_MAX];
	size_t n_pools = 0, n_pd_pools = 0;

	for (size_t i = 0; i < cfg->plan.n; i++) {
		n_pools += cfg->plan.subs[i].n_pools;
		n_pd_pools += cfg->plan.subs[i].n_pd_pools;
	}
	cfg->summary = arena_printf(cfg->arena, "%s, %s, %s%s%s", str_count(subnets, cfg->plan.n, "subnet"),
				    str_count(pools, n_pools, "pool"),
				    cfg->family == KEY_6 ? str_count(pd_pools, n_pd_pools, "pd-pool") : "",
				    cfg->family == KEY_6 ? ", " : "", str_count(ifaces, cfg->n_listen, "interface"));
}

static struct config *config_new(unsigned digit)
{
	struct config *cfg = xcalloc(1, sizeof(*cfg));

	cfg->arena = arena_new(0);
	cfg->loading = arena_new(0);
	cfg->family = digit == 6 ? KEY_6 : KEY_4;
	return cfg;
}

static const char *help_key(const char *name)
{
	return is_option_word(name) ? "options are set in \"option-data\"" : NULL;
}

/* Builds b->cfg from the daemon's map. Returns false after errors. */
static bool build_parts(struct build *b, struct json_object *root)
{
	struct config *cfg = b->cfg;
	const struct conf_reader rd = {
		.diag = b->diag,
		.all = all_scopes,
		.help = help_key,
		.family = cfg->family,
		.arena = cfg->arena,
		.loading = cfg->loading,
	};

	b->root = &cfg->global;
	(void)conf_read(&rd, &global_scope, root, &cfg->global);
	build_interfaces(b);
	build_lease_database(b);
	build_host_databases(b);
	check_queue(b);
	build_hooks(b);
	build_control(b);
	build_ddns(b);
	check_publish(b);
	build_logging(b);
	expand_boot(b);
	number_classes(b);
	build_options(b);
	if (cfg->family == KEY_6) {
		build_root6(b);
		cfg->duid_file =
			build_path(b, conf_pos(&cfg->global.node, "data-directory"), NULL,
				   cfg->global.data_directory ? arena_printf(cfg->arena, "%s/kea-dhcp6-serverid",
									     cfg->global.data_directory)
							      : "kea-dhcp6-serverid",
				   "KEA_DHCP_DATA_DIR", KEA_STATE_DIR);
	}
	build_classes(b);
	build_hook_expressions(b);
	build_plan(b);
	finish_classes(b);
	finish_server_ids(b);
	return !diag_errors(b->diag);
}

/* Returns a new configuration with the document of cfg, which is freed. */
static struct config *config_again(struct config *cfg)
{
	struct config *next = config_new(config_digit(cfg));

	next->doc = cfg->doc;
	cfg->doc = (struct json_doc){ 0 };
	config_free(cfg);
	return next;
}

/* Same as build_parts(); with "lenient", leaves out what has errors and can be left out, which replaces b->cfg. */
static bool build_lenient(struct build *b, struct json_object *root)
{
	size_t mark = diag_mark(b->diag);
	bool is_read = !diag_errors(b->diag), is_usable;
	struct left_out out = { 0 };
	struct json_object *lenient;

	if (json_object_object_get_ex(root, "lenient", &lenient) && json_object_get_boolean(lenient))
		diag_set_lenient(b->diag);
	is_usable = build_parts(b, root);
	while (!is_usable && is_read && b->root->lenient && leave_out(&out, root, b->diag)) {
		diag_rewind(b->diag, mark);
		*b = (struct build){ .cfg = config_again(b->cfg),
				     .diag = b->diag,
				     .flags = b->flags,
				     .shared_loggers = b->shared_loggers,
				     .left_out = &out };
		is_usable = build_parts(b, root);
	}
	left_out_report(&out, b->diag, is_usable);
	left_out_done(&out);
	return is_usable;
}

static void free_loading(struct config *cfg)
{
	json_doc_done(&cfg->doc);
	json_object_put(cfg->boot_classes);
	json_object_put(cfg->texts);
	arena_free(cfg->loading);
	cfg->boot_classes = cfg->texts = NULL;
	cfg->loading = NULL;
}

struct json_object *config_print(const struct config *cfg)
{
	struct json_object *top = json_object_new_object(), *list = NULL;
	struct json_object *root = conf_print(cfg->family, &global_scope, &cfg->global);

	json_object_object_add(top, scope_name(&global_scope, cfg->family), root);
	if (!json_object_object_get_ex(root, "client-classes", &list)) {
		list = json_object_new_array();
		json_object_object_add(root, "client-classes", list);
	}
	print_left_out_classes(&cfg->classes, list, false);
	if (!json_object_array_length(list))
		json_object_object_del(root, "client-classes");
	return top;
}

/* With passwords: config-write needs them. */
static struct config_text *print_text(const struct config *cfg)
{
	struct json_object *more = json_object_new_object(), *classes = json_object_new_array();
	struct config_text_writing *wr = config_text_begin();
	struct conf_output out = { .with_secrets = true, .more = more, .take = config_text_take, .ctx = wr };

	print_left_out_classes(&cfg->classes, classes, false);
	if (json_object_array_length(classes))
		json_object_object_add(more, "client-classes", json_object_get(classes));
	conf_write(cfg->family, &global_scope, &cfg->global, &out);
	json_object_put(classes);
	json_object_put(more);
	return config_text_end(wr, &out.text);
}

/* Builds "Control-agent" of the file, or of the one beside it. */
static void build_agent(const struct build *b, const char *path, struct agent_conf **ret)
{
	struct program_build pb = program_of(b);
	struct json_object *map;

	if (!json_object_object_get_ex(b->cfg->doc.root, AGENT_ROOT, &map)) {
		*ret = path ? agent_build_beside(&pb, path) : NULL;
		return;
	}
	diag_warn(pb.diag, json_key_pos(map), "\"" AGENT_ROOT "\": this server opens the port of the control agent");
	*ret = agent_build(&pb, map);
}

/*
 * Builds cfg from cfg->doc, whose syntax errors are already in diag. Takes cfg. path: the file that it is from, or
 * NULL.
 */
static int build(struct config *cfg, const char *path, unsigned flags, struct diag *diag, struct config **ret)
{
	struct build b = { .cfg = cfg, .diag = diag, .flags = flags };
	struct json_object *root = find_root(&b);
	struct agent_conf *agent = NULL;

	if (!root && !diag_errors(diag))
		diag_error(diag, POS_NONE, "no configuration found");
	if (root)
		build_agent(&b, path, &agent);
	if (!root || !build_lenient(&b, root)) {
		agent_conf_free(agent);
		config_free(b.cfg);
		return -E_CONFIG;
	}
	b.cfg->agent = agent;
	b.cfg->has_agent = path != NULL;
	summarise(b.cfg);
	if (flags & CONFIG_SERVE) {
		b.cfg->text = print_text(b.cfg);
		conf_detach(&global_scope, &b.cfg->global);
		free_loading(b.cfg);
	}
	*ret = b.cfg;
	return 0;
}

/* Memory for the JSON tree, its positions and the configuration built from it, per byte of text. */
#define MEMORY_PER_BYTE 30

int config_load_file(const char *path, unsigned digit, unsigned flags, struct diag **ret_diag, struct config **ret)
{
	struct config *cfg = config_new(digit);
	struct program_top top;
	struct json_shape shape = program_shape(&top, &global_scope);
	struct stat st;
	int err;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		heap_expect((size_t)st.st_size * MEMORY_PER_BYTE);
	*ret_diag = diag_new();
	(void)json_read_file(path, &shape, *ret_diag, &cfg->doc);
	err = build(cfg, path, flags, *ret_diag, ret);
	heap_settle();
	return err;
}

struct config *config_load_log(const char *path, unsigned digit, unsigned flags)
{
	struct config *cfg = config_new(digit);
	struct diag *diag = diag_new();
	struct build b = { .cfg = cfg, .diag = diag, .flags = flags };
	struct conf_reader rd = { .diag = diag, .all = all_scopes, .family = cfg->family, .arena = cfg->arena };
	struct program_top top;
	struct json_shape shape = program_shape(&top, &global_scope);
	struct json_object *root;
	unsigned before = 0;

	(void)json_read_file(path, &shape, diag, &cfg->doc);
	root = find_root(&b);
	if (root) {
		b.root = &cfg->global;
		(void)conf_read(&rd, &global_scope, root, &cfg->global);
		before = diag_errors(diag);
		build_logging(&b);
	}
	if (!root || diag_errors(diag) > before) {
		config_free(cfg);
		cfg = NULL;
	}
	diag_free(diag);
	return cfg;
}

int config_load_text(const char *name, const char *text, size_t len, unsigned digit, unsigned flags,
		     struct diag **ret_diag, struct config **ret)
{
	struct config *cfg = config_new(digit);
	struct program_top top;
	struct json_shape shape = program_shape(&top, &global_scope);

	*ret_diag = diag_new();
	(void)json_read_text(name, text, len, 0, &shape, *ret_diag, &cfg->doc);
	return build(cfg, NULL, flags, *ret_diag, ret);
}

int config_load_json(struct json_object *top, unsigned digit, unsigned flags, struct diag *diag, struct config **ret)
{
	struct config *cfg = config_new(digit);

	cfg->doc.root = json_object_get(top);
	return build(cfg, NULL, flags, diag, ret);
}

void config_free(struct config *cfg)
{
	if (!cfg)
		return;
	hooks_unload(cfg->hooks);
	host_source_close(cfg->hosts);
	host_keeper_free(cfg->keeper);
	if (cfg->hosts_closed)
		cfg->hosts_closed(cfg->hosts_ctx);
	agent_conf_free(cfg->agent);
	config_text_unref(cfg->text);
	free_loading(cfg);
	arena_free(cfg->arena);
	free(cfg);
}

const char *config_root_name(unsigned digit)
{
	return scope_name(&global_scope, digit == 6 ? KEY_6 : KEY_4);
}

void config_print_schema(unsigned digit, FILE *to)
{
	struct json_object *schema = conf_schema(digit == 6 ? KEY_6 : KEY_4, all_scopes);

	fprintf(to, "%s\n",
		json_object_to_json_string_ext(schema, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(schema);
}

void config_print_reference(unsigned digit, FILE *to)
{
	fprintf(to,
		"# Configuration keys of kea-dhcp%u\n\n"
		"Generated by `kea-dhcp%u --print-reference` from the tables that read the configuration. A key that\n"
		"works \"not yet\" is recognized, and rejected by name unless its value disables the feature.\n\n",
		digit, digit);
	conf_reference(digit == 6 ? KEY_6 : KEY_4, all_scopes, to);
}
