/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * Notifies the service manager (sd_notify protocol, one datagram to $NOTIFY_SOCKET). Without one all
 * of these do nothing and return 0. 1 = sent, -E_SYS = could not. The first notify_ready also writes a line to the file
 * descriptor $KEA_READY_FD and closes it.
 */
int notify_ready(const char *status_fmt, ...) __attribute__((format(printf, 1, 2)));
int notify_reloading(void); /* with MONOTONIC_USEC; followed by notify_ready when done */
int notify_stopping(void);
int notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int notify_watchdog(void);
/* How often notify_watchdog is expected, in microseconds; 0 = not at all. Call it twice as often. */
uint64_t notify_watchdog_us(void);
