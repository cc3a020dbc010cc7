/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/* What a message is: a row of a messages.mes. Shared by the calls that log (log.h) and the configuration (config.h). */
enum log_severity {
	LOG_FATAL,
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DBG,
	LOG_NONE
}; /* same order as severity_words in root */

struct log_msg {
	const char *id;     /* "DHCP4_STARTED" */
	const char *logger; /* below the root: "dhcp4", "leases", ... */
	enum log_severity severity;
	int debuglevel;      /* 0..99 for LOG_DBG, else 0 */
	bool lines;          /* its text may have several lines; otherwise \n is escaped */
	_Atomic int enabled; /* bits LOG_BY_*: refreshed when loggers are configured and traces begin or end */
	void *category;      /* owned by the sink */
};

/* All messages, for configuration and for the manual. */
extern struct log_msg *const log_all[];
extern const unsigned log_all_n;
/* What enables a message: the loggers; a trace, for the threads that trace. */
enum { LOG_BY_LOGGER = 1, LOG_BY_TRACE = 2 };
/* The same for all debug messages: who enables any. Refreshed like `enabled`. */
extern _Atomic int log_has_debug;
/* The calling thread traces. */
extern _Thread_local bool log_thread_traces;
