/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "json/diag.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The command line of a server. */
enum run_mode {
	RUN_SERVE,
	RUN_CHECK,      /* -t: check the configuration, independent of this host */
	RUN_CHECK_WIDE, /* -T: same, and check what depends on this host */
	RUN_VERSION,    /* -V, with the libraries */
	RUN_BUILD_REPORT,
	RUN_PRINT_SCHEMA,
	RUN_PRINT_REFERENCE,
	RUN_PRINT_EXPRESSIONS,
	RUN_PRINT_COMMANDS,
	RUN_PRINT_OPENAPI,
	RUN_REPLAY,       /* --replay: compare what the server would do with a capture */
	RUN_PRINT_CONFIG, /* --print-config FILE: print it as config-get would */
};

struct run_options {
	enum run_mode mode;
	const char *config_file;      /* -c, -t, -T; NULL if none */
	bool verbose;                 /* -d */
	bool relaxed;                 /* -X: path and permission errors are only warnings */
	uint16_t server_port;         /* -p; 0: the protocol's default */
	uint16_t client_port;         /* -P */
	enum diag_format diag_format; /* --format */
	bool for_kea;                 /* --kea */
	const char *replay_file;      /* --replay; NULL: none */
	const char *interface;        /* --interface: of --replay; NULL: as configured */
	bool explain;                 /* --explain: every request of --replay, whether there is a difference or not */
	bool strict;                  /* --strict: warnings make the check fail */
};

struct family;

/* Returns 0, or -E_INVAL after printing one line to stderr. -h and -v end the program. */
int run_options_parse(const struct family *fam, int argc, char **argv, struct run_options *ret);
/* What -V prints: the version and the libraries in use. */
void run_options_print_version(const struct family *fam, FILE *to);
void run_options_version(const struct family *fam, enum run_mode mode);
