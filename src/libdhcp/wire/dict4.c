/* SPDX-License-Identifier: MPL-2.0 */
/* Built-in option definitions of DHCPv4: the main space from dict4.h, then the sub-spaces. */
#include "wire/dict4.h"

#include "wire/dict.h"

/* clang-format off */
#define RECORD(...) \
	.record = (const enum opt_type[]){ __VA_ARGS__ }, \
	.record_n = sizeof((const enum opt_type[]){ __VA_ARGS__ }) / sizeof(enum opt_type)
#define ROW(SPACE, CODE, NAME, TYPE, ...) \
	{ .space = SPACE, .code = CODE, .name = NAME, .type = TYPE, ##__VA_ARGS__ }
#define X(CODE, CONST, NAME, TYPE, ...) ROW("dhcp4", CODE, NAME, OPT_##TYPE, ##__VA_ARGS__),

const struct optdef dict4[] = {
	DICT4_ROWS(X)

	ROW("dhcp-agent-options-space", 1, "circuit-id", OPT_BINARY),
	ROW("dhcp-agent-options-space", 2, "remote-id", OPT_BINARY),
	ROW("dhcp-agent-options-space", 4, "docsis-device-class", OPT_UINT32),
	ROW("dhcp-agent-options-space", 5, "link-selection", OPT_IPV4_ADDRESS),
	ROW("dhcp-agent-options-space", 6, "subscriber-id", OPT_STRING),
	ROW("dhcp-agent-options-space", 7, "radius", OPT_BINARY),
	ROW("dhcp-agent-options-space", 8, "auth", OPT_BINARY),
	ROW("dhcp-agent-options-space", 9, "vendor-specific-info", OPT_BINARY),
	ROW("dhcp-agent-options-space", 10, "relay-flags", OPT_UINT8),
	ROW("dhcp-agent-options-space", 11, "server-id-override", OPT_IPV4_ADDRESS),
	ROW("dhcp-agent-options-space", 12, "relay-id", OPT_BINARY),
	ROW("dhcp-agent-options-space", 13, "access-techno-type", OPT_UINT16),
	ROW("dhcp-agent-options-space", 14, "access-network-name", OPT_STRING),
	ROW("dhcp-agent-options-space", 15, "access-point-name", OPT_STRING),
	ROW("dhcp-agent-options-space", 16, "access-point-bssid", OPT_BINARY),
	ROW("dhcp-agent-options-space", 17, "operator-id", OPT_UINT32),
	ROW("dhcp-agent-options-space", 18, "operator-realm", OPT_STRING),
	ROW("dhcp-agent-options-space", 19, "relay-port", OPT_UINT16),
	ROW("dhcp-agent-options-space", 151, "virtual-subnet-select", OPT_BINARY),
	ROW("dhcp-agent-options-space", 152, "virtual-subnet-select-ctrl", OPT_EMPTY),

	ROW("cablelabs-client-conf", 1, "tsp-primary-server", OPT_IPV4_ADDRESS),
	ROW("cablelabs-client-conf", 2, "tsp-secondary-server", OPT_IPV4_ADDRESS),
	ROW("cablelabs-client-conf", 4, "tsp-as-parameters", OPT_RECORD, RECORD(OPT_UINT32, OPT_UINT32, OPT_UINT32)),
	ROW("cablelabs-client-conf", 5, "tsp-ap-parameters", OPT_RECORD, RECORD(OPT_UINT32, OPT_UINT32, OPT_UINT32)),
	ROW("cablelabs-client-conf", 6, "tsp-realm", OPT_FQDN),
	ROW("cablelabs-client-conf", 7, "tsp-use-tgt", OPT_BOOLEAN),
	ROW("cablelabs-client-conf", 8, "tsp-provisioning-timer", OPT_UINT8),
	ROW("cablelabs-client-conf", 9, "tsp-sct", OPT_UINT16),
	ROW("cablelabs-client-conf", 10, "kdc-server", OPT_IPV4_ADDRESS, .array = true),

	ROW("docsis3-v4", 1, "oro", OPT_UINT8, .array = true),
	ROW("docsis3-v4", 2, "tftp-servers", OPT_IPV4_ADDRESS, .array = true),

	ROW("vendor-encapsulated-options-space", 1, "ms-disable-netbios", OPT_UINT32, .ours = true),
	ROW("vendor-encapsulated-options-space", 2, "ms-release-on-shutdown", OPT_UINT32, .ours = true),
	ROW("vendor-encapsulated-options-space", 3, "ms-default-router-metric-base", OPT_UINT32, .ours = true),
	ROW("vendor-encapsulated-options-space", 6, "pxe-discovery-control", OPT_UINT8, .ours = true),
	ROW("vendor-encapsulated-options-space", 7, "pxe-discovery-mcast-addr", OPT_IPV4_ADDRESS, .ours = true),
	ROW("vendor-encapsulated-options-space", 8, "pxe-boot-servers", OPT_BINARY, .ours = true),
	ROW("vendor-encapsulated-options-space", 9, "pxe-boot-menu", OPT_BINARY, .ours = true),
	ROW("vendor-encapsulated-options-space", 10, "pxe-menu-prompt", OPT_RECORD, RECORD(OPT_UINT8, OPT_STRING),
		.ours = true),
};
const unsigned dict4_n = sizeof(dict4) / sizeof(dict4[0]);
/* clang-format on */
