/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "kea-migrate/report.h"
#include "root/config.h"

/*
 * Lease files of ISC dhcpd to Kea's and back. Times are exact, in UTC. cfg is the configuration of the server that will
 * use the leases: it determines their subnets.
 */
struct leases_input {
	const char *name;
	const char *text;
	size_t len;
	unsigned family; /* 4 or 6 */
	const struct config *cfg;
};

/* dhcpd.leases or dhcpd6.leases to CSV. Of several declarations of a lease the last one counts, as in dhcpd. */
void leases_from_dhcpd(const struct leases_input *in, struct report *rep, struct str *out);
/* CSV to dhcpd.leases or dhcpd6.leases; cfg is not needed. */
void leases_to_dhcpd(const struct leases_input *in, struct report *rep, struct str *out);
