/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Socket sets: which sockets a list of interfaces asks for, opening them for all workers at once,
 * and reading and sending through them. What a packet socket and a UDP socket do differently is in
 * sock_raw.c and sock_udp.c.
 *
 * The ways of a datagram out: a client without an address by the packet socket of its interface; all
 * else by the UDP socket of the interface, routed by the kernel, from the address asked for. Datagrams
 * that wait for an ARP answer fill the UDP socket's buffer; when it is full an answer whose
 * receiver's mac is known leaves by the packet socket, and others are dropped: silent relays do not
 * stop the rest, and a worker never waits.
 */
#include "io/sock_int.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if_arp.h>
#include <unistd.h>

enum { RCVBUF = 4 << 20 };

static const struct io_ops sockset_ops;

/* --- small things ---------------------------------------------------------- */

int listen_parse(const char *text, struct listen *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct listen listen = { 0 };

	if (!len)
		return -E_INVAL;
	if (len >= sizeof(listen.name))
		return -E_RANGE;
	memcpy(listen.name, text, len);
	if (slash) {
		if (strchr(listen.name, '*') || ip_parse(slash + 1, &listen.addr) < 0)
			return -E_INVAL;
		listen.has_addr = true;
	}
	*ret = listen;
	return 0;
}

static bool name_fits(const char *pattern, const char *name)
{
	const char *star = NULL, *again = NULL;

	/* Of several stars only the last one has to be tried anew. */
	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			again = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool listen_matches(const struct listen *listen, const char *ifname)
{
	return name_fits(listen->name, ifname);
}

void sock_set_buffers(int fd, int rcvbuf, int sndbuf)
{
	/* The FORCE ones need CAP_NET_ADMIN; the plain ones stop at net.core.*mem_max. */
	if (rcvbuf && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (sndbuf && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
}

void dgram_move(struct dgram *v, unsigned to, unsigned from)
{
	struct dgram moved;

	if (to == from)
		return;
	moved = v[from];
	v[from].buf = v[to].buf;
	v[from].size = v[to].size;
	v[to] = moved;
}

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

/* --- what to open ---------------------------------------------------------- */

typedef VEC(struct sock) sock_vec;
typedef VEC(struct ip) ip_vec;

struct want {
	const struct iface *iface;
	ip_vec addrs;
};
typedef VEC(struct want) want_vec;

struct opening {
	const struct sockset_conf *conf;
	struct sockset *const *old;
	unsigned n_old;
	sockset_report_fn *report;
	void *ctx;
	struct ifaces *ifaces;
	want_vec wants;
	sock_vec *raw, *udp; /* per set */
	ip_vec addrs;        /* of all that is open */
};

static void tell(struct opening *o, const char *ifname, const struct ip *addr, const char *text)
{
	if (o->report)
		o->report(o->ctx, ifname, addr, text);
}

static void want_addr(struct opening *o, const struct iface *iface, const struct ip *ip)
{
	struct want *want = NULL;

	for (size_t i = 0; i < o->wants.n; i++)
		if (o->wants.v[i].iface == iface)
			want = &o->wants.v[i];
	if (!want) {
		want = vec_push(&o->wants);
		want->iface = iface;
	}
	for (size_t i = 0; i < want->addrs.n; i++)
		if (ip_equal(&want->addrs.v[i], ip))
			return;
	*vec_push(&want->addrs) = *ip;
}

static const char *want_all4(struct opening *o, const struct iface *iface)
{
	if (!iface_addr4(iface))
		return "the interface has no IPv4 address";
	for (unsigned i = 0; i < iface->n_addrs; i++)
		if (ip_is4(&iface->addrs[i].ip))
			want_addr(o, iface, &iface->addrs[i].ip);
	return NULL;
}

/* The link-local address: what clients speak to, and what answers come from. */
static const char *want_all6(struct opening *o, const struct iface *iface)
{
	const char *why = "the interface has no link-local address";

	for (unsigned i = 0; i < iface->n_addrs; i++) {
		const struct iface_addr *addr = &iface->addrs[i];

		if (ip_is4(&addr->ip) || addr->scope != RT_SCOPE_LINK)
			continue;
		if (addr->flags & IFA_F_TENTATIVE) {
			why = "the link-local address is still being checked (duplicate address detection)";
			continue;
		}
		want_addr(o, iface, &addr->ip);
		return NULL;
	}
	return why;
}

static bool has_addr(const struct iface *iface, const struct ip *addr)
{
	for (unsigned i = 0; i < iface->n_addrs; i++)
		if (ip_equal(&iface->addrs[i].ip, addr) && !(iface->addrs[i].flags & IFA_F_TENTATIVE))
			return true;
	return false;
}

static const char *want_one4(struct opening *o, const struct iface *iface, const struct ip *addr)
{
	if (!has_addr(iface, addr))
		return "the interface does not have this address";
	want_addr(o, iface, addr);
	return NULL;
}

/* Besides the link-local one: an address of the interface, or a group to join. */
static const char *want_one6(struct opening *o, const struct iface *iface, const struct ip *addr)
{
	const char *why;

	if (addr->b[0] != 0xff && !has_addr(iface, addr))
		return "the interface does not have this address";
	why = want_all6(o, iface);
	if (!why)
		want_addr(o, iface, addr);
	return why;
}

/* What the families do differently; NULL from the first two: it is wanted, else why it cannot be. */
static const struct family_ops {
	const char *(*want_all)(struct opening *o, const struct iface *iface);
	const char *(*want_one)(struct opening *o, const struct iface *iface, const struct ip *addr);
	int (*open)(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why);
	void (*share)(struct sock *const *socks, unsigned n);
	void (*refilter)(const struct sock *sock);
	unsigned (*recv)(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read);
	void (*prepare)(struct sock *sock, unsigned i, const struct dgram *dgram);
} family_ops[] = {
	{ want_all4, want_one4, sock_udp_open, sock_udp_share, sock_udp_refilter, sock_udp_recv, sock_udp_prepare },
	{ want_all6, want_one6, sock_udp6_open, sock_udp6_share, sock_udp6_refilter, sock_udp6_recv, sock_udp6_prepare },
};

static void want_named(struct opening *o, const struct listen *listen)
{
	const struct family_ops *ops = &family_ops[o->conf->family];
	const struct iface *iface = ifaces_by_name(o->ifaces, listen->name);
	const struct ip *addr = listen->has_addr ? &listen->addr : NULL;
	const char *why;

	if (!iface)
		why = "there is no such interface";
	else if (!(iface->flags & IFF_UP))
		why = "the interface is down";
	else if (o->conf->raw && (iface->hwtype != ARPHRD_ETHER || iface->mac_len != 6))
		why = "not an Ethernet interface: needs dhcp-socket-type udp";
	else
		why = addr ? ops->want_one(o, iface, addr) : ops->want_all(o, iface);
	if (why)
		tell(o, listen->name, addr, why);
}

/* All that fit a pattern; those that cannot be used are not what was meant. */
static void want_fitting(struct opening *o, const struct listen *listen)
{
	bool all = strcmp(listen->name, "*") == 0, any = false;

	for (unsigned i = 0; i < o->ifaces->n; i++) {
		const struct iface *iface = &o->ifaces->v[i];

		if (!listen_matches(listen, iface->name) || !(iface->flags & IFF_UP) || (all && (iface->flags & IFF_LOOPBACK)))
			continue;
		if (o->conf->raw && (iface->hwtype != ARPHRD_ETHER || iface->mac_len != 6))
			continue;
		any |= !family_ops[o->conf->family].want_all(o, iface);
	}
	if (!any)
		tell(o, listen->name, NULL, "no interface that is up and has an address fits");
}

static int compare_wants(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	return (x->iface->index > y->iface->index) - (x->iface->index < y->iface->index);
}

/* --- opening --------------------------------------------------------------- */

static void sock_done(struct sock *sock)
{
	if (sock->fd >= 0)
		close(sock->fd);
	free(sock->addrs);
	free(sock->broadcasts);
}

/* All but the descriptor. */
static struct sock sock_describe(const struct opening *o, const struct want *want, bool raw, const struct ip *bound)
{
	const struct iface *iface = want->iface;
	struct sock sock = { .fd = -1, .raw = raw, .family = o->conf->family, .ifindex = iface->index, .port = o->conf->port };

	sock.receives = raw == o->conf->raw;
	sock.bound = bound ? *bound : ip_zero4;
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

/* The interface of a packet socket can be deleted, and another one get its index. */
static bool is_alive(const struct sock *sock)
{
	struct sockaddr_ll at = { 0 };
	socklen_t len = sizeof(at);

	return getsockname(sock->fd, (struct sockaddr *)&at, &len) == 0 && at.sll_ifindex == (int)sock->ifindex;
}

/* Groups are joined when a socket is opened. */
static bool same_groups(const struct sock *was, const struct sock *sock)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		const struct sock *a = pass ? sock : was, *b = pass ? was : sock;

		for (unsigned i = 0; i < a->n_addrs; i++) {
			bool found = a->addrs[i].b[0] != 0xff;

			for (unsigned k = 0; k < b->n_addrs; k++)
				found |= ip_equal(&a->addrs[i], &b->addrs[k]);
			if (!found)
				return false;
		}
	}
	return true;
}

/*
 * Whether `was` can serve as `sock`. Names do not matter: a packet socket and one bound to a device stay
 * with the interface when it is renamed, one bound to an address stays with that.
 */
static bool can_serve(const struct sock *was, const struct sock *sock)
{
	if (was->raw != sock->raw || was->port != sock->port)
		return false;
	if (sock->raw)
		return was->ifindex == sock->ifindex && is_alive(was);
	return was->receives == sock->receives && was->any_device == sock->any_device && same_groups(was, sock) &&
	       ip_equal(&was->bound, &sock->bound) && (!ip_is_zero(&sock->bound) || was->ifindex == sock->ifindex);
}

/* The same socket in set i of before; NULL if there is none. */
static const struct sock *find_old(const struct opening *o, const struct sock *sock, unsigned i)
{
	if (i >= o->n_old || !o->old[i])
		return NULL;
	for (unsigned j = 0; j < o->old[i]->n; j++)
		if (can_serve(&o->old[i]->v[j], sock))
			return &o->old[i]->v[j];
	return NULL;
}

static int share_fd(struct sock *sock, int fd, char *why)
{
	sock->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (sock->fd >= 0)
		return 0;
	(void)snprintf(why, WHY_MAX, "sharing a socket: %s", strerror(errno));
	return -E_SYS;
}

/* The packet sockets of one interface, one per set, in v. */
static int open_raws(const struct opening *o, struct sock *v, char *why)
{
	unsigned n = o->conf->n_sets;
	struct sock **shared = xcalloc(n, sizeof(struct sock *));
	int err = 0;

	for (unsigned i = 0; i < n && err >= 0; i++) {
		const struct sock *was = find_old(o, &v[i], i);

		shared[i] = &v[i];
		if (was) {
			v[i].fanout = was->fanout;
			v[i].ip_id = (uint16_t)rand_u64(); /* the old one is its worker's */
			err = share_fd(&v[i], was->fd, why);
		} else {
			/* While it joins the others it must not take what they take, too. */
			err = sock_raw_open(&v[i], o->conf->rcvbuf ? o->conf->rcvbuf : RCVBUF, i > 0, why);
		}
	}
	if (err >= 0)
		sock_raw_share(shared, n);
	free(shared);
	return err;
}

static bool has_routing(const struct opening *o)
{
	const struct sockset *set = o->n_old ? o->old[0] : NULL;

	return set && set->n > set->n_raw && set->v[set->n_raw].any_device;
}

/* The port is taken by ourselves: a socket that goes, because its groups are not the ones asked for now. */
static bool is_beside_ours(const struct opening *o, const struct sock *sock)
{
	const struct sockset *set = o->n_old ? o->old[0] : NULL;

	for (unsigned i = 0; set && i < set->n; i++)
		if (!set->v[i].raw && set->v[i].receives && set->v[i].ifindex == sock->ifindex && set->v[i].port == sock->port &&
		    !same_groups(&set->v[i], sock))
			return true;
	return false;
}

/* The UDP sockets of one interface or address: own ones if they receive, else one for all. */
static int open_udps(const struct opening *o, struct sock *v, char *why)
{
	unsigned n = o->conf->n_sets;
	struct sock **shared = xcalloc(n, sizeof(struct sock *));
	/* Beside our own socket without a device nothing could be told apart. */
	bool probe = !find_old(o, &v[0], 0) && !v[0].any_device && !has_routing(o) && !is_beside_ours(o, &v[0]);
	int err = 0;

	for (unsigned i = 0; i < n && err >= 0; i++) {
		const struct sock *was = find_old(o, &v[i], i);

		shared[i] = &v[i];
		if (i > 0 && !v[i].receives)
			err = share_fd(&v[i], v[0].fd, why);
		else if (was)
			err = share_fd(&v[i], was->fd, why);
		else
			err = family_ops[v[i].family].open(&v[i], o->conf->rcvbuf ? o->conf->rcvbuf : RCVBUF,
					    v[i].receives || v[i].any_device,
					    probe && i == 0, why);
	}
	if (err >= 0 && v[0].receives)
		family_ops[v[0].family].share(shared, n);
	/* Fewer workers than before: the broadcasts of those left over are ours now. */
	for (unsigned i = n; err >= 0 && v[0].receives && i < o->n_old; i++) {
		const struct sock *was = find_old(o, &v[0], i);

		if (was)
			(void)sock_udp_silence(was->fd);
	}
	free(shared);
	return err;
}

/* The socket that sends by the kernel's routes. */
static struct sock sock_describe_routing(const struct opening *o)
{
	struct sock sock = { .fd = -1, .port = o->conf->port, .bound = ip_zero4, .any_device = true };

	sock.addrs = xcalloc(1, sizeof(*sock.addrs));
	sock.addrs[sock.n_addrs++] = o->addrs.v[0];
	return sock;
}

/*
 * Open one kind of socket of one interface in all sets and add it to `to`; want == NULL: the one that
 * sends by the routes.
 */
static int open_kind(struct opening *o, const struct want *want, bool raw, const struct ip *bound, sock_vec *to)
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

/* All sockets of one interface, or none. */
static int open_iface(struct opening *o, const struct want *want)
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

/* --- when too much arrives; see flood.h ---------------------------------------- */

bool sock_in_time(struct sock *sock, unsigned i, const struct timespec *wall, int64_t now_us, bool more)
{
	struct sockset *set = sock->set;
	int64_t wait_us = batch_wait_us(&set->batch, i, wall);

	if (i == 0)
		flood_note(&set->flood, wait_us, now_us);
	if (!flood_is_stale(wait_us, more))
		return true;
	count(&set->rx_stale, 1);
	return false;
}

/* Now and then: let in as much as can be served. */
static void watch_flood(struct sockset *set)
{
	if (!flood_step(&set->flood, clock_boot_us()))
		return;
	for (unsigned i = 0; i < set->n; i++) {
		struct sock *sock = &set->v[i];

		sock->keep = set->flood.keep;
		if (sock->raw && sock->receives)
			sock_raw_refilter(sock);
		else if (sock->receives)
			family_ops[sock->family].refilter(sock);
	}
	if (set->flood.keep && set->loop && !timer_is_running(&set->calmer))
		loop_timer_start(set->loop, &set->calmer, FLOOD_STEP_US / 1000);
}

static void calmer_due(void *ctx)
{
	struct sockset *set = ctx;

	watch_flood(set);
	if (set->flood.keep && set->loop && !timer_is_running(&set->calmer))
		loop_timer_start(set->loop, &set->calmer, FLOOD_STEP_US / 1000);
}

static struct sockset *make_set(const struct opening *o, unsigned index)
{
	struct sockset *set = xcalloc(1, sizeof(*set));
	const sock_vec *raw = &o->raw[index], *udp = &o->udp[index];

	set->engine.ops = &sockset_ops;
	set->flood.shortest_us = -1;
	timer_init(&set->calmer, calmer_due, set);
	set->port = o->conf->port;
	set->n_raw = (unsigned)raw->n;
	set->n = (unsigned)(raw->n + udp->n);
	set->v = xcalloc(set->n ? set->n : 1, sizeof(*set->v));
	if (raw->n)
		memcpy(set->v, raw->v, raw->n * sizeof(*set->v));
	if (udp->n) {
		/* The one for routing was opened last and stands first: its index is 0. */
		size_t first = udp->v[udp->n - 1].any_device;

		memcpy(set->v + raw->n + first, udp->v, (udp->n - first) * sizeof(*set->v));
		if (first)
			memcpy(set->v + raw->n, &udp->v[udp->n - 1], sizeof(*set->v));
	}
	for (unsigned i = 0; i < set->n; i++)
		set->v[i].set = set;
	set->n_addrs = (unsigned)o->addrs.n;
	set->addrs = xcalloc(set->n_addrs ? set->n_addrs : 1, sizeof(*set->addrs));
	if (set->n_addrs) {
		memcpy(set->addrs, o->addrs.v, set->n_addrs * sizeof(*set->addrs));
		qsort(set->addrs, set->n_addrs, sizeof(*set->addrs), compare_ips);
	}
	return set;
}

int sockset_open(const struct sockset_conf *conf, struct sockset *const *old, unsigned n_old,
		 sockset_report_fn *report, void *ctx, struct sockset **sets)
{
	struct opening o = { .conf = conf, .old = old, .n_old = old ? n_old : 0, .report = report, .ctx = ctx };
	int opened = 0, err;

	err = ifaces_read(&o.ifaces);
	if (err < 0)
		return err;
	for (unsigned i = 0; i < conf->n_listen; i++) {
		if (strchr(conf->listen[i].name, '*'))
			want_fitting(&o, &conf->listen[i]);
		else
			want_named(&o, &conf->listen[i]);
	}
	if (o.wants.n)
		qsort(o.wants.v, o.wants.n, sizeof(*o.wants.v), compare_wants);
	o.raw = xcalloc(conf->n_sets, sizeof(*o.raw));
	o.udp = xcalloc(conf->n_sets, sizeof(*o.udp));
	for (size_t i = 0; i < o.wants.n; i++)
		if (open_iface(&o, &o.wants.v[i]) == 0)
			opened++;
	if (conf->use_routing && !conf->raw && opened)
		(void)open_kind(&o, NULL, false, NULL, o.udp);
	for (unsigned i = 0; i < conf->n_sets; i++)
		sets[i] = make_set(&o, i);

	for (unsigned i = 0; i < conf->n_sets; i++) {
		vec_free(&o.raw[i]);
		vec_free(&o.udp[i]);
	}
	for (size_t i = 0; i < o.wants.n; i++)
		vec_free(&o.wants.v[i].addrs);
	free(o.raw);
	free(o.udp);
	vec_free(&o.wants);
	vec_free(&o.addrs);
	ifaces_free(o.ifaces);
	return opened;
}

void sockset_free(struct sockset *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < set->n; i++)
		sock_done(&set->v[i]);
	free(set->v);
	free(set->addrs);
	free(set);
}

/* --- receive --------------------------------------------------------------- */

static void sock_readable(void *ctx, uint32_t events)
{
	struct sock *sock = ctx;
	struct sockset *set = sock->set;

	(void)events;
	if (!sock->ready) {
		sock->ready = true;
		set->n_ready++;
	}
	set->next = (unsigned)(sock - set->v);
	set->readable(set->ctx);
}

static void set_unready(struct sock *sock)
{
	if (sock->ready) {
		sock->ready = false;
		sock->set->n_ready--;
	}
}

int sockset_recv(struct sockset *set, struct dgram *v, unsigned n)
{
	unsigned got = 0;

	for (unsigned i = 0; i < set->n && got < n && (set->n_ready || !set->loop); i++) {
		struct sock *sock = &set->v[set->next];
		unsigned room = n - got < BATCH_N ? n - got : BATCH_N, had = 0;

		if (sock->receives && (sock->ready || !set->loop)) {
			got += sock->raw ? sock_raw_recv(sock, v + got, room, &had) :
					   family_ops[sock->family].recv(sock, v + got, room, &had);
			if (had < room)
				set_unready(sock);
		}
		if (++set->next >= set->n)
			set->next = 0;
	}
	watch_flood(set);
	return (int)got;
}

/* --- send ------------------------------------------------------------------ */

/* The first of v[from..to) of this interface, which are sorted by it; NULL if there is none. */
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
	/* The interface is gone: any socket may still reach it by a route. */
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

/* Send those of v[0..n) whose target this is; targets change to NULL (done) or to a second choice. */
static unsigned send_through(struct sockset *set, struct sock *sock, struct dgram *const *v, struct sock **targets,
			     unsigned n)
{
	enum batch_fate fate[BATCH_N];
	unsigned which[BATCH_N], m = 0, sent = 0;

	for (unsigned i = 0; i < n; i++) {
		if (targets[i] != sock)
			continue;
		if (sock->raw)
			sock_raw_prepare(sock, m, v[i]);
		else
			family_ops[sock->family].prepare(sock, m, v[i]);
		targets[i] = NULL;
		which[m++] = i;
	}
	batch_send(&set->batch, sock->fd, m, fate);
	for (unsigned j = 0; j < m; j++) {
		const struct dgram *dgram = v[which[j]];
		struct sock *raw;

		if (fate[j] == BATCH_SENT) {
			sent++;
			if (sock->raw && !dgram->raw_out && ip_to4(&dgram->dst) != UINT32_MAX)
				count(&set->tx_by_mac, 1);
		} else if (fate[j] == BATCH_FULL && !sock->raw && has_mac(dgram) && (raw = raw_for(set, dgram))) {
			targets[which[j]] = raw;
		} else {
			count(fate[j] == BATCH_FULL ? &set->tx_full : &set->tx_failed, 1);
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
			if (!targets[i])
				count(&set->tx_failed, 1);
		}
		/* Twice: the second round is for those that a full UDP socket turned away. */
		for (int round = 0; round < 2; round++)
			for (unsigned i = 0; i < chunk; i++)
				if (targets[i])
					sent += send_through(set, targets[i], v, targets, chunk);
		v += chunk;
		n -= chunk;
	}
	return sent;
}

/* --- counters -------------------------------------------------------------- */

static uint64_t sock_dropped(struct sock *sock)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (sock->raw) {
		if (getsockopt(sock->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
			stats.tp_drops = 0;
		return atomic_fetch_add(&sock->rx_dropped, stats.tp_drops) + stats.tp_drops;
	}
	/* One that takes nothing "drops" all. */
	len = sizeof(mem);
	if (!sock->receives || getsockopt(sock->fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0)
		return 0;
	return mem[SK_MEMINFO_DROPS];
}

void sockset_counters(struct sockset *set, struct io_counters *ret)
{
	struct io_counters sum = {
		.rx_truncated = atomic_load(&set->rx_truncated),
		.rx_checksum = atomic_load(&set->rx_checksum),
		.rx_malformed = atomic_load(&set->rx_malformed),
		.rx_stale = atomic_load(&set->rx_stale),
		.rx_not_ours = atomic_load(&set->rx_not_ours),
		.tx_full = atomic_load(&set->tx_full),
		.tx_failed = atomic_load(&set->tx_failed),
		.tx_by_mac = atomic_load(&set->tx_by_mac),
	};

	for (unsigned i = 0; i < set->n; i++) {
		sum.rx += atomic_load(&set->v[i].rx);
		sum.tx += atomic_load(&set->v[i].tx);
		sum.rx_dropped += sock_dropped(&set->v[i]);
	}
	*ret = sum;
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
				   .tx = atomic_load(&sock->tx),
				   .rx_dropped = sock_dropped(sock) };
	memcpy(ret->ifname, sock->ifname, sizeof(ret->ifname));
	return true;
}

/* --- as an engine ---------------------------------------------------------- */

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

static void engine_unwatch(struct io_engine *engine, struct loop *loop)
{
	struct sockset *set = of_engine(engine);

	for (unsigned i = 0; i < set->n; i++) {
		loop_del(loop, set->v[i].fd);
		set_unready(&set->v[i]);
	}
	loop_timer_stop(loop, &set->calmer);
	set->loop = NULL;
}

static int engine_watch(struct io_engine *engine, struct loop *loop, loop_fn *readable, void *ctx)
{
	struct sockset *set = of_engine(engine);
	int err;

	set->loop = loop;
	set->readable = readable;
	set->ctx = ctx;
	for (unsigned i = 0; i < set->n; i++) {
		if (!set->v[i].receives)
			continue;
		err = loop_add(loop, set->v[i].fd, EPOLLIN, sock_readable, &set->v[i]);
		if (err < 0) {
			engine_unwatch(engine, loop);
			return err;
		}
	}
	return 0;
}

static void engine_counters(struct io_engine *engine, struct io_counters *ret)
{
	sockset_counters(of_engine(engine), ret);
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
	.counters = engine_counters,
	.free = engine_free,
};

struct io_engine *sockset_engine(struct sockset *set)
{
	return &set->engine;
}
