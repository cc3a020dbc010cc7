/* SPDX-License-Identifier: MPL-2.0 */
#include "root/keys_agent.h"

static const char *const socket_type_words[] = { "unix", NULL };

static const struct key agent_socket_keys[] = {
	K_ENUM(struct agent_socket_conf, socket_type, "socket-type", .families = KEY_AGENT, .words = socket_type_words,
	       .def = "\"unix\"", .since = "4.2.0", .doc = "unix"),
	K_STRING(struct agent_socket_conf, socket_name, "socket-name", .families = KEY_AGENT, .required = true,
		 .since = "4.2.0", .doc = "path of the socket, as in \"control-socket\" of the service"),
	K_COMMENT(struct agent_socket_conf),
};
const struct scope agent_socket_scope = SCOPE("agent-socket", struct agent_socket_conf, agent_socket_keys);

#define K_SERVICE(number, word)                                                                      \
	K_MAP(struct agent_sockets_conf, service[number], word, agent_socket, .families = KEY_AGENT, \
	      .may_be_absent = true, .since = "4.2.0",                                               \
	      .doc = "where requests with \"service\": [ \"" word "\" ] are forwarded to")
static const struct key agent_sockets_keys[] = {
	K_SERVICE(SERVICE_DHCP4, "dhcp4"),
	K_SERVICE(SERVICE_DHCP6, "dhcp6"),
	K_SERVICE(SERVICE_D2, "d2"),
	K_COMMENT(struct agent_sockets_conf),
};
const struct scope agent_sockets_scope = SCOPE("control-sockets", struct agent_sockets_conf, agent_sockets_keys);

static const struct key agent_keys[] = {
	K_STRING(struct agent_map_conf, http.socket_address, "http-host", .families = KEY_AGENT, .def = "\"127.0.0.1\"",
		 .since = "4.2.0", .doc = "listen address"),
	K_INT(struct agent_map_conf, http.socket_port, "http-port", .families = KEY_AGENT, .min = 1, .max = 65535,
	      .def = "8000", .since = "4.2.0", .doc = "listen port"),
	K_MAP(struct agent_map_conf, http.authentication, "authentication", authentication, .families = KEY_AGENT,
	      .may_be_absent = true, .since = "4.2.0", .doc = "HTTP basic authentication"),
	K_STRING(struct agent_map_conf, http.trust_anchor, "trust-anchor", .families = KEY_AGENT, .since = "4.2.0",
		 .doc = "CA file or directory: with the next two keys, the port speaks HTTPS"),
	K_STRING(struct agent_map_conf, http.cert_file, "cert-file", .families = KEY_AGENT, .since = "4.2.0",
		 .doc = "certificate"),
	K_STRING(struct agent_map_conf, http.key_file, "key-file", .families = KEY_AGENT, .since = "4.2.0",
		 .doc = "private key"),
	K_BOOL(struct agent_map_conf, http.cert_required, "cert-required", .families = KEY_AGENT, .def = "true",
	       .since = "4.2.0", .doc = "ask for client certificate"),
	K_LIST(struct agent_map_conf, http.http_headers, "http-headers", http_header_scope, .families = KEY_AGENT,
	       .since = "4.2.0", .doc = "extra response headers"),
	K_MAP(struct agent_map_conf, sockets, "control-sockets", agent_sockets, .families = KEY_AGENT, .since = "4.2.0",
	      .doc = "unix sockets of the services"),
	K_LIST(struct agent_map_conf, hooks_libraries, "hooks-libraries", hooks_library_scope, .families = KEY_AGENT,
	       .refuse = "hook libraries of the control agent are", .doc = "shared objects to load, in order"),
	K_JSONS(struct agent_map_conf, loggers, "loggers", .families = KEY_AGENT, .since = "4.2.0",
		.doc = "not used: the loggers of the server that opens the port are"),
	K_COMMENT(struct agent_map_conf),
};
const struct scope agent_scope = SCOPE(AGENT_ROOT, struct agent_map_conf, agent_keys);

const struct scope *const agent_scopes[] = {
	&agent_scope,       &agent_sockets_scope, &agent_socket_scope,  &authentication_scope,
	&auth_client_scope, &http_header_scope,   &hooks_library_scope, NULL,
};
