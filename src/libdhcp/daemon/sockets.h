/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "io/iface.h"
#include "io/sock.h"
#include "serve/server.h"
#include "subnet/subnet.h"

#include <stdbool.h>

/*
 * The sockets of the process: opened at start and reload, opened and closed when interfaces appear and
 * disappear, and retried on a timer if so configured. The log reports changes: one line for each address that is
 * now served, and one for each that no longer is. Main thread.
 */

/* An address that is listened on, or the reason why it is not. */
struct socket_state {
	char ifname[IFNAMSIZ];
	uint32_t ifindex; /* 0 if there is none */
	struct ip addr;   /* zero: the state of the interface itself */
	char text[160];   /* "" while it is open */
};

struct socket_states {
	VEC(struct socket_state) v;
};

/* The owner sets the first five; the rest is zero before sockets_watch(). */
struct sockets {
	struct server *srv;          /* its workers receive and send through the sockets */
	struct workers *workers;     /* threads of srv's workers */
	struct loop *loop;           /* of the main thread */
	struct stats *stats;         /* of the main thread */
	struct live *live;           /* the current configuration; NULL before the first one is built */
	struct sockset **sets;       /* one per worker; NULL if no socket is open */
	unsigned n_ifaces;           /* number of open interfaces */
	struct socket_states states; /* as last logged */
	struct ifaces *seen;         /* the interfaces as last read */
	struct iface_watch *watch;
	struct timer settle_timer; /* collects bursts of events */
	struct timer retry_timer;
	bool is_settling;
	unsigned n_retries;
	struct overload {
		int64_t at_ms, flood_ms, stale, full; /* time and counters at the last sockets_note_overload() */
	} overload;
	bool has_failed; /* a required socket was still missing after all retries: the loop was stopped */
};

/* Sockets opened for a configuration that is not in use yet. */
struct opened {
	struct sockset **sets;
	int n_open; /* number of interfaces */
	struct socket_states states;
};

/*
 * Returns 0, or a negative value (logged) if the interfaces cannot be read or, with service-sockets-require-all,
 * a socket is missing.
 */
int sockets_open(struct sockets *s, const struct config *cfg, bool at_start, struct opened *ret);
/* Closes sockets that are not needed after all. */
void sockets_drop(struct sockets *s, struct opened *opened);
/* Switches all workers to these sockets and to `live`. Returns once all have switched. */
void sockets_use(struct sockets *s, struct live *live, struct opened *opened);
/* Reads the interfaces now and opens and closes sockets as they require. */
void sockets_redetect(struct sockets *s);
/* Follows interface changes from now on; -E_SYS. */
int sockets_watch(struct sockets *s);
void sockets_unwatch(struct sockets *s);
/*
 * For an interface on which messages are received by address `local` and no subnet is selected for directly
 * attached clients: returns a subnet that contains an address of the interface; NULL if there is none.
 */
const struct subnet *sockets_unselected(const struct plan *plan, const struct iface *iface, const struct ip *local,
					struct ip *ret_addr);
/* Counts packets dropped by the kernel (STAT_SOCKET_FULL); called periodically and before the counter is read. */
void sockets_note_drops(struct sockets *s);
/*
 * The same, and logs what was not read in time since the last call: what floods left unread (STAT_FLOOD_MS), what
 * waited too long and what did not fit into the sockets.
 */
void sockets_note_overload(struct sockets *s);
void sockets_done(struct sockets *s);
