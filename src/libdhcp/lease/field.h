/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lease.h"

/*
 * THE COLUMN TABLE: what a lease file holds, in order, and since which version of its header. Reading
 * and writing walk it; a new column is a new row. A file's version is known only by how many of the
 * columns its header names.
 */

/* A row being read: the lease borrows from the buffers beside it. */
struct lease_row {
	struct lease lease; /* cltt is set, expires is left to the loader */
	int64_t expire_wall;
	uint64_t line;   /* its place in the file, from 1 */
	bool deleted;    /* valid lifetime 0: the lease is gone */
	const char *why; /* what is wrong with the row, on failure */
	uint8_t hwaddr[LEASE_HWADDR_MAX];
	uint8_t client_id[LEASE_ID_MAX];
	char hostname[LEASE_HOSTNAME_MAX + 1];
	char context[LEASE_CONTEXT_MAX + 1];
};

struct lease_field {
	const char *name;
	uint8_t major, minor; /* in the file since this version */
	/* 0 or -E_INVAL; never sees a comma or newline. */
	int (*read)(const char *text, size_t len, struct lease_row *row);
	/* Write the value at p, for which csv_row_bound() made room; returns behind it. */
	char *(*write)(char *p, const struct lease *lease);
};

#define LEASE_FIELDS_MAX 18

struct lease_fields {
	const struct lease_field *v;
	unsigned n;
	unsigned n_oldest; /* columns of the oldest version */
};

/* family is an index: 0 = DHCPv4, 1 = DHCPv6. */
const struct lease_fields *lease_fields(int family);
