/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <net/if.h>
#include <stdbool.h>

/* One entry of "interfaces": "eth0", "eth0/192.0.2.1", "eth0/ff05::1:3", "eth*" or "*". */
struct listen {
	char name[IFNAMSIZ]; /* with "*": all interfaces that match, are up and have an address; "*" alone: except
				loopback */
	bool has_addr;
	struct ip addr;
};
/* -E_INVAL, -E_RANGE (name too long). */
int listen_parse(const char *text, struct listen *ret);
/* True if the entry covers an interface of this name; "*" matches any characters. */
bool listen_matches(const struct listen *listen, const char *ifname);
