/* SPDX-License-Identifier: MPL-2.0 */
/* Decides which sockets stay in use after the interfaces or the configuration have changed. */
#include "io/sock_reuse.h"

/* The interface of a packet socket may have been deleted, and its index reused. */
static bool is_alive(const struct sock *sock)
{
	struct sockaddr_ll at = { 0 };
	socklen_t len = sizeof(at);

	return getsockname(sock->fd, (struct sockaddr *)&at, &len) == 0 && at.sll_ifindex == (int)sock->ifindex;
}

/* Groups are joined when a socket is opened. */
static bool same_groups(const struct sock *was, const struct sock *sock)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		const struct sock *a = pass ? sock : was, *b = pass ? was : sock;

		for (unsigned i = 0; i < a->n_addrs; i++) {
			bool found = a->addrs[i].b[0] != 0xff;

			for (unsigned k = 0; k < b->n_addrs; k++)
				found |= ip_equal(&a->addrs[i], &b->addrs[k]);
			if (!found)
				return false;
		}
	}
	return true;
}

/*
 * True if `was` can be used as `sock`. Names do not matter: a packet socket or one bound to a device stays with
 * the interface when it is renamed; one bound to an address stays with the address.
 */
static bool can_serve(const struct sock *was, const struct sock *sock)
{
	if (was->raw != sock->raw || was->port != sock->port)
		return false;
	if (sock->raw)
		return was->ifindex == sock->ifindex && is_alive(was);
	return was->receives == sock->receives && was->any_device == sock->any_device && same_groups(was, sock) &&
	       ip_equal(&was->bound, &sock->bound) && (!ip_is_zero(&sock->bound) || was->ifindex == sock->ifindex);
}

const struct sock *sock_find_old(const struct sockset *old, const struct sock *sock)
{
	for (unsigned i = 0; old && i < old->n; i++)
		if (can_serve(&old->v[i], sock))
			return &old->v[i];
	return NULL;
}

bool sock_is_beside_old(const struct sockset *old, const struct sock *sock)
{
	for (unsigned i = 0; old && i < old->n; i++)
		if (!old->v[i].raw && old->v[i].receives && old->v[i].ifindex == sock->ifindex &&
		    old->v[i].port == sock->port && !same_groups(&old->v[i], sock))
			return true;
	return false;
}
