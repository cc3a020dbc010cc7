/* SPDX-License-Identifier: MPL-2.0 */
/* Global settings other than options and the address plan: interfaces, lease file. */
#include "root/config_build.h"

#include "io/iface.h"

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
