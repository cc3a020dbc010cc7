/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct sock;

/* Enough for every datagram on an Ethernet without jumbo frames; longer ones are dropped and counted. */
#define DGRAM_SIZE 2048
#define DGRAM_IFNAME_MAX 16

/*
 * One UDP datagram with all information about its path. `buf` is the payload (for DHCPv4: it starts at `op`),
 * whatever type of socket it came from; its capacity is `size` bytes, of which `len` are used.
 *
 * Received: src, sport, dst, dport, the macs (zero if received by a UDP socket), ifindex and ifname of the
 * interface it arrived on, and `local`: dst if that is an address of this host, otherwise (broadcast) the
 * address of the interface, suitable as a server identifier and as the source of the response.
 *
 * To send: buf, len, dst, dport, sport, local (source), ifindex, and
 *	raw_out		through AF_PACKET on ifindex, to dst_mac: for clients without an address
 *	not raw_out	routed by the kernel. If dst_mac is not zero and ifindex has a packet socket,
 *			the datagram is sent there if the UDP socket is full, for example of
 *			datagrams waiting for ARP: set it to the mac the request came from.
 * `sock` is set on receive and only valid during that batch; sending does not use it, so a response may be sent
 * after the sockets were reopened.
 */
struct dgram {
	uint8_t *buf;
	uint32_t len, size;
	struct ip src, dst;
	uint16_t sport, dport;
	uint32_t ifindex;
	uint32_t mtu; /* received: of that interface; 0 if unknown */
	uint8_t src_mac[6], dst_mac[6];
	bool raw_out;
	bool raw_in; /* received by AF_PACKET: the macs are known, and raw_out is possible on this interface */
	struct sock *sock;
	struct ip local;
	int err;         /* after sending: 0, or the errno of the failure */
	int64_t when_us; /* CLOCK_BOOTTIME at which the batch was read from the kernel */
	int64_t wait_us; /* received: how long it was in the socket by then */
	char ifname[DGRAM_IFNAME_MAX];
};
