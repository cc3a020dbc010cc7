/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"

/*
 * What subnet selection looked at, as text for the log: ", relay 192.0.2.1, link selection 198.51.100.0".
 * Truncated to its size; allocates nothing.
 */
struct link_text {
	char buf[400];
	size_t len;
};

void link_text_add(struct link_text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* ", NAME ADDRESS" */
void link_text_ip(struct link_text *text, const char *name, const struct ip *ip);
/* ", NAME "eth1"" if it is printable, else ", NAME 0x0001..." */
void link_text_bytes(struct link_text *text, const char *name, struct bytes bytes);
