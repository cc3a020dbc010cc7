/* SPDX-License-Identifier: MPL-2.0 */
#include "log/syslog.h"
#include "base/str.h"

#include <syslog.h>

static const struct {
	const char *name;
	int number;
} facilities[] = {
	{ "auth", LOG_AUTH },     { "authpriv", LOG_AUTHPRIV }, { "cron", LOG_CRON },     { "daemon", LOG_DAEMON },
	{ "ftp", LOG_FTP },       { "kern", LOG_KERN },         { "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },     { "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },     { "lpr", LOG_LPR },       { "mail", LOG_MAIL },
	{ "news", LOG_NEWS },     { "syslog", LOG_SYSLOG },     { "user", LOG_USER },     { "uucp", LOG_UUCP },
};

int syslog_facility(const char *name)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (str_case_equal(name, facilities[i].name))
			return facilities[i].number;
	return -1;
}

static const char *opened;

void syslog_again(void)
{
	if (opened)
		closelog();
	opened = NULL;
}

void syslog_write(const char *ident, int facility, int severity, const char *line)
{
	static const int priorities[] = { LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

	if (opened != ident) {
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		opened = ident;
	}
	syslog(facility | priorities[severity], "%s", line);
}
