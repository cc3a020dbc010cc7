/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/msg.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

/*
 * Logging by message. Every message is a row of a room's messages.mes (id, logger, severity, text, explanation);
 * LOG() names it and passes the arguments for its text, which the compiler checks. A disabled message costs one
 * load and a branch: its arguments are not evaluated.
 *
 *	LOG(DHCP4_STARTED, PACKAGE_VERSION);
 *	LOGF(fam, DHCPx_SHUTDOWN);            rows whose id contains an x exist once per family
 *
 * Any thread may log at any time; log/config.h controls where lines go.
 */

#define LOG(id, ...)                                                           \
	do {                                                                   \
		if (log_is_on(&log_msg_##id))                                  \
			log_write(&log_msg_##id, LOGTEXT_##id, ##__VA_ARGS__); \
	} while (0)

/* `family` is an index: 0 for DHCPv4, 1 for DHCPv6. */
#define LOGF(family, id, ...)                                                          \
	do {                                                                           \
		if (log_is_on(&log_msg_##id[family]))                                  \
			log_write(&log_msg_##id[family], LOGTEXT_##id, ##__VA_ARGS__); \
	} while (0)

static inline bool log_is_enabled(int by)
{
	return by && (by & LOG_BY_LOGGER || log_thread_traces);
}

static inline bool log_is_on(const struct log_msg *msg)
{
	return log_is_enabled(atomic_load_explicit(&msg->enabled, memory_order_relaxed));
}

/* False if no debug message is enabled: one test for many of them. */
static inline bool log_debugs(void)
{
	return log_is_enabled(atomic_load_explicit(&log_has_debug, memory_order_relaxed));
}

/*
 * Traces: while any is wanted, a thread logs all messages, whatever the severity of their loggers, as long as it works
 * for what is traced. The lines go where those loggers write. Without traces all of this is one test.
 */
void log_want_traces(bool any); /* main thread */
static inline bool log_has_traces(void)
{
	return atomic_load_explicit(&log_has_debug, memory_order_relaxed) & LOG_BY_TRACE;
}
/* Returns the previous state of the calling thread. */
static inline bool log_trace(bool is_traced)
{
	bool was = log_thread_traces;

	log_thread_traces = is_traced;
	return was;
}

/*
 * While this is set, nothing that the calling thread logs is written: it only finds out what would be done. Returns the
 * previous state.
 */
bool log_mute(bool is_muted);

void log_write(struct log_msg *msg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_writev(struct log_msg *msg, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/*
 * Messages that are not known when the server is built: those of hook libraries. Set everything but `enabled` and
 * `category` before. When log_remove() returns, nothing refers to the message. Main thread.
 */
void log_add(struct log_msg *msg);
void log_remove(struct log_msg *msg);

#include "log/messages.h" /* generated from the messages.mes of every room */
