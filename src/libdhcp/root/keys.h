/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "conf/key.h"

/*
 * The typed form of every map of a DHCP configuration; the rows that fill them are in keys_plan.c (what
 * makes up the address plan) and keys_root.c (the rest).
 */
struct relay_conf {
	struct conf_node node;
	struct conf_strings ip_addresses;
};

struct option_def_conf {
	struct conf_node node;
	struct opt_str name;
	struct opt_int code;
	struct opt_str type;
	struct opt_str record_types;
	struct opt_str space;
	struct opt_str encapsulate;
	struct opt_bool array;
	struct json_object *user_context;
	struct opt_str comment;
};

struct option_data_conf {
	struct conf_node node;
	struct opt_str name;
	struct opt_str data;
	struct opt_str data_hex;
	struct opt_int code;
	struct opt_str space;
	struct opt_bool csv_format;
	struct opt_bool always_send;
	struct opt_bool never_send;
	struct json_object *user_context;
	struct opt_str comment;
	struct conf_strings client_classes;
};

/* The fields of DDNS_ROWS, NET_ROWS and LINK_ROWS in keys_rows.h. */
struct ddns_conf {
	struct opt_bool send_updates;
	struct opt_bool override_no_update;
	struct opt_bool override_client_update;
	struct opt_int replace_client_name;
	struct opt_str generated_prefix;
	struct opt_str qualifying_suffix;
	struct opt_bool update_on_renew;
	struct opt_int conflict_resolution_mode;
	struct opt_real ttl_percent;
	struct opt_int ttl;
	struct opt_int ttl_min;
	struct opt_int ttl_max;
	struct opt_str hostname_char_set;
	struct opt_str hostname_char_replacement;
};

struct net_conf {
	struct opt_int valid_lifetime;
	struct opt_int min_valid_lifetime;
	struct opt_int max_valid_lifetime;
	struct opt_int renew_timer;
	struct opt_int rebind_timer;
	struct opt_int preferred_lifetime;
	struct opt_int min_preferred_lifetime;
	struct opt_int max_preferred_lifetime;
	struct opt_bool calculate_tee_times;
	struct opt_real t1_percent;
	struct opt_real t2_percent;
	struct opt_real cache_threshold;
	struct opt_int cache_max_age;
	struct opt_real adaptive_lease_time_threshold;
	struct opt_int offer_lifetime;
	struct opt_int allocator;
	struct opt_int pd_allocator;
	struct opt_int max_addresses_per_ia;
	struct opt_int max_prefixes_per_ia;
	struct opt_bool match_client_id;
	struct opt_bool authoritative;
	struct opt_str next_server;
	struct opt_str server_hostname;
	struct opt_str boot_file_name;
	struct opt_bool store_extended_info;
	struct opt_bool reservations_global;
	struct opt_bool reservations_in_subnet;
	struct opt_bool reservations_out_of_pool;
	struct opt_int reservation_mode;
	struct ddns_conf ddns;
	struct opt_bool ddns_use_conflict_resolution;
};

struct link_conf {
	struct opt_str interface;
	struct conf_map relay;
	struct conf_list option_data;
	struct opt_str interface_id;
	struct opt_bool rapid_commit;
	struct opt_str client_class;
	struct conf_strings client_classes;
	struct conf_strings require_client_classes;
	struct conf_strings evaluate_additional_classes;
};

struct pool_conf {
	struct conf_node node;
	struct ddns_conf ddns;
	struct opt_str pool;
	struct opt_int pool_id;
	struct conf_list option_data;
	struct opt_str client_class;
	struct conf_strings client_classes;
	struct conf_strings require_client_classes;
	struct conf_strings evaluate_additional_classes;
	struct json_object *user_context;
	struct opt_str comment;
};

struct pd_pool_conf {
	struct conf_node node;
	struct opt_str prefix;
	struct opt_int prefix_len;
	struct opt_int delegated_len;
	struct opt_int pool_id;
	struct conf_list option_data;
	struct opt_str client_class;
	struct conf_strings client_classes;
	struct conf_strings require_client_classes;
	struct conf_strings evaluate_additional_classes;
	struct opt_str excluded_prefix;
	struct opt_int excluded_prefix_len;
	struct json_object *user_context;
	struct opt_str comment;
};

struct reservation_conf {
	struct conf_node node;
	struct opt_str duid;
	struct conf_strings client_classes;
	struct opt_str client_id;
	struct opt_str circuit_id;
	struct opt_str flex_id;
	struct opt_str ip_address;
	struct opt_str hw_address;
	struct opt_str hostname;
	struct conf_list option_data;
	struct opt_str next_server;
	struct opt_str server_hostname;
	struct opt_str boot_file_name;
	struct json_object *user_context;
	struct opt_str comment;
	struct conf_strings ip_addresses;
	struct conf_strings prefixes;
	struct conf_strings excluded_prefixes;
};

struct subnet_conf {
	struct conf_node node;
	struct link_conf link;
	struct net_conf net;
	struct conf_list pools;
	struct opt_str subnet;
	struct opt_int id;
	struct conf_list reservations;
	struct opt_str v4o6_interface;
	struct opt_str v4o6_interface_id;
	struct opt_str v4o6_subnet;
	struct json_object *user_context;
	struct opt_str comment;
	struct conf_list pd_pools;
};

struct shared_network_conf {
	struct conf_node node;
	struct link_conf link;
	struct net_conf net;
	struct opt_str name;
	struct conf_list subnets;
	struct json_object *user_context;
	struct opt_str comment;
};

struct interfaces_config_conf {
	struct conf_node node;
	struct conf_strings interfaces;
	struct opt_int dhcp_socket_type;
	struct opt_int outbound_interface;
	struct opt_bool re_detect;
	struct opt_bool service_sockets_require_all;
	struct opt_int service_sockets_retry_wait_time;
	struct opt_int service_sockets_max_retries;
	struct json_object *user_context;
	struct opt_str comment;
};

struct database_conf {
	struct conf_node node;
	struct opt_int type;
	struct opt_str user;
	struct opt_str password;
	struct opt_str password_file;
	struct opt_str host;
	struct opt_int port;
	struct opt_str name;
	struct opt_bool persist;
	struct opt_int lfc_interval;
	struct opt_bool readonly;
	struct opt_int connect_timeout;
	struct opt_int read_timeout;
	struct opt_int write_timeout;
	struct opt_int tcp_user_timeout;
	struct opt_int max_reconnect_tries;
	struct opt_int reconnect_wait_time;
	struct opt_int on_fail;
	struct opt_bool retry_on_startup;
	struct opt_int max_row_errors;
	struct opt_str trust_anchor;
	struct opt_str cert_file;
	struct opt_str key_file;
	struct opt_int ssl_mode;
	struct opt_str cipher_list;
	struct opt_int sync;
};

struct sanity_checks_conf {
	struct conf_node node;
	struct opt_int lease_checks;
	struct opt_int extended_info_checks;
};

struct multi_threading_conf {
	struct conf_node node;
	struct opt_bool enable_multi_threading;
	struct opt_int thread_pool_size;
	struct opt_int packet_queue_size;
	struct json_object *user_context;
	struct opt_str comment;
};

struct hooks_library_conf {
	struct conf_node node;
	struct opt_str library;
	struct json_object *parameters;
};

struct expired_leases_processing_conf {
	struct conf_node node;
	struct opt_int reclaim_timer_wait_time;
	struct opt_int flush_reclaimed_timer_wait_time;
	struct opt_int hold_reclaimed_time;
	struct opt_int max_reclaim_leases;
	struct opt_int max_reclaim_time;
	struct opt_int unwarned_reclaim_cycles;
};

struct client_class_conf {
	struct conf_node node;
	struct opt_str name;
	struct opt_str test;
	struct opt_str template_test;
	struct opt_bool only_if_required;
	struct opt_bool only_in_additional_list;
	struct conf_list option_def;
	struct conf_list option_data;
	struct opt_str next_server;
	struct opt_str server_hostname;
	struct opt_str boot_file_name;
	struct json_object *user_context;
	struct opt_str comment;
	struct opt_int valid_lifetime;
	struct opt_int min_valid_lifetime;
	struct opt_int max_valid_lifetime;
	struct opt_int offer_lifetime;
	struct opt_int preferred_lifetime;
	struct opt_int min_preferred_lifetime;
	struct opt_int max_preferred_lifetime;
};

struct server_id_conf {
	struct conf_node node;
	struct opt_int type;
	struct opt_str identifier;
	struct opt_int time;
	struct opt_int htype;
	struct opt_int enterprise_id;
	struct opt_bool persist;
	struct json_object *user_context;
	struct opt_str comment;
};

struct http_header_conf {
	struct conf_node node;
	struct opt_str name;
	struct opt_str value;
	struct json_object *user_context;
	struct opt_str comment;
};

struct auth_client_conf {
	struct conf_node node;
	struct opt_str user;
	struct opt_str user_file;
	struct opt_str password;
	struct opt_str password_file;
	struct json_object *user_context;
	struct opt_str comment;
};

struct authentication_conf {
	struct conf_node node;
	struct opt_int type;
	struct opt_str realm;
	struct opt_str directory;
	struct conf_list clients;
	struct opt_str comment;
	struct json_object *user_context;
};

struct control_socket_conf {
	struct conf_node node;
	struct opt_int socket_type;
	struct opt_str socket_name;
	struct opt_str socket_address;
	struct opt_int socket_port;
	struct conf_map authentication;
	struct opt_str trust_anchor;
	struct opt_str cert_file;
	struct opt_str key_file;
	struct opt_bool cert_required;
	struct conf_list http_headers;
	struct json_object *user_context;
	struct opt_str comment;
};

struct dhcp_queue_control_conf {
	struct conf_node node;
	struct opt_bool enable_queue;
	struct opt_str queue_type;
	struct opt_int capacity;
	struct json_object *user_context;
	struct opt_str comment;
};

struct dhcp_ddns_conf {
	struct conf_node node;
	struct opt_bool enable_updates;
	struct opt_str server_ip;
	struct opt_int server_port;
	struct opt_str sender_ip;
	struct opt_int sender_port;
	struct opt_int max_queue_size;
	struct opt_int ncr_protocol;
	struct opt_int ncr_format;
	struct ddns_conf names; /* since Kea 1.9 with the scopes */
	struct json_object *user_context;
	struct opt_str comment;
};

struct config_control_conf {
	struct conf_node node;
	struct conf_list config_databases;
	struct opt_int config_fetch_wait_time;
};

struct output_options_conf {
	struct conf_node node;
	struct opt_str output;
	struct opt_bool flush;
	struct opt_int maxsize;
	struct opt_int maxver;
	struct opt_str pattern;
};

struct logger_conf {
	struct conf_node node;
	struct opt_str name;
	struct conf_list output_options;
	struct opt_int debuglevel;
	struct opt_int severity;
	struct json_object *user_context;
	struct opt_str comment;
};

struct compatibility_conf {
	struct conf_node node;
	struct opt_bool lenient_option_parsing;
	struct opt_bool ignore_dhcp_server_identifier;
	struct opt_bool ignore_rai_link_selection;
	struct opt_bool exclude_first_last_24;
};

struct global_conf {
	struct conf_node node;
	struct net_conf net;
	struct opt_int decline_probation_period;
	struct conf_list subnets;
	struct conf_list shared_networks;
	struct conf_map interfaces_config;
	struct conf_map lease_database;
	struct conf_map hosts_database;
	struct conf_list hosts_databases;
	struct conf_strings host_reservation_identifiers;
	struct conf_list client_classes;
	struct conf_list option_def;
	struct conf_list option_data;
	struct conf_list hooks_libraries;
	struct conf_map expired_leases_processing;
	struct opt_int dhcp4o6_port;
	struct conf_list control_sockets;
	struct conf_map dhcp_queue_control;
	struct conf_map dhcp_ddns;
	struct opt_bool echo_client_id;
	struct json_object *user_context;
	struct opt_str comment;
	struct conf_map sanity_checks;
	struct conf_list reservations;
	struct conf_map config_control;
	struct opt_str server_tag;
	struct conf_list loggers;
	struct opt_int statistic_default_sample_count;
	struct opt_int statistic_default_sample_age;
	struct conf_map multi_threading;
	struct opt_bool early_global_reservations_lookup;
	struct opt_bool ip_reservations_unique;
	struct opt_bool reservations_lookup_first;
	struct conf_map compatibility;
	struct opt_int parked_packet_limit;
	struct opt_bool stash_agent_options;
	struct opt_str data_directory;
	struct conf_strings mac_sources;
	struct conf_strings relay_supplied_options;
	struct conf_map server_id;
	struct opt_bool allow_address_registration;
	struct conf_map control_socket;
	struct opt_int max_leases_per_client;
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
extern const struct scope client_class_scope;
extern const struct scope server_id_scope;
extern const struct scope http_header_scope;
extern const struct scope auth_client_scope;
extern const struct scope authentication_scope;
extern const struct scope control_socket_scope;
extern const struct scope dhcp_queue_control_scope;
extern const struct scope dhcp_ddns_scope;
extern const struct scope config_control_scope;
extern const struct scope output_options_scope;
extern const struct scope logger_scope;
extern const struct scope compatibility_scope;
extern const struct scope global_scope;
/* All of them, NULL-terminated. */
extern const struct scope *const all_scopes[];

/* Words that are needed outside the rows too. */
extern const char *const severity_words[];
extern const char *const allocator_words[];
extern const char *const ddns_conflict_resolution_mode_words[];
extern const char *const ddns_replace_client_name_words[];
extern const char *const pd_allocator_words[];
extern const char *const reservation_mode_words[];
