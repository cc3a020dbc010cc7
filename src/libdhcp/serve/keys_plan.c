/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/keys.h"

/* The rows of the address plan: networks, subnets, pools, reservations, options. */
const char *const allocator_words[] = { "iterative", "random", "flq", "shared-flq", NULL };
const char *const ddns_conflict_resolution_mode_words[] = { "check-with-dhcid", "no-check-with-dhcid", "check-exists-with-dhcid", "no-check-without-dhcid", NULL };
const char *const ddns_replace_client_name_words[] = { "never", "always", "when-present", "when-not-present", NULL };
const char *const pd_allocator_words[] = { "iterative", "random", "flq", "shared-flq", NULL };

static const struct key relay_keys[] = {
	K_STRINGS(struct relay_conf, ip_addresses, "ip-addresses", .since = "4.0.0",
		.doc = "relay addresses that select the scope"),
};
const struct scope relay_scope = SCOPE("relay", struct relay_conf, relay_keys);

static const struct key option_def_keys[] = {
	K_STRING(struct option_def_conf, name, "name", .since = "4.0.0",
		.doc = "option name"),
	K_INT(struct option_def_conf, code, "code", .min = 1, .max = 65535, .since = "4.0.0",
		.doc = "option code"),
	K_STRING(struct option_def_conf, type, "type", .since = "4.0.0",
		.doc = "data type of the option"),
	K_STRING(struct option_def_conf, record_types, "record-types", .def = "\"\"", .since = "4.0.0",
		.doc = "comma list of field types for type record"),
	K_STRING(struct option_def_conf, space, "space", .def = "\"dhcp4\"", .def6 = "\"dhcp6\"", .since = "4.0.0",
		.doc = "option space"),
	K_STRING(struct option_def_conf, encapsulate, "encapsulate", .def = "\"\"", .refuse = "sub-options of your own are",
		.doc = "space of sub-options"),
	K_BOOL(struct option_def_conf, array, "array", .def = "false", .since = "4.0.0",
		.doc = "last field repeats"),
	K_COMMENT(struct option_def_conf),
};
const struct scope option_def_scope = SCOPE("option-def", struct option_def_conf, option_def_keys);

static const struct key option_data_keys[] = {
	K_STRING(struct option_data_conf, name, "name", .since = "4.0.0",
		.doc = "option name"),
	K_STRING(struct option_data_conf, data, "data", .since = "4.0.0",
		.doc = "value"),
	K_INT(struct option_data_conf, code, "code", .min = 1, .max = 65535, .since = "4.0.0",
		.doc = "option code"),
	K_STRING(struct option_data_conf, space, "space", .def = "\"dhcp4\"", .def6 = "\"dhcp6\"", .since = "4.0.0",
		.doc = "option space"),
	K_BOOL(struct option_data_conf, csv_format, "csv-format", .def = "true", .since = "4.0.0",
		.doc = "true = text fields, false = hex"),
	K_BOOL(struct option_data_conf, always_send, "always-send", .def = "false", .since = "4.0.0",
		.doc = "send even if not requested"),
	K_BOOL(struct option_data_conf, never_send, "never-send", .def = "false", .since = "4.0.0",
		.doc = "suppress even if requested"),
	K_COMMENT(struct option_data_conf),
	K_STRINGS(struct option_data_conf, client_classes, "client-classes", .refuse = "client classes are",
		.doc = "send only to members"),
};
const struct scope option_data_scope = SCOPE("option-data", struct option_data_conf, option_data_keys);

static const struct key pool_keys[] = {
	K_STRING(struct pool_conf, pool, "pool", .since = "4.0.0",
		.doc = "\"a - b\" or prefix/len"),
	K_INT(struct pool_conf, pool_id, "pool-id", .def = "0", .since = "4.0.0",
		.doc = "number that groups pool statistics"),
	K_LIST(struct pool_conf, option_data, "option-data", option_data_scope, .since = "4.0.0",
		.doc = "option values to send"),
	K_STRING(struct pool_conf, client_class, "client-class", .inherit = true, .refuse = "client classes are",
		.doc = "single-class guard (deprecated, read as client-classes)"),
	K_STRINGS(struct pool_conf, client_classes, "client-classes", .refuse = "client classes are",
		.doc = "guard: client must be in at least one"),
	K_STRINGS(struct pool_conf, require_client_classes, "require-client-classes", .refuse = "client classes are",
		.doc = "old name of evaluate-additional-classes (deprecated)"),
	K_STRINGS(struct pool_conf, evaluate_additional_classes, "evaluate-additional-classes", .refuse = "client classes are",
		.doc = "deferred classes evaluated once this scope is chosen"),
	K_BOOL(struct pool_conf, ddns_send_updates, "ddns-send-updates", .def = "true", .inherit = true, .refuse = "DNS updates are",
		.doc = "send name changes for this scope"),
	K_BOOL(struct pool_conf, ddns_override_no_update, "ddns-override-no-update", .def = "false", .inherit = true, .refuse = "DNS updates are",
		.doc = "update even though client set N"),
	K_BOOL(struct pool_conf, ddns_override_client_update, "ddns-override-client-update", .def = "false", .inherit = true, .refuse = "DNS updates are",
		.doc = "do the forward update although client wanted to"),
	K_ENUM(struct pool_conf, ddns_replace_client_name, "ddns-replace-client-name", .words = ddns_replace_client_name_words, .bool_word = true, .def = "\"never\"", .inherit = true, .refuse = "DNS updates are",
		.doc = "never / always / when-present / when-not-present (booleans accepted)"),
	K_STRING(struct pool_conf, ddns_generated_prefix, "ddns-generated-prefix", .def = "\"myhost\"", .inherit = true, .refuse = "DNS updates are",
		.doc = "first label part of generated names"),
	K_STRING(struct pool_conf, ddns_qualifying_suffix, "ddns-qualifying-suffix", .def = "\"\"", .inherit = true, .refuse = "DNS updates are",
		.doc = "domain appended to partial names"),
	K_BOOL(struct pool_conf, ddns_update_on_renew, "ddns-update-on-renew", .def = "false", .inherit = true, .refuse = "DNS updates are",
		.doc = "send again on renew even if unchanged"),
	K_ENUM(struct pool_conf, ddns_conflict_resolution_mode, "ddns-conflict-resolution-mode", .words = ddns_conflict_resolution_mode_words, .def = "\"check-with-dhcid\"", .inherit = true, .refuse = "DNS updates are",
		.doc = "check-with-dhcid / no-check-with-dhcid / check-exists-with-dhcid / no-check-without-dhcid"),
	K_REAL(struct pool_conf, ddns_ttl_percent, "ddns-ttl-percent", .inherit = true, .refuse = "DNS updates are",
		.doc = "record TTL as a fraction of lifetime (default rule: one third, at least 600 s)"),
	K_INT(struct pool_conf, ddns_ttl, "ddns-ttl", .inherit = true, .refuse = "DNS updates are",
		.doc = "fixed TTL (excludes the other three)"),
	K_INT(struct pool_conf, ddns_ttl_min, "ddns-ttl-min", .inherit = true, .refuse = "DNS updates are",
		.doc = "TTL floor"),
	K_INT(struct pool_conf, ddns_ttl_max, "ddns-ttl-max", .inherit = true, .refuse = "DNS updates are",
		.doc = "TTL ceiling"),
	K_STRING(struct pool_conf, hostname_char_set, "hostname-char-set", .def = "\"[^A-Za-z0-9.-]\"", .inherit = true, .refuse = "DNS updates are",
		.doc = "regular expression of characters to sanitise in names"),
	K_STRING(struct pool_conf, hostname_char_replacement, "hostname-char-replacement", .def = "\"\"", .inherit = true, .refuse = "DNS updates are",
		.doc = "text put in place of sanitised characters"),
	K_COMMENT(struct pool_conf),
};
const struct scope pool_scope = SCOPE("pools", struct pool_conf, pool_keys);

static const struct key pd_pool_keys[] = {
	K_STRING(struct pd_pool_conf, prefix, "prefix", .families = KEY_6, .refuse = "DHCPv6 is",
		.doc = "start of the delegated range"),
	K_INT(struct pd_pool_conf, prefix_len, "prefix-len", .families = KEY_6, .min = 0, .max = 128, .refuse = "DHCPv6 is",
		.doc = "its length"),
	K_INT(struct pd_pool_conf, delegated_len, "delegated-len", .families = KEY_6, .min = 0, .max = 128, .refuse = "DHCPv6 is",
		.doc = "length handed to clients"),
	K_INT(struct pd_pool_conf, pool_id, "pool-id", .families = KEY_6, .def = "0", .refuse = "DHCPv6 is",
		.doc = "number that groups pool statistics"),
	K_LIST(struct pd_pool_conf, option_data, "option-data", option_data_scope, .families = KEY_6, .refuse = "DHCPv6 is",
		.doc = "option values to send"),
	K_STRING(struct pd_pool_conf, client_class, "client-class", .families = KEY_6, .refuse = "client classes are",
		.doc = "single-class guard (deprecated, read as client-classes)"),
	K_STRINGS(struct pd_pool_conf, client_classes, "client-classes", .families = KEY_6, .refuse = "client classes are",
		.doc = "guard: client must be in at least one"),
	K_STRINGS(struct pd_pool_conf, require_client_classes, "require-client-classes", .families = KEY_6, .refuse = "client classes are",
		.doc = "old name of evaluate-additional-classes (deprecated)"),
	K_STRINGS(struct pd_pool_conf, evaluate_additional_classes, "evaluate-additional-classes", .families = KEY_6, .refuse = "client classes are",
		.doc = "deferred classes evaluated once this scope is chosen"),
	K_STRING(struct pd_pool_conf, excluded_prefix, "excluded-prefix", .families = KEY_6, .refuse = "DHCPv6 is",
		.doc = "prefix kept out (RFC 6603)"),
	K_INT(struct pd_pool_conf, excluded_prefix_len, "excluded-prefix-len", .families = KEY_6, .min = 0, .max = 128, .refuse = "DHCPv6 is",
		.doc = "its length"),
	K_COMMENT(struct pd_pool_conf),
};
const struct scope pd_pool_scope = SCOPE("pd-pool", struct pd_pool_conf, pd_pool_keys);

static const struct key reservation_keys[] = {
	K_STRING(struct reservation_conf, duid, "duid", .refuse = "host reservations are",
		.doc = "DUID"),
	K_STRINGS(struct reservation_conf, client_classes, "client-classes", .refuse = "client classes are",
		.doc = "classes added to the client"),
	K_STRING(struct reservation_conf, client_id, "client-id", .families = KEY_4, .refuse = "host reservations are",
		.doc = "option 61 value"),
	K_STRING(struct reservation_conf, circuit_id, "circuit-id", .families = KEY_4, .refuse = "host reservations are",
		.doc = "option 82.1 value"),
	K_STRING(struct reservation_conf, flex_id, "flex-id", .refuse = "host reservations are",
		.doc = "value of the flexible identifier expression"),
	K_STRING(struct reservation_conf, ip_address, "ip-address", .families = KEY_4, .refuse = "host reservations are",
		.doc = "reserved IPv4 address"),
	K_STRING(struct reservation_conf, hw_address, "hw-address", .refuse = "host reservations are",
		.doc = "MAC"),
	K_STRING(struct reservation_conf, hostname, "hostname", .refuse = "host reservations are",
		.doc = "reserved name"),
	K_LIST(struct reservation_conf, option_data, "option-data", option_data_scope, .refuse = "host reservations are",
		.doc = "option values to send"),
	K_STRING(struct reservation_conf, next_server, "next-server", .families = KEY_4, .refuse = "host reservations are",
		.doc = "siaddr"),
	K_STRING(struct reservation_conf, server_hostname, "server-hostname", .families = KEY_4, .refuse = "host reservations are",
		.doc = "sname"),
	K_STRING(struct reservation_conf, boot_file_name, "boot-file-name", .families = KEY_4, .refuse = "host reservations are",
		.doc = "file field"),
	K_COMMENT(struct reservation_conf),
	K_STRINGS(struct reservation_conf, ip_addresses, "ip-addresses", .families = KEY_6, .refuse = "host reservations are",
		.doc = "reserved IPv6 addresses"),
	K_STRINGS(struct reservation_conf, prefixes, "prefixes", .families = KEY_6, .refuse = "host reservations are",
		.doc = "reserved prefixes"),
	K_STRINGS(struct reservation_conf, excluded_prefixes, "excluded-prefixes", .families = KEY_6, .refuse = "host reservations are",
		.doc = "one excluded prefix per reserved prefix, \"\" for none"),
};
const struct scope reservation_scope = SCOPE("reservation", struct reservation_conf, reservation_keys);

/* What subnets and the networks around them take alike. */
/* clang-format off */
#define NETWORK_ROWS(s) \
	K_STRING(s, client_class, "client-class", .refuse = "client classes are", \
		.doc = "single-class guard (deprecated, read as client-classes)"), \
	K_STRINGS(s, client_classes, "client-classes", .refuse = "client classes are", \
		.doc = "guard: client must be in at least one"), \
	K_STRINGS(s, require_client_classes, "require-client-classes", .refuse = "client classes are", \
		.doc = "old name of evaluate-additional-classes (deprecated)"), \
	K_STRINGS(s, evaluate_additional_classes, "evaluate-additional-classes", .refuse = "client classes are", \
		.doc = "deferred classes evaluated once this scope is chosen"), \
	K_BOOL(s, reservations_global, "reservations-global", .def = "false", .inherit = true, .refuse = "host reservations are", \
		.doc = "look at global reservations"), \
	K_BOOL(s, reservations_in_subnet, "reservations-in-subnet", .def = "true", .inherit = true, .refuse = "host reservations are", \
		.doc = "look at reservations of the chosen subnet"), \
	K_BOOL(s, reservations_out_of_pool, "reservations-out-of-pool", .def = "false", .inherit = true, .refuse = "host reservations are", \
		.doc = "promise that reserved addresses are outside pools (saves a lookup)"), \
	K_BOOL(s, ddns_send_updates, "ddns-send-updates", .def = "true", .inherit = true, .refuse = "DNS updates are", \
		.doc = "send name changes for this scope"), \
	K_BOOL(s, ddns_override_no_update, "ddns-override-no-update", .def = "false", .inherit = true, .refuse = "DNS updates are", \
		.doc = "update even though client set N"), \
	K_BOOL(s, ddns_override_client_update, "ddns-override-client-update", .def = "false", .inherit = true, .refuse = "DNS updates are", \
		.doc = "do the forward update although client wanted to"), \
	K_ENUM(s, ddns_replace_client_name, "ddns-replace-client-name", .words = ddns_replace_client_name_words, .bool_word = true, .def = "\"never\"", .inherit = true, .refuse = "DNS updates are", \
		.doc = "never / always / when-present / when-not-present (booleans accepted)"), \
	K_STRING(s, ddns_generated_prefix, "ddns-generated-prefix", .def = "\"myhost\"", .inherit = true, .refuse = "DNS updates are", \
		.doc = "first label part of generated names"), \
	K_STRING(s, ddns_qualifying_suffix, "ddns-qualifying-suffix", .def = "\"\"", .inherit = true, .refuse = "DNS updates are", \
		.doc = "domain appended to partial names"), \
	K_BOOL(s, ddns_update_on_renew, "ddns-update-on-renew", .def = "false", .inherit = true, .refuse = "DNS updates are", \
		.doc = "send again on renew even if unchanged"), \
	K_BOOL(s, ddns_use_conflict_resolution, "ddns-use-conflict-resolution", .inherit = true, .refuse = "DNS updates are", \
		.doc = "deprecated boolean mapped on the mode below"), \
	K_ENUM(s, ddns_conflict_resolution_mode, "ddns-conflict-resolution-mode", .words = ddns_conflict_resolution_mode_words, .def = "\"check-with-dhcid\"", .inherit = true, .refuse = "DNS updates are", \
		.doc = "check-with-dhcid / no-check-with-dhcid / check-exists-with-dhcid / no-check-without-dhcid"), \
	K_REAL(s, ddns_ttl_percent, "ddns-ttl-percent", .inherit = true, .refuse = "DNS updates are", \
		.doc = "record TTL as a fraction of lifetime (default rule: one third, at least 600 s)"), \
	K_INT(s, ddns_ttl, "ddns-ttl", .inherit = true, .refuse = "DNS updates are", \
		.doc = "fixed TTL (excludes the other three)"), \
	K_INT(s, ddns_ttl_min, "ddns-ttl-min", .inherit = true, .refuse = "DNS updates are", \
		.doc = "TTL floor"), \
	K_INT(s, ddns_ttl_max, "ddns-ttl-max", .inherit = true, .refuse = "DNS updates are", \
		.doc = "TTL ceiling"), \
	K_STRING(s, hostname_char_set, "hostname-char-set", .def = "\"[^A-Za-z0-9.-]\"", .inherit = true, .refuse = "DNS updates are", \
		.doc = "regular expression of characters to sanitise in names"), \
	K_STRING(s, hostname_char_replacement, "hostname-char-replacement", .def = "\"\"", .inherit = true, .refuse = "DNS updates are", \
		.doc = "text put in place of sanitised characters")
/* clang-format on */

static const struct key subnet_keys[] = {
	K_INT(struct subnet_conf, valid_lifetime, "valid-lifetime", .inherit = true, .unit = "s", .since = "4.0.0",
		.doc = "lease time given when the client asks for none"),
	K_INT(struct subnet_conf, min_valid_lifetime, "min-valid-lifetime", .inherit = true, .since = "4.0.0",
		.doc = "floor for a client-requested lease time"),
	K_INT(struct subnet_conf, max_valid_lifetime, "max-valid-lifetime", .inherit = true, .since = "4.0.0",
		.doc = "ceiling for a client-requested lease time"),
	K_INT(struct subnet_conf, renew_timer, "renew-timer", .inherit = true, .unit = "s", .since = "4.0.0",
		.doc = "explicit T1"),
	K_INT(struct subnet_conf, rebind_timer, "rebind-timer", .inherit = true, .unit = "s", .since = "4.0.0",
		.doc = "explicit T2"),
	K_LIST(struct subnet_conf, option_data, "option-data", option_data_scope, .since = "4.0.0",
		.doc = "option values to send"),
	K_LIST(struct subnet_conf, pools, "pools", pool_scope, .since = "4.0.0",
		.doc = "address pools"),
	K_STRING(struct subnet_conf, subnet, "subnet", .since = "4.0.0",
		.doc = "prefix"),
	K_STRING(struct subnet_conf, interface, "interface", .def = "\"\"", .since = "4.0.0",
		.doc = "link on which this scope is local"),
	K_INT(struct subnet_conf, id, "id", .min = 1, .max = 4294967294, .since = "4.0.0",
		.doc = "unique positive subnet id (mandatory since 3.0, max 4294967294)"),
	K_LIST(struct subnet_conf, reservations, "reservations", reservation_scope, .refuse = "host reservations are",
		.doc = "reservations of this subnet"),
	K_MAP(struct subnet_conf, relay, "relay", relay_scope, .since = "4.0.0",
		.doc = "{ip-addresses: [...]} that select this scope"),
	K_BOOL(struct subnet_conf, match_client_id, "match-client-id", .families = KEY_4, .inherit = true, .since = "4.0.0",
		.doc = "use option 61 before chaddr to find a lease"),
	K_BOOL(struct subnet_conf, authoritative, "authoritative", .families = KEY_4, .inherit = true, .since = "4.0.0",
		.doc = "NAK requests for unknown addresses"),
	K_STRING(struct subnet_conf, next_server, "next-server", .families = KEY_4, .inherit = true, .since = "4.0.0",
		.doc = "siaddr"),
	K_STRING(struct subnet_conf, server_hostname, "server-hostname", .families = KEY_4, .inherit = true, .since = "4.0.0",
		.doc = "sname"),
	K_STRING(struct subnet_conf, boot_file_name, "boot-file-name", .families = KEY_4, .inherit = true, .since = "4.0.0",
		.doc = "file field"),
	K_STRING(struct subnet_conf, v4o6_interface, "4o6-interface", .families = KEY_4, .refuse = "DHCPv4-over-DHCPv6 is",
		.doc = "v6 interface for DHCPv4-over-DHCPv6 selection"),
	K_STRING(struct subnet_conf, v4o6_interface_id, "4o6-interface-id", .families = KEY_4, .refuse = "DHCPv4-over-DHCPv6 is",
		.doc = "v6 relay interface-id for the same"),
	K_STRING(struct subnet_conf, v4o6_subnet, "4o6-subnet", .families = KEY_4, .refuse = "DHCPv4-over-DHCPv6 is",
		.doc = "v6 source prefix for the same"),
	K_COMMENT(struct subnet_conf),
	K_BOOL(struct subnet_conf, calculate_tee_times, "calculate-tee-times", .inherit = true, .since = "4.0.0",
		.doc = "derive T1/T2 from the lifetime when no explicit timer"),
	K_REAL(struct subnet_conf, t1_percent, "t1-percent", .inherit = true, .since = "4.0.0",
		.doc = "T1 as a fraction of the lifetime"),
	K_REAL(struct subnet_conf, t2_percent, "t2-percent", .inherit = true, .since = "4.0.0",
		.doc = "T2 as a fraction of the lifetime"),
	K_REAL(struct subnet_conf, cache_threshold, "cache-threshold", .inherit = true, .since = "4.0.0",
		.doc = "fraction of lifetime under which a renew reuses the stored lease without a write"),
	K_INT(struct subnet_conf, cache_max_age, "cache-max-age", .inherit = true, .unit = "s", .since = "4.0.0",
		.doc = "absolute cap (s) of that reuse window"),
	K_REAL(struct subnet_conf, adaptive_lease_time_threshold, "adaptive-lease-time-threshold", .inherit = true, .refuse = "adaptive-lease-time-threshold is",
		.doc = "pool fill ratio above which min lifetime is given"),
	K_BOOL(struct subnet_conf, store_extended_info, "store-extended-info", .def = "false", .inherit = true, .refuse = "store-extended-info is",
		.doc = "keep relay information in the lease user-context (needed by leasequery)"),
	K_ENUM(struct subnet_conf, allocator, "allocator", .words = allocator_words, .def = "\"iterative\"", .inherit = true, .refuse = "other allocators than iterative are",
		.doc = "iterative / random / flq / shared-flq"),
	K_INT(struct subnet_conf, offer_lifetime, "offer-lifetime", .families = KEY_4, .inherit = true, .refuse = "offer-lifetime is",
		.doc = ">0: write a short lease at DISCOVER time"),
	K_INT(struct subnet_conf, preferred_lifetime, "preferred-lifetime", .families = KEY_6, .inherit = true, .unit = "s", .refuse = "DHCPv6 is",
		.doc = "v6 preferred lifetime"),
	K_INT(struct subnet_conf, min_preferred_lifetime, "min-preferred-lifetime", .families = KEY_6, .inherit = true, .refuse = "DHCPv6 is",
		.doc = "floor for requested preferred lifetime"),
	K_INT(struct subnet_conf, max_preferred_lifetime, "max-preferred-lifetime", .families = KEY_6, .inherit = true, .refuse = "DHCPv6 is",
		.doc = "ceiling for requested preferred lifetime"),
	K_LIST(struct subnet_conf, pd_pools, "pd-pools", pd_pool_scope, .families = KEY_6, .refuse = "DHCPv6 is",
		.doc = "prefix pools"),
	K_STRING(struct subnet_conf, interface_id, "interface-id", .families = KEY_6, .def = "\"\"", .refuse = "DHCPv6 is",
		.doc = "relay interface-id that selects this scope"),
	K_BOOL(struct subnet_conf, rapid_commit, "rapid-commit", .families = KEY_6, .def = "false", .refuse = "DHCPv6 is",
		.doc = "allow the two-message exchange"),
	K_ENUM(struct subnet_conf, pd_allocator, "pd-allocator", .families = KEY_6, .words = pd_allocator_words, .def = "\"iterative\"", .inherit = true, .refuse = "DHCPv6 is",
		.doc = "same for prefixes"),
	NETWORK_ROWS(struct subnet_conf),
};
const struct scope subnet_scope = SCOPE("subnet", struct subnet_conf, subnet_keys);

static const struct key shared_network_keys[] = {
	K_STRING(struct shared_network_conf, name, "name", .refuse = "shared networks are",
		.doc = "name of the network"),
	K_LIST(struct shared_network_conf, subnet4, "subnet4", subnet_scope, .families = KEY_4, .refuse = "shared networks are",
		.doc = "list of IPv4 subnets"),
	K_STRING(struct shared_network_conf, interface, "interface", .def = "\"\"", .refuse = "shared networks are",
		.doc = "link on which this scope is local"),
	K_INT(struct shared_network_conf, renew_timer, "renew-timer", .inherit = true, .unit = "s", .refuse = "shared networks are",
		.doc = "explicit T1"),
	K_INT(struct shared_network_conf, rebind_timer, "rebind-timer", .inherit = true, .unit = "s", .refuse = "shared networks are",
		.doc = "explicit T2"),
	K_LIST(struct shared_network_conf, option_data, "option-data", option_data_scope, .refuse = "shared networks are",
		.doc = "option values to send"),
	K_BOOL(struct shared_network_conf, match_client_id, "match-client-id", .families = KEY_4, .def = "true", .inherit = true, .refuse = "shared networks are",
		.doc = "use option 61 before chaddr to find a lease"),
	K_BOOL(struct shared_network_conf, authoritative, "authoritative", .families = KEY_4, .def = "false", .inherit = true, .refuse = "shared networks are",
		.doc = "NAK requests for unknown addresses"),
	K_STRING(struct shared_network_conf, next_server, "next-server", .families = KEY_4, .def = "\"0.0.0.0\"", .inherit = true, .refuse = "shared networks are",
		.doc = "siaddr"),
	K_STRING(struct shared_network_conf, server_hostname, "server-hostname", .families = KEY_4, .def = "\"\"", .inherit = true, .refuse = "shared networks are",
		.doc = "sname"),
	K_STRING(struct shared_network_conf, boot_file_name, "boot-file-name", .families = KEY_4, .def = "\"\"", .inherit = true, .refuse = "shared networks are",
		.doc = "file field"),
	K_MAP(struct shared_network_conf, relay, "relay", relay_scope, .refuse = "shared networks are",
		.doc = "{ip-addresses: [...]} that select this scope"),
	K_INT(struct shared_network_conf, valid_lifetime, "valid-lifetime", .def = "7200", .inherit = true, .unit = "s", .refuse = "shared networks are",
		.doc = "lease time given when the client asks for none"),
	K_INT(struct shared_network_conf, min_valid_lifetime, "min-valid-lifetime", .inherit = true, .refuse = "shared networks are",
		.doc = "floor for a client-requested lease time"),
	K_INT(struct shared_network_conf, max_valid_lifetime, "max-valid-lifetime", .inherit = true, .refuse = "shared networks are",
		.doc = "ceiling for a client-requested lease time"),
	K_COMMENT(struct shared_network_conf),
	K_BOOL(struct shared_network_conf, calculate_tee_times, "calculate-tee-times", .def = "false", .def6 = "true", .inherit = true, .refuse = "shared networks are",
		.doc = "derive T1/T2 from the lifetime when no explicit timer"),
	K_REAL(struct shared_network_conf, t1_percent, "t1-percent", .def = "0.5", .inherit = true, .refuse = "shared networks are",
		.doc = "T1 as a fraction of the lifetime"),
	K_REAL(struct shared_network_conf, t2_percent, "t2-percent", .def = "0.875", .def6 = "0.8", .inherit = true, .refuse = "shared networks are",
		.doc = "T2 as a fraction of the lifetime"),
	K_REAL(struct shared_network_conf, cache_threshold, "cache-threshold", .def = "0.25", .inherit = true, .refuse = "shared networks are",
		.doc = "fraction of lifetime under which a renew reuses the stored lease without a write"),
	K_INT(struct shared_network_conf, cache_max_age, "cache-max-age", .inherit = true, .unit = "s", .refuse = "shared networks are",
		.doc = "absolute cap (s) of that reuse window"),
	K_REAL(struct shared_network_conf, adaptive_lease_time_threshold, "adaptive-lease-time-threshold", .inherit = true, .refuse = "shared networks are",
		.doc = "pool fill ratio above which min lifetime is given"),
	K_BOOL(struct shared_network_conf, store_extended_info, "store-extended-info", .def = "false", .inherit = true, .refuse = "shared networks are",
		.doc = "keep relay information in the lease user-context (needed by leasequery)"),
	K_ENUM(struct shared_network_conf, allocator, "allocator", .words = allocator_words, .def = "\"iterative\"", .inherit = true, .refuse = "shared networks are",
		.doc = "iterative / random / flq / shared-flq"),
	K_INT(struct shared_network_conf, offer_lifetime, "offer-lifetime", .families = KEY_4, .inherit = true, .refuse = "shared networks are",
		.doc = ">0: write a short lease at DISCOVER time"),
	K_LIST(struct shared_network_conf, subnet6, "subnet6", subnet_scope, .families = KEY_6, .refuse = "shared networks are",
		.doc = "list of IPv6 subnets"),
	K_STRING(struct shared_network_conf, interface_id, "interface-id", .families = KEY_6, .refuse = "shared networks are",
		.doc = "relay interface-id that selects this scope"),
	K_INT(struct shared_network_conf, preferred_lifetime, "preferred-lifetime", .families = KEY_6, .inherit = true, .unit = "s", .refuse = "shared networks are",
		.doc = "v6 preferred lifetime"),
	K_INT(struct shared_network_conf, min_preferred_lifetime, "min-preferred-lifetime", .families = KEY_6, .inherit = true, .refuse = "shared networks are",
		.doc = "floor for requested preferred lifetime"),
	K_INT(struct shared_network_conf, max_preferred_lifetime, "max-preferred-lifetime", .families = KEY_6, .inherit = true, .refuse = "shared networks are",
		.doc = "ceiling for requested preferred lifetime"),
	K_BOOL(struct shared_network_conf, rapid_commit, "rapid-commit", .families = KEY_6, .def = "false", .refuse = "shared networks are",
		.doc = "allow the two-message exchange"),
	K_ENUM(struct shared_network_conf, pd_allocator, "pd-allocator", .families = KEY_6, .words = pd_allocator_words, .def = "\"iterative\"", .inherit = true, .refuse = "shared networks are",
		.doc = "same for prefixes"),
	NETWORK_ROWS(struct shared_network_conf),
};
const struct scope shared_network_scope = SCOPE("shared-network", struct shared_network_conf, shared_network_keys);
