/* SPDX-License-Identifier: MPL-2.0 */
#include "root/keys_rows.h"

/* The rows of the address plan: networks, subnets, pools, reservations, options. */
const char *const allocator_words[] = { "iterative", "random", "flq", "shared-flq", NULL };
const char *const ddns_dhcid_words[] = { "client", "host", NULL };
const char *const ddns_conflict_resolution_mode_words[] = { "check-with-dhcid", "no-check-with-dhcid",
							    "check-exists-with-dhcid", "no-check-without-dhcid", NULL };
const char *const ddns_replace_client_name_words[] = { "never", "always", "when-present", "when-not-present", NULL };
const char *const reservation_mode_words[] = { "all", "global", "out-of-pool", "disabled", "off", NULL };
const char *const pd_allocator_words[] = { "iterative", "random", "flq", "shared-flq", NULL };

static const struct key relay_keys[] = {
	K_STRINGS(struct relay_conf, ip_addresses, "ip-addresses", .since = "4.0.0",
		  .doc = "relay addresses that select the scope"),
	K_STRINGS(struct relay_conf, ip_addresses, "ip-address", .replaced_by = "ip-addresses", .since = "4.1.0",
		  .doc = "old spelling, for one address"),
};
const struct scope relay_scope = SCOPE("relay", struct relay_conf, relay_keys);

static const struct key option_def_keys[] = {
	K_STRING(struct option_def_conf, name, "name", .required = true, .since = "4.0.0", .doc = "option name"),
	K_INT(struct option_def_conf, code, "code", .required = true, .min = 0, .max = 65535, .since = "4.0.0",
	      .doc = "option code: 8 bits in DHCPv4, 16 in DHCPv6; 0 (in DHCPv4 also 255) is not allowed in the main "
		     "space"),
	K_STRING(struct option_def_conf, type, "type", .required = true, .since = "4.0.0",
		 .doc = "data type of the option"),
	K_STRING(struct option_def_conf, record_types, "record-types", .def = "\"\"", .since = "4.0.0",
		 .doc = "comma-separated field types of type record"),
	K_STRING(struct option_def_conf, space, "space", .def = "\"dhcp4\"", .def6 = "\"dhcp6\"", .since = "4.0.0",
		 .doc = "option space"),
	K_STRING(struct option_def_conf, encapsulate, "encapsulate", .def = "\"\"", .since = "4.1.0",
		 .doc = "space of sub-options"),
	K_BOOL(struct option_def_conf, array, "array", .def = "false", .since = "4.0.0", .doc = "last field repeats"),
	K_COMMENT(struct option_def_conf),
};
const struct scope option_def_scope = SCOPE("option-def", struct option_def_conf, option_def_keys);

static const struct key option_data_keys[] = {
	K_STRING(struct option_data_conf, name, "name", .also = "option", .since = "4.0.0", .doc = "option name"),
	K_STRING(struct option_data_conf, data, "data", .also = "value values", .since = "4.0.0", .doc = "value"),
	K_STRING(struct option_data_conf, data_hex, "data-hex", .since = "4.1.0",
		 .doc = "raw value in hex, whatever the option's type; replaces data. DHCPv4: 58 and "
			"59 replace the timers; 51, 52, 53, 61 and 82 are set by the server and never sent as "
			"configured"),
	K_INT(struct option_data_conf, code, "code", .min = 0, .max = 65535, .since = "4.0.0",
	      .doc = "option code: 8 bits in DHCPv4, 16 in DHCPv6; 0 (in DHCPv4 also 255) is not allowed in the main "
		     "space"),
	K_STRING(struct option_data_conf, space, "space", .def = "\"dhcp4\"", .def6 = "\"dhcp6\"", .since = "4.0.0",
		 .doc = "option space"),
	K_BOOL(struct option_data_conf, csv_format, "csv-format", .def = "true", .since = "4.0.0",
	       .doc = "true = text fields, false = hex"),
	K_BOOL(struct option_data_conf, always_send, "always-send", .def = "false", .since = "4.0.0",
	       .doc = "send even if not requested"),
	K_BOOL(struct option_data_conf, never_send, "never-send", .def = "false", .since = "4.0.0",
	       .doc = "suppress even if requested"),
	K_COMMENT(struct option_data_conf),
	K_STRINGS(
		struct option_data_conf, client_classes, "client-classes", .since = "4.1.0",
		.doc = "send it only to clients in at least one of these classes. Of several values of an option in a "
		       "list the first one for the client counts, with those that have the same classes; a list "
		       "with none leaves it to the outer scopes"),
};
const struct scope option_data_scope = SCOPE("option-data", struct option_data_conf, option_data_keys);

static const struct key boot_entry_keys[] = {
	K_STRING(struct boot_entry_conf, file, "file", .since = "4.1.0", .also = "filename boot-file-name",
		 .doc = "file on the server, loaded by TFTP"),
	K_STRING(struct boot_entry_conf, server, "server", .since = "4.1.0", .also = "next-server",
		 .doc = "where the file is: an IPv4 address, without it next-server applies; in DHCPv6 an IPv6 address "
			"or a name, required"),
	K_STRING(struct boot_entry_conf, url, "url", .since = "4.1.0",
		 .doc = "instead of a file; in DHCPv4 only for http and ipxe"),
};
const struct scope boot_entry_scope = SCOPE("boot-entry", struct boot_entry_conf, boot_entry_keys);

static const struct key boot_keys[] = {
	K_MAP(struct boot_conf, bios, "bios", boot_entry, .since = "4.1.0", .also = "x86 pcbios legacy",
	      .doc = "PXE clients with a BIOS (architecture 0)"),
	K_MAP(struct boot_conf, efi32, "efi32", boot_entry, .since = "4.1.0", .also = "ia32",
	      .doc = "32-bit x86 UEFI (6)"),
	K_MAP(struct boot_conf, efi64, "efi64", boot_entry, .since = "4.1.0",
	      .also = "efi uefi uefi64 x64 amd64 x86_64", .doc = "64-bit x86 UEFI (7 and 9)"),
	K_MAP(struct boot_conf, arm64, "arm64", boot_entry, .since = "4.1.0", .also = "aarch64",
	      .doc = "64-bit ARM UEFI (11)"),
	K_MAP(struct boot_conf, http, "http", boot_entry, .since = "4.1.0", .also = "https httpclient",
	      .doc = "UEFI HTTP boot, whatever the architecture; the response has vendor class HTTPClient"),
	K_MAP(struct boot_conf, ipxe, "ipxe", boot_entry, .since = "4.1.0",
	      .doc = "iPXE (user class iPXE), whatever the architecture"),
};
const struct scope boot_scope = SCOPE("boot", struct boot_conf, boot_keys);

static const struct key pool_keys[] = {
	K_STRING(struct pool_conf, pool, "pool", .also = "range", .required = true, .since = "4.0.0",
		 .doc = "\"a - b\" or prefix/len"),
	K_INT(struct pool_conf, pool_id, "pool-id", .def = "0", .since = "4.0.0",
	      .doc = "number that groups pool statistics"),
	K_LIST(struct pool_conf, option_data, "option-data", option_data_scope, .since = "4.0.0",
	       .doc = "option values to send"),
	K_STRINGS(struct pool_conf, client_classes, "client-class", .replaced_by = "client-classes", .since = "4.1.0",
		  .doc = "old spelling, for one class"),
	K_STRINGS(struct pool_conf, client_classes, "client-classes", .since = "4.1.0",
		  .doc = "guard: only for clients in at least one of these classes"),
	K_STRINGS(struct pool_conf, additional_classes, "require-client-classes",
		  .replaced_by = "evaluate-additional-classes", .since = "4.1.0",
		  .doc = "old name of evaluate-additional-classes"),
	K_STRINGS(struct pool_conf, additional_classes, "evaluate-additional-classes", .since = "4.1.0",
		  .doc = "classes to evaluate once the client has its lease in this pool; they set options and boot "
			 "fields"),
	DENY_ROWS(struct pool_conf, deny_unknown, true),
	DDNS_ROWS(struct pool_conf, ddns, true, false),
	K_COMMENT(struct pool_conf),
};
const struct scope pool_scope = SCOPE("pools", struct pool_conf, pool_keys);

static const struct key pd_pool_keys[] = {
	K_STRING(struct pd_pool_conf, prefix, "prefix", .families = KEY_6, .required = true, .since = "4.1.0",
		 .doc = "start of the delegated range"),
	K_INT(struct pd_pool_conf, prefix_len, "prefix-len", .families = KEY_6, .required = true, .min = 0, .max = 128,
	      .since = "4.1.0", .doc = "its length"),
	K_INT(struct pd_pool_conf, delegated_len, "delegated-len", .families = KEY_6, .required = true, .min = 0,
	      .max = 128, .since = "4.1.0", .doc = "length handed to clients"),
	K_INT(struct pd_pool_conf, pool_id, "pool-id", .families = KEY_6, .def = "0", .since = "4.1.0",
	      .doc = "number that groups pool statistics"),
	K_LIST(struct pd_pool_conf, option_data, "option-data", option_data_scope, .families = KEY_6, .since = "4.1.0",
	       .doc = "option values to send"),
	K_STRINGS(struct pd_pool_conf, client_classes, "client-class", .replaced_by = "client-classes",
		  .families = KEY_6, .since = "4.1.0", .doc = "old spelling, for one class"),
	K_STRINGS(struct pd_pool_conf, client_classes, "client-classes", .families = KEY_6, .since = "4.1.0",
		  .doc = "guard: only for clients in at least one of these classes"),
	K_STRINGS(struct pd_pool_conf, additional_classes, "require-client-classes", .families = KEY_6,
		  .replaced_by = "evaluate-additional-classes", .since = "4.1.0",
		  .doc = "old name of evaluate-additional-classes"),
	K_STRINGS(struct pd_pool_conf, additional_classes, "evaluate-additional-classes", .families = KEY_6,
		  .since = "4.1.0",
		  .doc = "classes to evaluate once the client has its prefix in this pool; they set options"),
	K_STRING(struct pd_pool_conf, excluded_prefix, "excluded-prefix", .families = KEY_6, .since = "4.1.0",
		 .doc = "prefix kept out (RFC 6603)"),
	K_INT(struct pd_pool_conf, excluded_prefix_len, "excluded-prefix-len", .families = KEY_6, .min = 0, .max = 128,
	      .since = "4.1.0", .doc = "its length"),
	DENY_ROWS(struct pd_pool_conf, deny_unknown, true),
	DDNS_ROWS(struct pd_pool_conf, ddns, true, true),
	K_COMMENT(struct pd_pool_conf),
};
const struct scope pd_pool_scope = SCOPE("pd-pool", struct pd_pool_conf, pd_pool_keys);

static const struct key reservation_keys[] = {
	K_STRING(struct reservation_conf, duid, "duid", .since = "4.1.0", .doc = "DUID"),
	K_STRINGS(struct reservation_conf, client_classes, "client-classes", .since = "4.1.0",
		  .doc = "classes added to the client; they come before its other classes"),
	K_STRING(struct reservation_conf, client_id, "client-id", .families = KEY_4, .since = "4.1.0",
		 .doc = "option 61 value"),
	K_STRING(struct reservation_conf, circuit_id, "circuit-id", .families = KEY_4, .since = "4.1.0",
		 .doc = "option 82.1 value"),
	K_STRING(struct reservation_conf, flex_id, "flex-id", .since = "4.1.0",
		 .doc = "flexible identifier: a hook library determines its value for each message; without one, no "
			"client "
			"is found by it"),
	K_STRING(struct reservation_conf, ip_address, "ip-address", .families = KEY_4, .since = "4.1.0",
		 .doc = "reserved IPv4 address"),
	K_STRING(struct reservation_conf, hw_address, "hw-address", .since = "4.1.0", .doc = "MAC"),
	K_STRING(struct reservation_conf, hostname, "hostname", .since = "4.1.0", .doc = "reserved name"),
	K_LIST(struct reservation_conf, option_data, "option-data", option_data_scope, .since = "4.1.0",
	       .doc = "option values to send"),
	K_IP4(struct reservation_conf, next_server, "next-server", .families = KEY_4, .since = "4.1.0",
	      .doc = "siaddr"),
	K_STRING(struct reservation_conf, server_hostname, "server-hostname", .families = KEY_4, .max = 63,
		 .since = "4.1.0", .doc = "sname"),
	K_STRING(struct reservation_conf, boot_file_name, "boot-file-name", .families = KEY_4, .max = 127,
		 .since = "4.1.0", .doc = "file field"),
	K_COMMENT(struct reservation_conf),
	K_STRINGS(struct reservation_conf, ip_addresses, "ip-addresses", .families = KEY_6, .since = "4.1.0",
		  .doc = "reserved IPv6 addresses"),
	K_STRINGS(struct reservation_conf, prefixes, "prefixes", .families = KEY_6, .since = "4.1.0",
		  .doc = "reserved prefixes"),
	K_STRINGS(struct reservation_conf, excluded_prefixes, "excluded-prefixes", .families = KEY_6, .since = "4.1.0",
		  .doc = "one excluded prefix (RFC 6603) per reserved prefix, \"\" for none; without the list, those "
			 "of the pools"),
};
const struct scope reservation_scope = SCOPE("reservation", struct reservation_conf, reservation_keys);

static const struct key subnet_keys[] = {
	K_LIST(struct subnet_conf, pools, "pools", pool_scope, .since = "4.0.0", .doc = "address pools"),
	K_STRING(struct subnet_conf, subnet, "subnet", .also = "network cidr", .required = true, .since = "4.0.0",
		 .doc = "prefix"),
	K_INT(struct subnet_conf, id, "id", .min = 0, .max = 4294967294, .def = "0", .since = "4.0.0",
	      .doc = "unique subnet id; 0 or none: the next unused one (required in Kea since 3.0)"),
	K_LIST(struct subnet_conf, reservations, "reservations", reservation_scope, .loading = true, .since = "4.1.0",
	       .doc = "reservations of this subnet"),
	K_STRING(struct subnet_conf, v4o6_interface, "4o6-interface", .families = KEY_4,
		 .refuse = "DHCPv4-over-DHCPv6 is", .doc = "v6 interface for DHCPv4-over-DHCPv6 selection"),
	K_STRING(struct subnet_conf, v4o6_interface_id, "4o6-interface-id", .families = KEY_4,
		 .refuse = "DHCPv4-over-DHCPv6 is", .doc = "v6 relay interface-id for the same"),
	K_STRING(struct subnet_conf, v4o6_subnet, "4o6-subnet", .families = KEY_4, .refuse = "DHCPv4-over-DHCPv6 is",
		 .doc = "v6 source prefix for the same"),
	K_COMMENT(struct subnet_conf),
	K_LIST(struct subnet_conf, pd_pools, "pd-pools", pd_pool_scope, .families = KEY_6, .since = "4.1.0",
	       .doc = "prefix pools"),
	LINK_ROWS(struct subnet_conf, true),
	NET_ROWS(struct subnet_conf, true),
};
const struct scope subnet_scope =
	SCOPE("subnet", struct subnet_conf, subnet_keys, .hands_down = offsetof(struct subnet_conf, net.par));

static const struct key shared_network_keys[] = {
	K_STRING(struct shared_network_conf, name, "name", .required = true, .since = "4.1.0",
		 .doc = "name of the network"),
	K_LIST(struct shared_network_conf, subnets, "subnet4", subnet_scope, .families = KEY_4, .since = "4.1.0",
	       .doc = "list of IPv4 subnets"),
	K_COMMENT(struct shared_network_conf),
	K_LIST(struct shared_network_conf, subnets, "subnet6", subnet_scope, .families = KEY_6, .since = "4.1.0",
	       .doc = "list of IPv6 subnets"),
	LINK_ROWS(struct shared_network_conf, false),
	NET_ROWS(struct shared_network_conf, true),
};
const struct scope shared_network_scope =
	SCOPE("shared-network", struct shared_network_conf, shared_network_keys,
	      .hands_down = offsetof(struct shared_network_conf, link) + sizeof(struct link_conf));
