/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * Notifies the service manager (sd_notify protocol, one datagram to $NOTIFY_SOCKET). If there is none, these
 * functions do nothing and return 0. Otherwise 1 = sent, -E_SYS = failed. The first notify_ready also writes a
 * line to the file descriptor $KEA_READY_FD and closes it.
 */
int notify_ready(const char *status_fmt, ...) __attribute__((format(printf, 1, 2)));
int notify_reloading(void); /* with MONOTONIC_USEC; call notify_ready when done */
int notify_stopping(void);
int notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * Long work before the next notify_ready(): at most once per second, and only when the work has taken two, a status,
 * and a minute more for the service manager's time limit. notify_progress_now() begins it.
 */
struct notify_progress {
	int64_t next_ms;
};
struct notify_progress notify_progress_now(void);
void notify_progress(struct notify_progress *progress, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int notify_watchdog(void);
/* Returns the watchdog timeout in microseconds; 0 = no watchdog. Call notify_watchdog twice as often. */
uint64_t notify_watchdog_us(void);
