/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/ip.h"

/* What a relay or an access node added in option 82 and the server acts on. */
struct relay_info4 {
	struct bytes bytes;                           /* the whole option; empty if there is none */
	struct bytes circuit_id, remote_id, relay_id; /* empty if none */
	struct ip link;                               /* RFC 3527: the link the client is on; zero if not told */
	struct ip server_id;                          /* RFC 5107: be this server to the client; zero if not told */
	bool source_port;                             /* RFC 8357: the relay does not use the server port */
};

/* What is broken behind the first broken sub-option is not there. */
void relay4_read(struct bytes option, struct relay_info4 *ret);
