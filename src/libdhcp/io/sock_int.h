/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/batch.h"
#include "io/flood.h"
#include "io/sock.h"
#include "stat/stat.h"

#include <stdatomic.h>

/*
 * Inside of the socket sets, for the files sock*.c only. Where is...?
 *	sock.c		a set: its counters, its addresses, its face as an engine
 *	sock_want.c	which addresses of which interfaces are asked for
 *	sock_open.c	opening them for all sets at once
 *	sock_reuse.c	which sockets of before serve on
 *	sock_filter.c	what the kernel gives to which socket
 *	sock_recv.c	who has something to read, and what to leave unread in a flood
 *	sock_send.c	which socket a datagram leaves by
 *	sock_raw.c, sock_udp.c, sock_udp6.c	the three kinds of sockets
 */

/* Written by the worker, read by anybody. */
typedef _Atomic uint64_t counter;

static inline void count(counter *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

struct sock {
	struct sockset *set;
	const struct sock_kind *kind;
	int fd;
	bool raw;
	bool receives;
	bool ready; /* has perhaps something to read */
	uint32_t ifindex, mtu;
	char ifname[IFNAMSIZ];
	uint8_t mac[6];
	uint16_t port;
	uint16_t fanout;        /* raw: group + 1; 0 = in none */
	unsigned part, n_parts; /* udp: of so many shares of the clients it takes this one */
	struct ip bound;        /* udp: address it is bound to, ip_zero4 = every one, of the device */
	bool any_device;        /* udp: bound to no device: what it sends goes where the routes say */
	uint32_t keep;          /* of the messages that begin an exchange, of 2^32; 0 = all */
	struct ip *addrs;       /* ours on this interface, the first is the server identifier */
	unsigned n_addrs;
	uint32_t *broadcasts; /* of the subnets, host order */
	unsigned n_broadcasts;
	uint16_t ip_id;
	counter rx, tx;
	uint32_t drops_seen; /* udp: of what the kernel says that it dropped */
};

struct sockset {
	struct io_engine engine;
	struct sock *v; /* first the raw, then the udp ones, each by ifindex; the one for routing has index 0 */
	unsigned n, n_raw;
	struct ip *addrs; /* all that we listen on, sorted */
	unsigned n_addrs;
	struct loop *loop; /* NULL while not watched */
	loop_fn *readable;
	void *ctx;
	unsigned next;    /* where the next round of reading begins */
	unsigned n_ready; /* sockets with ready set */
	struct batch batch;
	struct flood flood;
	struct timer calmer; /* while there is a flood: when nothing arrives it is over, too */
	struct stats *stats; /* of what was dropped; its own */
};

/* How a socket that cannot be opened is explained; text of up to this many bytes. */
enum { WHY_MAX = 256 };

/* What packet sockets and the UDP sockets of each family do differently. */
struct sock_kind {
	/*
	 * Open it; the struct is filled in but for fd. `shared`: one of several on the same port. `probe`: find out
	 * first whether another server has the port. 0, or -E_SYS with `why` filled.
	 */
	int (*open)(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why);
	/* See sock_filter.h. */
	int (*filter)(const struct sock *sock);
	int (*divide)(int fd, unsigned n);
	/* Up to n datagrams; returns how many are good, *ret_read how many the kernel had. */
	unsigned (*recv)(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read);
	/* Put dgram into place i of the set's batch. */
	void (*prepare)(struct sock *sock, unsigned i, const struct dgram *dgram);
};

extern const struct sock_kind sock_kind_raw, sock_kind_udp, sock_kind_udp6;

/*
 * Divide what arrives among the packet sockets v[0..n) of one interface; those that cannot take part stop
 * receiving. Then let the packets in.
 */
void sock_raw_share(struct sock *v, unsigned n);

/*
 * SO_REUSEPORT would let us in beside another server: find out without it, on a socket that bind_it binds as it
 * will bind this one. -1 with errno.
 */
int sock_probe(const struct sock *sock, int domain, int (*bind_it)(const struct sock *sock, int fd));
/* Not to be opened, for what errno was: close what there is. -E_SYS. */
int sock_give_up(struct sock *sock, int errno_was);
/* Big socket buffers where we may, else as big as allowed. */
void sock_set_buffers(int fd, int rcvbuf, int sndbuf);
/* Close it and forget its addresses, but not the struct itself. */
void sock_done(struct sock *sock);
/* How many the kernel has dropped since it was asked last. */
uint64_t sock_new_drops(struct sock *sock);
/* Whether a datagram to dst is for us on this interface; then *ret_local is our address. */
bool sock_is_ours(const struct sock *sock, const struct ip *dst, struct ip *ret_local);

/* Take the sockets v[0..n), sorted as above, and a copy of the addresses. Never NULL. */
struct sockset *sockset_new(const struct sock *v, unsigned n, unsigned n_raw, const struct ip *addrs, unsigned n_addrs);

/* As the engine does it. */
int sockset_watch(struct sockset *set, struct loop *loop, loop_fn *readable, void *ctx);
void sockset_unwatch(struct sockset *set, struct loop *loop);
