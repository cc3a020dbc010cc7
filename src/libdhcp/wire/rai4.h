/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/ip.h"

/* What a relay or an access node added in option 82, as far as the server acts on it. */
struct relay_info4 {
	struct bytes bytes;                           /* the whole option; empty if absent */
	struct bytes circuit_id, remote_id, relay_id; /* empty if absent */
	struct ip link;                               /* RFC 3527: the link the client is on; zero if absent */
	struct ip server_id;                          /* RFC 5107: server identifier to use; zero if absent */
	bool source_port;                             /* RFC 8357: the relay does not use the server port */
};

/* Sub-options after the first malformed one are ignored. */
void relay_info4_read(struct bytes option, struct relay_info4 *ret);
