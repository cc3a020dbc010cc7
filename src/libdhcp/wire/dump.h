/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

/* Formats one line for debug logs: the header fields that are set, then the options. */
void dump_packet4(const struct packet4 *pkt, struct str *out);
/* Relays are in parentheses before the message, the content of an IA in brackets after it. */
void dump_packet6(const struct packet6 *pkt, struct str *out);
