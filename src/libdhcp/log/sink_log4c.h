/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/config.h"
#include "log/output.h"

/*
 * The logger tree: names, inherited levels, and the route of each line. One thread at a time.
 */

/* Creates a category below root for each message. */
void sink_init(const char *root);
/* A message besides log_all, such as one of a hook library. */
void sink_add(const char *root, struct log_msg *msg);
void sink_remove(const struct log_msg *msg);
/*
 * Replaces all levels and routes, then refreshes the `enabled` word of every message and `log_has_debug`. routes[i]
 * belongs to loggers[i]; NULL means the parent's. The first logger is the root.
 */
void sink_apply(const struct log_logger *loggers, struct log_route *const *routes, unsigned n);
/* Sets or clears LOG_BY_TRACE in all of these words. */
void sink_want_traces(bool any);
/*
 * Sends a line along the route of its message's category, if is_traced whatever the level of that. Sets line->logger.
 */
void sink_emit(const struct log_msg *msg, struct pattern_line *line, bool is_traced);
