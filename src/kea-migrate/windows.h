/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-migrate/dhcpd.h"

/*
 * Converts the DHCPv4 server of Windows: what "netsh dhcp server dump" prints, or the XML of Export-DhcpServer. The
 * text decides which of them it is; UTF-16 is read too.
 */
struct windows_input {
	const char *name;
	const char *text;
	size_t len;
};

void windows_run(const struct windows_input *in, struct report *rep, struct conversion *ret);
