/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"

#include <stddef.h>

/*
 * Reads the UDP datagrams in a file of captured packets, as tcpdump (pcap) and Wireshark (pcapng) write them: Ethernet
 * with VLAN tags, Linux "any", loopback and raw IP. What is no complete UDP datagram is skipped. The file is untrusted.
 */
struct capture;

#define CAPTURE_IFNAME_MAX 16
#define CAPTURE_WHEN_MAX (1ll << 52) /* us: no clock overflows, whatever the file says */

struct captured {
	uint64_t number;                 /* of the packet in the file, from 1, as in Wireshark */
	int64_t when_us;                 /* wall time, 0 to CAPTURE_WHEN_MAX; 0: not known */
	char ifname[CAPTURE_IFNAME_MAX]; /* only pcapng has it; "": not known */
	uint8_t src_mac[6];              /* zero: not known */
	struct ip src, dst;
	uint16_t sport, dport;
	struct bytes payload; /* until the next one is read */
};

#define CAPTURE_WHY_MAX 160
/* On failure `why` is the reason: -E_SYS if the file cannot be read, -E_INVAL if it is none of these. */
int capture_open(const char *path, struct capture **ret, char why[CAPTURE_WHY_MAX]);
void capture_close(struct capture *capture);
/* Returns 1 and the next datagram, 0 at the end, -E_INVAL or -E_SYS with the reason in `why`. */
int capture_next(struct capture *capture, struct captured *ret, char why[CAPTURE_WHY_MAX]);
/* How much of the file was read, in bytes, and its length; 0 if it has none, like a pipe. */
uint64_t capture_position(const struct capture *capture);
uint64_t capture_length(const struct capture *capture);
