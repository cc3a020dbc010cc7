/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"

/*
 * The enterprises whose options a response carries: what DHCPv4 options 124 and 125 and DHCPv6 options 16 and 17
 * have in common.
 */
enum {
	VENDORS_MAX = 8,
	CABLELABS = 4491,
	CABLELABS_ORO = 1, /* sub-option that lists the requested ones */
};

struct vendors {
	uint32_t v[VENDORS_MAX];
	struct bytes oro[VENDORS_MAX]; /* codes the client asks for; empty if none */
	unsigned n;
};

/* Returns the enterprise's index in v; VENDORS_MAX if v is full or the enterprise is 0. */
unsigned vendors_add(struct vendors *vendors, uint32_t vendor);
/* True if a sub-option is configured to be sent to clients that do not ask for it. */
bool vendor_is_always(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code);

/* Where the sub-options of an enterprise are written, and how. */
struct vendor_writer {
	struct writer w;
	uint8_t *block; /* DHCPv4: the current block; NULL: none yet */
	void (*put)(struct vendor_writer *out, uint32_t vendor, uint16_t code, struct bytes data);
	bool (*lists)(struct bytes oro, uint16_t code); /* true if the client asks for the code */
};

/*
 * Puts the sub-options that the client gets, each once, from its innermost scope: with `all` every one, else those that
 * it asks for or that are always sent. A full arena sets the writer's error.
 */
void vendor_write(struct vendor_writer *out, const struct request *req, uint32_t vendor, struct bytes oro, bool all);
