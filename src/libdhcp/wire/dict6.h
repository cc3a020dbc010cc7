/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Options of space "dhcp6": X(code, NAME, "name", TYPE, designated fields of struct optdef...), by code; .ours
 * marks options that Kea does not define. Generates the OPT6_NAME constants here and the definitions in dict6.c.
 */
/* clang-format off */
#define DICT6_ROWS(X) \
	X(1, CLIENTID, "clientid", BINARY, .role = OPT_MADE) \
	X(2, SERVERID, "serverid", BINARY, .role = OPT_MADE) \
	X(3, IA_NA, "ia-na", RECORD, RECORD(OPT_UINT32, OPT_UINT32, OPT_UINT32), .more = true, .role = OPT_MADE) \
	X(4, IA_TA, "ia-ta", UINT32, .role = OPT_MADE) \
	X(5, IAADDR, "iaaddr", RECORD, RECORD(OPT_IPV6_ADDRESS, OPT_UINT32, OPT_UINT32), .more = true, \
		.role = OPT_MADE) \
	X(6, ORO, "oro", UINT16, .array = true, .role = OPT_NO_SERVER) \
	X(7, PREFERENCE, "preference", UINT8) \
	X(8, ELAPSED_TIME, "elapsed-time", UINT16, .role = OPT_NO_SERVER) \
	X(9, RELAY_MSG, "relay-msg", BINARY, .role = OPT_MADE) \
	X(11, AUTH, "auth", BINARY) \
	X(12, UNICAST, "unicast", IPV6_ADDRESS) \
	X(13, STATUS_CODE, "status-code", RECORD, RECORD(OPT_UINT16, OPT_STRING), .role = OPT_MADE) \
	X(14, RAPID_COMMIT, "rapid-commit", EMPTY, .role = OPT_MADE) \
	X(15, USER_CLASS, "user-class", BINARY) \
	X(16, VENDOR_CLASS, "vendor-class", RECORD, RECORD(OPT_UINT32, OPT_BINARY), .many = true) \
	X(17, VENDOR_OPTS, "vendor-opts", UINT32, .more = true, .many = true) \
	X(18, INTERFACE_ID, "interface-id", BINARY, .role = OPT_NO_SERVER) \
	X(19, RECONF_MSG, "reconf-msg", UINT8) \
	X(20, RECONF_ACCEPT, "reconf-accept", EMPTY) \
	X(21, SIP_SERVER_DNS, "sip-server-dns", FQDN, .array = true) \
	X(22, SIP_SERVER_ADDR, "sip-server-addr", IPV6_ADDRESS, .array = true) \
	X(23, DNS_SERVERS, "dns-servers", IPV6_ADDRESS, .array = true) \
	X(24, DOMAIN_SEARCH, "domain-search", FQDN, .array = true) \
	X(25, IA_PD, "ia-pd", RECORD, RECORD(OPT_UINT32, OPT_UINT32, OPT_UINT32), .more = true, .role = OPT_MADE) \
	X(26, IAPREFIX, "iaprefix", RECORD, RECORD(OPT_UINT32, OPT_UINT32, OPT_UINT8, OPT_IPV6_ADDRESS), \
		.more = true, .role = OPT_MADE) \
	X(27, NIS_SERVERS, "nis-servers", IPV6_ADDRESS, .array = true) \
	X(28, NISP_SERVERS, "nisp-servers", IPV6_ADDRESS, .array = true) \
	X(29, NIS_DOMAIN_NAME, "nis-domain-name", FQDN, .array = true) \
	X(30, NISP_DOMAIN_NAME, "nisp-domain-name", FQDN, .array = true) \
	X(31, SNTP_SERVERS, "sntp-servers", IPV6_ADDRESS, .array = true) \
	X(32, INFORMATION_REFRESH_TIME, "information-refresh-time", UINT32) \
	X(33, BCMCS_SERVER_DNS, "bcmcs-server-dns", FQDN, .array = true) \
	X(34, BCMCS_SERVER_ADDR, "bcmcs-server-addr", IPV6_ADDRESS, .array = true) \
	X(36, GEOCONF_CIVIC, "geoconf-civic", RECORD, RECORD(OPT_UINT8, OPT_UINT16, OPT_BINARY)) \
	X(37, REMOTE_ID, "remote-id", RECORD, RECORD(OPT_UINT32, OPT_BINARY)) \
	X(38, SUBSCRIBER_ID, "subscriber-id", BINARY) \
	X(39, CLIENT_FQDN, "client-fqdn", RECORD, RECORD(OPT_UINT8, OPT_FQDN)) \
	X(40, PANA_AGENT, "pana-agent", IPV6_ADDRESS, .array = true) \
	X(41, NEW_POSIX_TIMEZONE, "new-posix-timezone", STRING) \
	X(42, NEW_TZDB_TIMEZONE, "new-tzdb-timezone", STRING) \
	X(43, ERO, "ero", UINT16, .array = true) \
	X(44, LQ_QUERY, "lq-query", RECORD, RECORD(OPT_UINT8, OPT_IPV6_ADDRESS), .encapsulate = "dhcp6", \
		.role = OPT_NO_SERVER) \
	X(45, CLIENT_DATA, "client-data", EMPTY, .encapsulate = "dhcp6", .role = OPT_NO_SERVER) \
	X(46, CLT_TIME, "clt-time", UINT32, .role = OPT_NO_SERVER) \
	X(47, LQ_RELAY_DATA, "lq-relay-data", RECORD, RECORD(OPT_IPV6_ADDRESS, OPT_BINARY), .role = OPT_NO_SERVER) \
	X(48, LQ_CLIENT_LINK, "lq-client-link", IPV6_ADDRESS, .array = true, .role = OPT_NO_SERVER) \
	X(49, MIP6_HNIDF, "mip6-hnidf", FQDN, .ours = true) \
	X(50, MIP6_VDINF, "mip6-vdinf", EMPTY, .encapsulate = "mip6-options", .ours = true) \
	X(51, V6_LOST, "v6-lost", FQDN) \
	X(52, CAPWAP_AC_V6, "capwap-ac-v6", IPV6_ADDRESS, .array = true) \
	X(53, RELAY_ID, "relay-id", BINARY) \
	X(54, MOS_ADDR, "mos-addr", BINARY, .ours = true) \
	X(55, MOS_FQDN, "mos-fqdn", BINARY, .ours = true) \
	/* RFC 5908 4: exactly one time source per instance */ \
	X(56, NTP_SERVER, "ntp-server", EMPTY, .encapsulate = "v6-ntp-server-suboptions", .each = true) \
	X(57, V6_ACCESS_DOMAIN, "v6-access-domain", FQDN) \
	X(58, SIP_UA_CS_LIST, "sip-ua-cs-list", FQDN, .array = true) \
	X(59, BOOTFILE_URL, "bootfile-url", STRING) \
	X(60, BOOTFILE_PARAM, "bootfile-param", TUPLE, .array = true, .wide_tuple = true) \
	X(61, CLIENT_ARCH_TYPE, "client-arch-type", UINT16, .array = true) \
	X(62, NII, "nii", RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_UINT8)) \
	X(63, GEOLOCATION, "geolocation", BINARY, .ours = true) \
	X(64, AFTR_NAME, "aftr-name", FQDN) \
	X(65, ERP_LOCAL_DOMAIN_NAME, "erp-local-domain-name", FQDN) \
	X(66, RSOO, "rsoo", EMPTY, .encapsulate = "rsoo-opts") \
	X(67, PD_EXCLUDE, "pd-exclude", IPV6_PREFIX, .role = OPT_NO_SERVER) \
	X(68, VSS, "vss", BINARY, .ours = true) \
	X(69, MIP6_IDINF, "mip6-idinf", EMPTY, .encapsulate = "mip6-options", .ours = true) \
	X(70, MIP6_UDINF, "mip6-udinf", EMPTY, .encapsulate = "mip6-options", .ours = true) \
	X(71, MIP6_HNP, "mip6-hnp", RECORD, RECORD(OPT_UINT8, OPT_IPV6_ADDRESS), .prefix_field = 1, .ours = true) \
	X(72, MIP6_HAA, "mip6-haa", IPV6_ADDRESS, .ours = true) \
	X(73, MIP6_HAF, "mip6-haf", FQDN, .ours = true) \
	X(74, RDNSS_SELECTION, "rdnss-selection", RECORD, RECORD(OPT_IPV6_ADDRESS, OPT_UINT8, OPT_FQDN), \
		.array = true, .many = true) \
	X(75, KRB_PRINCIPAL_NAME, "krb-principal-name", BINARY, .ours = true) \
	X(76, KRB_REALM_NAME, "krb-realm-name", BINARY, .ours = true) \
	X(77, KRB_DEFAULT_REALM_NAME, "krb-default-realm-name", BINARY, .ours = true) \
	X(78, KRB_KDC, "krb-kdc", RECORD, RECORD(OPT_UINT16, OPT_UINT16, OPT_UINT8, OPT_UINT16, \
		OPT_IPV6_ADDRESS, OPT_BINARY), .ours = true, .many = true) \
	X(79, CLIENT_LINKLAYER_ADDR, "client-linklayer-addr", BINARY) \
	X(80, LINK_ADDRESS, "link-address", IPV6_ADDRESS) \
	X(81, RADIUS, "radius", BINARY, .ours = true) \
	X(82, SOLMAX_RT, "solmax-rt", UINT32) \
	X(83, INF_MAX_RT, "inf-max-rt", UINT32) \
	X(84, ADDRSEL, "addrsel", UINT8, .encapsulate = "addrsel-options", .ours = true) \
	X(85, ADDRSEL_TABLE, "addrsel-table", RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_IPV6_PREFIX), \
		.ours = true, .many = true) \
	X(86, V6_PCP_SERVER, "v6-pcp-server", IPV6_ADDRESS, .array = true, .ours = true, .many = true) \
	X(87, DHCPV4_MESSAGE, "dhcpv4-message", BINARY) \
	X(88, DHCP4O6_SERVER_ADDR, "dhcp4o6-server-addr", IPV6_ADDRESS, .array = true) \
	X(94, S46_CONT_MAPE, "s46-cont-mape", EMPTY, .encapsulate = "s46-cont-mape-options") \
	X(95, S46_CONT_MAPT, "s46-cont-mapt", EMPTY, .encapsulate = "s46-cont-mapt-options") \
	X(96, S46_CONT_LW, "s46-cont-lw", EMPTY, .encapsulate = "s46-cont-lw-options") \
	X(97, 4RD, "4rd", EMPTY, .encapsulate = "4rd-options", .ours = true) \
	X(98, 4RD_MAP_RULE, "4rd-map-rule", BINARY, .ours = true, .many = true) \
	X(99, 4RD_NON_MAP_RULE, "4rd-non-map-rule", BINARY, .ours = true, .many = true) \
	X(100, LQ_BASE_TIME, "lq-base-time", UINT32, .ours = true) \
	X(101, LQ_START_TIME, "lq-start-time", UINT32, .ours = true) \
	X(102, LQ_END_TIME, "lq-end-time", UINT32, .ours = true) \
	X(103, V6_CAPTIVE_PORTAL, "v6-captive-portal", STRING) \
	X(104, MPL_PARAMETERS, "mpl-parameters", BINARY, .ours = true) \
	X(105, ANI_ATT, "ani-att", UINT16, .ours = true) \
	X(106, ANI_NETWORK_NAME, "ani-network-name", STRING, .ours = true) \
	X(107, ANI_AP_NAME, "ani-ap-name", STRING, .ours = true) \
	X(108, ANI_AP_BSSID, "ani-ap-bssid", BINARY, .ours = true) \
	X(109, ANI_OPERATOR_ID, "ani-operator-id", UINT32, .ours = true) \
	X(110, ANI_OPERATOR_REALM, "ani-operator-realm", FQDN, .ours = true) \
	X(111, S46_PRIORITY, "s46-priority", UINT16, .array = true, .ours = true) \
	X(112, MUD_URL, "mud-url", STRING, .ours = true) \
	X(113, V6_PREFIX64, "v6-prefix64", BINARY, .ours = true) \
	X(114, F_BINDING_STATUS, "f-binding-status", UINT8, .ours = true) \
	X(115, F_CONNECT_FLAGS, "f-connect-flags", UINT16, .ours = true) \
	X(116, F_DNS_REMOVAL_INFO, "f-dns-removal-info", EMPTY, .more = true, .ours = true) \
	X(117, F_DNS_HOST_NAME, "f-dns-host-name", FQDN, .ours = true) \
	X(118, F_DNS_ZONE_NAME, "f-dns-zone-name", FQDN, .ours = true) \
	X(119, F_DNS_FLAGS, "f-dns-flags", UINT16, .ours = true) \
	X(120, F_EXPIRATION_TIME, "f-expiration-time", UINT32, .ours = true) \
	X(121, F_MAX_UNACKED_BNDUPD, "f-max-unacked-bndupd", UINT32, .ours = true) \
	X(122, F_MCLT, "f-mclt", UINT32, .ours = true) \
	X(123, F_PARTNER_LIFETIME, "f-partner-lifetime", UINT32, .ours = true) \
	X(124, F_PARTNER_LIFETIME_SENT, "f-partner-lifetime-sent", UINT32, .ours = true) \
	X(125, F_PARTNER_DOWN_TIME, "f-partner-down-time", UINT32, .ours = true) \
	X(126, F_PARTNER_RAW_CLT_TIME, "f-partner-raw-clt-time", UINT32, .ours = true) \
	X(127, F_PROTOCOL_VERSION, "f-protocol-version", RECORD, RECORD(OPT_UINT16, OPT_UINT16), .ours = true) \
	X(128, F_KEEPALIVE_TIME, "f-keepalive-time", UINT32, .ours = true) \
	X(129, F_RECONFIGURE_DATA, "f-reconfigure-data", BINARY, .ours = true) \
	X(130, F_RELATIONSHIP_NAME, "f-relationship-name", STRING, .ours = true) \
	X(131, F_SERVER_FLAGS, "f-server-flags", UINT8, .ours = true) \
	X(132, F_SERVER_STATE, "f-server-state", UINT8, .ours = true) \
	X(133, F_START_TIME_OF_STATE, "f-start-time-of-state", UINT32, .ours = true) \
	X(134, F_STATE_EXPIRATION_TIME, "f-state-expiration-time", UINT32, .ours = true) \
	X(135, RELAY_SOURCE_PORT, "relay-source-port", UINT16) \
	X(136, V6_SZTP_REDIRECT, "v6-sztp-redirect", TUPLE, .array = true, .wide_tuple = true) \
	X(137, S46_BIND_IPV6_PREFIX, "s46-bind-ipv6-prefix", IPV6_PREFIX, .ours = true) \
	X(138, IA_LL, "ia-ll", RECORD, RECORD(OPT_UINT32, OPT_UINT32, OPT_UINT32), .more = true, .ours = true) \
	X(139, LLADDR, "lladdr", BINARY, .ours = true) \
	X(140, SLAP_QUAD, "slap-quad", BINARY, .ours = true) \
	X(141, V6_DOTS_RI, "v6-dots-ri", FQDN, .ours = true) \
	X(142, V6_DOTS_ADDRESS, "v6-dots-address", IPV6_ADDRESS, .array = true, .ours = true) \
	X(143, IPV6_ADDRESS_ANDSF, "ipv6-address-andsf", IPV6_ADDRESS, .array = true) \
	X(144, V6_DNR, "v6-dnr", INTERNAL, .many = true) \
	X(145, REGISTERED_DOMAIN, "registered-domain", FQDN, .ours = true) \
	X(146, FORWARD_DIST_MANAGER, "forward-dist-manager", RECORD, RECORD(OPT_UINT16, OPT_FQDN), .ours = true) \
	X(147, REVERSE_DIST_MANAGER, "reverse-dist-manager", RECORD, RECORD(OPT_UINT16, OPT_FQDN), .ours = true) \
	X(148, ADDR_REG_ENABLE, "addr-reg-enable", EMPTY)

#define X(code, NAME, ...) OPT6_##NAME = code,
enum {
	DICT6_ROWS(X)
};
#undef X

/* clang-format on */
