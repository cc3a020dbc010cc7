/* SPDX-License-Identifier: MPL-2.0 */
/*
 * UDP sockets, with two uses.
 *
 * dhcp-socket-type udp: one per interface, bound to the device and to any address, because a socket bound to one
 * address receives no broadcasts; on an interface without broadcast (loopback, point to point) one per address.
 * With several workers they form a reuseport group, divided by the client's hardware address like the packet
 * sockets.
 *
 * dhcp-socket-type raw: one per address, shared by all workers. It holds the port, so that the kernel does not
 * send ICMP port unreachable and no second server is started by mistake; its filter accepts nothing; it sends
 * datagrams to addresses that the kernel can route to.
 *
 * With outbound-interface use-routing (udp only), one more that is not bound to a device: it receives nothing,
 * and its datagrams follow the routing table.
 *
 * IP_PKTINFO gives the destination address of a received datagram, and sets the source address of a sent one.
 */
#include "io/sock_filter.h"
#include "io/caps.h"
#include "io/sock_take.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>

enum { SNDBUF = 8 << 20, TOS_LOW_DELAY = 0x10 };

static void put_addr(struct in_addr *to, const struct ip *ip)
{
	to->s_addr = htonl(ip_to4(ip));
}

static int bind_it(const struct sock *sock, int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(sock->port) };

	put_addr(&at.sin_addr, &sock->bound);
	return bind(fd, (struct sockaddr *)&at, sizeof(at));
}

static int bind_device(const struct sock *sock, int fd)
{
	if (sock->any_device || !ip_is_zero(&sock->bound))
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, sock->ifname, (socklen_t)strlen(sock->ifname) + 1);
}

static int bind_all(const struct sock *sock, int fd)
{
	return bind_device(sock, fd) < 0 ? -1 : bind_it(sock, fd);
}

/*
 * Without a device or an address it would take datagrams from the receiving sockets. A connected socket only
 * receives from its peer, here port 9 of this host; each sent datagram has its own destination anyway.
 */
static int connect_to_nobody(const struct sock *sock)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };

	put_addr(&to.sin_addr, &sock->addrs[0]);
	return connect(sock->fd, (struct sockaddr *)&to, sizeof(to));
}

static int udp_open(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why)
{
	int on = 1, pmtu = IP_PMTUDISC_DONT, tos = TOS_LOW_DELAY, saved;
	const char *step = "bind";

	if (shared && probe && sock_probe(sock, AF_INET, bind_all) < 0)
		goto out;
	step = "UDP socket";
	sock->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		goto out;
	step = "IP_PKTINFO";
	if (setsockopt(sock->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0)
		goto out;
	step = "SO_BROADCAST";
	if (setsockopt(sock->fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0)
		goto out;
	step = "SO_REUSEPORT";
	if (shared && setsockopt(sock->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		goto out;
	step = "socket filter";
	if (!sock->receives && sock_filter_nothing(sock->fd) < 0)
		goto out;
	step = "SO_BINDTODEVICE";
	if (bind_device(sock, sock->fd) < 0)
		goto out;
	/* Responses are small; a large one is better fragmented than lost. */
	(void)setsockopt(sock->fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu, sizeof(pmtu));
	(void)setsockopt(sock->fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	(void)setsockopt(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	sock_set_buffers(sock->fd, sock->receives ? rcvbuf : 0, SNDBUF);
	step = "bind";
	if (bind_it(sock, sock->fd) < 0)
		goto out;
	step = "connect";
	if (sock->any_device && connect_to_nobody(sock) < 0)
		goto out;
	return 0;
out:
	saved = errno;
	(void)snprintf(why, WHY_MAX, "%s to port %u: %s%s", step, sock->port, strerror(saved),
		       saved == EADDRINUSE ? " - is another DHCP server running?"
					   : caps_hint(saved, CAP_NET_BIND_SERVICE));
	return sock_give_up(sock, saved);
}

/* Fills v from message i of the batch; returns STAT_N, or the counter for the error. */
static enum stat_id take_dgram(struct sock *sock, unsigned i, struct dgram *v)
{
	static const uint8_t unknown[6];
	struct sockset *set = sock->set;
	const struct mmsghdr *m = &set->batch.m[i];
	const struct sockaddr_in *from = &set->batch.name[i].in;
	const struct in_pktinfo *info = batch_control(&set->batch, i, IPPROTO_IP, IP_PKTINFO, sizeof(*info));

	if (m->msg_hdr.msg_flags & MSG_TRUNC)
		return STAT_SOCKET_TRUNCATED;
	if (!info || m->msg_hdr.msg_namelen < sizeof(*from))
		return STAT_SOCKET_MALFORMED;
	v->dst = ip_from4(ntohl(info->ipi_addr.s_addr));
	if (!sock_is_ours(sock, &v->dst, &v->local))
		return STAT_SOCKET_NOT_FOR_US;
	v->len = m->msg_len;
	v->src = ip_from4(ntohl(from->sin_addr.s_addr));
	v->sport = ntohs(from->sin_port);
	memcpy(v->src_mac, unknown, 6);
	memcpy(v->dst_mac, unknown, 6);
	return STAT_N;
}

static unsigned udp_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read)
{
	return sock_take(sock, false, take_dgram, v, n, ret_read);
}

static void udp_prepare(struct sock *sock, unsigned i, const struct dgram *dgram)
{
	struct batch *batch = &sock->set->batch;
	struct sockaddr_in *to = &batch->name[i].in;
	struct in_pktinfo *info = batch_put(batch, i, dgram, sizeof(*to), IPPROTO_IP, IP_PKTINFO, sizeof(*info));

	*to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(dgram->dport) };
	put_addr(&to->sin_addr, &dgram->dst);
	/* A UDP socket cannot send to a client by its mac: broadcast instead, which it receives. */
	if (dgram->raw_out)
		to->sin_addr.s_addr = htonl(INADDR_BROADCAST);
	put_addr(&info->ipi_spec_dst, &dgram->local);
	/* A broadcast has no route: it leaves through the interface it is for. */
	if (to->sin_addr.s_addr == htonl(INADDR_BROADCAST))
		info->ipi_ifindex = (int)dgram->ifindex;
}

const struct sock_kind sock_kind_udp = {
	.open = udp_open,
	.filter = sock_filter_udp,
	.divide = sock_divide_udp,
	.recv = udp_recv,
	.prepare = udp_prepare,
};
