/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/links.h"

/* Private to the library. */

#define REQUESTERS_MAX 1000
#define LEASES_MAX 100  /* of one client and type that a response considers */
#define QUERIES_MAX 127 /* in progress, of a connection */
#define FETCH_MAX 1000  /* leases at once */

struct bulk;
struct tls;

struct requester {
	uint8_t addr[LINKS_ADDR];
};

/* The listener for bulk and active queries. */
struct bulk_conf {
	bool has_bulk, has_active;
	uint8_t addr[LINKS_ADDR];
	uint16_t port;
	unsigned connections_max;
	unsigned queries_max; /* of a connection */
	unsigned fetch;       /* leases at once */
	int64_t idle_ms;
	int64_t keepalive_ms; /* active queries: without a change, a sign of life is sent */
	int64_t send_ms;      /* the same: of requesters that do not read */
	bool requires_tls;
};

/* Statistics of queries by TCP. */
enum lq_stat {
	LQ_BULK_RECEIVED,
	LQ_ACTIVE_RECEIVED,
	LQ_REJECTED,
	LQ_LEASES_SENT,
	LQ_CHANGES_SENT,
	LQ_CONNECTIONS_ACCEPTED,
	LQ_CONNECTIONS_REJECTED,
	LQ_CONNECTIONS_DROPPED,
	LQ_STATS
};

/* The parameters. */
struct lease_query {
	struct kea_library *lib;
	int family;
	struct requester *requesters;
	unsigned n_requesters;
	bool has_lengths;            /* "prefix-lengths"; otherwise those of the pools */
	bool has_len[LINKS_LENGTHS]; /* by length */
	struct bulk_conf bulk_conf;
	struct bulk *bulk; /* NULL: none */
	struct kea_stat *stats[LQ_STATS];
	struct kea_feed *deletions; /* stream.c; NULL: none */
	struct tls *tls;            /* NULL: none */
	struct plan *plans;         /* that are used, the newest first. Main thread */
};

/* Of a configuration. */
struct plan {
	struct links *links;
	bool has_len[LINKS_LENGTHS]; /* of delegated prefixes, by length */
	int64_t hold_sec;            /* leases that ended stay in the database for so long */
	struct lease_query *self;
	struct plan *next;
	unsigned refs; /* the configuration, and bulk queries. Main thread */
};

void plan_unref(struct plan *plan);

/* True if the requester, an address of that length, is in the list. */
bool is_requester(const struct lease_query *self, const void *addr, size_t len);

/* A DHCPLEASEQUERY or LEASEQUERY at pkt4_receive or pkt6_receive; returns the verdict. */
enum { DHCPLEASEQUERY = 10, LEASEQUERY = 14 };
int query4(struct kea_call *call);
int query6(struct kea_call *call);
