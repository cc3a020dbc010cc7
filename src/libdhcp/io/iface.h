/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "io/loop.h"

#include <net/if.h>

/*
 * The interfaces of this network namespace and their addresses, as rtnetlink tells them. A list is
 * a snapshot on the heap, never changed after it was read.
 */
struct iface_addr {
	struct ip ip;
	struct ip broadcast; /* ip_zero4 when there is none (also for v6) */
	uint8_t prefix_len;
	uint8_t scope;  /* RT_SCOPE_* */
	uint32_t flags; /* IFA_F_*: tentative, secondary, ... */
};

struct iface {
	char name[IFNAMSIZ];
	uint32_t index;
	uint32_t flags; /* IFF_*: up, running, loopback, broadcast, multicast */
	uint32_t mtu;
	uint16_t hwtype; /* ARPHRD_* */
	uint8_t mac[32];
	uint8_t mac_len;          /* 0 if it has none */
	struct iface_addr *addrs; /* v4 first, primary before secondary */
	unsigned n_addrs;
};

struct ifaces {
	struct iface *v; /* by index */
	unsigned n;
};

/* -E_SYS; errno says why. */
int ifaces_read(struct ifaces **ret);
void ifaces_free(struct ifaces *ifaces);
/* Whether both say the same of everything that sockets depend on. NULL is like none. */
bool ifaces_equal(const struct ifaces *a, const struct ifaces *b);
const struct iface *ifaces_by_name(const struct ifaces *ifaces, const char *name);
const struct iface *ifaces_by_index(const struct ifaces *ifaces, uint32_t index);
/* The interface that has this address; NULL if none. */
const struct iface *ifaces_by_addr(const struct ifaces *ifaces, const struct ip *ip);
/* The first v4 address; NULL if it has none. */
const struct iface_addr *iface_addr4(const struct iface *iface);

static inline bool iface_is_up(const struct iface *iface)
{
	return iface->flags & IFF_UP;
}

/* Changes as they happen. */
enum iface_change {
	IFACE_LINK, /* appeared, renamed, went up or down: flags and name are the new ones */
	IFACE_GONE,
	IFACE_ADDR, /* has this address now */
	IFACE_ADDR_GONE,
	IFACE_RESYNC, /* the kernel dropped notices: read the list again; other fields are empty */
};

struct iface_event {
	enum iface_change change;
	uint32_t index;
	uint32_t flags;      /* IFACE_LINK */
	char name[IFNAMSIZ]; /* IFACE_LINK, IFACE_GONE */
	struct ip ip;        /* IFACE_ADDR, IFACE_ADDR_GONE */
};

struct iface_watch;
typedef void iface_watch_fn(void *ctx, const struct iface_event *event);
/* fn runs in the loop's thread, once per change; gather with a timer before opening sockets anew. -E_SYS. */
int iface_watch_new(struct loop *loop, iface_watch_fn *fn, void *ctx, struct iface_watch **ret);
void iface_watch_free(struct iface_watch *watch);
