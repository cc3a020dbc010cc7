/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/links.h"

/* Private to the library. */

#define REQUESTERS_MAX 1000
#define LEASES_MAX 100 /* of one client and type that a response considers */

struct requester {
	uint8_t addr[LINKS_ADDR];
};

/* The parameters. */
struct lease_query {
	int family;
	struct requester *requesters;
	unsigned n_requesters;
	bool has_lengths;            /* "prefix-lengths"; otherwise those of the pools */
	bool has_len[LINKS_LENGTHS]; /* by length */
};

/* Of a configuration. */
struct plan {
	struct links *links;
	bool has_len[LINKS_LENGTHS]; /* of delegated prefixes, by length */
};

/* True if the requester, an address of that length, is in the list. */
bool is_requester(const struct lease_query *self, const void *addr, size_t len);

/* A DHCPLEASEQUERY or LEASEQUERY at pkt4_receive or pkt6_receive; returns the verdict. */
enum { DHCPLEASEQUERY = 10, LEASEQUERY = 14 };
int query4(struct kea_call *call);
int query6(struct kea_call *call);
