/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * syslog(3), apart from the rest because <syslog.h> and log/log.h use the same names (LOG_INFO) for
 * different things.
 */

/* The number of a facility ("local0", in any case); -1 when there is none of that name. */
int syslog_facility(const char *name);
/* severity is that of log/log.h; FATAL becomes CRIT, as EMERG would reach every terminal. */
void syslog_write(const char *ident, int facility, int severity, const char *line);
