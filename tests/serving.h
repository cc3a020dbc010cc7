/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/list.h"
#include "io/dgram.h"
#include "serve/service.h"
#include "wire/packet4.h"

#include <string.h>

/* For programs that are a server's sockets and clients at once. */

/* True if a request need not wait any longer: serve_worker_resume() continues it. */
static inline bool has_resumed(struct serve_worker *w)
{
	bool any;

	(void)pthread_mutex_lock(&w->lock);
	any = !list_is_empty(&w->resumed);
	(void)pthread_mutex_unlock(&w->lock);
	return any;
}

/* A DHCPv4 message; what is 0 or empty is not in it. */
struct query4 {
	uint8_t type;
	const uint8_t *chaddr; /* 6 bytes */
	struct bytes client_id, vendor_class, rai;
	struct bytes more; /* options as they are on the wire */
	uint32_t xid, ciaddr, wanted, server, life;
};

static inline void query4_option(struct writer *w, uint8_t code, uint32_t value)
{
	if (!value)
		return;
	write_u8(w, code);
	write_u8(w, 4);
	write_u32(w, value);
}

static inline void query4_bytes(struct writer *w, uint8_t code, struct bytes value)
{
	if (!value.len)
		return;
	write_u8(w, code);
	write_u8(w, (uint8_t)value.len);
	write_bytes(w, value.data, value.len);
}

/* Writes the message, and returns it as it arrives on eth0 at the server's address: by unicast if it has a ciaddr. */
static inline struct dgram query4_write(const struct query4 *q, uint32_t local, uint8_t buf[512])
{
	struct writer w = writer_init(buf, 512);
	uint32_t len;

	memset(buf, 0, 512);
	write_u32(&w, BOOTREQUEST << 24 | 1 << 16 | 6 << 8);
	write_u32(&w, q->xid);
	write_u32(&w, 0);
	write_u32(&w, q->ciaddr);
	memcpy(buf + 28, q->chaddr, 6);
	w = writer_init(buf + 236, 512 - 236);
	write_u32(&w, 0x63825363);
	write_u8(&w, OPT4_DHCP_MESSAGE_TYPE);
	write_u8(&w, 1);
	write_u8(&w, q->type);
	query4_bytes(&w, OPT4_DHCP_CLIENT_IDENTIFIER, q->client_id);
	query4_bytes(&w, OPT4_VENDOR_CLASS_IDENTIFIER, q->vendor_class);
	query4_bytes(&w, OPT4_DHCP_AGENT_OPTIONS, q->rai);
	query4_option(&w, OPT4_DHCP_REQUESTED_ADDRESS, q->wanted);
	query4_option(&w, OPT4_DHCP_SERVER_IDENTIFIER, q->server);
	query4_option(&w, OPT4_DHCP_LEASE_TIME, q->life);
	write_bytes(&w, q->more.data, q->more.len);
	write_u8(&w, OPT4_END);
	len = 236 + (uint32_t)writer_len(&w);
	return (struct dgram){
		.buf = buf,
		.size = 512,
		.len = len < PACKET4_MIN ? PACKET4_MIN : len,
		.sport = 68,
		.dport = 67,
		.ifindex = 1,
		.ifname = "eth0",
		.raw_in = true,
		.local = ip_from4(local),
		.dst = ip_from4(q->ciaddr ? local : UINT32_MAX),
		.src = ip_from4(q->ciaddr),
		.when_us = clock_boot_us(),
	};
}
