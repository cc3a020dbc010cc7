/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-dhcp-ddns/request.h"

/* The socket at which the DHCP servers' requests arrive. */
struct d2_listener;

/* Opens a socket that does not receive yet. -E_SYS with errno. */
int d2_listener_new(struct d2 *d2, const struct ip *ip, uint16_t port, struct d2_listener **ret);
/* Passes requests to d2 from now on. -E_SYS with errno. */
int d2_listener_start(struct d2_listener *listener);
/* Closes the socket. NULL is fine. */
void d2_listener_free(struct d2_listener *listener);
/* True if it listens there. */
bool d2_listener_is_at(const struct d2_listener *listener, const struct ip *ip, uint16_t port);
