/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "conf/key.h"
#include "root/keys.h"

/* The configuration keys of kea-dhcp-ddns: the rows are in keys.c. */
struct dns_server_conf {
	struct conf_node node;
	const char *hostname;
	const char *ip_address;
	uint16_t port;
	const char *key_name;
	struct json_object *user_context;
	const char *comment;
};

struct ddns_domain_conf {
	struct conf_node node;
	const char *name;
	const char *key_name;
	struct conf_list dns_servers;
	struct json_object *user_context;
	const char *comment;
};

struct ddns_manager_conf {
	struct conf_node node;
	struct conf_list ddns_domains;
};

struct tsig_key_conf {
	struct conf_node node;
	const char *name;
	const char *algorithm;
	uint32_t digest_bits;
	const char *secret;
	const char *secret_file;
	struct json_object *user_context;
	const char *comment;
};

enum ncr_protocol { NCR_UDP, NCR_TCP };

struct d2_conf {
	struct conf_node node;
	const char *ip_address;
	uint16_t port;
	uint32_t dns_server_timeout; /* ms */
	enum ncr_protocol ncr_protocol;
	uint32_t ncr_format;
	struct ddns_manager_conf *forward_ddns;
	struct ddns_manager_conf *reverse_ddns;
	struct conf_list tsig_keys;
	struct control_socket_conf *control_socket;
	struct conf_list control_sockets;
	struct conf_list hooks_libraries;
	struct conf_list loggers;
	struct json_object *user_context;
	const char *comment;
};

extern const struct scope dns_server_scope;
extern const struct scope ddns_domain_scope;
extern const struct scope ddns_manager_scope;
extern const struct scope tsig_key_scope;
extern const struct scope d2_scope;
/* All scopes, NULL-terminated. */
extern const struct scope *const d2_scopes[];
