/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/command.h"
#include "root/agent.h"
#include "root/program.h"

/*
 * The port of "Control-agent": what Kea's control agent, a process of its own, did. Requests with "service" go to the
 * unix sockets of the servers (ctl/forward.h); those without are about the agent itself.
 *
 * The DHCPv4 and the DHCPv6 server may read the same "Control-agent": the first one opens the port, the other one tries
 * again from time to time, and takes over when the port is free. So the port never keeps a server from starting.
 *
 * Main thread.
 */
struct agent;
struct loop;

/*
 * add_known: adds the rows of all services' commands. server: the program that opens the port (program, flags), and
 * server_file its configuration file, which lives longer.
 */
struct agent *agent_new(struct loop *loop, void (*add_known)(struct ctl *ctl), const struct program_build *server,
			const char *server_file);
/* Opens, changes or with NULL closes the port; takes conf. */
void agent_use(struct agent *agent, struct agent_conf *conf);
void agent_free(struct agent *agent); /* NULL is fine */
/* Its commands, with their filter. */
struct ctl *agent_ctl(const struct agent *agent);
/* Adds the agent's own commands. */
void agent_commands_add(struct ctl *ctl);
