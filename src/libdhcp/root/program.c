/* SPDX-License-Identifier: MPL-2.0 */
#include "root/program.h"

#include "root/config.h"
#include "root/keys_agent.h"

/* The maps a file may contain, one or several, and whose they are. */
static const struct {
	const char *name, *program;
} programs[PROGRAM_MAPS] = {
	{ "Dhcp4", "kea-dhcp4" }, { "Dhcp6", "kea-dhcp6" }, { "DhcpDdns", "kea-dhcp-ddns" },
	{ AGENT_ROOT, NULL },     { "Netconf", NULL },      { "Logging", NULL },
};
#define PROGRAMS PROGRAM_MAPS

static const struct key logging_keys[] = { { .name = "loggers", .type = KEY_LIST, .scope = &logger_scope } };
static const struct scope logging_scope = SCOPE("Logging", char, logging_keys);

struct json_shape program_shape(struct program_top *top, const struct scope *scope)
{
	for (unsigned i = 0; i < PROGRAMS; i++) {
		const char *name = programs[i].name;
		struct key *key = &top->keys[i];

		*key = (struct key){ .name = name, .type = KEY_JSON };
		if (!strcmp(name, scope->name) || (scope->name6 && !strcmp(name, scope->name6)))
			key->scope = scope;
		else if (!strcmp(name, logging_scope.name))
			key->scope = &logging_scope;
		else if (!strcmp(name, agent_scope.name))
			key->scope = &agent_scope;
		if (key->scope)
			key->type = KEY_MAP;
	}
	top->scope = (struct scope){ .name = "configuration", .keys = top->keys, .n = PROGRAMS };
	return conf_shape(&top->scope);
}

static void lacks_root(const struct program_build *pb, struct json_object *top, const char *name)
{
	diag_error(pb->diag, json_pos(top), "this file has no \"%s\"", name);
	for (size_t i = 0; i < PROGRAMS; i++)
		if (programs[i].program && json_object_object_get_ex(top, programs[i].name, NULL))
			diag_help(pb->diag, "\"%s\" is for %s", programs[i].name, programs[i].program);
}

struct json_object *program_find_root(struct program_build *pb, struct json_object *top, const char *name)
{
	struct json_object *root = NULL, *logging, *loggers;
	unsigned before = diag_errors(pb->diag);
	const char *known[PROGRAMS];
	size_t i;

	if (!json_object_is_type(top, json_type_object)) {
		if (top && !json_is_broken(top))
			diag_error(pb->diag, json_pos(top), "expected a map: { \"%s\": { ... } }", name);
		return NULL;
	}
	for (i = 0; i < PROGRAMS; i++)
		known[i] = programs[i].name;
	json_object_object_foreach(top, key, value)
	{
		for (i = 0; i < PROGRAMS && strcmp(known[i], key); i++)
			;
		if (i == PROGRAMS) {
			diag_error(pb->diag, json_key_pos(value), "unknown top-level parameter \"%s\"", key);
			(void)diag_help_near(pb->diag, key, known, PROGRAMS);
		}
		if (!strcmp(key, name))
			root = value;
	}
	if (!root) {
		if (diag_errors(pb->diag) == before && !json_is_cut(top))
			lacks_root(pb, top, name);
		return NULL;
	}
	if (!json_object_is_type(root, json_type_object)) {
		if (!json_is_broken(root))
			diag_error(pb->diag, json_pos(root), "\"%s\" must be a map", name);
		return NULL;
	}
	/* Kea 1.x has the loggers in a separate map. */
	if (!json_object_object_get_ex(top, "Logging", &logging))
		return root;
	if (json_object_object_get_ex(root, "loggers", NULL)) {
		diag_warn(pb->diag, json_key_pos(logging), "\"Logging\" is ignored: \"%s\" has \"loggers\"", name);
	} else if (json_object_is_type(logging, json_type_object) &&
		   json_object_object_get_ex(logging, "loggers", &loggers)) {
		json_object_object_add(root, "loggers", json_object_get(loggers));
		pb->shared_loggers = true;
	}
	return root;
}

const char *program_path(const struct program_build *pb, struct pos pos, const char *key, const char *text,
			 const char *env, const char *folder)
{
	const char *base = getenv(env) ? getenv(env) : folder;
	const char *slash = strrchr(text, '/');
	size_t base_len = strlen(base);

	while (base_len > 1 && base[base_len - 1] == '/')
		base_len--;
	if (!slash)
		return arena_printf(pb->arena, "%.*s/%s", (int)base_len, base, text);
	if ((size_t)(slash - text) == base_len && !strncmp(text, base, base_len))
		return text;
	if (pb->flags & CONFIG_RELAXED) {
		diag_warn(pb->diag, pos, "invalid path specified: \"%s\" is outside %.*s", text, (int)base_len, base);
		return text;
	}
	diag_error(pb->diag, pos, "invalid path specified: \"%s\" is outside %.*s", text, (int)base_len, base);
	if (key)
		diag_help(pb->diag, "write \"%s\": \"%s\", or set %s to the directory to use", key, slash + 1, env);
	else
		diag_help(pb->diag, "leave it out, or set %s to the directory to use", env);
	return NULL;
}

/* --- loggers --------------------------------------------------------------- */

/* Warns about a logger that nothing logs to. */
static void check_name(const struct program_build *pb, const struct logger_conf *conf)
{
	const char **names = xcalloc(log_all_n + 1, sizeof(*names));
	size_t len = strlen(pb->program);
	unsigned i, n = 0;
	bool is_known;

	names[n++] = pb->program;
	for (i = 0; i < log_all_n; i++)
		if (pb->logs_to(pb, log_all[i]->logger))
			names[n++] = arena_printf(pb->arena, "%s.%s", pb->program, log_all[i]->logger);
	for (i = 0; i < n && strcmp(names[i], conf->log.name); i++)
		;
	is_known = i < n;
	/* "Logging" configures several programs. */
	if (pb->shared_loggers && (strncmp(conf->log.name, pb->program, len) != 0 || !strchr(".", conf->log.name[len])))
		is_known = true;
	if (!is_known) {
		diag_warn(pb->diag, conf_pos(&conf->node, "name"), "nothing logs to \"%s\"", conf->log.name);
		(void)diag_help_near(pb->diag, conf->log.name, names, n);
	}
	free(names);
}

static void build_output(const struct program_build *pb, const struct output_options_conf *conf, struct log_output *ret)
{
	const char *why = NULL;

	*ret = conf->out;
	if (log_output_parse(conf->output, ret) < 0) {
		diag_error(pb->diag, conf_pos(&conf->node, "output"),
			   "\"%s\" is not an output: expected stdout, stderr, syslog, syslog:FACILITY or a file",
			   conf->output);
		return;
	}
	if (ret->kind == LOG_TO_FILE)
		ret->target = program_path(pb, conf_pos(&conf->node, "output"), "output", conf->output,
					   "KEA_LOG_FILE_DIR", KEA_LOG_DIR);
	if (ret->format == LOG_FORMAT_JSON && ret->pattern && ret->pattern[0])
		diag_error(pb->diag, conf_pos(&conf->node, "pattern"),
			   "\"pattern\" has no effect with \"format\": \"json\"");
	if (ret->pattern && ret->pattern[0] && log_pattern_check(ret->pattern, &why) < 0)
		diag_error(pb->diag, conf_pos(&conf->node, "pattern"), "invalid pattern: %s", why);
}

struct log_conf program_loggers(const struct program_build *pb, const struct conf_list *loggers)
{
	struct log_logger *out = arena_new_array(pb->arena, struct log_logger, loggers->n);
	unsigned i, k;

	for (i = 0; i < loggers->n; i++) {
		const struct logger_conf *conf = &((const struct logger_conf *)loggers->v)[i];
		struct log_output *outputs = arena_new_array(pb->arena, struct log_output, conf->output_options.n);

		for (k = 0; k < conf->output_options.n; k++)
			build_output(pb, &((const struct output_options_conf *)conf->output_options.v)[k], &outputs[k]);
		out[i] = conf->log;
		out[i].outputs = outputs;
		out[i].n_outputs = conf->output_options.n;
		if (conf->log.name)
			check_name(pb, conf);
		else
			out[i].name = "";
	}
	return (struct log_conf){ .loggers = out, .n_loggers = loggers->n };
}
