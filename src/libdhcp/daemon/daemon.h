/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/pidfile.h"
#include "daemon/lfc.h"
#include "daemon/cmdline.h"
#include "daemon/reclaim.h"
#include "serve/server.h"
#include "daemon/sockets.h"

/*
 * The process around the server: sockets, threads, timers, signals, reload. All of it belongs to
 * the main thread.
 */
struct daemon {
	const struct family *fam;
	struct run_options opts;
	struct loop *loop;
	struct pidfile *pidfile;
	struct leasedb *db;    /* of the configuration in service */
	struct list databases; /* that one and those that still have requests under way */
	struct server srv;
	bool srv_ready;    /* srv was initialised */
	struct live *live; /* in service */
	struct workers *workers;
	struct sockets sockets;
	struct reclaim *reclaim;
	struct lfc *lfc;
	struct stats *stats; /* the main thread's counters */
	struct timer reclaim_timer, flush_timer, status_timer, watchdog_timer;
	struct post reclaim_post;
	int64_t last_received; /* for the rate in the status line */
	int64_t last_status_ms;
	char last_reload[32]; /* "", "14:02:10 ok", "14:02:10 failed" */
	int exit_status;
};

/* Everything up to serving; on failure the reason is logged and negative returned. */
int daemon_start(struct daemon *d);
void daemon_stop(struct daemon *d);
/* Read the configuration file again; on any failure the old configuration serves on. */
void daemon_reload(struct daemon *d);
/* Load the file, log what is wrong with it. NULL when it cannot be used. */
struct config *daemon_load_config(struct daemon *d);
/* All workers serve by `live` (NULL: as before), and receive from and send by `sets`. Returns when they do. */
void daemon_change_workers(struct daemon *d, struct live *live, struct sockset **sets);
