/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/commands.h"

/*
 * Responses with many leases: they come from the store a page at a time, as fast as the client reads, and nothing is
 * kept of what was sent.
 */
struct lease_filter {
	const uint32_t *subnets; /* ascending; in the call's arena */
	unsigned n_subnets;      /* 0: any */
	bool no_subnet;          /* an empty list: no lease */
	unsigned states;         /* 1 << enum lease_state for each; 0: any */
	const char *hostname;    /* NULL: any */
	struct bytes hwaddr;     /* empty: any */
	const char *search;      /* in lower case: contained in the address, an identifier or the name; NULL: any */
	/* Pages: in order of address. */
	bool is_page;
	struct ip after;
	uint32_t limit;
};

/* Responds with the leases that match, and their number. Strings and bytes are in the call's arena. */
void lease_walk_respond(struct ctl_call *call, const struct lease_filter *filter);
