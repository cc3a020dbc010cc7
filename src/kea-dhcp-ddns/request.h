/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/objpool.h"
#include "io/loop.h"
#include "kea-dhcp-ddns/config.h"
#include "kea-dhcp-ddns/turns.h"
#include "log/fold.h"

/*
 * Requests in progress. A request waits for its turn (turns.h), then runs the steps of its forward and of its reverse
 * update (ddns/update.h), each in a zone: the domain that its name belongs to. A zone has a limited number of updates
 * in progress, and its DNS servers are tried in order. When none of them responds, the zone is down: its requests wait,
 * a single one tries again from time to time, and other zones are not affected.
 *
 * The number of requests is limited, too. A zone may have as many as there are free ones, so a zone that is down leaves
 * room for the others. One thread.
 */
enum {
	REQUESTS_MAX = 2048,   /* so a single zone has up to 1024, like the queue of Kea */
	KEPT_MAX = 100000,     /* of those with an origin, which wait there if there are more */
	ZONE_UPDATES_MAX = 64, /* in progress at the same time */
	TRIES_MAX = 3,         /* at one server */
	MOVES_MAX = 8,         /* updates of one direction, if a name appears and goes again and again */
	RETRY_MIN_MS = 1000,   /* between tries of a zone that is down, doubled up to the maximum */
	RETRY_MAX_MS = 30000,
	HOLD_MAX_MS = 3600 * 1000, /* how long a request without an origin waits for a zone that is down */
	IDLE_MAX = 128,            /* sockets that wait for the next update of their request */
	SERVER_REST_MS = 30000,    /* how long a server that did not respond is not the first choice */
};

/* Who keeps requests until they have ended. */
struct d2_origin {
	unsigned n_requests; /* that refer to it */
	bool is_gone;        /* nobody waits for their end */
	/* A request has ended, and no longer refers to it; is_done: it need not be sent again. */
	void (*ended)(struct d2_origin *origin, uint64_t serial, bool is_done);
};

struct d2_zone {
	const struct d2_domain *domain;
	struct d2 *d2;
	struct list ready; /* requests to send an update for */
	unsigned n_requests, n_updates;
	unsigned n_kept;        /* of n_requests, those with an origin */
	int64_t *rest_until_ms; /* by server: tried only after the others before this time; boot time */
	bool is_down, may_try;  /* may_try: one request, now */
	int64_t retry_ms;
	struct timer retry;
};

struct d2 {
	struct loop *loop;
	struct d2_config *cfg;
	struct d2_zone *zones; /* by the number of the domain */
	unsigned n_zones, n_requests, n_updates;
	unsigned n_idle; /* see IDLE_MAX */
	unsigned n_kept; /* of n_requests, those with an origin */
	struct objpool pool;
	struct list all;      /* requests, oldest first */
	struct list runnable; /* those whose turn has come */
	struct turns turns;
	struct d2_stats stats;
	struct log_fold *fold;
};

void d2_init(struct d2 *d2, struct loop *loop);
/* Discards all requests. Frees the configuration. */
void d2_done(struct d2 *d2);
/*
 * Takes a configuration; the previous one is freed. Requests in progress start again with the new one, and those it has
 * no domain for are discarded.
 */
void d2_use(struct d2 *d2, struct d2_config *cfg);
/*
 * Accepts a request or drops it, which is counted and logged. One with an origin, which is NULL for others, is not
 * dropped because there are too many: see d2_has_room().
 */
void d2_accept(struct d2 *d2, const struct ncr *ncr, struct d2_origin *origin);
/* False while no more requests with an origin should be accepted. */
bool d2_has_room(const struct d2 *d2);
/* Discards the requests of a journal: they will be received again. */
void d2_forget(struct d2 *d2, uint64_t journal);
/* Writes the statistics to the log. */
void d2_log_stats(const struct d2 *d2);
