/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/batch.h"
#include "io/flood.h"
#include "io/sock.h"

#include <stdatomic.h>

/* Inside of the socket sets: shared by sock.c, sock_raw.c and sock_udp.c only. */

/* Written by the worker, read by anybody. */
typedef _Atomic uint64_t counter;

static inline void count(counter *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

struct sock {
	struct sockset *set;
	int fd;
	bool raw;
	unsigned family; /* 0: IPv4, 1: IPv6 */
	bool receives;
	bool ready;     /* has perhaps something to read */
	uint32_t ifindex;
	char ifname[IFNAMSIZ];
	uint8_t mac[6];
	uint16_t port;
	uint16_t fanout; /* raw: group + 1; 0 = in none */
	unsigned part, n_parts; /* udp: of so many shares of the clients it takes this one */
	struct ip bound; /* udp: address it is bound to, ip_zero4 = every one, of the device */
	bool any_device; /* udp: bound to no device: what it sends goes where the routes say */
	uint32_t keep; /* of the messages that begin an exchange, of 2^32; 0 = all */
	struct ip *addrs; /* ours on this interface, the first is the server identifier */
	unsigned n_addrs;
	uint32_t *broadcasts; /* of the subnets, host order */
	unsigned n_broadcasts;
	uint16_t ip_id;
	counter rx, tx;
	_Atomic uint64_t rx_dropped; /* raw: collected from the kernel, which forgets what it told */
};

struct sockset {
	struct io_engine engine;
	struct sock *v;  /* first the raw, then the udp ones, each by ifindex; the one for routing has index 0 */
	unsigned n, n_raw;
	struct ip *addrs; /* all that we listen on, sorted */
	unsigned n_addrs;
	uint16_t port;
	struct loop *loop; /* NULL while not watched */
	loop_fn *readable;
	void *ctx;
	unsigned next;    /* where the next round of reading begins */
	unsigned n_ready; /* sockets with ready set */
	struct batch batch;
	struct flood flood;
	struct timer calmer; /* while there is a flood: when nothing arrives it is over, too */
	counter rx_truncated, rx_checksum, rx_malformed, rx_not_ours, rx_stale;
	counter tx_full, tx_failed, tx_by_mac;
};

/*
 * How clients are divided among workers: the last four bytes of an Ethernet chaddr, at this offset of
 * the message, times an odd number, of that the upper half.
 */
#define CLIENT_AT (28u + 2u)
#define DHCP4_OPTIONS 240u /* where they begin, most often with the message type */
#define CLIENT_MIX 0x9e3779b1u

/* How a socket that cannot be opened is explained; text of up to this many bytes. */
enum { WHY_MAX = 256 };

/* Open; the struct is filled in but for fd. 0, or -E_SYS with `why` filled. */
int sock_raw_open(struct sock *sock, int rcvbuf, bool shared, char *why);
/*
 * Divide what arrives among the n sockets socks[0..n) of one interface; those that cannot take part
 * stop receiving. Then let the packets in.
 */
void sock_raw_share(struct sock *const *socks, unsigned n);
/* `receives` false: hold the port and send. `shared`: one of several on the same port. */
int sock_udp_open(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why);
void sock_udp_share(struct sock *const *socks, unsigned n);
/* From now on it takes nothing. */
int sock_udp_silence(int fd);

/* Attach the filter anew, after sock->keep changed. */
void sock_raw_refilter(const struct sock *sock);
void sock_udp_refilter(const struct sock *sock);
void sock_udp6_refilter(const struct sock *sock);

int sock_udp6_open(struct sock *sock, int rcvbuf, bool shared, bool probe, char *why);
void sock_udp6_share(struct sock *const *socks, unsigned n);
unsigned sock_udp6_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read);
void sock_udp6_prepare(struct sock *sock, unsigned i, const struct dgram *dgram);

/* Up to n datagrams; returns how many are good, *ret_read how many the kernel had. */
unsigned sock_raw_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read);
unsigned sock_udp_recv(struct sock *sock, struct dgram *v, unsigned n, unsigned *ret_read);
/* Put dgram into place i of the set's batch. */
void sock_raw_prepare(struct sock *sock, unsigned i, const struct dgram *dgram);
void sock_udp_prepare(struct sock *sock, unsigned i, const struct dgram *dgram);

/* Whether a datagram to dst is for us on this interface; then *ret_local is our address. */
bool sock_is_ours(const struct sock *sock, const struct ip *dst, struct ip *ret_local);
/* Big socket buffers where we may, else as big as allowed. */
void sock_set_buffers(int fd, int rcvbuf, int sndbuf);
/*
 * In a loop over what batch_recv got: false when nobody waits for the answer to number i any more. `more`: others wait
 * behind what was received.
 */
bool sock_in_time(struct sock *sock, unsigned i, const struct timespec *wall, int64_t now_us, bool more);
/* v[to] gets v[from]'s place, keeping all buffers. */
void dgram_move(struct dgram *v, unsigned to, unsigned from);
