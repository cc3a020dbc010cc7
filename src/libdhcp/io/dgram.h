/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct sock;

/* Enough for every datagram of an Ethernet with jumbo frames off; longer ones are dropped and counted. */
#define DGRAM_SIZE 2048
#define DGRAM_IFNAME_MAX 16

/*
 * One UDP datagram with everything that is known about its way. `buf` is the payload (for DHCPv4:
 * starts at `op`) whatever kind of socket it came from; `size` bytes are there, `len` are used.
 *
 * Received: src, sport, dst, dport, the macs (zero when a UDP socket took it), ifindex and ifname of
 * the interface it arrived on, `local`: dst if that is an address of ours, else (broadcast) the
 * interface's own address, fit for a server identifier and as the source of the answer.
 *
 * To send: buf, len, dst, dport, sport, local (source), ifindex, and
 *	raw_out		by AF_PACKET out of ifindex, to dst_mac: clients that have no address yet
 *	not raw_out	routed by the kernel. If dst_mac is not zero and ifindex has a packet socket,
 *			it is sent there instead when the UDP socket is full, for example of
 *			datagrams that wait for an ARP answer: give the mac the request came from.
 * `sock` is set on receive and valid only during that batch; sending does not read it, so an answer
 * may leave after the sockets were opened anew.
 */
struct dgram {
	uint8_t *buf;
	uint32_t len, size;
	struct ip src, dst;
	uint16_t sport, dport;
	uint32_t ifindex;
	uint32_t mtu; /* received: of that interface; 0 if not known */
	uint8_t src_mac[6], dst_mac[6];
	bool raw_out;
	bool raw_in; /* came by AF_PACKET: the macs are known, raw_out is possible on this interface */
	struct sock *sock;
	struct ip local;
	int err;         /* of one that was to be sent: 0, or the errno for which it was not */
	int64_t when_us; /* CLOCK_BOOTTIME at which the batch was taken from the kernel */
	char ifname[DGRAM_IFNAME_MAX];
};
