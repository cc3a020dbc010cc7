/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The classic BPF programs of all sockets: a filter selects what a socket receives, another program which socket
 * of a group receives it. Offsets depend on what the kernel passes: a packet socket's filter sees the frame, its
 * fan-out program the IP packet, a UDP socket's filter the UDP datagram, the reuseport group's program the UDP
 * payload.
 *
 * Clients are divided among workers as follows: DHCPv4 by the last four bytes of an Ethernet chaddr; DHCPv6 by
 * the transaction id or, in a relayed message, the end of the client's address in it. This is multiplied by an
 * odd number, and the upper half is used.
 */
#include "io/sock_filter.h"

#include <assert.h>
#include <linux/filter.h>
#include <linux/if_ether.h>

enum {
	ETHER = 14,
	UDP = 8,
	PROTO_UDP = 17,
	/* IP headers */
	IPV4_DST = 16,
	IPV6_DST = 24,
	/* DHCPv4 */
	CLIENT4 = 28 + 2, /* in chaddr */
	OPTIONS4 = 240,   /* start of the options, usually with the message type */
	MESSAGE_TYPE = 53,
	DISCOVER = 1,
	/* DHCPv6 */
	SOLICIT = 1,
	RELAY_FORW = 12,
	RELAY_PEER_END = 30,
	RELAY_HEAD = 34,
	RELAY_MSG = 9,
};

#define AD(field) ((uint32_t)SKF_AD_OFF + (uint32_t)SKF_AD_##field)
#define NET(at) ((uint32_t)SKF_NET_OFF + (at))
#define LENGTH(code) (sizeof(code) / sizeof((code)[0]))

#define TAKE BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)
#define LEAVE BPF_STMT(BPF_RET | BPF_K, 0)

/* Converts the word in A to one of n parts. */
#define PART_OF(n)                                                                                 \
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1u), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16), \
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (n))

/* Loads the word that identifies a DHCPv6 client, from the message at `at`. */
#define LOAD_CLIENT6(at)                                                                                  \
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (at)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RELAY_FORW, 0, 2),  \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at) + RELAY_PEER_END), BPF_STMT(BPF_JMP | BPF_JA, 1), \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))

/* Accepts only a share of the DISCOVERs with the usual layout; the message is at `at`, BPF_ABS or BPF_IND. */
#define THIN4(mode, at, keep)                                                                                        \
	BPF_STMT(BPF_LD | BPF_B | (mode), (at) + OPTIONS4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MESSAGE_TYPE, 0, 4), \
		BPF_STMT(BPF_LD | BPF_B | (mode), (at) + OPTIONS4 + 2),                                              \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DISCOVER, 0, 2), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(RANDOM)), \
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (keep), 1, 0), TAKE, LEAVE

static int attach(int fd, int level, int what, const struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = (struct sock_filter *)code };

	return setsockopt(fd, level, what, &prog, sizeof(prog));
}

int sock_filter_nothing(int fd)
{
	static const struct sock_filter code[] = { LEAVE };

	return attach(fd, SOL_SOCKET, SO_ATTACH_FILTER, code, LENGTH(code));
}

/* Attaches `code`, in a flood followed by `thin`, which decides about everything that `code` accepts. */
static int attach_filter(const struct sock *sock, const struct sock_filter *code, size_t n,
			 const struct sock_filter *thin, size_t n_thin)
{
	struct sock_filter both[64];

	assert(n + n_thin <= LENGTH(both));
	if (!sock->keep)
		return attach(sock->fd, SOL_SOCKET, SO_ATTACH_FILTER, code, n);
	memcpy(both, code, n * sizeof(*code));
	memcpy(both + n, thin, n_thin * sizeof(*thin));
	for (size_t i = 0; i < n; i++)
		if (code[i].code == (BPF_RET | BPF_K) && code[i].k)
			both[i] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(n - 1 - i));
	return attach(sock->fd, SOL_SOCKET, SO_ATTACH_FILTER, both, n + n_thin);
}

/* Accepts frames for this interface itself, sent to this host or to all, with UDP to the server port, unfragmented. */
int sock_filter_raw(const struct sock *sock)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 12),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_BROADCAST, 10, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sock->ifindex, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETHER + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROTO_UDP, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHER + 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ETHER), /* length of the IP header, including options */
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, ETHER + 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sock->port, 0, 1),
		TAKE,
		LEAVE,
	};
	const struct sock_filter thin[] = { THIN4(BPF_IND, ETHER + UDP, sock->keep) };

	return attach_filter(sock, code, LENGTH(code), thin, LENGTH(thin));
}

/* Every socket of the group gets a broadcast: number i of n accepts its clients. */
int sock_filter_udp(const struct sock *sock)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(IPV4_DST)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, INADDR_BROADCAST, 2, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 5, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UDP + CLIENT4),
		PART_OF(sock->n_parts),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sock->part, 0, 1),
		TAKE,
		LEAVE,
	};
	const struct sock_filter thin[] = { THIN4(BPF_ABS, UDP, sock->keep) };

	return attach_filter(sock, code, LENGTH(code), thin, LENGTH(thin));
}

/* Every socket of the group gets a multicast: number i of n accepts its share. */
int sock_filter_udp6(const struct sock *sock)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NET(IPV6_DST)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xff, 0, 11), /* a unicast: accept */
		LOAD_CLIENT6(UDP),
		PART_OF(sock->n_parts),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sock->part, 0, 1),
		TAKE,
		LEAVE,
		TAKE,
	};
	/* Accepts only a share of the SOLICITs, including those from one relay: in its first or second option. */
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
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AD(RANDOM)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, sock->keep, 1, 0),
		TAKE,
		LEAVE,
	};

	return attach_filter(sock, code, LENGTH(code), thin, LENGTH(thin));
}

int sock_divide_raw(int fd, unsigned n)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, UDP + CLIENT4),
		PART_OF(n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	return attach(fd, SOL_PACKET, PACKET_FANOUT_DATA, code, LENGTH(code));
}

int sock_divide_udp(int fd, unsigned n)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, CLIENT4),
		PART_OF(n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	return attach(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, code, LENGTH(code));
}

int sock_divide_udp6(int fd, unsigned n)
{
	const struct sock_filter code[] = {
		LOAD_CLIENT6(0),
		PART_OF(n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	return attach(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, code, LENGTH(code));
}
