/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/pattern.h"

#include <stdarg.h>

/*
 * Lines for programs: a JSON object each, with the message's id, its text and its arguments.
 *
 *	{"time":"2026-11-29T22:57:00.123456Z","level":"INFO","logger":"kea-dhcp4.leases","id":"DHCP4_LEASE_ALLOC",
 *	 "pid":1,"tid":1,"message":"...","arguments":["192.0.2.1",7200]}
 */
void json_line_add(const struct pattern_line *line, struct str *out);
/*
 * Writes the arguments of a printf text as a JSON list to buf, as many as fit, each at most a fourth of it. Returns the
 * length without the NUL. Knows the conversions of messages.mes: %s, %c and integers.
 */
size_t json_line_args(char *buf, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
