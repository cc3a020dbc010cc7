/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "conf/key.h"
#include "db/db.h"
#include "log/config.h"
#include "subnet/subnet.h"
#include "wire/ident.h"

/*
 * The typed form of every map of a DHCP configuration; the rows that fill them are in keys_plan.c (the address plan)
 * and keys_root.c (the rest).
 */
struct relay_conf {
	struct conf_node node;
	struct conf_strings ip_addresses;
};

struct option_def_conf {
	struct conf_node node;
	const char *name;
	uint32_t code;
	const char *type;
	const char *record_types;
	const char *space;
	const char *encapsulate;
	bool array;
	struct json_object *user_context;
	const char *comment;
};

struct option_data_conf {
	struct conf_node node;
	const char *name;
	const char *data;
	const char *data_hex;
	uint32_t code;
	const char *space;
	bool csv_format;
	bool always_send;
	bool never_send;
	struct json_object *user_context;
	const char *comment;
	struct conf_strings client_classes;
};

/*
 * Fields of DDNS_ROWS, NET_ROWS and LINK_ROWS in keys_rows.h. Scopes that inherit from each other have them at the same
 * offsets: fields that more scopes share come first.
 */
struct ddns_conf {
	bool send_updates;
	bool override_no_update;
	bool override_client_update;
	uint32_t replace_client_name;
	const char *generated_prefix;
	const char *qualifying_suffix;
	bool update_on_renew;
	uint32_t conflict_resolution_mode;
	uint32_t dhcid; /* enum name_owner */
	double ttl_percent;
	uint32_t ttl;
	uint32_t ttl_min;
	uint32_t ttl_max;
	const char *hostname_char_set;
	const char *hostname_char_replacement;
};

enum reservation_mode {
	RESERVATION_ALL,
	RESERVATION_GLOBAL,
	RESERVATION_OUT_OF_POOL,
	RESERVATION_DISABLED,
	RESERVATION_OFF
};

/* What a kind of client boots. */
struct boot_entry_conf {
	struct conf_node node;
	const char *file;
	const char *server;
	const char *url;
};

struct boot_conf {
	struct conf_node node;
	struct boot_entry_conf *bios, *efi32, *efi64, *arm64, *http, *ipxe;
	struct conf_strings classes; /* those created for it */
};

/* Longest text in the field of the header, with its end. */
#define BOOT_FILE_FIELD 128

struct net_conf {
	bool deny_unknown;
	struct ddns_conf ddns;
	struct net_params par;
	bool reservations_out_of_pool;
	uint32_t reservation_mode; /* enum reservation_mode */
	bool ddns_use_conflict_resolution;
	struct boot_conf *boot; /* NULL if absent, here and in outer scopes */
};

struct link_conf {
	const char *interface;
	struct relay_conf *relay;
	struct conf_list option_data;
	const char *interface_id;
	struct conf_strings client_classes;
	struct conf_strings additional_classes;
};

struct pool_conf {
	struct conf_node node;
	bool deny_unknown;
	struct ddns_conf ddns;
	const char *pool;
	uint32_t pool_id;
	struct conf_list option_data;
	struct conf_strings client_classes;
	struct conf_strings additional_classes;
	struct json_object *user_context;
	const char *comment;
};

struct pd_pool_conf {
	struct conf_node node;
	bool deny_unknown;
	struct ddns_conf ddns;
	const char *prefix;
	uint32_t prefix_len;
	uint32_t delegated_len;
	uint32_t pool_id;
	struct conf_list option_data;
	struct conf_strings client_classes;
	struct conf_strings additional_classes;
	const char *excluded_prefix;
	uint32_t excluded_prefix_len;
	struct json_object *user_context;
	const char *comment;
};

struct reservation_conf {
	struct conf_node node;
	const char *duid;
	struct conf_strings client_classes;
	const char *client_id;
	const char *circuit_id;
	const char *flex_id;
	const char *ip_address;
	const char *hw_address;
	const char *hostname;
	struct conf_list option_data;
	uint32_t next_server;
	const char *server_hostname;
	const char *boot_file_name;
	struct json_object *user_context;
	const char *comment;
	struct conf_strings ip_addresses;
	struct conf_strings prefixes;
	struct conf_strings excluded_prefixes;
};

struct subnet_conf {
	struct conf_node node;
	struct net_conf net;
	struct link_conf link;
	struct conf_list pools;
	const char *subnet;
	uint32_t id;
	struct conf_list reservations;
	const char *v4o6_interface;
	const char *v4o6_interface_id;
	const char *v4o6_subnet;
	struct json_object *user_context;
	const char *comment;
	struct conf_list pd_pools;
};

struct shared_network_conf {
	struct conf_node node;
	struct net_conf net;
	struct link_conf link;
	const char *name;
	struct conf_list subnets;
	struct json_object *user_context;
	const char *comment;
};

/* Not used by DHCPv6. */
enum dhcp_socket_type { SOCKETS_RAW = 1, SOCKETS_UDP };
enum outbound_interface { OUTBOUND_SAME = 1, OUTBOUND_ROUTED };

struct interfaces_config_conf {
	struct conf_node node;
	struct conf_strings interfaces;
	enum dhcp_socket_type dhcp_socket_type;
	enum outbound_interface outbound_interface;
	bool re_detect;
	bool service_sockets_require_all;
	uint32_t service_sockets_retry_wait_time;
	uint32_t service_sockets_max_retries;
	struct json_object *user_context;
	const char *comment;
};

enum database_type { DATABASE_MEMFILE, DATABASE_MYSQL, DATABASE_PGSQL };

/*
 * What the server does while a database cannot be reached. STOP_EXIT: responds to nobody. SERVE_EXIT: responds to
 * messages that do not need it. Both exit after "max-reconnect-tries" failures. SERVE: never exits. CACHED: also renews
 * leases that it remembers, for the time that is stored.
 */
enum database_on_fail { ON_FAIL_STOP_EXIT, ON_FAIL_SERVE_EXIT, ON_FAIL_SERVE, ON_FAIL_CACHED };

/* When an acknowledged lease is on disk: before the response is sent, or whenever the system writes it. */
enum database_sync { SYNC_GROUP, SYNC_NONE };

struct database_conf {
	struct conf_node node;
	enum database_type type;
	const char *user;
	const char *password;
	const char *password_file;
	const char *host; /* one or several, separated by commas */
	uint32_t port;
	const char *name;
	bool persist;
	uint32_t lfc_interval;
	uint32_t history_size;
	bool readonly;
	uint32_t connect_timeout;
	uint32_t read_timeout;
	uint32_t write_timeout;
	uint32_t tcp_user_timeout;
	uint32_t statement_timeout;
	uint32_t connections;
	uint32_t max_reconnect_tries;
	uint32_t reconnect_wait_time;
	enum database_on_fail on_fail;
	bool retry_on_startup;
	uint32_t max_row_errors;
	const char *trust_anchor;
	const char *cert_file;
	const char *key_file;
	enum db_ssl_mode ssl_mode;
	const char *cipher_list;
	enum database_sync sync;
};

enum lease_checks { LEASE_CHECK_NONE, LEASE_CHECK_WARN, LEASE_CHECK_FIX, LEASE_CHECK_FIX_DEL, LEASE_CHECK_DEL };
enum context_checks { CONTEXT_CHECK_NONE, CONTEXT_CHECK_FIX, CONTEXT_CHECK_STRICT, CONTEXT_CHECK_PEDANTIC };

struct sanity_checks_conf {
	struct conf_node node;
	enum lease_checks lease_checks;
	enum context_checks extended_info_checks;
};

struct multi_threading_conf {
	struct conf_node node;
	bool enable_multi_threading;
	uint32_t thread_pool_size;
	uint32_t packet_queue_size;
	struct json_object *user_context;
	const char *comment;
};

enum commands_available { COMMANDS_LISTED, COMMANDS_ALL };

struct hooks_library_conf {
	struct conf_node node;
	const char *library;
	struct json_object *parameters;
};

struct expired_leases_processing_conf {
	struct conf_node node;
	uint32_t reclaim_timer_wait_time;
	uint32_t flush_reclaimed_timer_wait_time;
	uint32_t hold_reclaimed_time;
	uint32_t max_reclaim_leases;
	uint32_t max_reclaim_time;
	uint32_t unwarned_reclaim_cycles;
};

/* What its clients have, instead of an expression. */
struct match_conf {
	struct conf_node node;
	struct conf_strings hardware;
	bool random_mac;
	struct conf_strings vendor_class;
	struct conf_strings user_class;
};

struct client_class_conf {
	struct conf_node node;
	struct net_conf net;
	const char *name;
	const char *test;
	const char *template_test;
	struct match_conf *match; /* NULL if absent */
	bool is_of_boot;          /* created for a boot block, not in the text */
	bool only_in_additional_list;
	struct conf_list option_def;
	struct conf_list option_data;
	struct json_object *user_context;
	const char *comment;
};

/* The server's DUID as configured; the server fills in zeros. */
struct duid_conf {
	bool is_set; /* false: use the stored one, or a new DUID-LLT */
	enum duid_type type;
	uint32_t time, enterprise;
	uint16_t htype;
	uint8_t *identifier; /* NULL if none */
	int identifier_len;
	bool persist;
};

struct server_id_conf {
	struct conf_node node;
	struct duid_conf duid;
	const char *identifier;
	struct json_object *user_context;
	const char *comment;
};

struct http_header_conf {
	struct conf_node node;
	const char *name;
	const char *value;
	struct json_object *user_context;
	const char *comment;
};

struct auth_client_conf {
	struct conf_node node;
	const char *user;
	const char *user_file;
	const char *password;
	const char *password_file;
	uint32_t access; /* 1: read-only */
	struct conf_strings allowed_commands;
	struct json_object *user_context;
	const char *comment;
};

struct authentication_conf {
	struct conf_node node;
	uint32_t type;
	const char *realm;
	const char *directory;
	struct conf_list clients;
	const char *comment;
	struct json_object *user_context;
};

struct control_socket_conf {
	struct conf_node node;
	uint32_t socket_type;
	const char *socket_name;
	const char *socket_address;
	uint32_t socket_port;
	struct authentication_conf *authentication;
	const char *trust_anchor;
	const char *cert_file;
	const char *key_file;
	bool cert_required;
	struct conf_list http_headers;
	uint32_t access; /* 1: read-only */
	bool page;
	struct json_object *user_context;
	const char *comment;
};

struct dhcp_queue_control_conf {
	struct conf_node node;
	bool enable_queue;
	const char *queue_type;
	uint32_t capacity;
	struct json_object *user_context;
	const char *comment;
};

struct dhcp_ddns_conf {
	struct conf_node node;
	bool enable_updates;
	const char *server_ip;
	uint32_t server_port;
	const char *sender_ip;
	uint32_t sender_port;
	uint32_t max_queue_size;
	bool ncr_journal;
	uint32_t ncr_protocol;
	uint32_t ncr_format;
	struct ddns_conf names; /* moved to the scopes in Kea 1.9 */
	struct json_object *user_context;
	const char *comment;
};

struct dns_publish_conf {
	struct conf_node node;
	const char *hosts_file;
	const char *unbound_socket;
	uint32_t ttl; /* s */
	struct json_object *user_context;
	const char *comment;
};

struct config_control_conf {
	struct conf_node node;
	struct conf_list config_databases;
	uint32_t config_fetch_wait_time;
};

struct output_options_conf {
	struct conf_node node;
	struct log_output out; /* `output` determines kind and target */
	const char *output;
};

struct logger_conf {
	struct conf_node node;
	struct log_logger log; /* outputs are built from output_options */
	struct conf_list output_options;
	struct json_object *user_context;
	const char *comment;
};

struct compatibility_conf {
	struct conf_node node;
	bool lenient_option_parsing;
	bool ignore_dhcp_server_identifier;
	bool ignore_rai_link_selection;
	bool exclude_first_last_24;
};

struct global_conf {
	struct conf_node node;
	struct net_conf net;
	uint32_t decline_probation_period;
	struct conf_list subnets;
	struct conf_list shared_networks;
	struct interfaces_config_conf *interfaces_config;
	struct database_conf *lease_database;
	struct database_conf *hosts_database;
	struct conf_list hosts_databases;
	struct conf_strings host_reservation_identifiers;
	struct conf_list client_classes;
	struct conf_list option_def;
	struct conf_list option_data;
	struct conf_list hooks_libraries;
	enum commands_available commands;
	struct expired_leases_processing_conf *expired_leases_processing;
	uint32_t dhcp4o6_port;
	struct conf_list control_sockets;
	struct dhcp_queue_control_conf *dhcp_queue_control;
	struct dhcp_ddns_conf *dhcp_ddns;
	struct dns_publish_conf *dns_publish; /* NULL if absent */
	bool echo_client_id;
	struct json_object *user_context;
	const char *comment;
	struct sanity_checks_conf *sanity_checks;
	struct conf_list reservations;
	struct config_control_conf *config_control;
	const char *server_tag;
	struct conf_list loggers;
	uint32_t statistic_default_sample_count;
	uint32_t statistic_default_sample_age;
	struct multi_threading_conf *multi_threading;
	bool early_global_reservations_lookup;
	bool ip_reservations_unique;
	bool reservations_lookup_first;
	struct compatibility_conf *compatibility;
	uint32_t parked_packet_limit;
	bool stash_agent_options;
	const char *data_directory;
	struct conf_strings mac_sources;
	struct conf_strings relay_supplied_options;
	struct server_id_conf *server_id;
	bool allow_address_registration;
	struct control_socket_conf *control_socket;
	uint32_t max_leases_per_client;
	bool lenient;
	bool persist_changes;
};

extern const struct scope relay_scope;
extern const struct scope option_def_scope;
extern const struct scope option_data_scope;
extern const struct scope pool_scope;
extern const struct scope pd_pool_scope;
extern const struct scope reservation_scope;
extern const struct scope subnet_scope;
extern const struct scope shared_network_scope;
extern const struct scope interfaces_config_scope;
extern const struct scope database_scope;
extern const struct scope sanity_checks_scope;
extern const struct scope multi_threading_scope;
extern const struct scope hooks_library_scope;
extern const struct scope expired_leases_processing_scope;
extern const struct scope boot_entry_scope;
extern const struct scope boot_scope;
extern const struct scope match_scope;
extern const struct scope client_class_scope;
extern const struct scope server_id_scope;
extern const struct scope http_header_scope;
extern const struct scope auth_client_scope;
extern const struct scope authentication_scope;
extern const struct scope control_socket_scope;
extern const struct scope dhcp_queue_control_scope;
extern const struct scope dhcp_ddns_scope;
extern const struct scope dns_publish_scope;
extern const struct scope config_control_scope;
extern const struct scope output_options_scope;
extern const struct scope logger_scope;
extern const struct scope compatibility_scope;
extern const struct scope global_scope;
/* All scopes, NULL-terminated. */
extern const struct scope *const all_scopes[];

/* Words also used outside the rows. */
extern const char *const allocator_words[];
extern const char *const ddns_conflict_resolution_mode_words[];
extern const char *const ddns_dhcid_words[];
extern const char *const ddns_replace_client_name_words[];
extern const char *const pd_allocator_words[];
extern const char *const reservation_mode_words[];

_Static_assert(offsetof(struct shared_network_conf, net) == offsetof(struct global_conf, net) &&
		       offsetof(struct subnet_conf, net) == offsetof(struct global_conf, net) &&
		       offsetof(struct client_class_conf, net) == offsetof(struct global_conf, net),
	       "networks, subnets and classes inherit net");
_Static_assert(offsetof(struct subnet_conf, link) == offsetof(struct shared_network_conf, link),
	       "subnets inherit link");
_Static_assert(offsetof(struct pool_conf, ddns) == offsetof(struct subnet_conf, net.ddns) &&
		       offsetof(struct pd_pool_conf, ddns) == offsetof(struct subnet_conf, net.ddns) &&
		       offsetof(struct pool_conf, deny_unknown) == offsetof(struct subnet_conf, net.deny_unknown) &&
		       offsetof(struct pd_pool_conf, deny_unknown) == offsetof(struct subnet_conf, net.deny_unknown),
	       "pools inherit ddns and deny-unknown");
