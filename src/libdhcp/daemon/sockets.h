/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "io/iface.h"
#include "io/sock.h"
#include "subnet/subnet.h"

#include <stdbool.h>

/*
 * The sockets of the process: opened at start and reload, opened and closed when interfaces come and go,
 * tried again on a timer where the configuration says so. What is told in the log is what changed: one
 * line for each address that is served now, and one for each that is not any more. Main thread.
 */
struct daemon;
struct config;
struct live;

/* Where we listen, or why we do not. */
struct socket_state {
	char ifname[IFNAMSIZ];
	uint32_t ifindex; /* 0 if there is none */
	struct ip addr;   /* zero: it is about the interface */
	char text[160];   /* "" while it is open */
};

struct socket_states {
	VEC(struct socket_state) v;
};

struct sockets {
	struct sockset **sets;       /* one per worker; NULL while nothing is open */
	unsigned n_ifaces;           /* interfaces open */
	struct socket_states states; /* as told in the log */
	struct ifaces *seen;         /* the interfaces at the last look */
	struct iface_watch *watch;
	struct timer settle_timer; /* events come in bursts */
	struct timer retry_timer;
	bool is_settling;
	unsigned n_retries;
};

/* What was opened for a configuration that is not in service yet. */
struct opened {
	struct sockset **sets;
	int n_open; /* interfaces */
	struct socket_states states;
};

/* 0, or negative when the interfaces cannot be read or, with service-sockets-require-all, something is missing: logged.
 */
int sockets_open(struct daemon *d, const struct config *cfg, bool at_start, struct opened *ret);
/* It is not used after all. */
void sockets_drop(struct daemon *d, struct opened *opened);
/* The workers change over to it, and to `live` (NULL: as before). */
void sockets_use(struct daemon *d, struct live *live, struct opened *opened);
/* Follow the interfaces from now on; -E_SYS. */
int sockets_watch(struct daemon *d);
void sockets_unwatch(struct daemon *d);
/*
 * A subnet that contains an address of the interface, although none is selected for clients on its link, where messages
 * are received by address `local`; NULL if there is none.
 */
const struct subnet *sockets_unselected(const struct plan *plan, const struct iface *iface, const struct ip *local,
					struct ip *ret_addr);
/* Count what the kernel has dropped (STAT_SOCKET_FULL); before that is read, and now and then. */
void sockets_note_drops(struct daemon *d);
void sockets_done(struct daemon *d);
