/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"

/* The enterprises whose options an answer carries: what options 124 and 125 of DHCPv4, 16 and 17 of DHCPv6 have in
 * common. */
enum {
	VENDORS_MAX = 8,
	CABLELABS = 4491,
	CABLELABS_ORO = 1, /* its sub-option that lists the wanted ones */
};

struct vendors {
	uint32_t v[VENDORS_MAX];
	struct bytes oro[VENDORS_MAX]; /* codes the client asks for; empty if none */
	unsigned n;
};

/* Where the enterprise is in v now; VENDORS_MAX when it is one too many, or 0, which is none. */
unsigned vendors_add(struct vendors *vendors, uint32_t vendor);
/* Whether a sub-option is configured to be sent to those who do not ask for it, too. */
bool vendor_is_always(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code);
