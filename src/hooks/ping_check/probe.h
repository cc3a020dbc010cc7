/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The messages of checks: ICMP echo (RFC 792) and ARP probes (RFC 5227). Only bytes, no sockets. What is received may
 * come from anybody.
 */
enum {
	PROBE_COOKIE = 16, /* bytes that only the host that was asked knows */
	PROBE_HWADDR = 6,
	PROBE_ECHO_LEN = 8 + PROBE_COOKIE,
	PROBE_ARP_LEN = 28,
};

/* Of a reply: where it is from, and what it repeats. */
struct probe_echo {
	uint16_t sequence;
	unsigned char addr[4], cookie[PROBE_COOKIE];
};
void probe_echo_write(unsigned char out[PROBE_ECHO_LEN], uint16_t id, uint16_t sequence,
		      const unsigned char cookie[PROBE_COOKIE]);
/* A datagram that begins with the IPv4 header. False: it is no complete echo reply. */
bool probe_echo_read(const unsigned char *data, size_t len, struct probe_echo *ret);

/* The host that has an address. */
struct probe_arp {
	unsigned char addr[4], hwaddr[PROBE_HWADDR];
};
/* Asks who has the address, without claiming it: the sender's address is 0.0.0.0. */
void probe_arp_write(unsigned char out[PROBE_ARP_LEN], const unsigned char own[PROBE_HWADDR],
		     const unsigned char addr[4]);
/* False: it is no ARP message about IPv4 and Ethernet, or its sender has no address. */
bool probe_arp_read(const unsigned char *data, size_t len, struct probe_arp *ret);
