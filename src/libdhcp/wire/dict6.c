/* SPDX-License-Identifier: MPL-2.0 */
/* Built-in option definitions of DHCPv6: the main space from dict6.h, then the sub-spaces. */
#include "wire/dict6.h"

#include "wire/dict.h"

/* clang-format off */
#define RECORD(...) \
	.record = (const enum opt_type[]){ __VA_ARGS__ }, \
	.record_n = sizeof((const enum opt_type[]){ __VA_ARGS__ }) / sizeof(enum opt_type)
#define ROW(SPACE, CODE, NAME, TYPE, ...) \
	{ .space = SPACE, .code = CODE, .name = NAME, .type = TYPE, ##__VA_ARGS__ }
#define X(CODE, CONST, NAME, TYPE, ...) ROW("dhcp6", CODE, NAME, OPT_##TYPE, ##__VA_ARGS__),

const struct optdef dict6[] = {
	DICT6_ROWS(X)

	ROW("4o6", 60000, "4o6-interface", OPT_STRING),
	ROW("4o6", 60001, "4o6-source-address", OPT_IPV6_ADDRESS),
	ROW("4o6", 60002, "4o6-source-port", OPT_UINT16),

	ROW("s46-cont-mape-options", 89, "s46-rule", OPT_RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_UINT8,
		OPT_IPV4_ADDRESS, OPT_IPV6_PREFIX), .prefix_field = 3, .encapsulate = "s46-rule-options",
		.many = true),
	ROW("s46-cont-mape-options", 90, "s46-br", OPT_IPV6_ADDRESS, .many = true),

	ROW("s46-cont-mapt-options", 89, "s46-rule", OPT_RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_UINT8,
		OPT_IPV4_ADDRESS, OPT_IPV6_PREFIX), .prefix_field = 3, .encapsulate = "s46-rule-options",
		.many = true),
	ROW("s46-cont-mapt-options", 91, "s46-dmr", OPT_IPV6_PREFIX),

	ROW("s46-cont-lw-options", 90, "s46-br", OPT_IPV6_ADDRESS, .many = true),
	ROW("s46-cont-lw-options", 92, "s46-v4v6bind", OPT_RECORD, RECORD(OPT_IPV4_ADDRESS, OPT_IPV6_PREFIX),
		.encapsulate = "s46-v4v6bind-options", .many = true),

	ROW("s46-rule-options", 93, "s46-portparams", OPT_RECORD, RECORD(OPT_UINT8, OPT_PSID)),

	ROW("s46-v4v6bind-options", 93, "s46-portparams", OPT_RECORD, RECORD(OPT_UINT8, OPT_PSID)),

	ROW("v6-ntp-server-suboptions", 1, "ntp-server-address", OPT_IPV6_ADDRESS),
	ROW("v6-ntp-server-suboptions", 2, "ntp-server-multicast", OPT_IPV6_ADDRESS),
	ROW("v6-ntp-server-suboptions", 3, "ntp-server-fqdn", OPT_FQDN),

	/*
	 * Options of the main space that occur inside others; they have their own spaces, so that a container can be
	 * configured.
	 */
	ROW("mip6-options", 49, "mip6-hnidf", OPT_FQDN, .ours = true),
	ROW("mip6-options", 71, "mip6-hnp", OPT_RECORD, RECORD(OPT_UINT8, OPT_IPV6_ADDRESS),
		.prefix_field = 1, .ours = true),
	ROW("mip6-options", 72, "mip6-haa", OPT_IPV6_ADDRESS, .ours = true),
	ROW("mip6-options", 73, "mip6-haf", OPT_FQDN, .ours = true),

	ROW("addrsel-options", 85, "addrsel-table", OPT_RECORD, RECORD(OPT_UINT8, OPT_UINT8, OPT_IPV6_PREFIX),
		.ours = true, .many = true),

	ROW("4rd-options", 98, "4rd-map-rule", OPT_BINARY, .ours = true, .many = true),
	ROW("4rd-options", 99, "4rd-non-map-rule", OPT_BINARY, .ours = true, .many = true),

	ROW("docsis3-v6", 1, "oro", OPT_UINT16, .array = true),
	ROW("docsis3-v6", 2, "device-type", OPT_STRING),
	ROW("docsis3-v6", 10, "vendor-type", OPT_STRING),
	ROW("docsis3-v6", 32, "tftp-servers", OPT_IPV6_ADDRESS, .array = true),
	ROW("docsis3-v6", 33, "config-file", OPT_STRING),
	ROW("docsis3-v6", 34, "syslog-servers", OPT_IPV6_ADDRESS, .array = true),
	ROW("docsis3-v6", 36, "device-id", OPT_BINARY),
	ROW("docsis3-v6", 37, "time-servers", OPT_IPV6_ADDRESS, .array = true),
	ROW("docsis3-v6", 38, "time-offset", OPT_INT32),
	ROW("docsis3-v6", 1026, "cmts-cm-mac", OPT_BINARY),
};
const unsigned dict6_n = sizeof(dict6) / sizeof(dict6[0]);
/* clang-format on */
