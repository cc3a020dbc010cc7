/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-dhcp-ddns/request.h"

/*
 * Connections of DHCP servers that keep their requests until they have ended ("ncr-journal"): TCP, with the same
 * framing and text as datagrams have. Each request has a serial, and when it has ended, successfully or not, the
 * response is two bytes of length and { "done": SERIAL }. A server that connects again sends what was not confirmed
 * again, in order; what is left of it here is discarded, so that nothing is done twice and out of order.
 */
struct conns;

/* Listens, but does not accept yet. -E_SYS with errno. */
int conns_new(struct d2 *d2, const struct ip *ip, uint16_t port, struct conns **ret);
int conns_start(struct conns *conns);
/* Closes the socket and all connections; their requests go on. NULL is fine. */
void conns_free(struct conns *conns);
