/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock.h"
#include "io/iface.h"
#include "base/vec.h"

/* An interface to open sockets on, and the addresses to use: at least one. */
struct sock_want {
	const struct iface *iface;
	VEC(struct ip) addrs; /* the first is the server identifier; DHCPv6: also groups to join */
};
typedef VEC(struct sock_want) sock_wants;

/*
 * Finds the existing interfaces that conf->listen asks for, in order of interface index. Missing ones are
 * reported. Free the result with sock_wants_free; it borrows from ifaces.
 */
void sock_wants_find(const struct sockset_conf *conf, const struct ifaces *ifaces, sockset_report_fn *report, void *ctx,
		     sock_wants *ret);
void sock_wants_free(sock_wants *wants);
