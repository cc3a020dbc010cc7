/* SPDX-License-Identifier: MPL-2.0 */
/*
 * UDP sockets of DHCPv6: one per interface and worker, bound to the device and to any address. They join
 * All_DHCP_Relay_Agents_and_Servers (ff02::1:2) and the groups that the configuration names. IPV6_PKTINFO gives
 * the destination of a received datagram, and sets the source and the interface of a sent one.
 *
 * With several workers a multicast is delivered to every socket and accepted by one, by a filter over the
 * message's first bytes: for a relayed message the client's address in it, otherwise the transaction id. While
 * the interface has no link-local address, multicasts are not served, because there is no source address for
 * responses to clients. The reuseport group divides unicasts the same way. A client may therefore reach several
 * workers; turns keep its messages in order.
 */
#include "io/sock_filter.h"
#include "io/caps.h"
#include "io/sock_take.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>

enum { SNDBUF = 8 << 20 };

static const struct ip all_servers = { .b = { 0xff, 0x02, [13] = 0x01, [15] = 0x02 } };

static void put_addr(struct in6_addr *to, const struct ip *ip)
{
	memcpy(to->s6_addr, ip->b, 16);
}

static struct ip get_addr(const struct in6_addr *from)
{
	struct ip ip;

	memcpy(ip.b, from->s6_addr, 16);
	return ip;
}

static int bind_it(const struct sock *sock, int fd)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(sock->port) };
	int on = 1;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, sock->ifname, (socklen_t)strlen(sock->ifname) + 1) < 0)
		return -1;
	return bind(fd, (struct sockaddr *)&at, sizeof(at));
}

static int join(const struct sock *sock, const struct ip *group)
{
	struct ipv6_mreq mreq = { .ipv6mr_interface = sock->ifindex };

	put_addr(&mreq.ipv6mr_multiaddr, group);
	if (setsockopt(sock->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mreq, sizeof(mreq)) < 0 && errno != EADDRINUSE)
		return -1;
	return 0;
}

static int udp6_open(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why)
{
	int on = 1, off = 0, saved;
	const char *step = "bind";

	if (probe && sock_probe(sock, AF_INET6, bind_it) < 0)
		goto out;
	step = "UDP socket";
	sock->fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		goto out;
	step = "IPV6_RECVPKTINFO";
	if (setsockopt(sock->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
		goto out;
	step = "SO_REUSEPORT";
	if (shared && setsockopt(sock->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		goto out;
	(void)setsockopt(sock->fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off));
	(void)setsockopt(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	sock_set_buffers(sock->fd, rcvbuf, SNDBUF);
	step = "bind";
	if (bind_it(sock, sock->fd) < 0)
		goto out;
	step = "joining a multicast group";
	if (join(sock, &all_servers) < 0)
		goto out;
	for (unsigned i = 0; i < sock->n_addrs; i++)
		if (ip_is_multicast6(&sock->addrs[i]) && join(sock, &sock->addrs[i]) < 0)
			goto out;
	return 0;
out:
	saved = errno;
	(void)snprintf(why, WHY_MAX, "%s, port %u: %s%s", step, sock->port, strerror(saved),
		       saved == EADDRINUSE ? " - is another DHCP server running?"
					   : caps_hint(saved, CAP_NET_BIND_SERVICE));
	return sock_give_up(sock, saved);
}

/* True if the destination is a group the socket joined, or an address that the configuration listens on. */
static bool is_ours(const struct sock *sock, const struct ip *dst)
{
	/* The link-local address comes first if there is one. */
	if (ip_is_multicast6(dst))
		return ip_is_link_local6(&sock->addrs[0]);
	for (unsigned i = 0; i < sock->n_addrs; i++)
		if (ip_equal(dst, &sock->addrs[i]))
			return true;
	return false;
}

static enum stat_id take_dgram(struct sock *sock, unsigned i, struct dgram *v)
{
	static const uint8_t unknown[6];
	struct sockset *set = sock->set;
	const struct mmsghdr *m = &set->batch.m[i];
	const struct sockaddr_in6 *from = &set->batch.name[i].in6;
	const struct in6_pktinfo *info = batch_control(&set->batch, i, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(*info));

	if (m->msg_hdr.msg_flags & MSG_TRUNC)
		return STAT_SOCKET_TRUNCATED;
	if (!info || m->msg_hdr.msg_namelen < sizeof(*from))
		return STAT_SOCKET_MALFORMED;
	v->dst = get_addr(&info->ipi6_addr);
	if (!is_ours(sock, &v->dst))
		return STAT_SOCKET_NOT_FOR_US;
	v->len = m->msg_len;
	v->src = get_addr(&from->sin6_addr);
	/* A link-local source does not work across links: let the kernel choose. */
	v->local = !ip_is_multicast6(&v->dst) ? v->dst : ip_is_link_local6(&v->src) ? sock->addrs[0] : ip_zero6;
	v->sport = ntohs(from->sin6_port);
	memcpy(v->src_mac, unknown, 6);
	memcpy(v->dst_mac, unknown, 6);
	return STAT_N;
}

static unsigned udp6_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read)
{
	return sock_take(sock, false, take_dgram, v, n, ret_read);
}

static void udp6_prepare(struct sock *sock, unsigned i, const struct dgram *dgram)
{
	struct batch *batch = &sock->set->batch;
	struct sockaddr_in6 *to = &batch->name[i].in6;
	struct in6_pktinfo *info = batch_put(batch, i, dgram, sizeof(*to), IPPROTO_IPV6, IPV6_PKTINFO, sizeof(*info));

	*to = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(dgram->dport) };
	put_addr(&to->sin6_addr, &dgram->dst);
	if (ip_is_link_local6(&dgram->dst))
		to->sin6_scope_id = dgram->ifindex;
	put_addr(&info->ipi6_addr, &dgram->local);
	info->ipi6_ifindex = dgram->ifindex;
}

const struct sock_kind sock_kind_udp6 = {
	.open = udp6_open,
	.filter = sock_filter_udp6,
	.divide = sock_divide_udp6,
	.recv = udp6_recv,
	.prepare = udp6_prepare,
};
