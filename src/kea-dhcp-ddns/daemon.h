/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/pidfile.h"
#include "kea-dhcp-ddns/listen.h"

/* The process: configuration, socket, signals, reload. One thread besides the log's. */
struct d2_options {
	const char *config_file;
	bool verbose, relaxed;
};

/* Serves until a signal ends it. Returns the exit status. */
int d2_serve(const struct d2_options *opts);
