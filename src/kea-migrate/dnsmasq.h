/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-migrate/dhcpd.h"

/* Converts the DHCP part of dnsmasq.conf; see dnsmasq.c. */
struct dnsmasq_input {
	const char *name;
	const char *text; /* NULL: the file `name` is read, and those that it names */
	size_t len;
	unsigned family;    /* 4 or 6; 0: 4 unless only DHCPv6 is configured */
	const char *ethers; /* file that read-ethers means */
};

struct dnsmasq;

struct dnsmasq_row {
	const char *name;
	void (*convert)(struct dnsmasq *d, char **words, unsigned n);
	unsigned pass; /* 1: ranges and tags, 2: what needs them */
	const char *doc;
};

extern const struct dnsmasq_row dnsmasq_rows[];
extern const unsigned dnsmasq_n_rows;

void dnsmasq_run(const struct dnsmasq_input *in, struct report *rep, struct conversion *ret);
