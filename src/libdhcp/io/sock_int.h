/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/batch.h"
#include "io/flood.h"
#include "io/sock.h"
#include "stat/stat.h"

#include <stdatomic.h>

/*
 * Internals of the socket sets, for the files sock*.c only:
 *	sock_set.c	a set: its counters, its addresses, its engine interface
 *	sock_want.c	which addresses of which interfaces are needed
 *	sock_open.c	opening them for all sets at once
 *	sock_reuse.c	which existing sockets stay in use
 *	sock_filter.c	which datagrams the kernel delivers to which socket
 *	sock_recv.c	which sockets have data, and what to leave unread in a flood
 *	sock_send.c	which socket sends a datagram
 *	sock_raw.c, sock_udp.c, sock_udp6.c	the three types of sockets
 */

/* Written by the worker, read by any thread. */
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
	bool ready; /* may have data to read */
	uint32_t ifindex, mtu;
	char ifname[IFNAMSIZ];
	uint8_t mac[6];
	uint16_t port;
	uint16_t fanout;        /* raw: group + 1; 0 = no group */
	unsigned part, n_parts; /* udp: this socket's share of the clients, out of n_parts */
	struct ip bound;        /* udp: address it is bound to, ip_zero4 = any address, on the device */
	bool any_device;        /* udp: not bound to a device: the routing table selects the interface */
	uint32_t keep;          /* share of initial messages to accept, of 2^32; 0 = all */
	struct ip *addrs;       /* local addresses on this interface; the first is the server identifier */
	unsigned n_addrs;
	uint32_t *broadcasts; /* of the subnets, host order */
	unsigned n_broadcasts;
	uint16_t ip_id;
	counter rx, tx;
	uint32_t drops_seen; /* udp: the kernel's drop counter as last read */
};

struct sockset {
	struct io_engine engine;
	struct sock *v; /* raw sockets first, then udp, each ordered by ifindex; the one for routing has index 0 */
	unsigned n, n_raw;
	struct ip *addrs; /* all addresses listened on, sorted */
	unsigned n_addrs;
	struct loop *loop; /* NULL if not watched */
	loop_fn *readable;
	void *ctx;
	unsigned next;    /* where the next round of reading starts */
	unsigned n_ready; /* number of sockets with ready set */
	struct batch batch;
	struct flood flood;
	int64_t flood_us;    /* up to here STAT_FLOOD_MS has been counted; 0 = no flood */
	struct timer calmer; /* runs during a flood, which also ends when nothing arrives */
	struct stats *stats; /* counts drops; owned by the set */
};

/* Size of the text that explains why a socket cannot be opened. */
enum { WHY_MAX = 256 };

/* What differs between packet sockets and the UDP sockets of each family. */
struct sock_kind {
	/*
	 * Opens the socket; all fields but fd are filled in. `shared`: one of several on the same port. `probe`:
	 * first check whether another server has the port. Returns 0, or -E_SYS with the reason in `why`.
	 */
	int (*open)(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why);
	/* See sock_filter.h. */
	int (*filter)(const struct sock *sock);
	int (*divide)(int fd, unsigned n);
	/*
	 * Receives up to n datagrams; returns the number of valid ones; *ret_read is the number read from the kernel.
	 */
	unsigned (*recv)(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read);
	/* Puts dgram at index i of the set's batch. */
	void (*prepare)(struct sock *sock, unsigned i, const struct dgram *dgram);
};

extern const struct sock_kind sock_kind_raw, sock_kind_udp, sock_kind_udp6;

/*
 * Divides incoming traffic among the packet sockets v[0..n) of one interface; those that cannot join stop
 * receiving. Then enables reception.
 */
void sock_raw_share(struct sock *v, unsigned n);

/*
 * SO_REUSEPORT would allow binding next to another server: this tries without it, on a socket bound by bind_it
 * just as the real one. -1 with errno.
 */
int sock_probe(const struct sock *sock, int domain, int (*bind_it)(const struct sock *sock, int fd));
/* Closes a socket that failed to open with errno_was. Returns -E_SYS. */
int sock_give_up(struct sock *sock, int errno_was);
/* Sets large socket buffers if permitted, otherwise as large as allowed. */
void sock_set_buffers(int fd, int rcvbuf, int sndbuf);
/* Closes the socket and frees its addresses, but not the struct itself. */
void sock_done(struct sock *sock);
/* Returns how many datagrams the kernel dropped since the last call. */
uint64_t sock_new_drops(struct sock *sock);
/* True if a datagram to dst is for this host on this interface; *ret_local is then the local address. */
bool sock_is_ours(const struct sock *sock, const struct ip *dst, struct ip *ret_local);

/* Takes ownership of the sockets v[0..n), sorted as above, and copies the addresses. Never NULL. */
struct sockset *sockset_new(const struct sock *v, unsigned n, unsigned n_raw, const struct ip *addrs, unsigned n_addrs);

/* The engine's watch function. */
int sockset_watch(struct sockset *set, struct loop *loop, loop_fn *readable, void *ctx);
void sockset_unwatch(struct sockset *set, struct loop *loop);
