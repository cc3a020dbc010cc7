/* SPDX-License-Identifier: MPL-2.0 */
#include "ctl/channel.h"
#include "lease/lfc.h"
#include "root/keys_rows.h"

/* The rows of the root map and the maps in it, except the address plan. */
static const char *const dhcp_socket_type_words[] = { "raw", "udp", NULL };
static const char *const outbound_interface_words[] = { "same-as-inbound", "use-routing", NULL };
static const char *const database_type_words[] = { "memfile", "mysql", "postgresql", NULL };
static const char *const on_fail_words[] = { "stop-retry-exit", "serve-retry-exit", "serve-retry-continue",
					     "serve-cached", NULL };
static const char *const ssl_mode_words[] = { "disable", "prefer", "require", "verify-ca", "verify-full", NULL };
static const char *const database_sync_words[] = { "group", "none", NULL };
static const char *const lease_checks_words[] = { "none", "warn", "fix", "fix-del", "del", NULL };
static const char *const extended_info_checks_words[] = { "none", "fix", "strict", "pedantic", NULL };
static const char *const server_id_type_words[] = { "LLT", "EN", "LL", "UUID", NULL };
static const char *const authentication_type_words[] = { "basic", NULL };
static const char *const socket_type_words[] = { "unix", "http", "https", NULL };
static const char *const access_words[] = { "full", "read-only", NULL };
static const char *const ncr_protocol_words[] = { "UDP", "TCP", NULL };
static const char *const ncr_format_words[] = { "JSON", NULL };
static const char *const severity_words[] = { "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "NONE", NULL };

static const struct key interfaces_config_keys[] = {
	K_STRINGS(struct interfaces_config_conf, interfaces, "interfaces", .since = "4.0.0",
		  .doc = "names, patterns with \"*\", or name/address"),
	K_ENUM(struct interfaces_config_conf, dhcp_socket_type, "dhcp-socket-type", .families = KEY_4,
	       .words = dhcp_socket_type_words, .min = SOCKETS_RAW, .def = "\"raw\"", .since = "4.0.0",
	       .doc = "raw or udp (v4)"),
	K_ENUM(struct interfaces_config_conf, outbound_interface, "outbound-interface", .families = KEY_4,
	       .words = outbound_interface_words, .min = OUTBOUND_SAME, .def = "\"same-as-inbound\"", .since = "4.1.0",
	       .doc = "same-as-inbound or use-routing"),
	K_BOOL(struct interfaces_config_conf, re_detect, "re-detect", .def = "true", .since = "4.0.0",
	       .doc = "open and close sockets when interfaces change, not only at a reload"),
	K_BOOL(struct interfaces_config_conf, service_sockets_require_all, "service-sockets-require-all",
	       .def = "false", .since = "4.1.0",
	       .doc = "do not start, and reject a new configuration, if any socket cannot be opened"),
	K_INT(struct interfaces_config_conf, service_sockets_retry_wait_time, "service-sockets-retry-wait-time",
	      .def = "5000", .unit = "ms", .since = "4.1.0",
	      .doc = "milliseconds between attempts to open a failed socket"),
	K_INT(struct interfaces_config_conf, service_sockets_max_retries, "service-sockets-max-retries", .def = "0",
	      .since = "4.1.0", .doc = "attempts; 0 = no retry"),
	K_COMMENT(struct interfaces_config_conf),
};
const struct scope interfaces_config_scope =
	SCOPE("interfaces-config", struct interfaces_config_conf, interfaces_config_keys);

#define FOR_MEMFILE .for_types = 1 << DATABASE_MEMFILE
#define FOR_SQL .for_types = 1 << DATABASE_MYSQL | 1 << DATABASE_PGSQL
#define FOR_MYSQL .for_types = 1 << DATABASE_MYSQL
#define FOR_PGSQL .for_types = 1 << DATABASE_PGSQL

static const struct key database_keys[] = {
	K_ENUM(struct database_conf, type, "type", .required = true, .words = database_type_words, .def = "\"memfile\"",
	       .since = "4.0.0", .doc = "memfile / mysql / postgresql"),
	K_STRING(struct database_conf, user, "user", FOR_SQL, .since = "4.2.0", .doc = "login"),
	K_STRING(struct database_conf, password, "password", FOR_SQL, .since = "4.2.0",
		 .doc = "password; printed as asterisks"),
	K_STRING(struct database_conf, password_file, "password-file", FOR_SQL, .since = "4.2.0",
		 .doc = "path of a file whose first line is the password"),
	K_STRING(struct database_conf, host, "host", FOR_SQL, .def = "\"localhost\"", .since = "4.2.0",
		 .doc = "database host: a name, an address, or the path of a socket (postgresql: of its directory); "
			"\"\": "
			"the local socket; several, separated by commas, are tried in this order"),
	K_INT(struct database_conf, port, "port", FOR_SQL, .min = 0, .max = 65535, .since = "4.2.0",
	      .doc = "TCP port; 0: that of the database (mysql 3306, postgresql 5432)"),
	K_STRING(struct database_conf, name, "name", .since = "4.0.0",
		 .doc = "database name, or lease file path for memfile"),
	K_BOOL(struct database_conf, persist, "persist", FOR_MEMFILE, .def = "true", .since = "4.0.0",
	       .doc = "write to disk"),
	K_INT(struct database_conf, lfc_interval, "lfc-interval", FOR_MEMFILE, .def = "3600", .unit = "s",
	      .since = "4.1.0",
	      .doc = "time between lease file cleanups by kea-lfc; a cleanup runs earlier when the file "
		     "has grown to 16 MiB and four times the size that the leases need; 0 = never"),
	K_INT(struct database_conf, history_size, "history-size", FOR_MEMFILE, .native = true, .def = "0",
	      .max = LFC_HISTORY_MAX, .unit = "MiB", .since = "4.2.0",
	      .doc = "how much of what lease file cleanups discard is kept beside the lease file, compressed, for "
		     "\"kea history\"; the oldest is removed first; 0 = none"),
	K_BOOL(struct database_conf, readonly, "readonly", FOR_SQL, .def = "false", .since = "4.2.0",
	       .doc = "reservations cannot be changed through this backend"),
	K_INT(struct database_conf, connect_timeout, "connect-timeout", FOR_SQL, .min = 1, .max = 3600, .def = "5",
	      .unit = "s", .since = "4.2.0", .doc = "for connecting to each host"),
	K_INT(struct database_conf, read_timeout, "read-timeout", FOR_MYSQL, .max = 3600, .def = "0", .unit = "s",
	      .since = "4.2.0",
	      .doc = "for reading from the connection; 0, or more than that: a second more than statement-timeout"),
	K_INT(struct database_conf, write_timeout, "write-timeout", FOR_MYSQL, .max = 3600, .def = "0", .unit = "s",
	      .since = "4.2.0", .doc = "for writing to the connection; 0, or more than that: statement-timeout"),
	K_INT(struct database_conf, tcp_user_timeout, "tcp-user-timeout", FOR_PGSQL, .max = 3600, .def = "0",
	      .unit = "s", .since = "4.2.0",
	      .doc = "how long data that was sent may remain unacknowledged before the connection is given up; 0: the "
		     "system's own"),
	K_INT(struct database_conf, statement_timeout, "statement-timeout", FOR_SQL, .native = true, .min = 1,
	      .max = 3600, .def = "5", .unit = "s", .since = "4.2.0",
	      .doc = "for the statements of a group; what takes longer is given up, and its clients get no response"),
	K_INT(struct database_conf, connections, "connections", FOR_SQL, .native = true, .min = 1, .max = 64,
	      .def = "4", .since = "4.2.0",
	      .doc = "to the database, each with its thread; at most half of them write at the same time"),
	K_INT(struct database_conf, max_reconnect_tries, "max-reconnect-tries", FOR_SQL, .def = "0", .since = "4.2.0",
	      .doc = "failed attempts to connect again before a server whose on-fail ends in -exit exits; 0: it exits "
		     "when the first attempt fails"),
	K_INT(struct database_conf, reconnect_wait_time, "reconnect-wait-time", FOR_SQL, .max = 3600000, .def = "0",
	      .unit = "ms", .since = "4.2.0",
	      .doc = "milliseconds between attempts; 0: 100 at first, then longer, up to 2000"),
	K_ENUM(struct database_conf, on_fail, "on-fail", FOR_SQL, .words = on_fail_words, .def = "\"stop-retry-exit\"",
	       .since = "4.2.0",
	       .doc = "while the database cannot be reached: stop-retry-exit (respond to nobody), serve-retry-exit "
		      "(respond to messages that do not need it), serve-retry-continue (the same, and never exit), "
		      "serve-cached (native: also renew known leases for the time that is stored)"),
	K_BOOL(struct database_conf, retry_on_startup, "retry-on-startup", FOR_SQL, .def = "false", .since = "4.2.0",
	       .doc = "wait for the database at the start as for a lost one, instead of exiting"),
	K_INT(struct database_conf, max_row_errors, "max-row-errors", FOR_MEMFILE, .def = "0", .since = "4.1.0",
	      .doc = "rows of a lease file that may be skipped because they are not understood; with more the "
		     "server does not start; 0 = any number"),
	K_STRING(struct database_conf, trust_anchor, "trust-anchor", FOR_SQL, .since = "4.2.0",
		 .doc = "TLS: CA file (mysql: or directory)"),
	K_STRING(struct database_conf, cert_file, "cert-file", FOR_SQL, .since = "4.2.0", .doc = "TLS: certificate"),
	K_STRING(struct database_conf, key_file, "key-file", FOR_SQL, .since = "4.2.0", .doc = "TLS: private key"),
	K_ENUM(struct database_conf, ssl_mode, "ssl-mode", FOR_SQL, .words = ssl_mode_words, .min = DB_SSL_DISABLE,
	       .since = "4.2.0",
	       .doc = "TLS: disable, prefer, require, verify-ca (the certificate is checked) or verify-full (and its "
		      "name); in Kea only for postgresql"),
	K_STRING(struct database_conf, cipher_list, "cipher-list", FOR_MYSQL, .since = "4.2.0", .doc = "TLS: ciphers"),
	K_ENUM(struct database_conf, sync, "sync", FOR_MEMFILE, .native = true, .words = database_sync_words,
	       .def = "\"group\"", .since = "4.0.0",
	       .doc = "when an acknowledged lease is on disk: group (before the response is sent) or none (when the "
		      "kernel writes it)"),
};
const struct scope database_scope = SCOPE("database", struct database_conf, database_keys);

static const struct key sanity_checks_keys[] = {
	K_ENUM(struct sanity_checks_conf, lease_checks, "lease-checks", .words = lease_checks_words, .def = "\"warn\"",
	       .since = "4.1.0", .doc = "none / warn / fix / fix-del / del"),
	K_ENUM(struct sanity_checks_conf, extended_info_checks, "extended-info-checks",
	       .words = extended_info_checks_words, .def = "\"fix\"", .since = "4.1.0",
	       .doc = "none / fix / strict / pedantic"),
};
const struct scope sanity_checks_scope = SCOPE("sanity-checks", struct sanity_checks_conf, sanity_checks_keys);

static const struct key multi_threading_keys[] = {
	K_BOOL(struct multi_threading_conf, enable_multi_threading, "enable-multi-threading", .def = "true",
	       .since = "4.0.0", .doc = "on/off"),
	K_INT(struct multi_threading_conf, thread_pool_size, "thread-pool-size", .min = 0, .max = 64, .def = "0",
	      .since = "4.0.0", .doc = "0 = one per core, less one for the kernel and the disk"),
	K_INT(struct multi_threading_conf, packet_queue_size, "packet-queue-size", .min = 0, .max = 1048576,
	      .def = "64", .since = "4.0.0",
	      .doc = "requests in progress per thread, including those that wait for the disk; values below 2048 count "
		     "as 2048"),
	K_COMMENT(struct multi_threading_conf),
};
const struct scope multi_threading_scope = SCOPE("multi-threading", struct multi_threading_conf, multi_threading_keys);

static const char *const commands_words[] = { "listed", "all", NULL };

static const struct key hooks_library_keys[] = {
	K_STRING(struct hooks_library_conf, library, "library", .families = KEY_ALL, .required = true, .since = "4.2.0",
		 .doc = "file name of a library in the directory of hook libraries; of a path only the last part "
			"counts. "
			"For libraries of Kea whose work is built in, nothing is loaded"),
	K_JSON(struct hooks_library_conf, parameters, "parameters", .families = KEY_ALL, .since = "4.2.0",
	       .doc = "parameters of the library, see its manual page"),
};
const struct scope hooks_library_scope = SCOPE("hooks-library", struct hooks_library_conf, hooks_library_keys);

static const struct key expired_leases_processing_keys[] = {
	K_INT(struct expired_leases_processing_conf, reclaim_timer_wait_time, "reclaim-timer-wait-time", .min = 0,
	      .max = 65535, .def = "10", .unit = "s", .since = "4.0.0",
	      .doc = "seconds between reclamation runs; 0 = only when a pool is exhausted"),
	K_INT(struct expired_leases_processing_conf, flush_reclaimed_timer_wait_time, "flush-reclaimed-timer-wait-time",
	      .min = 0, .max = 65535, .def = "25", .unit = "s", .since = "4.0.0",
	      .doc = "seconds between removals of reclaimed leases; 0 = off"),
	K_INT(struct expired_leases_processing_conf, hold_reclaimed_time, "hold-reclaimed-time", .min = 0,
	      .max = 4294967295, .def = "3600", .unit = "s", .since = "4.0.0",
	      .doc = "seconds a reclaimed lease is kept for its client"),
	K_INT(struct expired_leases_processing_conf, max_reclaim_leases, "max-reclaim-leases", .min = 0, .max = 65535,
	      .def = "100", .since = "4.0.0", .doc = "leases per run; 0 = all"),
	K_INT(struct expired_leases_processing_conf, max_reclaim_time, "max-reclaim-time", .min = 0, .max = 10000,
	      .def = "250", .unit = "ms", .since = "4.0.0", .doc = "milliseconds per run; 0 = no limit"),
	K_INT(struct expired_leases_processing_conf, unwarned_reclaim_cycles, "unwarned-reclaim-cycles", .min = 0,
	      .max = 65535, .def = "5", .since = "4.0.0", .doc = "consecutive incomplete runs before a warning"),
};
const struct scope expired_leases_processing_scope =
	SCOPE("expired-leases-processing", struct expired_leases_processing_conf, expired_leases_processing_keys);

static const struct key match_keys[] = {
	K_STRINGS(struct match_conf, hardware, "hardware", .since = "4.1.0",
		  .also = "mac macs hw-address hardware-ethernet ethernet",
		  .doc = "hardware addresses: \"00:1b:21:00:00:01\", all that begin with \"00:1b:21:*\", or a block by "
			 "its "
			 "length in bits: \"00:1b:21:00:00:00/24\". DHCPv6: the one that the relay adds (option 79), "
			 "otherwise the one in a DUID of type LLT or LL"),
	K_BOOL(struct match_conf, random_mac, "random-mac", .since = "4.1.0", .also = "random private-mac local-mac",
	       .doc = "the hardware address is locally administered: chosen by the host, not by a manufacturer"),
	K_STRINGS(
		struct match_conf, vendor_class, "vendor-class", .since = "4.1.0", .also = "vendor-class-identifier",
		.doc = "vendor classes, \"MSFT*\" is all that begin with MSFT: DHCPv4 option 60; DHCPv6 option 16, its "
		       "first class"),
	K_STRINGS(struct match_conf, user_class, "user-class", .since = "4.1.0",
		  .doc = "user classes, in the same way: DHCPv4 option 77; DHCPv6 option 15, its first class"),
};
const struct scope match_scope = SCOPE("match", struct match_conf, match_keys);

static const struct key client_class_keys[] = {
	K_STRING(struct client_class_conf, name, "name", .required = true, .since = "4.1.0", .doc = "class name"),
	K_STRING(struct client_class_conf, test, "test", .since = "4.1.0",
		 .doc = "boolean expression: clients whose messages fulfill it are in the class"),
	K_STRING(struct client_class_conf, template_test, "template-test", .since = "4.1.0",
		 .doc = "text expression: clients for which it is not empty are in the class, and in class "
			"SPAWN_<class>_<value>"),
	K_MAP(struct client_class_conf, match, "match", match, .native = true, .expands = true, .may_be_absent = true,
	      .since = "4.1.0", .doc = "instead of a test: clients that match one of these are in the class"),
	K_BOOL(struct client_class_conf, only_in_additional_list, "only-if-required",
	       .replaced_by = "only-in-additional-list", .since = "4.1.0",
	       .doc = "old name of only-in-additional-list"),
	K_BOOL(struct client_class_conf, only_in_additional_list, "only-in-additional-list", .def = "false",
	       .since = "4.1.0", .doc = "evaluate it only where evaluate-additional-classes names it"),
	K_LIST(struct client_class_conf, option_def, "option-def", option_def_scope, .families = KEY_4,
	       .since = "4.1.0",
	       .doc = "definitions of options 43 and 224 to 254 for the option-data of this class and for what its "
		      "clients send"),
	K_LIST(struct client_class_conf, option_data, "option-data", option_data_scope, .since = "4.1.0",
	       .doc = "option values to send to the clients of the class"),
	BOOT_ROWS(struct client_class_conf, true, .since = "4.1.0"),
	K_COMMENT(struct client_class_conf),
	VALID_ROWS(struct client_class_conf, true, .since = "4.1.0"),
	OFFER_ROWS(struct client_class_conf, true, .since = "4.1.0"),
	PREFERRED_ROWS(struct client_class_conf, true, .since = "4.1.0"),
};
const struct scope client_class_scope = SCOPE("client-class", struct client_class_conf, client_class_keys);

static const struct key server_id_keys[] = {
	K_ENUM(struct server_id_conf, duid.type, "type", .families = KEY_6, .required = true,
	       .words = server_id_type_words, .min = DUID_LLT, .def = "\"LLT\"", .since = "4.1.0",
	       .doc = "LLT / EN / LL / UUID"),
	K_STRING(struct server_id_conf, identifier, "identifier", .families = KEY_6, .def = "\"\"", .since = "4.1.0",
		 .doc = "hex part of the DUID"),
	K_INT(struct server_id_conf, duid.time, "time", .families = KEY_6, .def = "0", .since = "4.1.0",
	      .doc = "time of LLT"),
	K_INT(struct server_id_conf, duid.htype, "htype", .families = KEY_6, .max = UINT16_MAX, .def = "0",
	      .since = "4.1.0", .doc = "hardware type"),
	K_INT(struct server_id_conf, duid.enterprise, "enterprise-id", .families = KEY_6, .def = "0", .since = "4.1.0",
	      .doc = "enterprise number of EN"),
	K_BOOL(struct server_id_conf, duid.persist, "persist", .families = KEY_6, .def = "true", .since = "4.1.0",
	       .doc = "keep the DUID in a file"),
	K_COMMENT(struct server_id_conf),
};
const struct scope server_id_scope = SCOPE("server-id", struct server_id_conf, server_id_keys);

static const struct key http_header_keys[] = {
	K_STRING(struct http_header_conf, name, "name", .families = KEY_ALL, .required = true, .since = "4.2.0",
		 .doc = "header name"),
	K_STRING(struct http_header_conf, value, "value", .families = KEY_ALL, .required = true, .since = "4.2.0",
		 .doc = "header value"),
	K_COMMENT(struct http_header_conf),
};
const struct scope http_header_scope = SCOPE("http-header", struct http_header_conf, http_header_keys);

static const struct key auth_client_keys[] = {
	K_STRING(struct auth_client_conf, user, "user", .families = KEY_ALL, .since = "4.2.0", .doc = "login"),
	K_STRING(struct auth_client_conf, user_file, "user-file", .families = KEY_ALL, .since = "4.2.0",
		 .doc = "file with the user name"),
	K_STRING(struct auth_client_conf, password, "password", .families = KEY_ALL, .since = "4.2.0",
		 .doc = "password"),
	K_STRING(struct auth_client_conf, password_file, "password-file", .families = KEY_ALL, .since = "4.2.0",
		 .doc = "file with the password, or with user:password"),
	K_ENUM(struct auth_client_conf, access, "access", .families = KEY_ALL, .words = access_words, .def = "\"full\"",
	       .native = true, .since = "4.2.0",
	       .doc = "read-only: this user may not use commands that change something"),
	K_STRINGS(struct auth_client_conf, allowed_commands, "allowed-commands", .families = KEY_ALL, .native = true,
		  .since = "4.2.0", .doc = "the only commands that this user may use; without the key, all"),
	K_COMMENT(struct auth_client_conf),
};
const struct scope auth_client_scope = SCOPE("auth-client", struct auth_client_conf, auth_client_keys);

static const struct key authentication_keys[] = {
	K_ENUM(struct authentication_conf, type, "type", .families = KEY_ALL, .words = authentication_type_words,
	       .def = "\"basic\"", .since = "4.2.0", .doc = "basic"),
	K_STRING(struct authentication_conf, realm, "realm", .families = KEY_ALL, .def = "\"kea-control-agent\"",
		 .since = "4.2.0", .doc = "basic-auth realm"),
	K_STRING(struct authentication_conf, directory, "directory", .families = KEY_ALL, .since = "4.2.0",
		 .doc = "directory of user-file and password-file"),
	K_LIST(struct authentication_conf, clients, "clients", auth_client_scope, .families = KEY_ALL, .since = "4.2.0",
	       .doc = "accepted users"),
	K_COMMENT(struct authentication_conf),
};
const struct scope authentication_scope = SCOPE("authentication", struct authentication_conf, authentication_keys);

#define FOR_HTTP .families = KEY_ALL, .for_types = 1 << CHANNEL_HTTP | 1 << CHANNEL_HTTPS

static const struct key control_socket_keys[] = {
	K_ENUM(struct control_socket_conf, socket_type, "socket-type", .families = KEY_ALL, .words = socket_type_words,
	       .required = true, .since = "4.2.0", .doc = "unix / http / https"),
	K_STRING(struct control_socket_conf, socket_name, "socket-name", .families = KEY_ALL, .since = "4.2.0",
		 .doc = "socket path (file name inside the allowed directory)"),
	K_STRING(struct control_socket_conf, socket_address, "socket-address", FOR_HTTP, .def = "\"127.0.0.1\"",
		 .since = "4.2.0", .doc = "listen address"),
	K_INT(struct control_socket_conf, socket_port, "socket-port", FOR_HTTP, .min = 1, .max = 65535, .def = "8000",
	      .since = "4.2.0", .doc = "listen port"),
	K_MAP(struct control_socket_conf, authentication, "authentication", authentication, FOR_HTTP,
	      .may_be_absent = true, .since = "4.2.0", .doc = "HTTP basic authentication"),
	K_STRING(struct control_socket_conf, trust_anchor, "trust-anchor", FOR_HTTP, .since = "4.2.0",
		 .doc = "CA file or directory"),
	K_STRING(struct control_socket_conf, cert_file, "cert-file", FOR_HTTP, .since = "4.2.0", .doc = "certificate"),
	K_STRING(struct control_socket_conf, key_file, "key-file", FOR_HTTP, .since = "4.2.0", .doc = "private key"),
	K_BOOL(struct control_socket_conf, cert_required, "cert-required", FOR_HTTP, .def = "true", .since = "4.2.0",
	       .doc = "ask for client certificate"),
	K_LIST(struct control_socket_conf, http_headers, "http-headers", http_header_scope, FOR_HTTP, .since = "4.2.0",
	       .doc = "extra response headers"),
	K_ENUM(struct control_socket_conf, access, "access", .families = KEY_ALL, .words = access_words,
	       .def = "\"full\"", .native = true, .since = "4.2.0",
	       .doc = "read-only: commands that change something are rejected on this socket"),
	K_BOOL(struct control_socket_conf, page, "page", .families = KEY_DHCP,
	       .for_types = 1 << CHANNEL_HTTP | 1 << CHANNEL_HTTPS, .def = "false", .native = true, .since = "4.2.0",
	       .doc = "the socket also has the web page, at /"),
	K_COMMENT(struct control_socket_conf),
};
const struct scope control_socket_scope = SCOPE("control-socket", struct control_socket_conf, control_socket_keys);

static const struct key dhcp_queue_control_keys[] = {
	K_BOOL(struct dhcp_queue_control_conf, enable_queue, "enable-queue", .def = "false", .since = "4.1.0",
	       .doc = "overload is always handled; true only logs a warning that explains how"),
	K_STRING(struct dhcp_queue_control_conf, queue_type, "queue-type", .def = "\"kea-ring4\"",
		 .def6 = "\"kea-ring6\"", .since = "4.1.0",
		 .doc = "kea-ring4 or kea-ring6; queue types of hook libraries are not supported yet"),
	K_INT(struct dhcp_queue_control_conf, capacity, "capacity", .def = "64", .since = "4.1.0",
	      .doc = "ignored: overload is judged by how long messages wait, not by how many"),
	K_COMMENT(struct dhcp_queue_control_conf),
};
const struct scope dhcp_queue_control_scope =
	SCOPE("dhcp-queue-control", struct dhcp_queue_control_conf, dhcp_queue_control_keys);

static const struct key dhcp_ddns_keys[] = {
	K_BOOL(struct dhcp_ddns_conf, enable_updates, "enable-updates", .def = "false", .since = "4.2.0",
	       .doc = "ask kea-dhcp-ddns to update the DNS"),
	K_STRING(struct dhcp_ddns_conf, server_ip, "server-ip", .def = "\"127.0.0.1\"", .since = "4.2.0",
		 .doc = "address of kea-dhcp-ddns"),
	K_INT(struct dhcp_ddns_conf, server_port, "server-port", .min = 1, .max = 65535, .def = "53001",
	      .since = "4.2.0", .doc = "its port"),
	K_STRING(struct dhcp_ddns_conf, sender_ip, "sender-ip", .def = "\"0.0.0.0\"", .def6 = "\"::\"",
		 .since = "4.2.0", .doc = "address that requests are sent from; not set: any"),
	K_INT(struct dhcp_ddns_conf, sender_port, "sender-port", .min = 0, .max = 65535, .def = "0", .since = "4.2.0",
	      .doc = "local port; 0 = any"),
	K_INT(struct dhcp_ddns_conf, max_queue_size, "max-queue-size", .min = 1, .max = 1000000, .def = "1024",
	      .since = "4.2.0",
	      .doc = "how many requests may wait for the DDNS server; further ones are dropped and counted"),
	K_BOOL(struct dhcp_ddns_conf, ncr_journal, "ncr-journal", .native = true, .def = "false", .since = "4.2.0",
	       .doc = "keep requests in a file until kea-dhcp-ddns has carried them out, across restarts of either; "
		      "needs "
		      "this suite's kea-dhcp-ddns"),
	K_ENUM(struct dhcp_ddns_conf, ncr_protocol, "ncr-protocol", .words = ncr_protocol_words, .def = "\"UDP\"",
	       .since = "4.2.0", .doc = "transport of requests; only UDP, as in Kea"),
	K_ENUM(struct dhcp_ddns_conf, ncr_format, "ncr-format", .words = ncr_format_words, .def = "\"JSON\"",
	       .since = "4.2.0", .doc = "format of requests"),
	K_BOOL(struct dhcp_ddns_conf, names.override_no_update, "override-no-update", .since = "4.2.0",
	       .doc = "old location of the global key ddns-override-no-update"),
	K_BOOL(struct dhcp_ddns_conf, names.override_client_update, "override-client-update", .since = "4.2.0",
	       .doc = "old location of the global key ddns-override-client-update"),
	K_ENUM(struct dhcp_ddns_conf, names.replace_client_name, "replace-client-name",
	       .words = ddns_replace_client_name_words, .bool_word = true, .since = "4.2.0",
	       .doc = "old location of the global key ddns-replace-client-name"),
	K_STRING(struct dhcp_ddns_conf, names.generated_prefix, "generated-prefix", .since = "4.2.0",
		 .doc = "old location of the global key ddns-generated-prefix"),
	K_STRING(struct dhcp_ddns_conf, names.qualifying_suffix, "qualifying-suffix", .since = "4.2.0",
		 .doc = "old location of the global key ddns-qualifying-suffix"),
	K_STRING(struct dhcp_ddns_conf, names.hostname_char_set, "hostname-char-set", .since = "4.2.0",
		 .doc = "old location of the global key"),
	K_STRING(struct dhcp_ddns_conf, names.hostname_char_replacement, "hostname-char-replacement", .since = "4.2.0",
		 .doc = "old location of the global key"),
	K_COMMENT(struct dhcp_ddns_conf),
};
const struct scope dhcp_ddns_scope = SCOPE("dhcp-ddns", struct dhcp_ddns_conf, dhcp_ddns_keys);

static const struct key dns_publish_keys[] = {
	K_STRING(
		struct dns_publish_conf, hosts_file, "hosts-file", .native = true, .def = "\"\"", .since = "4.2.0",
		.doc = "absolute path of a file with an address and a name per line, which is replaced at each change; "
		       "\"\" = none"),
	K_STRING(struct dns_publish_conf, unbound_socket, "unbound-socket", .native = true, .def = "\"\"",
		 .since = "4.2.0", .max = 107,
		 .doc = "absolute path of the control socket of Unbound, which gets the names as local data; \"\" = "
			"none"),
	K_INT(struct dns_publish_conf, ttl, "ttl", .native = true, .def = "60", .max = INT32_MAX, .unit = "s",
	      .since = "4.2.0", .doc = "TTL of the records in Unbound"),
	K_COMMENT(struct dns_publish_conf),
};
const struct scope dns_publish_scope = SCOPE("dns-publish", struct dns_publish_conf, dns_publish_keys);

static const struct key config_control_keys[] = {
	K_LIST(struct config_control_conf, config_databases, "config-databases", database_scope,
	       .refuse = "configuration databases are", .doc = "list of databases"),
	K_INT(struct config_control_conf, config_fetch_wait_time, "config-fetch-wait-time", .def = "30", .unit = "s",
	      .refuse = "configuration databases are", .doc = "seconds between polls; 0 = only on command"),
};
const struct scope config_control_scope = SCOPE("config-control", struct config_control_conf, config_control_keys);

/* enum log_format */
static const char *const log_format_words[] = { "text", "json", NULL };

static const struct key output_options_keys[] = {
	K_STRING(struct output_options_conf, output, "output", .families = KEY_ALL, .def = "\"stdout\"",
		 .since = "4.0.0", .doc = "stdout / stderr / syslog / syslog:<facility> / file name"),
	K_BOOL(struct output_options_conf, out.flush, "flush", .families = KEY_ALL, .def = "true", .since = "4.0.0",
	       .doc = "flush at each message"),
	K_INT(struct output_options_conf, out.maxsize, "maxsize", .families = KEY_ALL, .min = 0, .max = 1099511627776,
	      .def = "10240000", .since = "4.0.0", .doc = "bytes before rotation; below 204800 = no rotation"),
	K_INT(struct output_options_conf, out.maxver, "maxver", .families = KEY_ALL, .min = 1, .max = 9999, .def = "1",
	      .since = "4.0.0", .doc = "rotated files kept"),
	K_STRING(struct output_options_conf, out.pattern, "pattern", .families = KEY_ALL, .since = "4.0.0",
		 .doc = "log4cplus conversion pattern"),
	K_ENUM(struct output_options_conf, out.format, "format", .families = KEY_ALL, .words = log_format_words,
	       .def = "\"text\"", .native = true, .since = "4.2.0",
	       .doc = "text, or json: an object per line, with the message's id and its arguments"),
};
const struct scope output_options_scope = SCOPE("output-options", struct output_options_conf, output_options_keys);

static const struct key logger_keys[] = {
	K_STRING(struct logger_conf, log.name, "name", .families = KEY_ALL, .required = true, .since = "4.0.0",
		 .doc = "logger name"),
	K_LIST(struct logger_conf, output_options, "output-options", output_options_scope, .families = KEY_ALL,
	       .since = "4.0.0", .doc = "list of outputs"),
	K_LIST(struct logger_conf, output_options, "output_options", output_options_scope,
	       .replaced_by = "output-options", .families = KEY_ALL, .since = "4.0.0",
	       .doc = "old spelling of output-options"),
	K_INT(struct logger_conf, log.debuglevel, "debuglevel", .families = KEY_ALL, .min = 0, .max = 99, .def = "0",
	      .since = "4.0.0", .doc = "0..99"),
	K_ENUM(struct logger_conf, log.severity, "severity", .families = KEY_ALL, .words = severity_words,
	       .def = "\"INFO\"", .since = "4.0.0", .doc = "FATAL / ERROR / WARN / INFO / DEBUG / NONE"),
	K_COMMENT(struct logger_conf),
};
const struct scope logger_scope = SCOPE("logger", struct logger_conf, logger_keys);

static const struct key compatibility_keys[] = {
	K_BOOL(struct compatibility_conf, lenient_option_parsing, "lenient-option-parsing", .def = "false",
	       .since = "4.1.0", .doc = "accept malformed but guessable options"),
	K_BOOL(struct compatibility_conf, ignore_dhcp_server_identifier, "ignore-dhcp-server-identifier",
	       .families = KEY_4, .def = "false", .since = "4.1.0",
	       .doc = "serve requests addressed to another server"),
	K_BOOL(struct compatibility_conf, ignore_rai_link_selection, "ignore-rai-link-selection", .families = KEY_4,
	       .def = "false", .since = "4.1.0", .doc = "ignore option 82.5"),
	K_BOOL(struct compatibility_conf, exclude_first_last_24, "exclude-first-last-24", .families = KEY_4,
	       .def = "false", .since = "4.1.0", .doc = "never assign .0 and .255 in a /24 or larger subnet"),
};
const struct scope compatibility_scope = SCOPE("compatibility", struct compatibility_conf, compatibility_keys);

static const struct key global_keys[] = {
	K_INT(struct global_conf, decline_probation_period, "decline-probation-period", .def = "86400", .unit = "s",
	      .since = "4.0.0", .doc = "seconds a declined address stays out of use"),
	K_LIST(struct global_conf, subnets, "subnet4", subnet_scope, .families = KEY_4, .since = "4.0.0",
	       .doc = "list of IPv4 subnets"),
	K_LIST(struct global_conf, shared_networks, "shared-networks", shared_network_scope, .since = "4.1.0",
	       .doc = "list of groups of subnets on one link"),
	K_MAP(struct global_conf, interfaces_config, "interfaces-config", interfaces_config, .since = "4.0.0",
	      .doc = "where and how to listen"),
	K_MAP(struct global_conf, lease_database, "lease-database", database, .since = "4.0.0", .doc = "lease backend"),
	K_MAP(struct global_conf, hosts_database, "hosts-database", database, .may_be_absent = true, .since = "4.2.0",
	      .doc = "a database of reservations, in addition to those in the file (deprecated in Kea 3.3)"),
	K_LIST(struct global_conf, hosts_databases, "hosts-databases", database_scope, .since = "4.2.0",
	       .doc = "databases of reservations, asked in this order after the reservations in the file"),
	K_STRINGS(struct global_conf, host_reservation_identifiers, "host-reservation-identifiers",
		  .def = "[\"hw-address\",\"duid\",\"circuit-id\",\"client-id\"]", .def6 = "[\"hw-address\",\"duid\"]",
		  .since = "4.1.0", .doc = "identifier types tried, in order, for a reservation lookup"),
	K_LIST(struct global_conf, client_classes, "client-classes", client_class_scope, .since = "4.1.0",
	       .doc = "class definitions, in the order in which they are evaluated"),
	K_LIST(struct global_conf, option_def, "option-def", option_def_scope, .since = "4.0.0",
	       .doc = "custom option definitions"),
	K_LIST(struct global_conf, option_data, "option-data", option_data_scope, .since = "4.0.0",
	       .doc = "option values to send"),
	K_LIST(struct global_conf, hooks_libraries, "hooks-libraries", hooks_library_scope, .since = "4.2.0",
	       .doc = "hook libraries to load, in this order"),
	K_MAP(struct global_conf, expired_leases_processing, "expired-leases-processing", expired_leases_processing,
	      .since = "4.0.0", .doc = "reclamation schedule"),
	K_INT(struct global_conf, dhcp4o6_port, "dhcp4o6-port", .min = 0, .max = 65535, .def = "0",
	      .refuse = "DHCPv4-over-DHCPv6 is",
	      .doc = "local UDP port pair (n, n+1) joining the v4 and v6 daemons; 0 = off"),
	K_LIST(struct global_conf, control_sockets, "control-sockets", control_socket_scope, .since = "4.2.0",
	       .doc = "management channels (unix, http, https)"),
	K_MAP(struct global_conf, dhcp_queue_control, "dhcp-queue-control", dhcp_queue_control, .since = "4.1.0",
	      .doc = "Kea's overload handling; this server always handles overload"),
	K_MAP(struct global_conf, dhcp_ddns, "dhcp-ddns", dhcp_ddns, .since = "4.2.0",
	      .doc = "how kea-dhcp-ddns is asked for DNS updates"),
	K_MAP(struct global_conf, dns_publish, "dns-publish", dns_publish, .native = true, .may_be_absent = true,
	      .since = "4.2.0",
	      .doc = "publishes the names of leases and reservations without a DNS server that accepts updates"),
	K_BOOL(struct global_conf, echo_client_id, "echo-client-id", .families = KEY_4, .def = "true", .since = "4.0.0",
	       .doc = "return option 61 in responses (RFC 6842)"),
	K_COMMENT(struct global_conf),
	K_MAP(struct global_conf, sanity_checks, "sanity-checks", sanity_checks, .since = "4.1.0",
	      .doc = "what to do with inconsistent stored leases"),
	K_LIST(struct global_conf, reservations, "reservations", reservation_scope, .loading = true, .since = "4.1.0",
	       .doc = "host reservations"),
	K_MAP(struct global_conf, config_control, "config-control", config_control,
	      .refuse = "configuration databases are", .doc = "configuration-backend databases"),
	K_STRING(struct global_conf, server_tag, "server-tag", .def = "\"\"", .refuse = "configuration databases are",
		 .doc = "which server-tagged rows of the configuration backend apply to this process"),
	NET_ROWS(struct global_conf, false),
	K_LIST(struct global_conf, loggers, "loggers", logger_scope, .since = "4.0.0", .doc = "logging configuration"),
	K_INT(struct global_conf, statistic_default_sample_count, "statistic-default-sample-count", .def = "20",
	      .max = 65535, .since = "4.2.0",
	      .doc = "samples kept of each statistic; 0: those of statistic-default-sample-age"),
	K_INT(struct global_conf, statistic_default_sample_age, "statistic-default-sample-age", .def = "0", .unit = "s",
	      .since = "4.2.0", .doc = "age of the samples that are kept if the count is 0"),
	K_MAP(struct global_conf, multi_threading, "multi-threading", multi_threading, .since = "4.0.0",
	      .doc = "worker threads"),
	K_BOOL(struct global_conf, early_global_reservations_lookup, "early-global-reservations-lookup", .def = "false",
	       .since = "4.1.0",
	       .doc = "look up global reservations before selecting a subnet: the classes they add, KNOWN, and the "
		      "classes "
		      "that depend on these take part in the selection"),
	K_BOOL(struct global_conf, ip_reservations_unique, "ip-reservations-unique", .def = "true", .since = "4.1.0",
	       .doc = "reject several reservations for one address"),
	K_BOOL(struct global_conf, reservations_lookup_first, "reservations-lookup-first", .def = "false",
	       .since = "4.1.0",
	       .doc = "no effect: reservations are always looked up before leases; true only logs a warning"),
	K_MAP(struct global_conf, compatibility, "compatibility", compatibility, .since = "4.1.0",
	      .doc = "tolerance flags"),
	K_INT(struct global_conf, parked_packet_limit, "parked-packet-limit", .def = "256", .since = "4.2.0",
	      .doc = "packets that may wait for hook libraries; 0 = no limit"),
	K_BOOL(struct global_conf, stash_agent_options, "stash-agent-options", .families = KEY_4, .def = "false",
	       .since = "4.1.0", .doc = "reuse stored option 82 for unicast renewals"),
	K_STRING(struct global_conf, data_directory, "data-directory", .families = KEY_6, .since = "4.1.0",
		 .doc = "directory of the file that holds the server's DUID"),
	K_LIST(struct global_conf, subnets, "subnet6", subnet_scope, .families = KEY_6, .since = "4.1.0",
	       .doc = "list of IPv6 subnets"),
	K_STRINGS(struct global_conf, mac_sources, "mac-sources", .families = KEY_6, .since = "4.1.0",
		  .doc = "ordered ways to find a MAC for a v6 client; raw finds none"),
	K_STRINGS(struct global_conf, relay_supplied_options, "relay-supplied-options", .families = KEY_6,
		  .since = "4.1.0", .doc = "option codes copied from RSOO"),
	K_MAP(struct global_conf, server_id, "server-id", server_id, .families = KEY_6, .since = "4.1.0",
	      .doc = "how the server DUID is made"),
	K_BOOL(struct global_conf, allow_address_registration, "allow-address-registration", .families = KEY_6,
	       .def = "true", .since = "4.1.0", .doc = "accept address registrations (RFC 9686)"),
	K_MAP(struct global_conf, control_socket, "control-socket", control_socket, .may_be_absent = true,
	      .since = "4.2.0", .doc = "management channel (older singular form of control-sockets)"),
	K_ENUM(struct global_conf, commands, "commands", .native = true, .words = commands_words, .def = "\"listed\"",
	       .since = "4.2.0",
	       .doc = "which commands are available: those of the libraries in hooks-libraries, or all"),
	K_BOOL(struct global_conf, persist_changes, "persist-changes", .native = true, .def = "false", .since = "4.2.0",
	       .doc = "what commands change in the configuration is stored in FILE.changes before they respond, and is "
		      "made again when FILE is loaded, until config-write or somebody else changes FILE"),
	K_BOOL(struct global_conf, lenient, "lenient", .native = true, .def = "false", .since = "4.1.0",
	       .doc = "leave out reservations and classes with errors, with a warning for each, and serve with the "
		      "rest; "
		      "what they reserve is assigned to nobody, and guards that name them admit nobody for it"),
	K_INT(struct global_conf, max_leases_per_client, "max-leases-per-client", .native = true, .def = "4096",
	      .since = "4.1.0",
	      .doc = "leases one client may have in all subnets, registered addresses and leases that were released or "
		     "reclaimed and are still kept included; further ones are not granted; 0 = no limit"),
};
const struct scope global_scope = SCOPE("Dhcp4", struct global_conf, global_keys, .name6 = "Dhcp6",
					.hands_down = offsetof(struct global_conf, net) + sizeof(struct net_conf));

const struct scope *const all_scopes[] = {
	&global_scope,
	&compatibility_scope,
	&logger_scope,
	&output_options_scope,
	&config_control_scope,
	&dhcp_ddns_scope,
	&dns_publish_scope,
	&dhcp_queue_control_scope,
	&control_socket_scope,
	&authentication_scope,
	&auth_client_scope,
	&http_header_scope,
	&server_id_scope,
	&client_class_scope,
	&match_scope,
	&expired_leases_processing_scope,
	&hooks_library_scope,
	&multi_threading_scope,
	&sanity_checks_scope,
	&database_scope,
	&interfaces_config_scope,
	&shared_network_scope,
	&boot_scope,
	&boot_entry_scope,
	&subnet_scope,
	&reservation_scope,
	&pd_pool_scope,
	&pool_scope,
	&option_data_scope,
	&option_def_scope,
	&relay_scope,
	NULL,
};
