/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/command.h"
#include "daemon/daemon.h"
#include "serve/family.h"

/*
 * The control commands of the servers; commands_*.c have their rows and handlers. A call's user is the struct daemon.
 * Main thread.
 */

extern const struct daemon_commands server_commands;

static inline struct daemon *call_daemon(const struct ctl_call *call)
{
	return ctl_call_user(call);
}

/* The rows of each file. */
struct command_rows {
	const struct command *v;
	unsigned n;
};
#define COMMAND_ROWS(table)                               \
	{                                                 \
		table, sizeof(table) / sizeof((table)[0]) \
	}
/*
 * True if hash is NULL or that of the configuration in service; otherwise responds that it was changed.
 */
bool command_hash_is_current(struct ctl_call *call, const char *hash);

extern const struct command_rows commands_cache, commands_class, commands_config, commands_event, commands_explain,
	commands_host, commands_lease, commands_net, commands_server, commands_stat, commands_subnet, commands_trace;
/* metrics.c: GET /metrics for Prometheus; who may use statistic-get-all may read it. */
extern const struct ctl_page metrics_page;
/* commands_event.c: GET /events */
extern const struct ctl_page events_page;
/* page.c: the web page */
#define WEB_PAGES 4
extern const struct ctl_page web_pages[WEB_PAGES];
