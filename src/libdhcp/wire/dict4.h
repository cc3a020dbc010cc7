/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Options of space "dhcp4": X(code, NAME, "name", TYPE, designated fields of struct optdef...), by code; .ours
 * marks options that some Kea (2.2 is the oldest checked) does not define. Generates the OPT4_NAME constants
 * here and the definitions in dict4.c.
 */
/* clang-format off */
#define DICT4_ROWS(X) \
	X(1, SUBNET_MASK, "subnet-mask", IPV4_ADDRESS) \
	X(2, TIME_OFFSET, "time-offset", INT32) \
	X(3, ROUTERS, "routers", IPV4_ADDRESS, .array = true) \
	X(4, TIME_SERVERS, "time-servers", IPV4_ADDRESS, .array = true) \
	X(5, NAME_SERVERS, "name-servers", IPV4_ADDRESS, .array = true) \
	X(6, DOMAIN_NAME_SERVERS, "domain-name-servers", IPV4_ADDRESS, .array = true) \
	X(7, LOG_SERVERS, "log-servers", IPV4_ADDRESS, .array = true) \
	X(8, COOKIE_SERVERS, "cookie-servers", IPV4_ADDRESS, .array = true) \
	X(9, LPR_SERVERS, "lpr-servers", IPV4_ADDRESS, .array = true) \
	X(10, IMPRESS_SERVERS, "impress-servers", IPV4_ADDRESS, .array = true) \
	X(11, RESOURCE_LOCATION_SERVERS, "resource-location-servers", IPV4_ADDRESS, .array = true) \
	X(12, HOST_NAME, "host-name", STRING) \
	X(13, BOOT_SIZE, "boot-size", UINT16) \
	X(14, MERIT_DUMP, "merit-dump", STRING) \
	X(15, DOMAIN_NAME, "domain-name", STRING) \
	X(16, SWAP_SERVER, "swap-server", IPV4_ADDRESS) \
	X(17, ROOT_PATH, "root-path", STRING) \
	X(18, EXTENSIONS_PATH, "extensions-path", STRING) \
	X(19, IP_FORWARDING, "ip-forwarding", BOOLEAN) \
	X(20, NON_LOCAL_SOURCE_ROUTING, "non-local-source-routing", BOOLEAN) \
	X(21, POLICY_FILTER, "policy-filter", IPV4_ADDRESS, .array = true) \
	X(22, MAX_DGRAM_REASSEMBLY, "max-dgram-reassembly", UINT16) \
	X(23, DEFAULT_IP_TTL, "default-ip-ttl", UINT8) \
	X(24, PATH_MTU_AGING_TIMEOUT, "path-mtu-aging-timeout", UINT32) \
	X(25, PATH_MTU_PLATEAU_TABLE, "path-mtu-plateau-table", UINT16, .array = true) \
	X(26, INTERFACE_MTU, "interface-mtu", UINT16) \
	X(27, ALL_SUBNETS_LOCAL, "all-subnets-local", BOOLEAN) \
	X(28, BROADCAST_ADDRESS, "broadcast-address", IPV4_ADDRESS) \
	X(29, PERFORM_MASK_DISCOVERY, "perform-mask-discovery", BOOLEAN) \
	X(30, MASK_SUPPLIER, "mask-supplier", BOOLEAN) \
	X(31, ROUTER_DISCOVERY, "router-discovery", BOOLEAN) \
	X(32, ROUTER_SOLICITATION_ADDRESS, "router-solicitation-address", IPV4_ADDRESS) \
	X(33, STATIC_ROUTES, "static-routes", IPV4_ADDRESS, .array = true) \
	X(34, TRAILER_ENCAPSULATION, "trailer-encapsulation", BOOLEAN) \
	X(35, ARP_CACHE_TIMEOUT, "arp-cache-timeout", UINT32) \
	X(36, IEEE802_3_ENCAPSULATION, "ieee802-3-encapsulation", BOOLEAN) \
	X(37, DEFAULT_TCP_TTL, "default-tcp-ttl", UINT8) \
	X(38, TCP_KEEPALIVE_INTERVAL, "tcp-keepalive-interval", UINT32) \
	X(39, TCP_KEEPALIVE_GARBAGE, "tcp-keepalive-garbage", BOOLEAN) \
	X(40, NIS_DOMAIN, "nis-domain", STRING) \
	X(41, NIS_SERVERS, "nis-servers", IPV4_ADDRESS, .array = true) \
	X(42, NTP_SERVERS, "ntp-servers", IPV4_ADDRESS, .array = true) \
	X(43, VENDOR_ENCAPSULATED_OPTIONS, "vendor-encapsulated-options", EMPTY, \
		.encapsulate = "vendor-encapsulated-options-space") \
	X(44, NETBIOS_NAME_SERVERS, "netbios-name-servers", IPV4_ADDRESS, .array = true) \
	X(45, NETBIOS_DD_SERVER, "netbios-dd-server", IPV4_ADDRESS, .array = true) \
	X(46, NETBIOS_NODE_TYPE, "netbios-node-type", UINT8) \
	X(47, NETBIOS_SCOPE, "netbios-scope", STRING) \
	X(48, FONT_SERVERS, "font-servers", IPV4_ADDRESS, .array = true) \
	X(49, X_DISPLAY_MANAGER, "x-display-manager", IPV4_ADDRESS, .array = true) \
	X(50, DHCP_REQUESTED_ADDRESS, "dhcp-requested-address", IPV4_ADDRESS, .role = OPT_NO_SERVER) \
	X(51, DHCP_LEASE_TIME, "dhcp-lease-time", UINT32, .role = OPT_MADE) \
	X(52, DHCP_OPTION_OVERLOAD, "dhcp-option-overload", UINT8, .role = OPT_MADE) \
	X(53, DHCP_MESSAGE_TYPE, "dhcp-message-type", UINT8, .role = OPT_MADE) \
	X(54, DHCP_SERVER_IDENTIFIER, "dhcp-server-identifier", IPV4_ADDRESS) \
	X(55, DHCP_PARAMETER_REQUEST_LIST, "dhcp-parameter-request-list", UINT8, .array = true, .role = OPT_NO_SERVER) \
	X(56, DHCP_MESSAGE, "dhcp-message", STRING) \
	X(57, DHCP_MAX_MESSAGE_SIZE, "dhcp-max-message-size", UINT16, .role = OPT_NO_SERVER) \
	X(58, DHCP_RENEWAL_TIME, "dhcp-renewal-time", UINT32, .role = OPT_FALLBACK) \
	X(59, DHCP_REBINDING_TIME, "dhcp-rebinding-time", UINT32, .role = OPT_FALLBACK) \
	X(60, VENDOR_CLASS_IDENTIFIER, "vendor-class-identifier", STRING) \
	X(61, DHCP_CLIENT_IDENTIFIER, "dhcp-client-identifier", BINARY, .role = OPT_MADE) \
	X(62, NWIP_DOMAIN_NAME, "nwip-domain-name", STRING) \
	X(63, NWIP_SUBOPTIONS, "nwip-suboptions", BINARY) \
	X(64, NISPLUS_DOMAIN_NAME, "nisplus-domain-name", STRING) \
	X(65, NISPLUS_SERVERS, "nisplus-servers", IPV4_ADDRESS, .array = true) \
	X(66, TFTP_SERVER_NAME, "tftp-server-name", STRING) \
	X(67, BOOT_FILE_NAME, "boot-file-name", STRING) \
	X(68, MOBILE_IP_HOME_AGENT, "mobile-ip-home-agent", IPV4_ADDRESS, .array = true) \
	X(69, SMTP_SERVER, "smtp-server", IPV4_ADDRESS, .array = true) \
	X(70, POP_SERVER, "pop-server", IPV4_ADDRESS, .array = true) \
	X(71, NNTP_SERVER, "nntp-server", IPV4_ADDRESS, .array = true) \
	X(72, WWW_SERVER, "www-server", IPV4_ADDRESS, .array = true) \
	X(73, FINGER_SERVER, "finger-server", IPV4_ADDRESS, .array = true) \
	X(74, IRC_SERVER, "irc-server", IPV4_ADDRESS, .array = true) \
	X(75, STREETTALK_SERVER, "streettalk-server", IPV4_ADDRESS, .array = true) \
	X(76, STREETTALK_DIRECTORY_ASSISTANCE_SERVER, "streettalk-directory-assistance-server", IPV4_ADDRESS, \
		.array = true) \
	X(77, USER_CLASS, "user-class", BINARY) \
	X(78, SLP_DIRECTORY_AGENT, "slp-directory-agent", RECORD, RECORD(OPT_BOOLEAN, OPT_IPV4_ADDRESS), \
		.array = true) \
	X(79, SLP_SERVICE_SCOPE, "slp-service-scope", RECORD, RECORD(OPT_BOOLEAN, OPT_STRING)) \
	X(80, RAPID_COMMIT, "rapid-commit", EMPTY, .ours = true) \
	X(81, FQDN, "fqdn", RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_UINT8, OPT_FQDN)) \
	X(82, DHCP_AGENT_OPTIONS, "dhcp-agent-options", EMPTY, .encapsulate = "dhcp-agent-options-space", \
		.role = OPT_MADE) \
	X(83, ISNS, "isns", BINARY, .ours = true) \
	X(85, NDS_SERVERS, "nds-servers", IPV4_ADDRESS, .array = true) \
	X(86, NDS_TREE_NAME, "nds-tree-name", STRING) \
	X(87, NDS_CONTEXT, "nds-context", STRING) \
	X(88, BCMS_CONTROLLER_NAMES, "bcms-controller-names", FQDN, .array = true) \
	X(89, BCMS_CONTROLLER_ADDRESS, "bcms-controller-address", IPV4_ADDRESS, .array = true) \
	X(90, AUTHENTICATE, "authenticate", BINARY) \
	X(91, CLIENT_LAST_TRANSACTION_TIME, "client-last-transaction-time", UINT32) \
	X(92, ASSOCIATED_IP, "associated-ip", IPV4_ADDRESS, .array = true) \
	X(93, CLIENT_SYSTEM, "client-system", UINT16, .array = true) \
	X(94, CLIENT_NDI, "client-ndi", RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_UINT8)) \
	X(95, LDAP_URL, "ldap-url", STRING, .ours = true) \
	X(97, UUID_GUID, "uuid-guid", RECORD, RECORD(OPT_UINT8, OPT_BINARY)) \
	X(98, UAP_SERVERS, "uap-servers", STRING) \
	X(99, GEOCONF_CIVIC, "geoconf-civic", BINARY) \
	X(100, PCODE, "pcode", STRING) \
	X(101, TCODE, "tcode", STRING) \
	X(108, V6_ONLY_PREFERRED, "v6-only-preferred", UINT32) \
	X(109, DHCP4O6_SOURCE_ADDRESS, "dhcp4o6-source-address", IPV6_ADDRESS, .ours = true) \
	X(112, NETINFO_SERVER_ADDRESS, "netinfo-server-address", IPV4_ADDRESS, .array = true) \
	X(113, NETINFO_SERVER_TAG, "netinfo-server-tag", STRING) \
	X(114, V4_CAPTIVE_PORTAL, "v4-captive-portal", STRING) \
	X(116, AUTO_CONFIG, "auto-config", UINT8) \
	X(117, NAME_SERVICE_SEARCH, "name-service-search", UINT16, .array = true) \
	X(118, SUBNET_SELECTION, "subnet-selection", IPV4_ADDRESS) \
	X(119, DOMAIN_SEARCH, "domain-search", FQDN, .array = true) \
	X(120, SIP_SERVERS, "sip-servers", BINARY, .ours = true) \
	X(121, CLASSLESS_STATIC_ROUTE, "classless-static-route", INTERNAL, .ours = true) \
	X(122, CABLELABS_CLIENT_CONF, "cablelabs-client-conf", EMPTY, .encapsulate = "cablelabs-client-conf", \
		.ours = true) \
	X(123, GEOCONF, "geoconf", BINARY, .ours = true) \
	X(124, VIVCO_SUBOPTIONS, "vivco-suboptions", RECORD, RECORD(OPT_UINT32, OPT_BINARY), .many = true) \
	X(125, VIVSO_SUBOPTIONS, "vivso-suboptions", UINT32, .more = true, .many = true) \
	X(136, PANA_AGENT, "pana-agent", IPV4_ADDRESS, .array = true) \
	X(137, V4_LOST, "v4-lost", FQDN) \
	X(138, CAPWAP_AC_V4, "capwap-ac-v4", IPV4_ADDRESS, .array = true) \
	X(139, MOS_ADDR, "mos-addr", BINARY, .ours = true) \
	X(140, MOS_FQDN, "mos-fqdn", BINARY, .ours = true) \
	X(141, SIP_UA_CS_DOMAINS, "sip-ua-cs-domains", FQDN, .array = true) \
	X(142, ANDSF_ADDR, "andsf-addr", IPV4_ADDRESS, .array = true, .ours = true) \
	X(143, V4_SZTP_REDIRECT, "v4-sztp-redirect", TUPLE, .array = true, .wide_tuple = true, .ours = true) \
	X(144, GEOLOC, "geoloc", BINARY, .ours = true) \
	X(145, FORCERENEW_NONCE_CAPABLE, "forcerenew-nonce-capable", UINT8, .array = true, .ours = true) \
	X(146, RDNSS_SELECTION, "rdnss-selection", RECORD, RECORD(OPT_UINT8, OPT_IPV4_ADDRESS, \
		OPT_IPV4_ADDRESS, OPT_FQDN), .array = true) \
	X(147, DOTS_RI, "dots-ri", FQDN, .ours = true) \
	X(148, DOTS_ADDRESS, "dots-address", IPV4_ADDRESS, .array = true, .ours = true) \
	X(150, TFTP_SERVER_ADDRESS, "tftp-server-address", IPV4_ADDRESS, .array = true, .ours = true) \
	X(151, STATUS_CODE, "status-code", RECORD, RECORD(OPT_UINT8, OPT_STRING), .ours = true) \
	X(152, BASE_TIME, "base-time", UINT32, .ours = true) \
	X(153, START_TIME_OF_STATE, "start-time-of-state", UINT32, .ours = true) \
	X(154, QUERY_START_TIME, "query-start-time", UINT32, .ours = true) \
	X(155, QUERY_END_TIME, "query-end-time", UINT32, .ours = true) \
	X(156, DHCP_STATE, "dhcp-state", UINT8, .ours = true) \
	X(157, DATA_SOURCE, "data-source", UINT8, .ours = true) \
	X(158, V4_PCP_SERVER, "v4-pcp-server", BINARY, .ours = true, .many = true) \
	X(159, V4_PORTPARAMS, "v4-portparams", RECORD, RECORD(OPT_UINT8, OPT_PSID)) \
	X(161, MUD_URL, "mud-url", STRING, .ours = true) \
	X(162, V4_DNR, "v4-dnr", INTERNAL, .ours = true, .many = true) \
	X(175, ETHERBOOT, "etherboot", BINARY, .ours = true) \
	X(176, IP_TELEPHONE, "ip-telephone", STRING, .ours = true) \
	X(208, PXELINUX_MAGIC, "pxelinux-magic", UINT32, .ours = true) \
	X(209, PXELINUX_CONFIG_FILE, "pxelinux-config-file", STRING, .ours = true) \
	X(210, PXELINUX_PATH_PREFIX, "pxelinux-path-prefix", STRING, .ours = true) \
	X(211, PXELINUX_REBOOT_TIME, "pxelinux-reboot-time", UINT32, .ours = true) \
	X(212, OPTION_6RD, "option-6rd", RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_IPV6_ADDRESS, \
		OPT_IPV4_ADDRESS), .array = true, .prefix_field = 2) \
	X(213, V4_ACCESS_DOMAIN, "v4-access-domain", FQDN) \
	X(220, SUBNET_ALLOC, "subnet-alloc", BINARY, .ours = true) \
	X(221, VIRTUAL_SUBNET_SELECT, "virtual-subnet-select", BINARY, .ours = true) \
	X(249, MS_CLASSLESS_STATIC_ROUTE, "ms-classless-static-route", INTERNAL, .ours = true) \
	X(252, WPAD_URL, "wpad-url", STRING, .ours = true)

#define X(code, NAME, ...) OPT4_##NAME = code,
enum {
	OPT4_PAD = 0,
	OPT4_END = 255,
	DICT4_ROWS(X)
};
#undef X

/* Sub-options of dhcp-agent-options (RFC 3046 and later). */
enum {
	RAI_CIRCUIT_ID = 1,
	RAI_REMOTE_ID = 2,
	RAI_DOCSIS_DEVICE_CLASS = 4,
	RAI_LINK_SELECTION = 5,
	RAI_SUBSCRIBER_ID = 6,
	RAI_RADIUS = 7,
	RAI_AUTH = 8,
	RAI_VENDOR_SPECIFIC_INFO = 9,
	RAI_RELAY_FLAGS = 10,
	RAI_SERVER_ID_OVERRIDE = 11,
	RAI_RELAY_ID = 12,
	RAI_ACCESS_TECHNO_TYPE = 13,
	RAI_ACCESS_NETWORK_NAME = 14,
	RAI_ACCESS_POINT_NAME = 15,
	RAI_ACCESS_POINT_BSSID = 16,
	RAI_OPERATOR_ID = 17,
	RAI_OPERATOR_REALM = 18,
	RAI_RELAY_PORT = 19,
	RAI_VIRTUAL_SUBNET_SELECT = 151,
	RAI_VIRTUAL_SUBNET_SELECT_CTRL = 152,
};
/* clang-format on */
