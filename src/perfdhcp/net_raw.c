/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Clients on the link (RFC 2131 4.1): frames from each client's own hardware address, broadcast from 0.0.0.0 or
 * from the address in use. There is no UDP checksum (RFC 768), but an IP checksum.
 */
#include "perfdhcp/net_int.h"

#include "io/iface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

enum { ETHER = 14, IP = 20, UDP = 8, PROTO_UDP = 17 };

/* Accepts UDP to the local port, no fragments. */
static int set_filter(int fd, uint16_t port)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHER + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROTO_UDP, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHER + 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ETHER),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, ETHER + 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = (struct sock_filter *)code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* Prepares the part that all frames share. */
static void prepare_head(struct net *net, uint32_t server, uint16_t from, uint16_t to)
{
	struct writer w = writer_init(net->raw_head, RAW_HEAD);

	write_u32(&w, UINT32_MAX); /* broadcast */
	write_u16(&w, UINT16_MAX);
	write_u32(&w, 0); /* source: net_raw_head() */
	write_u16(&w, 0);
	write_u16(&w, ETH_P_IP);
	write_u16(&w, 0x4500); /* version, length; type of service */
	write_u16(&w, 0);      /* total length */
	write_u32(&w, 0);      /* identification, fragment */
	write_u8(&w, 64);
	write_u8(&w, PROTO_UDP);
	write_u16(&w, 0); /* checksum */
	write_u32(&w, 0); /* source */
	write_u32(&w, server);
	write_u16(&w, from);
	write_u16(&w, to);
	write_u32(&w, 0); /* length, checksum */
}

int net_open_raw(struct net *net, const struct options *opt, const struct proto *proto, char *why)
{
	uint16_t port = opt->local_port ? (uint16_t)opt->local_port : proto->client_port;
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	struct ifaces *ifaces = NULL;
	const struct iface *iface;
	int on = 1, err = 0;

	if (ifaces_read(&ifaces) < 0)
		return net_why(why, "the interfaces cannot be read: %s", strerror(errno));
	iface = ifaces_by_name(ifaces, opt->local);
	if (!iface || iface->mac_len != MAC_LEN) {
		err = net_why(why, "-l: %s is not an Ethernet interface", opt->local);
		goto out;
	}
	at.sll_ifindex = all.mr_ifindex = (int)iface->index;
	net->head = RAW_HEAD;
	net->local = ip_zero4;
	prepare_head(net, ip_to4(&opt->server), port,
		     opt->remote_port ? (uint16_t)opt->remote_port : proto->server_port);
	net->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	/* Responses are sent to hardware addresses other than the interface's. */
	if (net->fd < 0 || set_filter(net->fd, port) < 0 || bind(net->fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    setsockopt(net->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		err = net_why(why, "packet socket on %s: %s", opt->local, strerror(errno));
	if (!err) {
		(void)setsockopt(net->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
		(void)setsockopt(net->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	}
out:
	ifaces_free(ifaces);
	return err;
}

static uint16_t checksum(const uint8_t *head, size_t len)
{
	struct reader r = reader_init(head, len);
	uint32_t sum = 0;

	while (reader_left(&r))
		sum += read_u16(&r);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

void net_raw_head(struct net *net, uint8_t *frame, size_t len, const uint8_t *mac)
{
	struct writer w;

	memcpy(frame, net->raw_head, RAW_HEAD);
	memcpy(frame + MAC_LEN, mac, MAC_LEN);
	/* RFC 2131 4.3.6: with an address in use that is the source: ciaddr, 12 bytes into the message */
	memcpy(frame + ETHER + 12, frame + RAW_HEAD + 12, 4);
	w = writer_init(frame + ETHER + 2, 2);
	write_u16(&w, (uint16_t)(IP + UDP + len));
	w = writer_init(frame + ETHER + IP + 4, 2);
	write_u16(&w, (uint16_t)(UDP + len));
	w = writer_init(frame + ETHER + 10, 2);
	write_u16(&w, checksum(frame + ETHER, IP));
}

struct bytes net_raw_payload(struct bytes frame)
{
	struct reader r = reader_of(frame);
	unsigned ip_len, total, udp_len;
	const uint8_t *payload;

	(void)read_bytes(&r, ETHER);
	ip_len = 4 * (read_u8(&r) & 0x0fu);
	(void)read_u8(&r);
	total = read_u16(&r);
	if (r.err || ip_len < IP || total < ip_len + UDP || total > frame.len - ETHER)
		return bytes_of(NULL, 0);
	r = reader_init(frame.data + ETHER + ip_len, total - ip_len);
	(void)read_u32(&r);
	udp_len = read_u16(&r);
	(void)read_u16(&r);
	payload = udp_len >= UDP ? read_bytes(&r, udp_len - UDP) : NULL;
	return bytes_of(payload, payload ? udp_len - UDP : 0);
}
