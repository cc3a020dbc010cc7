/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Packet sockets (packet(7)): Ethernet frames of one interface with UDP to the server port.
 *
 * In raw mode all messages, direct and relayed, arrive here, so nothing arrives twice: the UDP socket that holds
 * the port has a filter that accepts nothing. Packet sockets do not reassemble fragments; a relay that sends
 * fragments needs dhcp-socket-type udp.
 *
 * A filter (sock_filter.c) only accepts frames for this interface itself (not those of a VLAN, bridge or bond
 * above it, which the kernel also delivers here), sent to this host or to all, and not fragments. The rest is
 * checked here: lengths, IP checksum, UDP checksum (unless it is zero, or the kernel reports in PACKET_AUXDATA
 * that it has checked it, or that the sender is on this host and left it unfinished), destination address.
 *
 * With several workers the sockets of an interface form a fan-out group; a second program hashes the client's
 * hardware address, so a client stays with one worker.
 *
 * PACKET_QDISC_BYPASS stays off: the gain is not measurable, and egress shaping and filtering should also apply
 * to this traffic.
 */
#include "io/sock_filter.h"
#include "io/caps.h"
#include "io/sock_take.h"
#include "base/bytes.h"
#include "base/hash.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_ether.h>

enum {
	SNDBUF = 1 << 20,
	ETHER = 14,
	IP_MIN = 20,
	IP_MAX = 60,
	UDP = 8,
	PROTO_UDP = 17,
	TOS_LOW_DELAY = 0x10,
	TTL = 64,
};

static int raw_open(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = (int)sock->ifindex };
	const char *step = "packet socket";
	int on = 1, saved;

	(void)probe; /* the port is not bound in the kernel */
	/* Protocol 0: silent until bound. */
	sock->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		goto out;
	step = "PACKET_AUXDATA";
	if (setsockopt(sock->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0)
		goto out;
	/* Saves the kernel a copy; the filter drops outgoing frames in any case. Missing in old kernels. */
	(void)setsockopt(sock->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	sock_set_buffers(sock->fd, rcvbuf, SNDBUF);
	(void)setsockopt(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	step = "packet filter";
	if ((shared ? sock_filter_nothing(sock->fd) : sock_filter_raw(sock)) < 0)
		goto out;
	step = "bind";
	if (bind(sock->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		goto out;
	sock->ip_id = (uint16_t)rand_u64();
	return 0;
out:
	saved = errno;
	(void)snprintf(why, WHY_MAX, "%s: %s%s", step, strerror(saved), caps_hint(saved, CAP_NET_RAW));
	return sock_give_up(sock, saved);
}

/* Joins group - 1, or creates a new one if it is 0. */
static bool fanout_join(struct sock *sock, uint16_t *group)
{
	int arg = PACKET_FANOUT_CBPF << 16;
	socklen_t len = sizeof(arg);

	if (*group)
		arg |= *group - 1;
	else
		arg |= PACKET_FANOUT_FLAG_UNIQUEID << 16;
	if (setsockopt(sock->fd, SOL_PACKET, PACKET_FANOUT, &arg, sizeof(arg)) < 0)
		return false;
	if (!*group) {
		if (getsockopt(sock->fd, SOL_PACKET, PACKET_FANOUT, &arg, &len) < 0)
			return false;
		*group = (uint16_t)((arg & 0xffff) + 1);
	}
	sock->fanout = *group;
	return true;
}

void sock_raw_share(struct sock *v, unsigned n)
{
	uint16_t group = 0;
	bool together = true;

	/* Sockets from before a reload are already in a group. */
	for (unsigned i = 0; i < n; i++)
		if (v[i].fanout)
			group = v[i].fanout;
	for (unsigned i = 0; n > 1 && i < n; i++)
		if (!v[i].fanout && !fanout_join(&v[i], &group))
			together = false;
	/* Even if one is left: until the old sets are closed, the group has more. */
	if (group && sock_divide_raw(v[0].fd, n) < 0)
		together = false;
	for (unsigned i = 0; i < n; i++) {
		v[i].receives = together || i == 0;
		(void)(v[i].receives ? sock_filter_raw(&v[i]) : sock_filter_nothing(v[i].fd));
	}
}

/* --- checksums --- */

/* RFC 1071: the ones' complement sum of 16-bit words, unfolded; odd lengths only in the last piece. */
static uint64_t sum16(uint64_t sum, const uint8_t *p, size_t len)
{
	for (; len >= 2; p += 2, len -= 2)
		sum += (uint64_t)(p[0] << 8 | p[1]);
	if (len)
		sum += (uint64_t)p[0] << 8;
	return sum;
}

static uint16_t fold16(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* RFC 768: pseudo header; src and dst are next to each other in the IP header. */
static uint64_t udp_sum(const uint8_t *ip_src, const uint8_t *udp, const uint8_t *payload, size_t payload_len)
{
	uint64_t sum = sum16(0, ip_src, 8);

	sum += PROTO_UDP + UDP + payload_len;
	sum = sum16(sum, udp, UDP);
	return sum16(sum, payload, payload_len);
}

/* --- receive --- */

/* The headers of a frame; the data after them begins in the datagram's buffer at `skip`. */
struct frame {
	struct ip src, dst;
	uint16_t sport, dport;
	size_t skip, payload_len;
};

/*
 * Parses the headers of a frame of frame_len bytes: the first BATCH_HEADERS are in `headers`, the excess that IP
 * options cause at the start of buf. Returns the counter to increment if the frame is invalid, otherwise STAT_N.
 */
static enum stat_id parse_frame(const uint8_t *headers, const uint8_t *buf, size_t frame_len, uint32_t status,
				struct frame *ret)
{
	uint8_t whole[ETHER + IP_MAX + UDP];
	const uint8_t *ip = whole + ETHER, *udp;
	struct reader r;
	size_t ip_len, total, udp_len;
	uint16_t udp_check;

	if (frame_len < BATCH_HEADERS)
		return STAT_SOCKET_MALFORMED;
	memcpy(whole, headers, BATCH_HEADERS);
	ip_len = (size_t)(ip[0] & 0xf) * 4;
	if (ip[0] >> 4 != 4 || ip_len < IP_MIN || frame_len < ETHER + ip_len + UDP)
		return STAT_SOCKET_MALFORMED;
	ret->skip = ip_len - IP_MIN;
	if (ret->skip)
		memcpy(whole + BATCH_HEADERS, buf, ret->skip);
	udp = ip + ip_len;

	r = reader_init(ip + 2, 2);
	total = read_u16(&r);
	r = reader_init(udp, UDP);
	ret->sport = read_u16(&r);
	ret->dport = read_u16(&r);
	udp_len = read_u16(&r);
	udp_check = read_u16(&r);
	/* Ethernet pads short frames, so the frame may be longer than the packet. */
	if (total > frame_len - ETHER || total < ip_len + UDP || udp_len < UDP || udp_len > total - ip_len)
		return STAT_SOCKET_MALFORMED;
	ret->payload_len = udp_len - UDP;
	if (fold16(sum16(0, ip, ip_len)) != 0xffff)
		return STAT_SOCKET_CHECKSUM;
	if (udp_check && !(status & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID)) &&
	    fold16(udp_sum(ip + 12, udp, buf + ret->skip, ret->payload_len)) != 0xffff)
		return STAT_SOCKET_CHECKSUM;
	r = reader_init(ip + 12, 8);
	ret->src = ip_from4(read_u32(&r));
	ret->dst = ip_from4(read_u32(&r));
	return STAT_N;
}

/* Fills v from message i of the batch; returns STAT_N, or the counter for the error. */
static enum stat_id take_frame(struct sock *sock, unsigned i, struct dgram *v)
{
	struct sockset *set = sock->set;
	const struct mmsghdr *m = &set->batch.m[i];
	const uint8_t *headers = set->batch.headers[i];
	const struct tpacket_auxdata *aux = batch_control(&set->batch, i, SOL_PACKET, PACKET_AUXDATA, sizeof(*aux));
	struct frame frame;
	enum stat_id bad;

	if (m->msg_hdr.msg_flags & MSG_TRUNC)
		return STAT_SOCKET_TRUNCATED;
	/* A tag with a nonzero id belongs to a VLAN; id 0 is only a priority. */
	if (aux && (aux->tp_status & TP_STATUS_VLAN_VALID) && (aux->tp_vlan_tci & 0xfff))
		return STAT_SOCKET_NOT_FOR_US;
	bad = parse_frame(headers, v->buf, m->msg_len, aux ? aux->tp_status : 0, &frame);
	if (bad != STAT_N)
		return bad;
	if (frame.dport != sock->port || !sock_is_ours(sock, &frame.dst, &v->local))
		return STAT_SOCKET_NOT_FOR_US;
	if (frame.skip)
		memmove(v->buf, v->buf + frame.skip, frame.payload_len);
	v->len = (uint32_t)frame.payload_len;
	v->src = frame.src;
	v->dst = frame.dst;
	v->sport = frame.sport;
	memcpy(v->dst_mac, headers, 6);
	memcpy(v->src_mac, headers + 6, 6);
	return STAT_N;
}

static unsigned raw_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read)
{
	return sock_take(sock, true, take_frame, v, n, ret_read);
}

/* --- send --- */

static void put_u16(uint8_t *at, uint16_t v)
{
	struct writer w = writer_init(at, 2);

	write_u16(&w, v);
}

static void raw_prepare(struct sock *sock, unsigned i, const struct dgram *dgram)
{
	static const uint8_t nowhere[6], everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct batch *batch = &sock->set->batch;
	uint8_t *headers = batch->headers[i], *ip = headers + ETHER, *udp = ip + IP_MIN;
	struct writer w = writer_init(headers, BATCH_HEADERS);
	uint16_t check;

	write_bytes(&w, memcmp(dgram->dst_mac, nowhere, 6) ? dgram->dst_mac : everybody, 6);
	write_bytes(&w, sock->mac, 6);
	write_u16(&w, ETH_P_IP);

	write_u8(&w, 4 << 4 | IP_MIN / 4);
	write_u8(&w, TOS_LOW_DELAY);
	write_u16(&w, (uint16_t)(IP_MIN + UDP + dgram->len));
	write_u16(&w, sock->ip_id++);
	write_u16(&w, 0);
	write_u8(&w, TTL);
	write_u8(&w, PROTO_UDP);
	write_u16(&w, 0);
	write_u32(&w, ip_to4(&dgram->local));
	write_u32(&w, ip_to4(&dgram->dst));
	put_u16(ip + 10, (uint16_t)~fold16(sum16(0, ip, IP_MIN)));

	write_u16(&w, dgram->sport ? dgram->sport : sock->port);
	write_u16(&w, dgram->dport);
	write_u16(&w, (uint16_t)(UDP + dgram->len));
	write_u16(&w, 0);
	check = (uint16_t)~fold16(udp_sum(ip + 12, udp, dgram->buf, dgram->len));
	put_u16(udp + 6, check ? check : 0xffff); /* RFC 768: 0 means no checksum */

	batch->iov[i][0] = (struct iovec){ headers, BATCH_HEADERS };
	batch->iov[i][1] = (struct iovec){ dgram->buf, dgram->len };
	batch->m[i].msg_hdr = (struct msghdr){ .msg_iov = batch->iov[i], .msg_iovlen = 2 };
}

const struct sock_kind sock_kind_raw = {
	.open = raw_open,
	.filter = sock_filter_raw,
	.divide = sock_divide_raw,
	.recv = raw_recv,
	.prepare = raw_prepare,
};
