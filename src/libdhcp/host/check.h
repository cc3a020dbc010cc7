/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>

/* What a reservation may contain, whatever it is read from. */
enum {
	HOST_NAME_MAX = 254,           /* a lease can store it with the trailing dot */
	HOST_SERVER_HOSTNAME_MAX = 63, /* RFC 2131 2: sname and file, with their NULs */
	HOST_BOOT_FILE_MAX = 127,
};

/* False if it cannot be the address of a host. */
bool host_may_have(const struct ip *addr);
/* Writes the host name as in leases: in lower case, without the trailing dot. "" stays "". False if it is none. */
bool host_name(const char *text, char ret[HOST_NAME_MAX + 1]);
