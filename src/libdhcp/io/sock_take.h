/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock_int.h"
#include "base/clock.h"

/*
 * What was read from a socket becomes datagrams: the loop that all kinds have in common. It is here so that the
 * compiler puts `take` into it: one copy for each kind, no calls by pointer.
 */

/*
 * In a loop over what batch_recv got: false when nobody waits for the answer to number i any more. `more`: others wait
 * behind what was received.
 */
bool sock_in_time(struct sock *sock, unsigned i, const struct timespec *wall, int64_t now_us, bool more);

/*
 * Fill v, whose bytes are there, from message i of the batch, but for what is the same of all that this socket
 * receives. STAT_N, or the counter of what is wrong with it.
 */
typedef enum stat_id sock_take_fn(struct sock *sock, unsigned i, struct dgram *v);

/* v[to] gets v[from]'s place, keeping all buffers. */
static inline void dgram_move(struct dgram *v, unsigned to, unsigned from)
{
	struct dgram moved;

	if (to == from)
		return;
	moved = v[from];
	v[from].buf = v[to].buf;
	v[from].size = v[to].size;
	v[to] = moved;
}

/* The rest of sock_kind.recv; gcc keeps a call for each datagram unless it is told. */
__attribute__((always_inline)) static inline unsigned
sock_take(struct sock *sock, bool with_headers, sock_take_fn *take, struct dgram *v, unsigned n, unsigned *ret_read)
{
	unsigned got = batch_recv(&sock->set->batch, sock->fd, with_headers, v, n);
	int64_t now_us = got ? clock_boot_us() : 0;
	struct timespec wall = { 0 };
	unsigned good = 0;

	if (got)
		(void)clock_gettime(CLOCK_REALTIME, &wall);
	for (unsigned i = 0; i < got; i++) {
		enum stat_id bad;

		if (!sock_in_time(sock, i, &wall, now_us, got == n))
			continue;
		bad = take(sock, i, &v[i]);
		if (bad != STAT_N) {
			stat_add(sock->set->stats, bad, 1);
			continue;
		}
		v[i].sock = sock;
		v[i].ifindex = sock->ifindex;
		v[i].mtu = sock->mtu;
		memcpy(v[i].ifname, sock->ifname, sizeof(v[i].ifname));
		v[i].dport = sock->port;
		v[i].raw_in = sock->raw;
		v[i].raw_out = false;
		v[i].when_us = now_us;
		dgram_move(v, good++, i);
	}
	count(&sock->rx, good);
	*ret_read = got;
	return good;
}
