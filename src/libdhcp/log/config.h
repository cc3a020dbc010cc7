/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/log.h"

#include <stdint.h>

/*
 * Where lines go and which ones. The program does
 *
 *	log_start("kea-dhcp4");              names the root logger, starts the logging thread
 *	log_default(verbose);                until the configuration is known: stdout
 *	log_configure(&conf, &why);          at start and at each reload
 *	log_stop();                          writes what is queued, joins the thread
 *
 * before log_start() and after log_stop() lines are written by the caller itself, to stdout.
 */
enum log_output_kind { LOG_TO_STDOUT, LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_FILE };

#define LOG_MAXSIZE_MIN 204800 /* below: the file is not rolled */

struct log_output {
	enum log_output_kind kind;
	const char *target;  /* path of the file, or syslog facility ("local0"); else NULL */
	bool flush;          /* write after each batch of lines instead of once a second */
	uint64_t maxsize;    /* bytes before file becomes file.1; see LOG_MAXSIZE_MIN */
	uint32_t maxver;     /* how many of file.1, file.2... are kept */
	const char *pattern; /* NULL or "": the default of its kind */
};

struct log_logger {
	const char *name;                 /* "kea-dhcp4" is the root, "kea-dhcp4.leases" a child */
	enum log_severity severity;       /* LOG_NONE: nothing at all */
	uint32_t debuglevel;              /* 0..99, counts with LOG_DBG only */
	const struct log_output *outputs; /* none: those of the parent */
	unsigned n_outputs;
};

struct log_conf {
	const struct log_logger *loggers; /* none: as log_default() */
	unsigned n_loggers;
};

/*
 * Sets kind and target from the words of a configuration: "stdout", "stderr", "syslog", "syslog:FACILITY", anything
 * else is a file. target borrows from text. -E_INVAL for an unknown facility or an empty text.
 */
int log_output_parse(const char *text, struct log_output *ret);
/* Whether the pattern can be used; on -E_INVAL *reterr_why says what is wrong with it. */
int log_pattern_check(const char *pattern, const char **reterr_why);

/* root is borrowed for good. Starts the thread; -E_SYS when that fails. */
int log_start(const char *root);
/* The loggers used while no configuration names any: stdout, INFO or (verbose) DEBUG 99. */
void log_default(bool verbose);
/*
 * Takes effect as a whole or not at all: opens the new files first, and if one cannot be opened
 * returns -E_SYS (or -E_INVAL for a pattern) with the reason, valid until the next call, in
 * *reterr_why, and the old loggers stay. Also re-opens files that were moved away. Lines queued
 * before go where they would have gone. Loggers of another program ("kea-dhcp6" in a file that
 * all share) are left alone. conf is borrowed for the call. Main thread only.
 */
int log_configure(const struct log_conf *conf, const char **reterr_why);
/* Wait until all lines logged before this call are written. */
void log_flush(void);
void log_stop(void);

/* Lines that were not written since log_start(): the queue was full, or the file could not be written. */
uint64_t log_dropped(void);
/* Bytes of queue, before log_start(). For tests. */
void log_set_queue(size_t bytes);
