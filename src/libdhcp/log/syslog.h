/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * syslog(3) in a separate file, because <syslog.h> and log/log.h use the same names (LOG_INFO) with different
 * values.
 */

/* Returns the number of a facility ("local0", ignoring case); -1 if unknown. */
int syslog_facility(const char *name);
/* Takes a severity of log/log.h; FATAL becomes CRIT, because EMERG would reach every terminal. */
void syslog_write(const char *ident, int facility, int severity, const char *line);
/* The next line connects again. */
void syslog_again(void);
