/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

/* One line for debug logs: the header's fields that say something, then the options. */
void dump_packet4(const struct packet4 *pkt, struct str *out);
/* The relays in parentheses before the message, what is in an IA in brackets behind it. */
void dump_packet6(const struct packet6 *pkt, struct str *out);
