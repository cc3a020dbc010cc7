/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/config.h"
#include "log/output.h"

/*
 * The tree of loggers: names, inherited levels, and which route a line takes. One thread at a time.
 */

/* Gives each message its category below root. */
void sink_init(const char *root);
/*
 * Replace all levels and routes, then refresh the `enabled` word of every message. routes[i]
 * belongs to loggers[i]; NULL means that of the parent. The first logger is the root.
 */
void sink_apply(const struct log_logger *loggers, struct log_route *const *routes, unsigned n);
/* Send a line the way of its message's category. line->logger is filled in. */
void sink_emit(const struct log_msg *msg, struct pattern_line *line);
