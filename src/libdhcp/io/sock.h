/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/engine.h"
#include "io/listen.h"

/*
 * The sockets of one worker. With N workers sockset_open creates N sets at once that share the traffic: the
 * kernel always delivers a client (by the bytes of chaddr) to the same set.
 *
 *	raw	one AF_PACKET socket per interface receives everything, direct and relayed, and sends to clients
 *		without an address. One UDP socket per address holds the port, so that the kernel does not
 *		send ICMP errors; it receives nothing (so nothing arrives twice) and sends routed datagrams.
 *	udp	one UDP socket per interface. DHCPv6 has only these; an interface needs a link-local address that
 *		has passed duplicate address detection.
 */

struct sockset_conf {
	unsigned family; /* 0: DHCPv4, 1: DHCPv6 */
	const struct listen *listen;
	unsigned n_listen;
	bool raw;
	bool use_routing; /* not raw: responses leave through the interface that the routing table selects */
	uint16_t port;    /* 67, 547, or the value of -p */
	unsigned n_sets;  /* number of workers */
	int rcvbuf;       /* bytes; 0 = 4 MiB */
};

/*
 * Called for each interface or address: text == NULL means it is open now, otherwise it is the reason why it is
 * not. ifname may not exist; addr is NULL if it is about the interface.
 */
typedef void sockset_report_fn(void *ctx, const char *ifname, const struct ip *addr, const char *text);

struct sockset;

/*
 * Opens sets[0..n_sets). `old` (n_old sets, or NULL) are the currently open ones: sockets that are still needed
 * are shared with the new sets, so a reload loses no packet and does not conflict with itself; the old sets stay
 * usable, and the caller frees them once they are unused. From here on traffic is divided among n_sets, so
 * switch over soon. Returns the number of interfaces open in the new sets (0: none, all reasons were reported)
 * or -E_SYS if the interfaces cannot be read. If the result is >= 0, the sets must be freed.
 */
int sockset_open(const struct sockset_conf *conf, struct sockset *const *old, unsigned n_old, sockset_report_fn *report,
		 void *ctx, struct sockset **sets);
void sockset_free(struct sockset *set);

/* Returns the set as an engine; io_free on it calls sockset_free. */
struct io_engine *sockset_engine(struct sockset *set);
int sockset_recv(struct sockset *set, struct dgram *v, unsigned n);
unsigned sockset_send(struct sockset *set, struct dgram *const *v, unsigned n);
/*
 * Returns the number of datagrams that the kernel dropped since the last call, for this set or one it shares
 * sockets with; the set cannot count these itself. One thread at a time, the one that opens sets.
 */
uint64_t sockset_new_drops(struct sockset *set);
/* Lists the sockets one by one, for status-get and debugging: false at the end. */
struct sock_info {
	char ifname[IFNAMSIZ];
	struct ip addr;
	bool raw;
	bool receives;
	uint64_t rx, tx;
};
bool sockset_info(struct sockset *set, unsigned i, struct sock_info *ret);
