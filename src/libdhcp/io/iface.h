/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "io/loop.h"

#include <net/if.h>

/*
 * The interfaces of this network namespace and their addresses, from rtnetlink. A list is a snapshot on the heap
 * and never changes after it was read.
 */
struct iface_addr {
	struct ip ip;
	struct ip broadcast; /* ip_zero4 if there is none (always for v6) */
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
	uint8_t mac_len;          /* 0 if there is none */
	struct iface_addr *addrs; /* v4 first, primary before secondary */
	unsigned n_addrs;
};

struct ifaces {
	struct iface *v; /* ordered by index */
	unsigned n;
};

/* Returns -E_SYS with errno on failure. */
int ifaces_read(struct ifaces **ret);
void ifaces_free(struct ifaces *ifaces);
/* True if both agree in everything sockets depend on. NULL counts as empty. */
bool ifaces_equal(const struct ifaces *a, const struct ifaces *b);
const struct iface *ifaces_by_name(const struct ifaces *ifaces, const char *name);
const struct iface *ifaces_by_index(const struct ifaces *ifaces, uint32_t index);
/* Returns the interface with this address; NULL if there is none. */
const struct iface *ifaces_by_addr(const struct ifaces *ifaces, const struct ip *ip);
/* Returns the first v4 address; NULL if there is none. */
const struct iface_addr *iface_addr4(const struct iface *iface);

static inline bool iface_is_up(const struct iface *iface)
{
	return iface->flags & IFF_UP;
}

/* Changes as they happen. */
enum iface_change {
	IFACE_LINK, /* appeared, renamed, went up or down; flags and name are the new ones */
	IFACE_GONE,
	IFACE_ADDR, /* address added */
	IFACE_ADDR_GONE,
	IFACE_RESYNC, /* the kernel dropped notifications: read the list again; other fields are empty */
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
/* Calls fn in the loop's thread, once per change; collect changes with a timer before reopening sockets. -E_SYS. */
int iface_watch_new(struct loop *loop, iface_watch_fn *fn, void *ctx, struct iface_watch **ret);
void iface_watch_free(struct iface_watch *watch);
