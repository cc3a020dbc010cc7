/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "wire/packet4.h"

/* One line for debug logs: the header's fields that say something, then the options. */
void dump_packet4(const struct packet4 *pkt, struct str *out);
