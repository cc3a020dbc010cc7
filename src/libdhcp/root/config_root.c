/* SPDX-License-Identifier: MPL-2.0 */
/* Global settings other than options and the address plan: interfaces, lease file, loggers. */
#include "root/config_build.h"

#include "ctl/library.h"
#include "io/iface.h"

const char *build_path(struct build *b, struct pos pos, const char *key, const char *text, const char *env,
		       const char *folder)
{
	const char *base = getenv(env) ? getenv(env) : folder;
	const char *slash = strrchr(text, '/');
	size_t base_len = strlen(base);

	while (base_len > 1 && base[base_len - 1] == '/')
		base_len--;
	if (!slash)
		return arena_printf(b->cfg->arena, "%.*s/%s", (int)base_len, base, text);
	if ((size_t)(slash - text) == base_len && !strncmp(text, base, base_len))
		return text;
	if (b->flags & CONFIG_RELAXED) {
		diag_warn(b->diag, pos, "invalid path specified: \"%s\" is outside %.*s", text, (int)base_len, base);
		return text;
	}
	diag_error(b->diag, pos, "invalid path specified: \"%s\" is outside %.*s", text, (int)base_len, base);
	if (key)
		diag_help(b->diag, "write \"%s\": \"%s\", or set %s to the directory to use", key, slash + 1, env);
	else
		diag_help(b->diag, "leave it out, or set %s to the directory to use", env);
	return NULL;
}

void build_interfaces(struct build *b)
{
	const struct interfaces_config_conf *conf = b->root->interfaces_config;
	struct config *cfg = b->cfg;
	unsigned i, k;

	if (config_is_routed(cfg) && config_is_raw(cfg) && !CONF_BAD(conf, dhcp_socket_type))
		diag_warn(b->diag, conf_pos(&conf->node, "outbound-interface"),
			  "with \"dhcp-socket-type\": \"raw\", only responses to relays and to clients that have an "
			  "address are routed");
	cfg->listen = arena_new_array(cfg->arena, struct listen, conf->interfaces.n);
	cfg->listen_pos = arena_new_array(cfg->arena, struct pos, conf->interfaces.n);
	for (i = 0; i < conf->interfaces.n; i++) {
		const char *text = conf->interfaces.v[i];
		struct pos pos = conf->interfaces.pos[i];

		if (listen_parse(text, &cfg->listen[cfg->n_listen]) < 0) {
			diag_error(
				b->diag, pos,
				"\"%s\" is not an interface: expected \"NAME\", \"NAME/ADDRESS\" or a pattern such as "
				"\"eth*\"",
				text);
			continue;
		}
		for (k = 0; k < i; k++)
			if (!strcmp(conf->interfaces.v[k], text)) {
				diag_error(b->diag, pos, "interface \"%s\" is listed twice", text);
				break;
			}
		cfg->listen_pos[cfg->n_listen++] = pos;
	}
	if ((b->flags & CONFIG_CHECK) && cfg->n_listen) {
		struct ifaces *ifaces = NULL;

		if (ifaces_read(&ifaces) < 0)
			return;
		for (i = 0; i < cfg->n_listen; i++)
			if (!strchr(cfg->listen[i].name, '*') && !ifaces_by_name(ifaces, cfg->listen[i].name))
				diag_warn(b->diag, cfg->listen_pos[i], "interface \"%s\" does not exist on this host",
					  cfg->listen[i].name);
		ifaces_free(ifaces);
	}
}

void build_lease_database(struct build *b)
{
	const struct database_conf *conf = b->root->lease_database;
	struct config *cfg = b->cfg;
	const char *name = CONF_SET(conf, name)   ? conf->name
			   : cfg->family == KEY_6 ? "kea-leases6.csv"
						  : "kea-leases4.csv";

	if (CONF_SET(conf, type) && conf->type != 0) {
		diag_error(b->diag, conf_pos(&conf->node, "type"),
			   "\"type\": SQL lease databases are not supported yet");
		diag_help(b->diag, "use \"memfile\"");
	}
	cfg->lease_file =
		build_path(b, conf_pos(&conf->node, "name"), "name", name, "KEA_DHCP_DATA_DIR", KEA_STATE_DIR);
	if (!conf->persist)
		diag_warn(b->diag, conf_pos(&conf->node, "persist"),
			  "leases are kept in memory only and are lost at a restart");
	if (!conf->persist && CONF_SET(conf, lfc_interval) && conf->lfc_interval)
		diag_warn(b->diag, conf_pos(&conf->node, "lfc-interval"),
			  "\"lfc-interval\" has no effect without \"persist\"");
	if (conf->persist && conf->sync == SYNC_NONE)
		diag_warn(b->diag, conf_pos(&conf->node, "sync"),
			  "with \"sync\": \"none\", acknowledged leases may be lost in a power failure");
}

/* Kea's queue keeps the newest messages under overload; this server always does so (io/flood.h). */
void check_queue(struct build *b)
{
	const struct dhcp_queue_control_conf *conf = b->root->dhcp_queue_control;
	const char *known = b->cfg->family == KEY_6 ? "kea-ring6" : "kea-ring4";

	if (!conf->enable_queue)
		return;
	if (strcmp(conf->queue_type, known) != 0) {
		diag_error(b->diag, conf_pos(&conf->node, "queue-type"),
			   "\"queue-type\" \"%s\": queue types of hook libraries are not supported yet",
			   conf->queue_type);
		diag_help(b->diag, "use \"%s\"", known);
		return;
	}
	diag_warn(b->diag, conf_pos(&conf->node, "enable-queue"),
		  "overload is always handled: while messages wait too long, fewer new clients are admitted and the "
		  "oldest "
		  "messages are dropped; \"capacity\" has no effect");
}

void check_hooks(struct build *b)
{
	const struct hooks_library_conf *libraries = b->root->hooks_libraries.v;

	for (unsigned i = 0; i < b->root->hooks_libraries.n; i++) {
		const struct hooks_library_conf *conf = &libraries[i];
		const char *slash = conf->library ? strrchr(conf->library, '/') : NULL;

		if (!conf->library)
			continue;
		if (!ctl_library_provider(conf->library)) {
			diag_error(b->diag, conf_pos(&conf->node, "library"),
				   "\"hooks-libraries\": the library %s is not supported yet",
				   slash ? slash + 1 : conf->library);
			conf_mark((struct conf_node *)&b->root->node, CONF_OFFSET(b->root, hooks_libraries),
				  CONF_MARK_BAD);
		} else if (conf->parameters && json_object_object_length(conf->parameters)) {
			diag_warn(b->diag, conf_pos(&conf->node, "parameters"),
				  "\"parameters\" is ignored: %s has none", slash ? slash + 1 : conf->library);
		}
	}
}

/* --- loggers --------------------------------------------------------------- */

static void build_output(struct build *b, const struct output_options_conf *conf, struct log_output *ret)
{
	const char *why = NULL;

	*ret = conf->out;
	if (log_output_parse(conf->output, ret) < 0) {
		diag_error(b->diag, conf_pos(&conf->node, "output"),
			   "\"%s\" is not an output: expected stdout, stderr, syslog, syslog:FACILITY or a file",
			   conf->output);
		return;
	}
	if (ret->kind == LOG_TO_FILE)
		ret->target = build_path(b, conf_pos(&conf->node, "output"), "output", conf->output, "KEA_LOG_FILE_DIR",
					 KEA_LOG_DIR);
	if (ret->pattern && ret->pattern[0] && log_pattern_check(ret->pattern, &why) < 0)
		diag_error(b->diag, conf_pos(&conf->node, "pattern"), "invalid pattern: %s", why);
}

void build_logging(struct build *b)
{
	const struct conf_list *loggers = &b->root->loggers;
	struct log_logger *out = arena_new_array(b->cfg->arena, struct log_logger, loggers->n);
	unsigned i, k;

	for (i = 0; i < loggers->n; i++) {
		const struct logger_conf *conf = &((const struct logger_conf *)loggers->v)[i];
		struct log_output *outputs = arena_new_array(b->cfg->arena, struct log_output, conf->output_options.n);

		for (k = 0; k < conf->output_options.n; k++)
			build_output(b, &((const struct output_options_conf *)conf->output_options.v)[k], &outputs[k]);
		out[i] = conf->log;
		out[i].outputs = outputs;
		out[i].n_outputs = conf->output_options.n;
		if (conf->log.name)
			lint_logger(b, conf);
		else
			out[i].name = "";
	}
	b->cfg->log = (struct log_conf){ .loggers = out, .n_loggers = loggers->n };
}
