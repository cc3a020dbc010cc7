/* SPDX-License-Identifier: MPL-2.0 */
/*
 * UDP sockets, two uses.
 *
 * dhcp-socket-type udp: one per interface, bound to the device and to every address, because a socket
 * bound to one address receives no broadcast; on an interface that has none (loopback, point to point)
 * one per address. With several workers they form a reuseport group, divided by the client's hardware
 * address as the packet sockets are.
 *
 * dhcp-socket-type raw: one per address, shared by all workers. It holds the port, so that the kernel
 * does not answer with ICMP port unreachable and no second server is started by mistake; its filter
 * lets nothing in; it sends what goes to an address that the kernel can route to.
 *
 * With outbound-interface use-routing (udp only) one more, bound to no device: it takes nothing, and what
 * it sends goes where the kernel's routes say.
 *
 * IP_PKTINFO tells on receive what a datagram was sent to, and sets on send the source address.
 */
#include "io/sock_int.h"
#include "base/clock.h"
#include "base/err.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <unistd.h>

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

/* SO_REUSEPORT would let us in beside another server: find out without it. */
static int probe_port(const struct sock *sock)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = -1, saved;

	if (fd < 0)
		return -1;
	if (bind_device(sock, fd) == 0)
		err = bind_it(sock, fd);
	saved = errno;
	close(fd);
	errno = saved;
	return err;
}

int sock_udp_silence(int fd)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog prog = { .len = 1, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/*
 * Without a device or an address it would stand in the way of those that receive. Connected it is meant
 * only for one peer, here for port 9 of ourselves; what it sends has its own destination anyway.
 */
static int connect_to_nobody(const struct sock *sock)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };

	put_addr(&to.sin_addr, &sock->addrs[0]);
	return connect(sock->fd, (struct sockaddr *)&to, sizeof(to));
}

int sock_udp_open(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why)
{
	int on = 1, pmtu = IP_PMTUDISC_DONT, tos = TOS_LOW_DELAY, saved;
	const char *step = "bind";

	if (shared && probe && probe_port(sock) < 0)
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
	if (!sock->receives && sock_udp_silence(sock->fd) < 0)
		goto out;
	step = "SO_BINDTODEVICE";
	if (bind_device(sock, sock->fd) < 0)
		goto out;
	/* Answers are small; one that is not is better fragmented than lost. */
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
		       saved == EADDRINUSE                       ? " - is another DHCP server running?" :
		       saved == EACCES && strcmp(step, "bind") == 0 ? " (CAP_NET_BIND_SERVICE is needed)" :
								      "");
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
	errno = saved;
	return -E_SYS;
}

/* Of a datagram to one address: which socket of the group. Run from the payload on. */
static void divide_unicast(int fd, unsigned n)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CLIENT_AT),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, CLIENT_MIX),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	/* If it cannot be had the kernel divides by addresses: as good, but for clients of one relay. */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog));
}

/* A broadcast goes to every socket of the group: number i of n takes its clients. Run from the UDP header on. */
static void divide_broadcast(const struct sock *sock)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, INADDR_BROADCAST, 2, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 5, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8 + CLIENT_AT),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, CLIENT_MIX),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sock->n_parts),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sock->part, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	/* The same, but only a share of the DISCOVERs that look as all do. */
	const struct sock_filter thin[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8 + DHCP4_OPTIONS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 53, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8 + DHCP4_OPTIONS + 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2),
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
	if (sock->keep) /* instead of letting it in */
		both[N - 2] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1);
	(void)setsockopt(sock->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

void sock_udp_refilter(const struct sock *sock)
{
	divide_broadcast(sock);
}

void sock_udp_share(struct sock *const *socks, unsigned n)
{
	/* Also when there is one: until the old sets are closed the group may have more. */
	divide_unicast(socks[0]->fd, n);
	for (unsigned i = 0; i < n; i++) {
		socks[i]->part = i;
		socks[i]->n_parts = n;
		divide_broadcast(socks[i]);
	}
}

/* Fill v from message i of the batch; NULL, or the counter of what is wrong with it. */
static counter *take_dgram(struct sock *sock, unsigned i, struct dgram *v)
{
	static const uint8_t unknown[6];
	struct sockset *set = sock->set;
	const struct mmsghdr *m = &set->batch.m[i];
	const struct sockaddr_in *from = &set->batch.name[i].in;
	const struct in_pktinfo *info = batch_control(&set->batch, i, IPPROTO_IP, IP_PKTINFO, sizeof(*info));

	if (m->msg_hdr.msg_flags & MSG_TRUNC)
		return &set->rx_truncated;
	if (!info || m->msg_hdr.msg_namelen < sizeof(*from))
		return &set->rx_malformed;
	v->dst = ip_from4(ntohl(info->ipi_addr.s_addr));
	if (!sock_is_ours(sock, &v->dst, &v->local))
		return &set->rx_not_ours;
	v->len = m->msg_len;
	v->src = ip_from4(ntohl(from->sin_addr.s_addr));
	v->sport = ntohs(from->sin_port);
	v->dport = sock->port;
	/* Datagrams to an address of ours may come in by another interface than the one that has it. */
	v->ifindex = sock->ifindex;
	memcpy(v->src_mac, unknown, 6);
	memcpy(v->dst_mac, unknown, 6);
	v->raw_in = false;
	v->raw_out = false;
	v->sock = sock;
	memcpy(v->ifname, sock->ifname, sizeof(v->ifname));
	return NULL;
}

unsigned sock_udp_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read)
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

void sock_udp_prepare(struct sock *sock, unsigned i, const struct dgram *dgram)
{
	struct batch *batch = &sock->set->batch;
	struct sockaddr_in *to = &batch->name[i].in;
	struct msghdr *h = &batch->m[i].msg_hdr;
	struct in_pktinfo *info;
	struct cmsghdr *c;

	*to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(dgram->dport) };
	put_addr(&to->sin_addr, &dgram->dst);
	/* Asked to reach a client by its mac, which a UDP socket cannot: it listens to broadcasts. */
	if (dgram->raw_out)
		to->sin_addr.s_addr = htonl(INADDR_BROADCAST);
	batch->iov[i][1] = (struct iovec){ dgram->buf, dgram->len };
	memset(&batch->control[i], 0, sizeof(batch->control[i]));
	*h = (struct msghdr){ .msg_name = to,
			      .msg_namelen = sizeof(*to),
			      .msg_iov = &batch->iov[i][1],
			      .msg_iovlen = 1,
			      .msg_control = &batch->control[i],
			      .msg_controllen = CMSG_SPACE(sizeof(*info)) };
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(*info));
	info = (struct in_pktinfo *)CMSG_DATA(c);
	put_addr(&info->ipi_spec_dst, &dgram->local);
	/* A broadcast has no route: it leaves by the interface it is for. */
	if (to->sin_addr.s_addr == htonl(INADDR_BROADCAST))
		info->ipi_ifindex = (int)dgram->ifindex;
}
