/* SPDX-License-Identifier: MPL-2.0 */
/* A set of sockets: its content, its drop counters, its engine interface. */
#include "io/sock_int.h"
#include "base/arena.h"
#include "base/list.h"
#include "log/descriptor.h"

#include <linux/sock_diag.h>
#include <unistd.h>

static const struct io_ops sockset_ops;

static int compare_ips(const void *a, const void *b)
{
	return ip_cmp(a, b);
}

bool sock_is_ours(const struct sock *sock, const struct ip *dst, struct ip *ret_local)
{
	const struct sockset *set = sock->set;
	uint32_t v4 = ip_to4(dst);

	for (unsigned i = 0; i < sock->n_addrs; i++) {
		if (ip_equal(dst, &sock->addrs[i])) {
			*ret_local = *dst;
			return true;
		}
	}
	*ret_local = sock->addrs[0];
	if (v4 == UINT32_MAX)
		return true;
	for (unsigned i = 0; i < sock->n_broadcasts; i++)
		if (v4 == sock->broadcasts[i])
			return true;
	if (!bsearch(dst, set->addrs, set->n_addrs, sizeof(*set->addrs), compare_ips))
		return false;
	*ret_local = *dst;
	return true;
}

struct sockset *sockset_new(const struct sock *v, unsigned n, unsigned n_raw, const struct ip *addrs, unsigned n_addrs)
{
	struct sockset *set = xcalloc(1, sizeof(*set));

	set->engine.ops = &sockset_ops;
	set->stats = stats_new();
	set->flood.shortest_us = -1;
	set->n = n;
	set->n_raw = n_raw;
	set->v = xcalloc(n ? n : 1, sizeof(*set->v));
	if (n)
		memcpy(set->v, v, n * sizeof(*set->v));
	for (unsigned i = 0; i < n; i++) {
		set->v[i].set = set;
		descriptor_own(set->v[i].fd, "a socket");
	}
	set->n_addrs = n_addrs;
	set->addrs = xcalloc(n_addrs ? n_addrs : 1, sizeof(*set->addrs));
	if (n_addrs) {
		memcpy(set->addrs, addrs, n_addrs * sizeof(*set->addrs));
		qsort(set->addrs, n_addrs, sizeof(*set->addrs), compare_ips);
	}
	return set;
}

void sock_done(struct sock *sock)
{
	if (sock->fd >= 0)
		close(sock->fd);
	free(sock->addrs);
	free(sock->broadcasts);
}

void sockset_free(struct sockset *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < set->n; i++) {
		descriptor_disown(set->v[i].fd);
		sock_done(&set->v[i]);
	}
	free(set->v);
	free(set->addrs);
	stats_free(set->stats);
	free(set);
}

/*
 * A packet socket resets its counter when read. A UDP socket's counter keeps growing and includes what its
 * filter rejects: for a multicast that is for another worker, that is no loss, but the two cases cannot be
 * distinguished.
 */
uint64_t sock_new_drops(struct sock *sock)
{
	uint32_t mem[SK_MEMINFO_VARS], seen = sock->drops_seen;
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	if (sock->raw)
		return getsockopt(sock->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0 ? 0 : stats.tp_drops;
	len = sizeof(mem);
	if (!sock->receives || getsockopt(sock->fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0 || len < sizeof(mem))
		return 0;
	sock->drops_seen = mem[SK_MEMINFO_DROPS];
	return sock->n_parts > 1 ? 0 : sock->drops_seen - seen;
}

uint64_t sockset_new_drops(struct sockset *set)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < set->n; i++)
		sum += sock_new_drops(&set->v[i]);
	return sum;
}

bool sockset_info(struct sockset *set, unsigned i, struct sock_info *ret)
{
	struct sock *sock;

	if (i >= set->n)
		return false;
	sock = &set->v[i];
	*ret = (struct sock_info){ .addr = sock->addrs[0],
				   .raw = sock->raw,
				   .receives = sock->receives,
				   .rx = atomic_load(&sock->rx),
				   .tx = atomic_load(&sock->tx) };
	memcpy(ret->ifname, sock->ifname, sizeof(ret->ifname));
	return true;
}

static struct sockset *of_engine(struct io_engine *engine)
{
	return container_of(engine, struct sockset, engine);
}

static int engine_recv(struct io_engine *engine, struct dgram *v, unsigned n)
{
	return sockset_recv(of_engine(engine), v, n);
}

static unsigned engine_send(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	return sockset_send(of_engine(engine), v, n);
}

static int engine_watch(struct io_engine *engine, struct loop *loop, loop_fn *readable, void *ctx)
{
	return sockset_watch(of_engine(engine), loop, readable, ctx);
}

static void engine_unwatch(struct io_engine *engine, struct loop *loop)
{
	sockset_unwatch(of_engine(engine), loop);
}

static void engine_free(struct io_engine *engine)
{
	sockset_free(of_engine(engine));
}

static const struct io_ops sockset_ops = {
	.name = "sockets",
	.recv = engine_recv,
	.send = engine_send,
	.watch = engine_watch,
	.unwatch = engine_unwatch,
	.free = engine_free,
};

struct io_engine *sockset_engine(struct sockset *set)
{
	return &set->engine;
}
