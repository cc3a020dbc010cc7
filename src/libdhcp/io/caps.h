/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Checks whether this process may open its sockets. If not, caps_check returns false with one line for the
 * operator in buf: what is missing, and the setcap command that grants it to this program.
 */
bool caps_check(bool raw, uint16_t port, char *buf, size_t size);
/*
 * Returns the text to append to strerror(errno) if a socket could not be opened because this capability is
 * missing; "" if that was not the reason.
 */
const char *caps_hint(int err, int cap);
/* True if the capability (CAP_NET_RAW, ...; linux/capability.h) is effective. */
bool caps_has(int cap);
