/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/keys.h"

static const char *const ncr_protocol_words[] = { "UDP", "TCP", NULL };
static const char *const ncr_format_words[] = { "JSON", NULL };

static const struct key dns_server_keys[] = {
	K_STRING(struct dns_server_conf, hostname, "hostname", .families = KEY_D2, .def = "\"\"",
		 .refuse = "naming a DNS server by its host name is", .doc = "unused, must stay empty"),
	K_STRING(struct dns_server_conf, ip_address, "ip-address", .families = KEY_D2, .required = true,
		 .since = "4.2.0", .also = "address server primary", .doc = "address of the DNS server"),
	K_INT(struct dns_server_conf, port, "port", .families = KEY_D2, .min = 1, .max = 65535, .def = "53",
	      .since = "4.2.0", .doc = "its UDP port"),
	K_STRING(struct dns_server_conf, key_name, "key-name", .families = KEY_D2, .def = "\"\"", .since = "4.2.0",
		 .also = "key", .doc = "TSIG key for this server instead of the domain's; \"\" = the domain's"),
	K_COMMENT(struct dns_server_conf),
};
const struct scope dns_server_scope = SCOPE("dns-server", struct dns_server_conf, dns_server_keys);

static const struct key ddns_domain_keys[] = {
	K_STRING(struct ddns_domain_conf, name, "name", .families = KEY_D2, .required = true, .since = "4.2.0",
		 .also = "zone domain", .doc = "name of the zone to update"),
	K_STRING(struct ddns_domain_conf, key_name, "key-name", .families = KEY_D2, .def = "\"\"", .since = "4.2.0",
		 .also = "key", .doc = "TSIG key that signs the updates; \"\" = they are not signed"),
	K_LIST(struct ddns_domain_conf, dns_servers, "dns-servers", dns_server_scope, .families = KEY_D2,
	       .required = true, .since = "4.2.0", .also = "servers primaries",
	       .doc = "DNS servers that accept updates of the zone, tried in this order"),
	K_COMMENT(struct ddns_domain_conf),
};
const struct scope ddns_domain_scope = SCOPE("ddns-domain", struct ddns_domain_conf, ddns_domain_keys);

static const struct key ddns_manager_keys[] = {
	K_LIST(struct ddns_manager_conf, ddns_domains, "ddns-domains", ddns_domain_scope, .families = KEY_D2,
	       .since = "4.2.0", .also = "domains zones", .doc = "the zones; the longest name that matches is updated"),
};
const struct scope ddns_manager_scope = SCOPE("ddns-domains", struct ddns_manager_conf, ddns_manager_keys);

static const struct key tsig_key_keys[] = {
	K_STRING(struct tsig_key_conf, name, "name", .families = KEY_D2, .required = true, .since = "4.2.0",
		 .doc = "name of the key, the same on the DNS server"),
	K_STRING(struct tsig_key_conf, algorithm, "algorithm", .families = KEY_D2, .required = true, .since = "4.2.0",
		 .doc = "HMAC-MD5, HMAC-SHA1, HMAC-SHA224, HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512"),
	K_INT(struct tsig_key_conf, digest_bits, "digest-bits", .families = KEY_D2, .max = 512, .def = "0",
	      .unit = "bits", .since = "4.2.0", .doc = "length to which signatures are truncated; 0 = not truncated"),
	K_STRING(struct tsig_key_conf, secret, "secret", .families = KEY_D2, .since = "4.2.0",
		 .doc = "the secret in base64"),
	K_STRING(struct tsig_key_conf, secret_file, "secret-file", .families = KEY_D2, .since = "4.2.0",
		 .doc = "file that contains the secret in base64, instead of \"secret\""),
	K_COMMENT(struct tsig_key_conf),
};
const struct scope tsig_key_scope = SCOPE("tsig-key", struct tsig_key_conf, tsig_key_keys);

static const struct key d2_keys[] = {
	K_STRING(struct d2_conf, ip_address, "ip-address", .families = KEY_D2, .def = "\"127.0.0.1\"", .since = "4.2.0",
		 .doc = "address at which requests of the DHCP servers are received"),
	K_INT(struct d2_conf, port, "port", .families = KEY_D2, .min = 1, .max = 65535, .def = "53001",
	      .since = "4.2.0", .doc = "UDP port at which requests of the DHCP servers are received"),
	K_INT(struct d2_conf, dns_server_timeout, "dns-server-timeout", .families = KEY_D2, .min = 1, .max = 60000,
	      .def = "500", .unit = "ms", .since = "4.2.0",
	      .doc = "how long to wait for a response of a DNS server before trying again"),
	K_ENUM(struct d2_conf, ncr_protocol, "ncr-protocol", .families = KEY_D2, .words = ncr_protocol_words,
	       .def = "\"UDP\"", .since = "4.2.0", .doc = "transport of requests; only UDP, as in Kea"),
	K_ENUM(struct d2_conf, ncr_format, "ncr-format", .families = KEY_D2, .words = ncr_format_words,
	       .def = "\"JSON\"", .since = "4.2.0", .doc = "format of requests"),
	K_MAP(struct d2_conf, forward_ddns, "forward-ddns", ddns_manager, .families = KEY_D2, .since = "4.2.0",
	      .doc = "zones of names: A and AAAA records"),
	K_MAP(struct d2_conf, reverse_ddns, "reverse-ddns", ddns_manager, .families = KEY_D2, .since = "4.2.0",
	      .doc = "zones of addresses: PTR records"),
	K_LIST(struct d2_conf, tsig_keys, "tsig-keys", tsig_key_scope, .families = KEY_D2, .since = "4.2.0",
	       .also = "keys", .doc = "keys that sign updates"),
	K_MAP(struct d2_conf, control_socket, "control-socket", control_socket, .families = KEY_D2,
	      .may_be_absent = true, .since = "4.2.0",
	      .doc = "management channel (older singular form of control-sockets)"),
	K_LIST(struct d2_conf, control_sockets, "control-sockets", control_socket_scope, .families = KEY_D2,
	       .since = "4.2.0", .doc = "management channels"),
	K_LIST(struct d2_conf, hooks_libraries, "hooks-libraries", hooks_library_scope, .families = KEY_D2,
	       .since = "4.2.0", .doc = "shared objects to load, in order"),
	K_LIST(struct d2_conf, loggers, "loggers", logger_scope, .families = KEY_D2, .since = "4.2.0",
	       .doc = "logging configuration"),
	K_COMMENT(struct d2_conf),
};
const struct scope d2_scope = SCOPE("DhcpDdns", struct d2_conf, d2_keys);

const struct scope *const d2_scopes[] = {
	&d2_scope,
	&ddns_manager_scope,
	&ddns_domain_scope,
	&dns_server_scope,
	&tsig_key_scope,
	&control_socket_scope,
	&authentication_scope,
	&auth_client_scope,
	&http_header_scope,
	&hooks_library_scope,
	&logger_scope,
	&output_options_scope,
	NULL,
};
