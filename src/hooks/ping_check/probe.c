/* SPDX-License-Identifier: MPL-2.0 */
#include "ping_check/probe.h"

#include <string.h>

enum { IP_HEADER_MIN = 20, IP_PROTOCOL_ICMP = 1, ECHO_REPLY = 0, ECHO_REQUEST = 8, ARP_REQUEST = 1 };

/* RFC 1071 */
static uint16_t checksum(const unsigned char *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	if (len % 2)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(unsigned char *out, uint16_t value)
{
	out[0] = (unsigned char)(value >> 8);
	out[1] = (unsigned char)value;
}

void probe_echo_write(unsigned char out[PROBE_ECHO_LEN], uint16_t id, uint16_t sequence,
		      const unsigned char cookie[PROBE_COOKIE])
{
	memset(out, 0, 8);
	out[0] = ECHO_REQUEST;
	put16(out + 4, id);
	put16(out + 6, sequence);
	memcpy(out + 8, cookie, PROBE_COOKIE);
	put16(out + 2, checksum(out, PROBE_ECHO_LEN));
}

bool probe_echo_read(const unsigned char *data, size_t len, struct probe_echo *ret)
{
	size_t header = len ? (size_t)(data[0] & 15) * 4 : 0;

	if (len < IP_HEADER_MIN || data[0] >> 4 != 4 || header < IP_HEADER_MIN || len < header + PROBE_ECHO_LEN ||
	    data[9] != IP_PROTOCOL_ICMP || data[header] != ECHO_REPLY || checksum(data + header, len - header) != 0)
		return false;
	memcpy(ret->addr, data + 12, 4);
	ret->sequence = (uint16_t)(data[header + 6] << 8 | data[header + 7]);
	memcpy(ret->cookie, data + header + 8, PROBE_COOKIE);
	return true;
}

/* Hardware type Ethernet, protocol IPv4, and their lengths. */
static const unsigned char arp_begin[6] = { 0, 1, 8, 0, PROBE_HWADDR, 4 };

void probe_arp_write(unsigned char out[PROBE_ARP_LEN], const unsigned char own[PROBE_HWADDR],
		     const unsigned char addr[4])
{
	memset(out, 0, PROBE_ARP_LEN);
	memcpy(out, arp_begin, sizeof(arp_begin));
	put16(out + 6, ARP_REQUEST);
	memcpy(out + 8, own, PROBE_HWADDR);
	memcpy(out + 24, addr, 4);
}

bool probe_arp_read(const unsigned char *data, size_t len, struct probe_arp *ret)
{
	static const unsigned char none[4];

	if (len < PROBE_ARP_LEN || memcmp(data, arp_begin, sizeof(arp_begin)) != 0 || !memcmp(data + 14, none, 4))
		return false;
	memcpy(ret->hwaddr, data + 8, PROBE_HWADDR);
	memcpy(ret->addr, data + 14, 4);
	return true;
}
