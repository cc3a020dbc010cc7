/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Opens each type of socket on each interface, for all sets (workers) at once, so that they share the traffic.
 * An interface is open with all its sockets or not at all.
 */
#include "io/sock_filter.h"
#include "io/sock_reuse.h"
#include "io/sock_want.h"
#include "base/err.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { RCVBUF = 8 << 20 };

typedef VEC(struct sock) sock_vec;

struct opening {
	const struct sockset_conf *conf;
	struct sockset *const *old;
	unsigned n_old;
	sockset_report_fn *report;
	void *ctx;
	int rcvbuf;
	sock_vec *raw, *udp;  /* per set */
	VEC(struct ip) addrs; /* of everything that is open */
};

static void tell(const struct opening *o, const char *ifname, const struct ip *addr, const char *text)
{
	if (o->report)
		o->report(o->ctx, ifname, addr, text);
}

/* Returns old set i; NULL if there were fewer. */
static const struct sockset *old_set(const struct opening *o, unsigned i)
{
	return i < o->n_old ? o->old[i] : NULL;
}

void sock_set_buffers(int fd, int rcvbuf, int sndbuf)
{
	/* The FORCE options need CAP_NET_ADMIN; the plain ones are limited by net.core.*mem_max. */
	if (rcvbuf && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (sndbuf && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
}

int sock_probe(const struct sock *sock, int domain, int (*bind_it)(const struct sock *sock, int fd))
{
	int fd = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0), err, saved;

	if (fd < 0)
		return -1;
	err = bind_it(sock, fd);
	saved = errno;
	close(fd);
	errno = saved;
	return err;
}

int sock_give_up(struct sock *sock, int errno_was)
{
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
	errno = errno_was;
	return -E_SYS;
}

/* Fills in everything but the descriptor. */
static struct sock sock_describe(const struct opening *o, const struct sock_want *want, bool raw,
				 const struct ip *bound)
{
	const struct iface *iface = want->iface;
	struct sock sock = { .fd = -1, .raw = raw, .ifindex = iface->index, .port = o->conf->port };

	sock.kind = raw ? &sock_kind_raw : o->conf->family ? &sock_kind_udp6 : &sock_kind_udp;
	sock.receives = raw == o->conf->raw;
	sock.bound = bound ? *bound : ip_zero4;
	sock.mtu = iface->mtu;
	memcpy(sock.ifname, iface->name, sizeof(sock.ifname));
	if (iface->mac_len == 6)
		memcpy(sock.mac, iface->mac, 6);
	sock.addrs = xcalloc(want->addrs.n, sizeof(*sock.addrs));
	sock.broadcasts = xcalloc(iface->n_addrs, sizeof(*sock.broadcasts));
	if (bound)
		sock.addrs[sock.n_addrs++] = *bound;
	else
		for (size_t i = 0; i < want->addrs.n; i++)
			sock.addrs[sock.n_addrs++] = want->addrs.v[i];
	for (unsigned i = 0; i < iface->n_addrs; i++)
		if (ip_is4(&iface->addrs[i].ip) && !ip_is_zero(&iface->addrs[i].broadcast))
			sock.broadcasts[sock.n_broadcasts++] = ip_to4(&iface->addrs[i].broadcast);
	return sock;
}

static int share_fd(struct sock *sock, int fd, char *why)
{
	sock->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (sock->fd >= 0)
		return 0;
	(void)snprintf(why, WHY_MAX, "sharing a socket: %s", strerror(errno));
	return -E_SYS;
}

/* Opens the packet sockets of one interface, one per set, in v. */
static int open_raws(const struct opening *o, struct sock *v, char *why)
{
	unsigned n = o->conf->n_sets;
	int err = 0;

	for (unsigned i = 0; i < n && err >= 0; i++) {
		const struct sock *was = sock_find_old(old_set(o, i), &v[i]);

		if (was) {
			v[i].fanout = was->fanout;
			v[i].ip_id = (uint16_t)rand_u64(); /* the old counter belongs to its worker */
			err = share_fd(&v[i], was->fd, why);
		} else {
			/* Until it has joined the group, it must not receive what the others receive. */
			err = v[i].kind->open(&v[i], o->rcvbuf, i > 0, false, why);
		}
	}
	if (err >= 0)
		sock_raw_share(v, n);
	return err;
}

static bool has_routing(const struct sockset *set)
{
	return set && set->n > set->n_raw && set->v[set->n_raw].any_device;
}

static void share_udps(struct sock *v, unsigned n)
{
	/*
	 * Even if there is only one: until the old sets are closed, the group may have more. If this fails, the
	 * kernel divides by addresses, which is as good except for DHCPv4 clients of one relay.
	 */
	(void)v[0].kind->divide(v[0].fd, n);
	for (unsigned i = 0; i < n; i++) {
		v[i].part = i;
		v[i].n_parts = n;
		(void)v[i].kind->filter(&v[i]);
		(void)sock_new_drops(&v[i]); /* earlier drops are not this socket's */
	}
}

/* Opens the UDP sockets of one interface or address: one per set if they receive, otherwise one shared by all. */
static int open_udps(const struct opening *o, struct sock *v, char *why)
{
	unsigned n = o->conf->n_sets;
	/* Next to this process's own socket without a device, probing proves nothing. */
	const struct sockset *old = old_set(o, 0);
	bool probe =
		!sock_find_old(old, &v[0]) && !v[0].any_device && !has_routing(old) && !sock_is_beside_old(old, &v[0]);
	int err = 0;

	for (unsigned i = 0; i < n && err >= 0; i++) {
		const struct sock *was = sock_find_old(old_set(o, i), &v[i]);

		if (i > 0 && !v[i].receives)
			err = share_fd(&v[i], v[0].fd, why);
		else if (was)
			err = share_fd(&v[i], was->fd, why);
		else
			err = v[i].kind->open(&v[i], o->rcvbuf, v[i].receives || v[i].any_device, probe && i == 0, why);
	}
	if (err >= 0 && v[0].receives)
		share_udps(v, n);
	/* Fewer workers than before: this worker gets the queued broadcasts of the removed ones. */
	for (unsigned i = n; err >= 0 && v[0].receives && i < o->n_old; i++) {
		const struct sock *was = sock_find_old(o->old[i], &v[0]);

		if (was)
			(void)sock_filter_nothing(was->fd);
	}
	return err;
}

/* The socket that sends according to the routing table. */
static struct sock sock_describe_routing(const struct opening *o)
{
	struct sock sock = {
		.fd = -1, .kind = &sock_kind_udp, .port = o->conf->port, .bound = ip_zero4, .any_device = true
	};

	sock.addrs = xcalloc(1, sizeof(*sock.addrs));
	sock.addrs[sock.n_addrs++] = o->addrs.v[0];
	return sock;
}

/*
 * Opens one type of socket of one interface in all sets and adds it to `to`; want == NULL: the socket that sends
 * according to the routing table.
 */
static int open_kind(struct opening *o, const struct sock_want *want, bool raw, const struct ip *bound, sock_vec *to)
{
	unsigned n = o->conf->n_sets;
	struct sock *v = xcalloc(n, sizeof(*v));
	char why[WHY_MAX];
	int err;

	for (unsigned i = 0; i < n; i++)
		v[i] = want ? sock_describe(o, want, raw, bound) : sock_describe_routing(o);
	err = raw ? open_raws(o, v, why) : open_udps(o, v, why);
	if (err < 0)
		tell(o, want ? want->iface->name : "*", bound, why);
	for (unsigned i = 0; i < n; i++) {
		if (err < 0)
			sock_done(&v[i]);
		else
			memcpy(vec_push(&to[i]), &v[i], sizeof(v[i]));
	}
	free(v);
	return err;
}

static void truncate_socks(struct opening *o, sock_vec *v, const size_t *n)
{
	for (unsigned i = 0; i < o->conf->n_sets; i++)
		while (v[i].n > *n)
			sock_done(&v[i].v[--v[i].n]);
}

/* Opens all sockets of one interface, or none. */
static int open_iface(struct opening *o, const struct sock_want *want)
{
	size_t n_raw = o->raw[0].n, n_udp = o->udp[0].n;
	bool one_for_all = !o->conf->raw && (o->conf->family || (want->iface->flags & IFF_BROADCAST));
	int err = 0;

	if (o->conf->raw)
		err = open_kind(o, want, true, NULL, o->raw);
	if (err >= 0 && one_for_all)
		err = open_kind(o, want, false, NULL, o->udp);
	for (size_t i = 0; i < want->addrs.n && err >= 0 && !one_for_all; i++)
		err = open_kind(o, want, false, &want->addrs.v[i], o->udp);
	if (err < 0) {
		truncate_socks(o, o->raw, &n_raw);
		truncate_socks(o, o->udp, &n_udp);
		return err;
	}
	for (size_t i = 0; i < want->addrs.n; i++) {
		*vec_push(&o->addrs) = want->addrs.v[i];
		tell(o, want->iface->name, &want->addrs.v[i], NULL);
	}
	return 0;
}

static struct sockset *make_set(const struct opening *o, unsigned index)
{
	const sock_vec *raw = &o->raw[index], *udp = &o->udp[index];
	sock_vec all = { 0 };
	struct sockset *set;

	for (size_t i = 0; i < raw->n; i++)
		memcpy(vec_push(&all), &raw->v[i], sizeof(*raw->v));
	/* The one for routing is opened last but sorted first: its index is 0. */
	if (udp->n && udp->v[udp->n - 1].any_device)
		memcpy(vec_push(&all), &udp->v[udp->n - 1], sizeof(*udp->v));
	for (size_t i = 0; i < udp->n; i++)
		if (!udp->v[i].any_device)
			memcpy(vec_push(&all), &udp->v[i], sizeof(*udp->v));
	set = sockset_new(all.v, (unsigned)all.n, (unsigned)raw->n, o->addrs.v, (unsigned)o->addrs.n);
	vec_free(&all);
	return set;
}

int sockset_open(const struct sockset_conf *conf, struct sockset *const *old, unsigned n_old, sockset_report_fn *report,
		 void *ctx, struct sockset **sets)
{
	struct opening o = { .conf = conf,
			     .old = old,
			     .n_old = old ? n_old : 0,
			     .report = report,
			     .ctx = ctx,
			     .rcvbuf = conf->rcvbuf ? conf->rcvbuf : RCVBUF };
	sock_wants wants;
	struct ifaces *ifaces;
	int opened = 0, err;

	err = ifaces_read(&ifaces);
	if (err < 0)
		return err;
	sock_wants_find(conf, ifaces, report, ctx, &wants);
	o.raw = xcalloc(conf->n_sets, sizeof(*o.raw));
	o.udp = xcalloc(conf->n_sets, sizeof(*o.udp));
	for (size_t i = 0; i < wants.n; i++)
		if (open_iface(&o, &wants.v[i]) == 0)
			opened++;
	if (conf->use_routing && !conf->raw && opened)
		(void)open_kind(&o, NULL, false, NULL, o.udp);
	for (unsigned i = 0; i < conf->n_sets; i++)
		sets[i] = make_set(&o, i);

	for (unsigned i = 0; i < conf->n_sets; i++) {
		vec_free(&o.raw[i]);
		vec_free(&o.udp[i]);
	}
	free(o.raw);
	free(o.udp);
	sock_wants_free(&wants);
	vec_free(&o.addrs);
	ifaces_free(ifaces);
	return opened;
}
