/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/screen.h"
#include "kea/cli.h"
#include "lease/lease.h"

/* A list of leases on its way from a server or a file to the screen: filter, table, CSV, JSON. */
struct lease_item {
	struct lease lease;       /* without expires */
	int64_t expires_wall;     /* INT64_MAX: never */
	struct json_object *json; /* as the server sent it; NULL: from a file */
	const char *event;        /* what has happened to it: "granted"; NULL: it is listed */
};

struct lease_list {
	const struct cli *cli;
	unsigned family;
	int64_t now;
	/* the filter */
	struct bytes hwaddr, client_id; /* empty: any */
	uint8_t hwaddr_buf[LEASE_HWADDR_MAX], client_id_buf[LEASE_ID_MAX];
	int state;              /* index of lease_state_words; -1: any */
	int64_t expiring_until; /* wall clock; 0: any */
	uint32_t left;          /* how many may still be printed */
	/* the output */
	uint32_t n; /* printed */
	struct table table;
};

/* Reads the filter; returns an exit code. */
int lease_list_init(struct lease_list *list, const struct cli *cli);
/* Prints what comes before the first lease; the family is known. */
void lease_list_begin(struct lease_list *list);
/* Prints the lease if it matches. False once no more are wanted. */
bool lease_list_add(struct lease_list *list, const struct lease_item *item);
/* Prints what comes after the last one; returns an exit code. */
int lease_list_end(struct lease_list *list);
extern const char *const lease_state_words[];
