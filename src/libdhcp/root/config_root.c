/* SPDX-License-Identifier: MPL-2.0 */
/* Global settings other than options and the address plan: interfaces, lease file. */
#include "root/config_build.h"

#include "ctl/library.h"
#include "hook/library.h"
#include "io/iface.h"

#include <errno.h>
#include <unistd.h>

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

/* A library of Kea whose commands or whose work is built in: nothing is loaded. */
static void check_built_in(struct build *b, const struct hooks_library_conf *conf, const char *name)
{
	if (conf->parameters && json_object_object_length(conf->parameters))
		diag_warn(b->diag, conf_pos(&conf->node, "parameters"), "\"parameters\" is ignored: %s has none", name);
}

/*
 * Returns the path of the library: in the directory of libraries, whatever directory the configuration of another
 * server names, or with -X where it says. NULL after an error.
 */
static const char *hook_path(struct build *b, const struct hooks_library_conf *conf, const char *name)
{
	const char *env = "KEA_HOOKS_PATH", *directory = getenv(env) ? getenv(env) : KEA_HOOKS_DIR, *path;
	struct pos pos = conf_pos(&conf->node, "library");

	path = arena_printf(b->cfg->arena, "%s/%s", directory, name);
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return path;
	if (b->flags & CONFIG_RELAXED && name != conf->library && access(conf->library, F_OK) == 0) {
		diag_warn(b->diag, pos, "invalid path specified: \"%s\" is outside %s", conf->library, directory);
		return conf->library;
	}
	diag_error(b->diag, pos, "\"hooks-libraries\": there is no library %s in %s", name, directory);
	if (name != conf->library && access(conf->library, F_OK) == 0)
		diag_help(b->diag, "invalid path specified: libraries are loaded from %s only, or set %s", directory,
			  env);
	return NULL;
}

static bool load_library(struct build *b, const struct hooks_library_conf *conf, const char *name)
{
	struct hook_load load = {
		.path = hook_path(b, conf, name),
		.parameters = conf->parameters,
		.digit = config_digit(b->cfg),
		.is_check = !(b->flags & CONFIG_SERVE),
		.is_relaxed = b->flags & CONFIG_RELAXED,
		.diag = b->diag,
		.pos = conf_pos(&conf->node, "library"),
	};

	b->has_hooks = true;
	if (!load.path)
		return false;
	if (!b->cfg->hooks)
		b->cfg->hooks = hooks_new(b->cfg->arena);
	return hooks_load(b->cfg->hooks, &load);
}

void build_hooks(struct build *b)
{
	const struct hooks_library_conf *libraries = b->root->hooks_libraries.v;

	for (unsigned i = 0; i < b->root->hooks_libraries.n; i++) {
		const struct hooks_library_conf *conf = &libraries[i];
		const char *slash = conf->library ? strrchr(conf->library, '/') : NULL;
		const char *name = slash ? slash + 1 : conf->library, *why;
		bool ok = true;

		if (!conf->library)
			continue;
		why = ctl_library_refused(name);
		if (why) {
			diag_error(b->diag, conf_pos(&conf->node, "library"),
				   "\"hooks-libraries\": %s: %s not supported yet", name, why);
			b->has_hooks = true;
			ok = false;
		} else if (ctl_library_is_built_in(name)) {
			check_built_in(b, conf, name);
		} else {
			ok = load_library(b, conf, name);
		}
		if (!ok)
			conf_mark((struct conf_node *)&b->root->node, CONF_OFFSET(b->root, hooks_libraries),
				  CONF_MARK_BAD);
	}
}
