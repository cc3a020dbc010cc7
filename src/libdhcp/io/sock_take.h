/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock_int.h"
#include "base/clock.h"

/*
 * Converts what was read from a socket to datagrams: the loop that all socket types share. It is in a header so
 * that the compiler inlines `take`: one copy per type, no indirect calls.
 */

/*
 * For a loop over the result of batch_recv, about message i, which was in the socket for wait_us: false if its client
 * no longer waits for a response. `more`: other datagrams are queued after the received ones.
 */
bool sock_in_time(struct sock *sock, unsigned i, int64_t wait_us, int64_t now_us, bool more);

/*
 * Fills v, which already has the payload, from message i of the batch, except for fields that are the same for
 * all datagrams of this socket. Returns STAT_N, or the counter for the error.
 */
typedef enum stat_id sock_take_fn(struct sock *sock, unsigned i, struct dgram *v);

/* Moves v[from] to v[to], keeping all buffers. */
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

/* The rest of sock_kind.recv; gcc only inlines the call per datagram if forced to. */
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
		int64_t wait_us = batch_wait_us(&sock->set->batch, i, &wall);
		enum stat_id bad;

		if (!sock_in_time(sock, i, wait_us, now_us, got == n))
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
		v[i].wait_us = wait_us;
		dgram_move(v, good++, i);
	}
	count(&sock->rx, good);
	*ret_read = got;
	return good;
}
