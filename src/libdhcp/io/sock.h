/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/engine.h"
#include "io/listen.h"

/*
 * The sockets of one worker. With N workers sockset_open makes N sets at once that share the
 * traffic: the kernel gives each client (by the bytes of chaddr) to one and the same of them.
 *
 * raw	one AF_PACKET socket per interface takes everything, direct and relayed; it answers clients
 *	without an address. One UDP socket per address holds the port, so that the kernel does not
 *	answer with ICMP errors, receives nothing (so nothing arrives twice), and sends what is routed.
 * udp	one UDP socket per interface. DHCPv6 has only these; an interface needs a link-local address that is
 *	known to be unique.
 */

struct sockset_conf {
	unsigned family; /* 0: DHCPv4, 1: DHCPv6 */
	const struct listen *listen;
	unsigned n_listen;
	bool raw;
	bool use_routing; /* not raw: answers leave by the interface that the kernel's routes say */
	uint16_t port;    /* 67, 547, or the value of -p */
	unsigned n_sets;  /* workers */
	int rcvbuf;       /* bytes; 0 = 4 MiB */
};

/*
 * Told about each interface or address: text == NULL means it is open now. ifname may be one that
 * does not exist; addr NULL if it is about the interface.
 */
typedef void sockset_report_fn(void *ctx, const char *ifname, const struct ip *addr, const char *text);

struct sockset;

/*
 * Open sets[0..n_sets). `old` (n_old sets, or NULL) is what is open now: sockets that the new ones
 * need again are shared with them, so a reload loses no packet and does not collide with itself; the
 * old ones stay usable and are freed by the caller once nobody uses them. From here on traffic is
 * divided among n_sets, so change over soon.
 * Returns the number of interfaces that are open in the new sets (0: nothing is, all reasons were
 * reported) or negative: -E_SYS if the interfaces cannot be read. The sets must be freed in each case
 * >= 0.
 */
int sockset_open(const struct sockset_conf *conf, struct sockset *const *old, unsigned n_old, sockset_report_fn *report,
		 void *ctx, struct sockset **sets);
void sockset_free(struct sockset *set);

/* The set as an engine; io_free on it is sockset_free. */
struct io_engine *sockset_engine(struct sockset *set);
int sockset_recv(struct sockset *set, struct dgram *v, unsigned n);
unsigned sockset_send(struct sockset *set, struct dgram *const *v, unsigned n);
/*
 * How many datagrams the kernel has dropped since this was asked last, of this set or of one it shares sockets with.
 * The one number that the set does not count itself. One thread at a time, the one that opens sets.
 */
uint64_t sockset_new_drops(struct sockset *set);
/* The sockets one by one, for status-get and debugging: false at the end. */
struct sock_info {
	char ifname[IFNAMSIZ];
	struct ip addr;
	bool raw;
	bool receives;
	uint64_t rx, tx;
};
bool sockset_info(struct sockset *set, unsigned i, struct sock_info *ret);
