/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/config.h"
#include "log/pattern.h"

/*
 * The destinations of lines: files with rotation, stdout, stderr, syslog. A log_outputs has all destinations of
 * one configuration, a route those of one logger in it. Not locked: the caller (log.c) lets one thread in at a
 * time.
 */
struct log_route;
struct log_outputs;

struct log_outputs *log_outputs_new(const char *root);
/* Writes buffered lines and closes the files. */
void log_outputs_free(struct log_outputs *outs);
/*
 * Returns a route to these destinations, owned by outs; opens the files. NULL on failure: the reason is in outs,
 * and *reterr is -E_SYS or -E_INVAL.
 */
struct log_route *log_outputs_add(struct log_outputs *outs, const struct log_output *v, unsigned n, int *reterr);
/* True if a destination has lines as JSON, which need the arguments of messages. */
bool log_outputs_want_args(const struct log_outputs *outs);
const char *log_outputs_why(const struct log_outputs *outs);

void log_route_add(struct log_route *route, const struct pattern_line *line, enum log_severity severity);
/* Writes buffered lines; destinations with `flush` off are skipped unless all is set. */
void log_outputs_write(struct log_outputs *outs, bool all);
/* True if a file or terminal was closed by something else: nothing is written to it. */
bool log_outputs_are_closed(const struct log_outputs *outs);
/* Opens what was closed again; if that is not possible, the line goes to syslog. Only before the process ends. */
void log_outputs_restore(struct log_outputs *outs, enum log_severity severity, const char *line);
/* Returns the descriptors of files and terminals, at most max. */
unsigned log_outputs_fds(const struct log_outputs *outs, int *fds, unsigned max);
/* True if destinations with `flush` off have buffered lines. */
bool log_outputs_pending(const struct log_outputs *outs);
/* Returns the number of lines lost since the last call because a destination could not be written. */
uint64_t log_outputs_lost(struct log_outputs *outs);
