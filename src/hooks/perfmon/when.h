/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define WHEN_MAX 40

/* The wall clock, us since 1970. */
static inline int64_t wall_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* "2026-01-31 10:11:19.498739", UTC. */
static inline const char *when_text(int64_t us, char buf[WHEN_MAX])
{
	time_t sec = (time_t)(us / 1000000);
	struct tm tm;
	size_t n = gmtime_r(&sec, &tm) ? strftime(buf, WHEN_MAX, "%Y-%m-%d %H:%M:%S", &tm) : 0;

	(void)snprintf(buf + n, WHEN_MAX - n, ".%06d", (int)(us % 1000000));
	return buf;
}
