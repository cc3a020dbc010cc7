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
	_Atomic int enabled; /* refreshed when loggers are configured */
	void *category;      /* owned by the sink */
};

/* All messages, for configuration and for the manual. */
extern struct log_msg *const log_all[];
extern const unsigned log_all_n;
/* Some debug message is enabled; refreshed like `enabled`. */
extern _Atomic bool log_has_debug;
