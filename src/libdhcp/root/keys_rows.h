/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "root/keys.h"

/*
 * Rows that several scopes share. `inner` is false in the outermost scope that has them, where the default applies; an
 * inner scope without the key inherits the outer scope's value.
 */
/* clang-format off */
/*
 * How names are generated and updated: global, networks, subnets, pools, and pd-pools, where they are not in Kea.
 */
#define DDNS_ROWS(s, base, inner, not_in_kea) \
	K_BOOL(s, base.send_updates, "ddns-send-updates", .def = "true", .since = "4.2.0", \
		.inherit = inner, .native = not_in_kea, \
		.doc = "update the DNS for clients here; needs dhcp-ddns with enable-updates"), \
	K_BOOL(s, base.override_no_update, "ddns-override-no-update", .def = "false", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "update the DNS even if the client asks for no updates (flag N of its FQDN option)"), \
	K_BOOL(s, base.override_client_update, "ddns-override-client-update", .def = "false", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "update the address record even if the client wants to do that itself"), \
	K_ENUM(s, base.replace_client_name, "ddns-replace-client-name", \
		.words = ddns_replace_client_name_words, .bool_word = true, .def = "\"never\"", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "when a name made from the address replaces that of the client: never, always, if the client " \
			"sends one (when-present) or if it sends none (when-not-present)"), \
	K_STRING(s, base.generated_prefix, "ddns-generated-prefix", .def = "\"myhost\"", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "how such names begin: PREFIX-192-0-2-1"), \
	K_STRING(s, base.qualifying_suffix, "ddns-qualifying-suffix", .def = "\"\"", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "domain appended to names that are not fully qualified"), \
	K_BOOL(s, base.update_on_renew, "ddns-update-on-renew", .def = "false", .since = "4.2.0", \
		.inherit = inner, .native = not_in_kea, \
		.doc = "update the DNS on each renewal, even if the name is the same"), \
	K_ENUM(s, base.conflict_resolution_mode, "ddns-conflict-resolution-mode", \
		.words = ddns_conflict_resolution_mode_words, .def = "\"check-with-dhcid\"", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "how records that may belong to another client are treated; see the guide"), \
	K_ENUM(s, base.dhcid, "ddns-dhcid", .native = true, .words = ddns_dhcid_words, .def = "\"client\"", \
		.since = "4.2.0", .inherit = inner, \
		.doc = "whom a name belongs to: the client, by its client identifier or DUID (RFC 4701), or the " \
			"host, by its hardware address if that is known: its DHCPv4 and DHCPv6 clients share a name"), \
	K_REAL(s, base.ttl_percent, "ddns-ttl-percent", .since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "TTL of records as a fraction of the valid lifetime; else a third of it, at least 600 s"), \
	K_INT(s, base.ttl, "ddns-ttl", .unit = "s", .since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "TTL of records, instead of one that follows from the lifetime"), \
	K_INT(s, base.ttl_min, "ddns-ttl-min", .unit = "s", .since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "lower bound of the TTL"), \
	K_INT(s, base.ttl_max, "ddns-ttl-max", .unit = "s", .since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "upper bound of the TTL"), \
	K_STRING(s, base.hostname_char_set, "hostname-char-set", .def = "\"[^A-Za-z0-9.-]\"", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "regular expression for what is replaced in names that clients send; \"\" = nothing"), \
	K_STRING(s, base.hostname_char_replacement, "hostname-char-replacement", .def = "\"\"", \
		.since = "4.2.0", .inherit = inner, .native = not_in_kea, \
		.doc = "text that replaces each match; $& is the match, $1 its first group")

/* Global, networks, subnets, pools. */
#define DENY_ROWS(s, field, inner) \
	K_BOOL(s, field, "deny-unknown", .native = true, .expands = true, .def = "false", .since = "4.1.0", \
		.inherit = inner, \
		.also = "deny-unknown-clients ignore-unknown known-only static-only", \
		.doc = "clients without a reservation get no lease here")

/* Also in client classes. works: .since or .refuse. struct net_conf net. */
#define VALID_ROWS(s, inner, works) \
	K_INT(s, net.par.valid.def, "valid-lifetime", .def = "7200", .unit = "s", works, \
		.also = "lease-time default-lease-time lifetime lease-duration", \
		.inherit = inner, \
		.doc = "lease time if the client does not ask for one"), \
	K_INT(s, net.par.valid.min, "min-valid-lifetime", works, .inherit = inner, .also = "min-lease-time", \
		.doc = "floor for a client-requested lease time"), \
	K_INT(s, net.par.valid.max, "max-valid-lifetime", works, .inherit = inner, .also = "max-lease-time", \
		.doc = "ceiling for a client-requested lease time")

#define PREFERRED_ROWS(s, inner, works) \
	K_INT(s, net.par.preferred.def, "preferred-lifetime", .families = KEY_6, .unit = "s", .def = "3600", \
		works, .inherit = inner, \
		.doc = "v6 preferred lifetime"), \
	K_INT(s, net.par.preferred.min, "min-preferred-lifetime", .families = KEY_6, works, \
		.inherit = inner, \
		.doc = "floor for requested preferred lifetime"), \
	K_INT(s, net.par.preferred.max, "max-preferred-lifetime", .families = KEY_6, works, \
		.inherit = inner, \
		.doc = "ceiling for requested preferred lifetime")

#define OFFER_ROWS(s, inner, works) \
	K_INT(s, net.par.offer_lifetime, "offer-lifetime", .families = KEY_4, .unit = "s", works, \
		.inherit = inner, \
		.doc = ">0: write a short lease at DISCOVER time")

#define BOOT_ROWS(s, inner, works) \
	K_IP4(s, net.par.next_server, "next-server", .families = KEY_4, .def = "\"0.0.0.0\"", works, \
		.inherit = inner, .empty_inherits = true, \
		.doc = "siaddr"), \
	K_STRING(s, net.par.server_hostname, "server-hostname", .families = KEY_4, .max = 63, .def = "\"\"", \
		works, .inherit = inner, .empty_inherits = true, \
		.doc = "sname"), \
	K_STRING(s, net.par.boot_file_name, "boot-file-name", .families = KEY_4, .max = 127, .def = "\"\"", \
		works, .inherit = inner, .empty_inherits = true, \
		.doc = "file field")

/* Lease parameters: global, networks, subnets. struct net_conf net. */
#define NET_ROWS(s, inner) \
	DENY_ROWS(s, net.deny_unknown, inner), \
	VALID_ROWS(s, inner, .since = "4.0.0"), \
	K_INT(s, net.par.t1, "renew-timer", .unit = "s", .since = "4.0.0", .inherit = inner, \
		.doc = "explicit T1"), \
	K_INT(s, net.par.t2, "rebind-timer", .unit = "s", .since = "4.0.0", .inherit = inner, \
		.doc = "explicit T2"), \
	PREFERRED_ROWS(s, inner, .since = "4.1.0"), \
	K_BOOL(s, net.par.calculate_tee, "calculate-tee-times", .def = "false", .def6 = "true", \
		.since = "4.0.0", .inherit = inner, \
		.doc = "derive T1/T2 from the lifetime when no explicit timer"), \
	K_REAL(s, net.par.t1_percent, "t1-percent", .def = "0.5", .since = "4.0.0", .inherit = inner, \
		.doc = "T1 as a fraction of the lifetime"), \
	K_REAL(s, net.par.t2_percent, "t2-percent", .def = "0.875", .def6 = "0.8", .since = "4.0.0", .inherit = inner, \
		.doc = "T2 as a fraction of the lifetime"), \
	K_REAL(s, net.par.cache_threshold, "cache-threshold", .def = "0.25", .since = "4.0.0", .inherit = inner, \
		.doc = "fraction of lifetime under which a renew reuses the stored lease without a write"), \
	K_INT(s, net.par.cache_max_age, "cache-max-age", .unit = "s", .since = "4.0.0", .inherit = inner, \
		.doc = "absolute cap (s) of that reuse window"), \
	K_REAL(s, net.par.adaptive_threshold, "adaptive-lease-time-threshold", .since = "4.1.0", \
		.inherit = inner, \
		.doc = "pool utilization above which leases get the minimum lifetime"), \
	OFFER_ROWS(s, inner, .since = "4.1.0"), \
	K_ENUM(s, net.par.allocator, "allocator", .words = allocator_words, .def = "\"iterative\"", \
		.since = "4.1.0", .inherit = inner, \
		.doc = "iterative / random / flq / shared-flq (only over SQL, where it and flq are as iterative)"), \
	K_ENUM(s, net.par.pd_allocator, "pd-allocator", .families = KEY_6, .words = pd_allocator_words, \
		.def = "\"iterative\"", .since = "4.1.0", .inherit = inner, \
		.doc = "same for prefixes"), \
	K_INT(s, net.par.addresses_per_ia, "max-addresses-per-ia", .native = true, \
		.families = KEY_6, .min = 1, .max = 8, \
		.def = "1", .since = "4.1.0", .inherit = inner, \
		.doc = "maximum number of addresses per IA_NA, if the client asks for several"), \
	K_INT(s, net.par.prefixes_per_ia, "max-prefixes-per-ia", .native = true, \
		.families = KEY_6, .min = 1, .max = 8, \
		.def = "1", .since = "4.1.0", .inherit = inner, \
		.doc = "maximum number of prefixes per IA_PD, if the client asks for several"), \
	K_BOOL(s, net.par.match_client_id, "match-client-id", .families = KEY_4, .def = "true", .since = "4.0.0", \
		.inherit = inner, \
		.doc = "use option 61 before chaddr to find a lease"), \
	K_BOOL(s, net.par.authoritative, "authoritative", .families = KEY_4, .def = "false", .since = "4.0.0", \
		.inherit = inner, \
		.doc = "NAK requests for unknown addresses"), \
	BOOT_ROWS(s, inner, .since = "4.0.0"), \
	K_BOOL(s, net.par.store_extended_info, "store-extended-info", .def = "false", .since = "4.1.0", \
		.inherit = inner, \
		.doc = "keep relay information in the lease user-context (needed by leasequery)"), \
	K_BOOL(s, net.par.reservations_global, "reservations-global", .def = "false", \
		.since = "4.1.0", .inherit = inner, \
		.doc = "use global reservations"), \
	K_BOOL(s, net.par.reservations_in_subnet, "reservations-in-subnet", .def = "true", \
		.since = "4.1.0", .inherit = inner, \
		.doc = "use reservations of the selected subnet"), \
	K_BOOL(s, net.reservations_out_of_pool, "reservations-out-of-pool", .def = "false", \
		.since = "4.1.0", .inherit = inner, \
		.doc = "a promise that no pool contains a reserved address; nothing depends on it, but a " \
		       "warning reports those that one contains"), \
	K_ENUM(s, net.reservation_mode, "reservation-mode", .words = reservation_mode_words, .since = "4.1.0", \
		.doc = "all / global / out-of-pool / disabled (off): old form of the reservations-... keys"), \
	DDNS_ROWS(s, net.ddns, inner, false), \
	K_MAP(s, net.boot, "boot", boot, .native = true, .expands = true, .may_be_absent = true, .since = "4.1.0", \
		 .inherit = inner, \
		.also = "pxe netboot network-boot", \
		.doc = "what clients boot, by their kind; replaces the block of an outer scope"), \
	K_BOOL(s, net.ddns_use_conflict_resolution, "ddns-use-conflict-resolution", .since = "4.2.0", \
		.doc = "old form of ddns-conflict-resolution-mode: check-with-dhcid or no-check-with-dhcid")

/*
 * Which clients are on a link and what is sent there: networks, and subnets with or without one. struct link_conf link.
 */
#define LINK_ROWS(s, inner) \
	K_STRING(s, link.interface, "interface", .def = "\"\"", .since = "4.0.0", \
		.inherit = inner, .own_default = true, \
		.doc = "link on which this scope is local"), \
	K_MAP(s, link.relay, "relay", relay, .since = "4.0.0", \
		.doc = "{ip-addresses: [...]} that select this scope"), \
	K_LIST(s, link.option_data, "option-data", option_data_scope, .since = "4.0.0", \
		.doc = "option values to send"), \
	K_STRING(s, link.interface_id, "interface-id", .families = KEY_6, .def = "\"\"", .since = "4.1.0", \
		.inherit = inner, .own_default = true, \
		.doc = "relay interface-id that selects this scope"), \
	K_BOOL(s, net.par.rapid_commit, "rapid-commit", .families = KEY_6, .def = "false", .since = "4.1.0", \
		.inherit = inner, .own_default = true, \
		.doc = "allow the two-message exchange"), \
	K_STRINGS(s, link.client_classes, "client-class", .replaced_by = "client-classes", .since = "4.1.0", \
		.doc = "old spelling, for one class"), \
	K_STRINGS(s, link.client_classes, "client-classes", .since = "4.1.0", \
		.doc = "guard: only for clients in at least one of these classes"), \
	K_STRINGS(s, link.additional_classes, "require-client-classes", \
		.replaced_by = "evaluate-additional-classes", .since = "4.1.0", \
		.doc = "old name of evaluate-additional-classes"), \
	K_STRINGS(s, link.additional_classes, "evaluate-additional-classes", .since = "4.1.0", \
		.doc = "classes to evaluate once the client has its lease here; they set options and boot fields")
/* clang-format on */
