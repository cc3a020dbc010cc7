/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/lease.h"

/*
 * The table of lease file columns: their order, their content and the header version that introduced each.
 * Reading and writing walk this table; to add a column, add a row. The number of columns in a header is the only
 * sign of the file's version.
 */

/* A row being read; its lease borrows from the buffers in this struct. */
struct lease_row {
	struct lease lease; /* cltt is set; the loader sets expires */
	int64_t expire_wall;
	uint64_t line;   /* line number in the file, from 1 */
	bool deleted;    /* valid lifetime 0: the lease is gone */
	const char *why; /* on failure: what is wrong with the row */
	uint8_t hwaddr[LEASE_HWADDR_MAX];
	uint8_t client_id[LEASE_ID_MAX];
	char hostname[LEASE_HOSTNAME_MAX + 1];
	char context[LEASE_CONTEXT_MAX + 1];
};

struct lease_field {
	const char *name;
	uint8_t major, minor; /* version that introduced the column */
	/* Returns 0 or -E_INVAL. The text never contains a comma or newline. */
	int (*read)(const char *text, size_t len, struct lease_row *row);
	/* Writes the value at p, in the space that csv_row_bound() reserved; returns the position after it. */
	char *(*write)(char *p, const struct lease *lease);
	const char *doc;
};

#define LEASE_FIELDS_MAX 18

struct lease_fields {
	const struct lease_field *v;
	unsigned n;
	unsigned n_oldest; /* columns in the oldest version */
};

/* family is an index: 0 = DHCPv4, 1 = DHCPv6. */
const struct lease_fields *lease_fields(int family);
