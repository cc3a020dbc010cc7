/* SPDX-License-Identifier: MPL-2.0 */
#include "log/log.h"

void log_write(struct log_msg *msg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s ", msg->id);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
}
