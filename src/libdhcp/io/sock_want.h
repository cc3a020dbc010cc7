/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock.h"
#include "io/iface.h"
#include "base/vec.h"

/* One interface to open sockets on, and for which of its addresses: at least one. */
struct sock_want {
	const struct iface *iface;
	VEC(struct ip) addrs; /* the first is the server's identifier; with DHCPv6 also groups to join */
};
typedef VEC(struct sock_want) sock_wants;

/*
 * What conf->listen asks for, by the index of the interface, of what there is. What cannot be had is reported. To be
 * freed by sock_wants_free; borrows from ifaces.
 */
void sock_wants_find(const struct sockset_conf *conf, const struct ifaces *ifaces, sockset_report_fn *report, void *ctx,
		     sock_wants *ret);
void sock_wants_free(sock_wants *wants);
