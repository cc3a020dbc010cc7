/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/config.h"
#include "log/pattern.h"

/*
 * The places lines go to: files that roll, stdout, stderr, syslog. One log_outputs holds all places
 * of one configuration, a route the places of one logger in it. No locking: the caller (log.c) lets
 * one thread in at a time.
 */
struct log_route;
struct log_outputs;

struct log_outputs *log_outputs_new(const char *root);
/* Writes what is buffered, closes the files. */
void log_outputs_free(struct log_outputs *outs);
/*
 * The route to these places, owned by outs; opens the files. NULL on failure: the reason is in
 * outs, and *reterr is -E_SYS or -E_INVAL.
 */
struct log_route *log_outputs_add(struct log_outputs *outs, const struct log_output *v, unsigned n, int *reterr);
const char *log_outputs_why(const struct log_outputs *outs);

void log_route_add(struct log_route *route, const struct pattern_line *line, enum log_severity severity);
/* Write what is buffered; places with `flush` off are left alone unless all is set. */
void log_outputs_write(struct log_outputs *outs, bool all);
/* Whether places with `flush` off hold lines. */
bool log_outputs_pending(const struct log_outputs *outs);
/* Lines lost since the last call because a place could not be written. */
uint64_t log_outputs_lost(struct log_outputs *outs);
