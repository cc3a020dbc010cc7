/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-migrate/dhcpd.h"

/* Converts coredhcp's configuration (YAML: server4 or server6 with a list of plugins); see coredhcp.c. */
struct coredhcp_input {
	const char *name;
	const char *text;
	size_t len;
	unsigned family; /* 4 or 6; 0: the one that the file has, 4 if it has both */
};

void coredhcp_run(const struct coredhcp_input *in, struct report *rep, struct conversion *ret);
