/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "ctl/command.h"
#include "io/pidfile.h"
#include "kea-dhcp-ddns/listen.h"

/* The process: configuration, sockets, signals, reload. One thread besides the log's. */
struct d2_options {
	const char *config_file;
	bool verbose, relaxed;
};

/* How the process ends. */
enum d2_end {
	D2_END_NORMAL, /* updates in progress end, for 2 s */
	D2_END_DRAIN,  /* all requests received so far end, however long it takes */
	D2_END_NOW,
};

struct d2_daemon {
	struct d2_options opts;
	struct loop *loop;
	struct pidfile *pidfile;
	struct d2_listener *listener;
	struct d2 d2;
	struct ctl *ctl;           /* commands; its user is the d2_daemon */
	struct channels *channels; /* sockets that commands come from */
	struct timer status, watchdog, drain;
	int64_t started_ms, configured_ms; /* boot time */
	int exit_value;
	bool is_ending;
	enum d2_end end;
};

/* Serves until a signal or a command ends it. Returns the exit status. */
int d2_serve(const struct d2_options *opts);
/* For commands. Same as a reload by signal; false with all errors in why, one per line. */
bool d2_daemon_reload(struct d2_daemon *d, struct str *why);
/* Puts a configuration into service; takes cfg. On failure the current one stays in use, and the reason is in why. */
bool d2_daemon_use(struct d2_daemon *d, struct d2_config *cfg, struct str *why);
void d2_daemon_end(struct d2_daemon *d, enum d2_end end);
/* Flags of root/config.h for the configurations it loads. */
unsigned d2_daemon_flags(const struct d2_daemon *d);

/* commands.c: adds the rows. */
void d2_commands_add(struct ctl *ctl);
/* The version, and those of the libraries in use. */
void d2_print_version(FILE *to);
