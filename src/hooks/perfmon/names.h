/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfmon/durations.h"

#include <stdint.h>

/* The names of messages and events as Kea writes them. */

#define DURATION_NAME_MAX 160

/* Returns the name of a message type, "*" if it has none. */
const char *message_name(int family, uint8_t type);
/* Returns the type; negative: it has none. */
int message_type(int family, const char *name);
/* True if a query of that type can have such a response. */
bool message_responds(int family, int query, int response);
const char *event_name(enum event event);
/* The two events of a pair: "socket_received" and "buffer_read", "composite" and "total_response". */
const char *pair_start(unsigned pair);
const char *pair_stop(unsigned pair);
/* Returns the pair with these names, in which - may be written for _; negative: there is none. */
int pair_find(const char *start, const char *stop);
/* "DHCPDISCOVER-DHCPOFFER.socket_received-buffer_read", as long as buf. */
const char *duration_name(int family, const struct group *group, unsigned pair, char buf[DURATION_NAME_MAX]);
