/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/pidfile.h"
#include "ctl/channel.h"
#include "ctl/command.h"
#include "daemon/changes.h"
#include "daemon/history.h"
#include "daemon/lfc.h"
#include "daemon/cmdline.h"
#include "daemon/origins.h"
#include "daemon/publish.h"
#include "daemon/reclaim.h"
#include "serve/server.h"
#include "daemon/sockets.h"
#include "daemon/tracer.h"

struct daemon;
struct explainer;
struct feed_readers;
struct subscribers;

/* The control commands, which are on top of the daemon. */
struct daemon_commands {
	void (*add)(struct ctl *ctl);        /* adds the rows */
	void (*configure)(struct daemon *d); /* a configuration was put into service */
};

/*
 * The process around the server: sockets, threads, timers, signals, reload. All of it belongs to
 * the main thread.
 */
struct daemon {
	const struct family *fam;
	const struct daemon_commands *commands; /* NULL: none */
	struct run_options opts;
	struct loop *loop;
	struct pidfile *pidfile;
	struct leasedb *db;    /* of the current configuration */
	struct list databases; /* the current one and those with pending requests */
	struct server srv;
	bool srv_ready; /* srv was initialized */
	struct workers *workers;
	struct sockets sockets;
	struct reclaim *reclaim;
	struct publisher *publisher;
	struct lfc *lfc;
	struct stats *stats; /* the main thread's counters */
	struct timer reclaim_timer, flush_timer, status_timer, watchdog_timer;
	struct tracer tracer;
	struct post reclaim_post, found_post;
	int64_t last_received;   /* for requests_per_sec */
	double requests_per_sec; /* for the status line */
	int64_t last_status_ms;
	int64_t started_ms, configured_ms; /* boot time */
	struct ctl *ctl;                   /* commands; its user is the daemon */
	struct channels *channels;         /* sockets that commands come from */
	struct feed_readers *feed_readers;
	struct subscribers *subscribers; /* of command events; NULL before its first use */
	struct explainer *explainer;     /* of command explain; NULL before its first use */
	struct agent *agent;             /* the port of "Control-agent" */
	struct changes changes;          /* by commands, that are stored */
	struct history history;
	unsigned n_held;        /* by commands: configurations, each time */
	bool is_writing_leases; /* to a file, lease_write.h */
	atomic_bool is_ending;  /* threads of commands end soon */
	unsigned n_host_ops;    /* changes of reservations in progress, host_op.h */
	unsigned n_lease_ops;   /* of leases, lease_op.h */
	struct origins origins;
	bool is_stopping;
	int n_stopped;        /* databases that cannot be reached and whose on-fail stops the service */
	int exit_value;       /* of command shutdown, or 1 if on-fail ends the server */
	struct str *why;      /* receives the reasons of a failure; NULL */
	char last_reload[32]; /* "", "14:02:10 ok", "14:02:10 failed" */
	bool has_reload_failed;
};

/* Starts everything needed to serve clients; logs the reason and returns a negative value on failure. */
int daemon_start(struct daemon *d);
void daemon_stop(struct daemon *d);
/* Reads the configuration file again; on any failure the current configuration stays in use. */
void daemon_reload(struct daemon *d);
/*
 * Puts a configuration into service, like a reload; takes cfg. On failure the current one stays in use, and the reason
 * is added to `why`, which may be NULL.
 */
struct str;
bool daemon_use_config(struct daemon *d, struct config *cfg, struct str *why);
/*
 * Returns the configuration in service, which is not freed before it is released: its databases of reservations still
 * respond. For commands.
 */
struct live *daemon_hold(struct daemon *d);
void daemon_release(struct daemon *d, struct live *live);
/* Appends what the service manager and status-get show: "serving 2 subnets on 1 interface; 10 leases; 3 req/s". */
void daemon_status(const struct daemon *d, struct str *out);
/* Same as daemon_reload(); adds all errors to `why`, one per line. */
bool daemon_reload_why(struct daemon *d, struct str *why);
/* Loads the file and logs its errors. NULL if it cannot be used. */
struct config *daemon_load_config(struct daemon *d);
