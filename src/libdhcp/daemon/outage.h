/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "db/db.h"
#include "io/loop.h"
#include "root/keys.h"

/*
 * What the server does while a database over SQL cannot be reached: the state machine of "on-fail" and
 * "max-reconnect-tries", one for each database. The database's own threads connect again all the time; they report
 * here, and the main thread acts.
 */

/* What an event means; several bits. */
enum outage_action {
	OUTAGE_BEGINS = 1,
	OUTAGE_ENDS = 2,
	OUTAGE_TRIED = 4,   /* another attempt failed */
	OUTAGE_NO_MORE = 8, /* that was the last one of "max-reconnect-tries", but on-fail says to continue */
	OUTAGE_EXIT = 16,   /* the same, and on-fail says to exit */
	OUTAGE_STOP = 32,   /* from now on nobody gets a response */
	OUTAGE_RESUME = 64, /* that is over */
};

struct outage_state {
	enum database_on_fail on_fail;
	uint32_t tries_max; /* 0: counts as 1, because the first attempt comes at once */
	bool is_down;
	uint32_t tries; /* failed ones */
};

/* Pure: the next state, and what is to be done. Events that change nothing are ignored. */
unsigned outage_next(struct outage_state *state, enum db_event event);

struct outage {
	struct outage_state state;
	const char *what;    /* "lease" or "host" */
	const char *kind;    /* "postgresql", "mysql" */
	const char *db_name; /* name of the database */
	char why[256];       /* of the last failure */
	/* Called by the main thread. */
	void (*act)(void *ctx, struct outage *outage, unsigned actions);
	void *ctx;
};

/* The database is taken to be connected. */
struct outage *outage_new(struct loop *loop, const struct database_conf *conf, const char *what,
			  void (*act)(void *ctx, struct outage *outage, unsigned actions), void *ctx);
/* For struct db_conf: `event`, with the outage as `ctx`. Any thread. */
void outage_event(void *outage, enum db_event event, const char *why);
/*
 * The database is closed, so that no event follows. Any thread; the main thread frees it in its loop. If the service is
 * stopped because of this database, that is over: OUTAGE_RESUME. NULL is fine.
 */
void outage_free(struct outage *outage);
