/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Configures which lines are logged, and where. The program calls
 *
 *	log_start("kea-dhcp4");              names the root logger, starts the logging thread
 *	log_default(verbose);                until the configuration is known: stdout
 *	log_configure(&conf, &why);          at start and at each reload
 *	log_stop();                          writes queued lines, joins the thread
 *
 * Before log_start() and after log_stop() the caller itself writes its lines, to stdout.
 */
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON }; /* same order as log_format_words in root */
enum log_output_kind { LOG_TO_STDOUT, LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_FILE };

#define LOG_MAXSIZE_MIN 204800 /* with a smaller maxsize the file is not rolled */

struct log_output {
	enum log_output_kind kind;
	const char *target;  /* path of the file, or syslog facility ("local0"); else NULL */
	bool flush;          /* write after each batch instead of once a second */
	uint64_t maxsize;    /* bytes before file becomes file.1; see LOG_MAXSIZE_MIN */
	uint32_t maxver;     /* number of old files file.1, file.2... to keep */
	const char *pattern; /* NULL or "": the default for the kind */
	uint32_t format;     /* enum log_format; LOG_FORMAT_JSON has no pattern */
};

struct log_logger {
	const char *name;                 /* "kea-dhcp4" is the root, "kea-dhcp4.leases" a child */
	enum log_severity severity;       /* LOG_NONE: nothing */
	uint32_t debuglevel;              /* 0..99, for LOG_DBG only */
	const struct log_output *outputs; /* empty: as the parent */
	unsigned n_outputs;
};

struct log_conf {
	const struct log_logger *loggers; /* empty: as log_default() */
	unsigned n_loggers;
};

/*
 * Sets kind and target from a configuration value: "stdout", "stderr", "syslog", "syslog:FACILITY"; anything
 * else is a file. target borrows from text. -E_INVAL for an unknown facility or an empty text.
 */
int log_output_parse(const char *text, struct log_output *ret);
/* Checks a pattern; on -E_INVAL *reterr_why says what is wrong with it. */
int log_pattern_check(const char *pattern, const char **reterr_why);

/* Starts the thread; -E_SYS if that fails. root must stay valid until the process ends. */
int log_start(const char *root);
/* The loggers in use while no configuration names any: stdout, INFO or (verbose) DEBUG 99. */
void log_default(bool verbose);
/*
 * Takes effect completely or not at all: opens the new files first; if one cannot be opened, returns -E_SYS (or
 * -E_INVAL for a pattern) with the reason, valid until the next call, in *reterr_why, and the old loggers stay.
 * Also reopens files that were renamed. Lines already queued go to their old destination. Loggers of another
 * program ("kea-dhcp6" in a shared file) are ignored. conf is borrowed for the call. Main thread only.
 */
int log_configure(const struct log_conf *conf, const char **reterr_why);
/* Waits until all lines logged before this call are written. */
void log_flush(void);
void log_stop(void);

/*
 * Writes a line, which ends in a newline, to the files and terminals of the log at once and as it is. Only for signal
 * handlers of a process that is about to end.
 */
void log_last_words(const char *line, size_t len);
/*
 * Ends the process with this message, without writing the lines that are queued: it goes to the log as configured where
 * its descriptors are still open, to files that are opened again, and if there are others, also to syslog. Any thread.
 */
void log_end(const struct log_msg *msg, const char *text, size_t len) __attribute__((noreturn, cold));
/* The same with DESCRIPTOR_LOST: something closed the descriptor of `what`. */
void log_lost(const char *what) __attribute__((noreturn, cold));
/* Returns the number of lines lost since log_start(): the queue was full, or the file could not be written. */
uint64_t log_dropped(void);
/* For tests: sets the size of the queue in bytes, before log_start(). */
void log_set_queue(size_t bytes);
