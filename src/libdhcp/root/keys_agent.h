/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/forward.h"
#include "root/keys.h"

/* The keys of "Control-agent". */
#define AGENT_ROOT "Control-agent"

struct agent_socket_conf {
	struct conf_node node;
	uint32_t socket_type;
	const char *socket_name;
	struct json_object *user_context;
	const char *comment;
};

struct agent_sockets_conf {
	struct conf_node node;
	struct agent_socket_conf *service[CTL_SERVICES];
	struct json_object *user_context;
	const char *comment;
};

/* The agent's map has the keys of an HTTP control socket, some with other names. */
struct agent_map_conf {
	struct control_socket_conf http;
	struct agent_sockets_conf *sockets;
	struct conf_list hooks_libraries;
	struct json_object *loggers;
	struct json_object *user_context;
	const char *comment;
};

extern const struct scope agent_scope, agent_sockets_scope, agent_socket_scope;
/* All scopes, NULL-terminated. */
extern const struct scope *const agent_scopes[];
