/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether this process may open its sockets. caps_check returns true when it may, else false with one
 * line for the operator in buf: what is missing and the setcap command that grants it to this program.
 */
bool caps_check(bool raw, uint16_t port, char *buf, size_t size);
/* What to append to the text of errno after a socket could not be opened for want of this capability; "" if it was not
 * that. */
const char *caps_hint(int err, int cap);
/* Effective capability (CAP_NET_RAW, ...; linux/capability.h). */
bool caps_has(int cap);
