/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/commands.h"

#include "api/api.h"
#include "daemon/agent.h"

static void add(struct ctl *ctl)
{
	const struct command_rows *const all[] = {
		&commands_cache, &commands_class, &commands_config, &commands_event, &commands_explain, &commands_host,
		&commands_lease, &commands_net,   &commands_server, &commands_stat,  &commands_subnet,  &commands_trace,
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ctl_add(ctl, all[i]->v, all[i]->n);
	ctl_add_page(ctl, &metrics_page);
	ctl_add_page(ctl, &events_page);
	for (unsigned i = 0; i < WEB_PAGES; i++)
		ctl_add_page(ctl, &web_pages[i]);
}

/* Makes those commands available that the configuration in service asks for, and its leases to hook libraries. */
static void configure(struct daemon *d)
{
	const struct global_conf *conf = &d->sockets.live->cfg->global;
	const struct hooks_library_conf *libraries = conf->hooks_libraries.v;
	unsigned n = conf->hooks_libraries.n;
	struct conf_strings names = { .v = xcalloc(n + 1, sizeof(*names.v)), .n = n };

	for (unsigned i = 0; i < n; i++)
		names.v[i] = libraries[i].library;
	ctl_set_libraries(d->ctl, &names, conf->commands == COMMANDS_ALL);
	free(names.v);
	api_use_commands(d->ctl, d->sockets.live->hooks);
	api_use_http(agent_ctl(d->agent), d->sockets.live->hooks);
	api_use_live(d->sockets.live, d->fam->digit == 6 ? &d->srv.duid : NULL);
}

const struct daemon_commands server_commands = { add, configure };
