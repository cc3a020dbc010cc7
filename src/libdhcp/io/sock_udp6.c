/* SPDX-License-Identifier: MPL-2.0 */
/*
 * UDP sockets of DHCPv6: one per interface and worker, bound to the device and to every address, joined to
 * All_DHCP_Relay_Agents_and_Servers (ff02::1:2) there and to what else the configuration names. IPV6_PKTINFO
 * tells on receive what a datagram was sent to, and sets on send the source and the interface.
 *
 * With several workers a multicast is offered to every socket and taken by one, by a filter over the message's
 * first bytes: of a relay's message the client's address in it, else the transaction id. Unicasts are
 * divided the same way by the reuseport group. A client may so reach several workers; turns keep its
 * messages in order.
 */
#include "io/sock_int.h"
#include "base/clock.h"
#include "base/err.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <unistd.h>

enum { SNDBUF = 8 << 20, UDP = 8, RELAY_FORW = 12, RELAY_PEER_END = 30, IPV6_DST = 24 };
enum { SOLICIT = 1, RELAY_HEAD = 34, RELAY_MSG = 9 };

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

static bool is_link_local(const struct ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
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

/* SO_REUSEPORT would let us in beside another server: find out without it. */
static int probe_port(const struct sock *sock)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), err, saved;

	if (fd < 0)
		return -1;
	err = bind_it(sock, fd);
	saved = errno;
	close(fd);
	errno = saved;
	return err;
}

static int join(const struct sock *sock, const struct ip *group)
{
	struct ipv6_mreq mreq = { .ipv6mr_interface = sock->ifindex };

	put_addr(&mreq.ipv6mr_multiaddr, group);
	if (setsockopt(sock->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mreq, sizeof(mreq)) < 0 && errno != EADDRINUSE)
		return -1;
	return 0;
}

int sock_udp6_open(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why)
{
	int on = 1, off = 0, saved;
	const char *step = "bind";

	if (probe && probe_port(sock) < 0)
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
		if (sock->addrs[i].b[0] == 0xff && join(sock, &sock->addrs[i]) < 0)
			goto out;
	return 0;
out:
	saved = errno;
	(void)snprintf(why, WHY_MAX, "%s, port %u: %s%s", step, sock->port, strerror(saved),
		       saved == EADDRINUSE ? " - is another DHCP server running?" :
		       saved == EACCES     ? " (CAP_NET_BIND_SERVICE is needed)" :
					     "");
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
	errno = saved;
	return -E_SYS;
}

#define HASH(at) \
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (at)), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RELAY_FORW, 0, 2), \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at) + RELAY_PEER_END), \
	BPF_STMT(BPF_JMP | BPF_JA, 1), \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at)), \
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, CLIENT_MIX), \
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16)

static void divide_unicast(int fd, unsigned n)
{
	struct sock_filter code[] = {
		HASH(0),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	/* If it cannot be had the kernel divides by addresses, which is as good. */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog));
}

/* A multicast goes to every socket of the group: number i of n takes its share. Run from the UDP header on. */
static void divide_multicast(const struct sock *sock)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + IPV6_DST),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 0, 11), /* a unicast: taken as it is */
		HASH(UDP),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sock->n_parts),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sock->part, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	/* The same, but only a share of the SOLICITs, also of those behind one relay: in its first or second option. */
	const struct sock_filter thin[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, UDP),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOLICIT, 12, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RELAY_FORW, 0, 13),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, UDP + RELAY_HEAD),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RELAY_MSG, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, UDP + RELAY_HEAD + 4),
		BPF_STMT(BPF_JMP | BPF_JA, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, UDP + RELAY_HEAD + 2),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, UDP + RELAY_HEAD + 4),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RELAY_MSG, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOLICIT, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_RANDOM),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, sock->keep, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	enum { N = sizeof(code) / sizeof(code[0]), N_THIN = sizeof(thin) / sizeof(thin[0]) };
	struct sock_filter both[N + N_THIN];
	struct sock_fprog prog = { .len = sock->keep ? N + N_THIN : N, .filter = both };

	memcpy(both, code, sizeof(code));
	memcpy(both + N, thin, sizeof(thin));
	if (sock->keep) { /* instead of letting it in */
		both[N - 3] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 2);
		both[N - 1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
	}
	(void)setsockopt(sock->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

void sock_udp6_refilter(const struct sock *sock)
{
	divide_multicast(sock);
}

void sock_udp6_share(struct sock *const *socks, unsigned n)
{
	/* Also when there is one: until the old sets are closed the group may have more. */
	divide_unicast(socks[0]->fd, n);
	for (unsigned i = 0; i < n; i++) {
		socks[i]->part = i;
		socks[i]->n_parts = n;
		divide_multicast(socks[i]);
	}
}

/* What was sent to us: to a group we joined, or to an address that the configuration has us listen on. */
static bool is_ours(const struct sock *sock, const struct ip *dst)
{
	if (dst->b[0] == 0xff)
		return true;
	for (unsigned i = 0; i < sock->n_addrs; i++)
		if (ip_equal(dst, &sock->addrs[i]))
			return true;
	return false;
}

static counter *take_dgram(struct sock *sock, unsigned i, struct dgram *v)
{
	static const uint8_t unknown[6];
	struct sockset *set = sock->set;
	const struct mmsghdr *m = &set->batch.m[i];
	const struct sockaddr_in6 *from = &set->batch.name[i].in6;
	const struct in6_pktinfo *info = batch_control(&set->batch, i, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(*info));

	if (m->msg_hdr.msg_flags & MSG_TRUNC)
		return &set->rx_truncated;
	if (!info || m->msg_hdr.msg_namelen < sizeof(*from))
		return &set->rx_malformed;
	v->dst = get_addr(&info->ipi6_addr);
	if (!is_ours(sock, &v->dst))
		return &set->rx_not_ours;
	v->len = m->msg_len;
	v->src = get_addr(&from->sin6_addr);
	/* A link-local source cannot answer across links: then the kernel chooses. */
	v->local = v->dst.b[0] != 0xff ? v->dst : is_link_local(&v->src) ? sock->addrs[0] : ip_zero6;
	v->sport = ntohs(from->sin6_port);
	v->dport = sock->port;
	v->ifindex = sock->ifindex;
	memcpy(v->src_mac, unknown, 6);
	memcpy(v->dst_mac, unknown, 6);
	v->raw_in = false;
	v->raw_out = false;
	v->sock = sock;
	memcpy(v->ifname, sock->ifname, sizeof(v->ifname));
	return NULL;
}

unsigned sock_udp6_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read)
{
	unsigned got = batch_recv(&sock->set->batch, sock->fd, false, v, n);
	int64_t now_us = got ? clock_boot_us() : 0;
	struct timespec wall = { 0 };
	unsigned good = 0;

	if (got)
		(void)clock_gettime(CLOCK_REALTIME, &wall);
	for (unsigned i = 0; i < got; i++) {
		counter *bad;

		if (!sock_in_time(sock, i, &wall, now_us, got == n))
			continue;
		bad = take_dgram(sock, i, &v[i]);
		if (bad) {
			count(bad, 1);
			continue;
		}
		v[i].when_us = now_us;
		dgram_move(v, good++, i);
	}
	count(&sock->rx, good);
	*ret_read = got;
	return good;
}

void sock_udp6_prepare(struct sock *sock, unsigned i, const struct dgram *dgram)
{
	struct batch *batch = &sock->set->batch;
	struct sockaddr_in6 *to = &batch->name[i].in6;
	struct msghdr *h = &batch->m[i].msg_hdr;
	struct in6_pktinfo *info;
	struct cmsghdr *c;

	*to = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(dgram->dport) };
	put_addr(&to->sin6_addr, &dgram->dst);
	if (is_link_local(&dgram->dst))
		to->sin6_scope_id = dgram->ifindex;
	batch->iov[i][1] = (struct iovec){ dgram->buf, dgram->len };
	memset(&batch->control[i], 0, sizeof(batch->control[i]));
	*h = (struct msghdr){ .msg_name = to,
			      .msg_namelen = sizeof(*to),
			      .msg_iov = &batch->iov[i][1],
			      .msg_iovlen = 1,
			      .msg_control = &batch->control[i],
			      .msg_controllen = CMSG_SPACE(sizeof(*info)) };
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(*info));
	info = (struct in6_pktinfo *)CMSG_DATA(c);
	put_addr(&info->ipi6_addr, &dgram->local);
	info->ipi6_ifindex = dgram->ifindex;
}
