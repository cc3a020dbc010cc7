/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sending: through the packet socket of its interface to a client without an address; otherwise through the UDP
 * socket of the interface, routed by the kernel, from the requested source address. Datagrams waiting for ARP
 * fill the UDP socket's buffer; when it is full, a response with a known receiver mac goes through the packet
 * socket, and others are dropped: unreachable relays do not block the rest, and a worker never waits.
 */
#include "io/sock_int.h"

#include <errno.h>

/* Returns the first socket of this interface in v[from..to), which is sorted by interface; NULL if there is none. */
static struct sock *first_of_iface(struct sockset *set, unsigned from, unsigned to, uint32_t ifindex)
{
	unsigned end = to;

	while (from < to) {
		unsigned middle = from + (to - from) / 2;

		if (set->v[middle].ifindex < ifindex)
			from = middle + 1;
		else
			to = middle;
	}
	return from < end && set->v[from].ifindex == ifindex ? &set->v[from] : NULL;
}

static struct sock *raw_for(struct sockset *set, const struct dgram *dgram)
{
	return first_of_iface(set, 0, set->n_raw, dgram->ifindex);
}

static struct sock *udp_for(struct sockset *set, const struct dgram *dgram)
{
	struct sock *first = first_of_iface(set, set->n_raw, set->n, dgram->ifindex);

	if (set->n > set->n_raw && set->v[set->n_raw].any_device)
		return &set->v[set->n_raw];
	/* The interface is gone: any socket may still have a route. */
	if (!first)
		return set->n > set->n_raw ? &set->v[set->n_raw] : NULL;
	for (struct sock *s = first; s < set->v + set->n && s->ifindex == dgram->ifindex; s++)
		if (ip_equal(&s->bound, &dgram->local))
			return s;
	return first;
}

static struct sock *sock_for(struct sockset *set, const struct dgram *dgram)
{
	struct sock *raw = NULL;

	if (dgram->raw_out || ip_to4(&dgram->dst) == UINT32_MAX)
		raw = raw_for(set, dgram);
	return raw ? raw : udp_for(set, dgram);
}

static bool has_mac(const struct dgram *dgram)
{
	static const uint8_t nowhere[6];

	return memcmp(dgram->dst_mac, nowhere, 6) != 0;
}

/*
 * Sends the datagrams of v[0..n) with this socket as target; their targets change to NULL (done) or to a second
 * choice.
 */
static unsigned send_through(struct sockset *set, struct sock *sock, struct dgram *const *v, struct sock **targets,
			     unsigned n)
{
	int err[BATCH_N];
	unsigned which[BATCH_N], m = 0, sent = 0;

	for (unsigned i = 0; i < n; i++) {
		if (targets[i] != sock)
			continue;
		sock->kind->prepare(sock, m, v[i]);
		targets[i] = NULL;
		which[m++] = i;
	}
	batch_send(&set->batch, sock->fd, m, err);
	for (unsigned j = 0; j < m; j++) {
		struct dgram *dgram = v[which[j]];
		struct sock *raw;

		dgram->err = err[j];
		if (!err[j]) {
			sent++;
			if (sock->raw && !dgram->raw_out && ip_to4(&dgram->dst) != UINT32_MAX)
				stat_add(set->stats, STAT_SENT_BY_MAC, 1);
		} else if (batch_is_full(err[j]) && !sock->raw && has_mac(dgram) && (raw = raw_for(set, dgram))) {
			targets[which[j]] = raw;
		} else {
			stat_add(set->stats, batch_is_full(err[j]) ? STAT_SEND_FULL : STAT_SEND_FAILED, 1);
		}
	}
	count(&sock->tx, sent);
	return sent;
}

unsigned sockset_send(struct sockset *set, struct dgram *const *v, unsigned n)
{
	struct sock *targets[BATCH_N];
	unsigned sent = 0;

	while (n) {
		unsigned chunk = n < BATCH_N ? n : BATCH_N;

		for (unsigned i = 0; i < chunk; i++) {
			targets[i] = sock_for(set, v[i]);
			if (targets[i])
				continue;
			v[i]->err = ENODEV;
			stat_add(set->stats, STAT_SEND_FAILED, 1);
		}
		/* The second round is for those that did not fit in a full UDP socket. */
		for (int round = 0; round < 2; round++)
			for (unsigned i = 0; i < chunk; i++)
				if (targets[i])
					sent += send_through(set, targets[i], v, targets, chunk);
		v += chunk;
		n -= chunk;
	}
	return sent;
}
