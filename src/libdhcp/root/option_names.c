/* SPDX-License-Identifier: MPL-2.0 */
#include "root/option_names.h"

#include "base/str.h"
#include "wire/dict4.h"
#include "wire/dict6.h"

#define N_WORDS (sizeof(option_names[0].words) / sizeof(option_names[0].words[0]))

/* clang-format off */
const struct option_names option_names[] = {
	{ "subnet-mask", NULL, { "netmask", "mask" }, "router advertisements announce on-link prefixes to clients" },
	{ "routers", NULL, { "gateway", "gateways", "default-gateway", "default-router", "defaultrouter" },
		"router advertisements announce routers to clients" },
	{ "time-offset", "new-posix-timezone", { "timezone" }, NULL },
	{ "domain-name-servers", "dns-servers",
		{ "dns", "dns-server", "nameserver", "nameservers", "name-server", "resolver", "rdnss" }, NULL },
	{ "host-name", NULL, { "hostname" }, NULL },
	{ "domain-name", "domain-search", { "domain", "dns-domain" }, NULL },
	{ "interface-mtu", NULL, { "mtu" }, "router advertisements announce the MTU to clients" },
	{ "broadcast-address", NULL, { "broadcast" }, NULL },
	{ "ntp-servers", "sntp-servers", { "ntp", "ntp-server", "sntp", "sntp-server", "timeserver" }, NULL },
	{ "nis-domain", "nis-domain-name", { NULL }, NULL },
	{ "nisplus-domain-name", "nisp-domain-name", { NULL }, NULL },
	{ "nisplus-servers", "nisp-servers", { NULL }, NULL },
	{ "vendor-encapsulated-options", "vendor-opts",
		{ "vendor-specific-information", "vendor-specific", "vendor-options" }, NULL },
	{ "netbios-name-servers", NULL, { "wins", "wins-server", "wins-servers" }, NULL },
	{ "dhcp-lease-time", NULL, { NULL }, "set \"valid-lifetime\"" },
	{ NULL, NULL, { "lease-time", "default-lease-time", "max-lease-time" }, "set \"valid-lifetime\"" },
	{ NULL, NULL, { "next-server", "siaddr" }, "the parameter \"next-server\" of DHCPv4 is a field of the header" },
	{ "vendor-class-identifier", "vendor-class", { NULL }, NULL },
	{ "tftp-server-name", NULL, { "tftp", "tftp-server" }, "the URL of \"bootfile-url\" names the server" },
	{ "boot-file-name", "bootfile-url", { "bootfile", "bootfile-name", "filename", "boot-file" }, NULL },
	{ "fqdn", "client-fqdn", { NULL }, NULL },
	{ "bcms-controller-names", "bcmcs-server-dns", { NULL }, NULL },
	{ "bcms-controller-address", "bcmcs-server-addr", { NULL }, NULL },
	{ "client-system", "client-arch-type", { "architecture", "client-architecture" }, NULL },
	{ "client-ndi", "nii", { NULL }, NULL },
	{ "pcode", "new-posix-timezone", { "posix-timezone" }, NULL },
	{ "tcode", "new-tzdb-timezone", { "tzdb-timezone" }, NULL },
	{ "v6-only-preferred", NULL, { "ipv6-only", "v6-only" }, "only DHCPv4 clients ask for it" },
	{ "v4-captive-portal", "v6-captive-portal", { "captive-portal" }, NULL },
	{ "domain-search", "domain-search", { "search", "domain-search-list", "search-domains", "dns-search" }, NULL },
	{ "sip-servers", "sip-server-addr", { "sip", "sip-server" }, NULL },
	{ "classless-static-route", NULL,
		{ "classless-static-routes", "rfc3442-classless-static-routes", "routes", "static-route" },
		"router advertisements announce routes to clients" },
	{ "vivco-suboptions", "vendor-class", { "vivco" }, NULL },
	{ "vivso-suboptions", "vendor-opts", { "vivso" }, NULL },
	{ "v4-lost", "v6-lost", { "lost" }, NULL },
	{ "capwap-ac-v4", "capwap-ac-v6", { "capwap", "capwap-ac" }, NULL },
	{ "sip-ua-cs-domains", "sip-ua-cs-list", { NULL }, NULL },
	{ "andsf-addr", "ipv6-address-andsf", { "andsf" }, NULL },
	{ "v4-sztp-redirect", "v6-sztp-redirect", { "sztp-redirect", "sztp" }, NULL },
	{ "dots-ri", "v6-dots-ri", { NULL }, NULL },
	{ "dots-address", "v6-dots-address", { NULL }, NULL },
	{ "tftp-server-address", NULL, { "tftp-servers", "tftp-server-addresses" }, NULL },
	{ "v4-pcp-server", "v6-pcp-server", { "pcp-server", "pcp" }, NULL },
	{ "v4-dnr", "v6-dnr", { "dnr" }, NULL },
	{ "option-6rd", NULL, { "6rd" }, "only DHCPv4 clients use it" },
	{ "v4-access-domain", "v6-access-domain", { "access-domain" }, NULL },
	{ NULL, "preference", { "server-preference" }, "only DHCPv6 servers have a preference" },
	{ NULL, "information-refresh-time", { "refresh-time" }, NULL },
	{ NULL, "aftr-name", { "aftr", "ds-lite" }, "only DHCPv6 clients use it" },
};
/* clang-format on */
const unsigned n_option_names = sizeof(option_names) / sizeof(option_names[0]);

static bool is_in_row(const struct option_names *row, const char *name)
{
	unsigned i;

	if ((row->v4 && str_case_equal(row->v4, name)) || (row->v6 && str_case_equal(row->v6, name)))
		return true;
	for (i = 0; i < N_WORDS && row->words[i]; i++)
		if (str_case_equal(row->words[i], name))
			return true;
	return false;
}

const struct option_names *option_names_find(const char *name)
{
	unsigned i;

	for (i = 0; i < n_option_names; i++)
		if (is_in_row(&option_names[i], name))
			return &option_names[i];
	return NULL;
}

static bool has_option(const struct optdef *rows, unsigned n, const char *space, const char *name)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (!strcmp(rows[i].space, space) && !strcmp(rows[i].name, name))
			return true;
	return false;
}

bool is_option_word(const char *name)
{
	return option_names_find(name) || has_option(dict4, dict4_n, "dhcp4", name) ||
	       has_option(dict6, dict6_n, "dhcp6", name);
}
