/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/out.h"
#include "lease_query/query.h"
#include "lease_query/relay.h"

#include <kea/hooks.h>

/* A bulk or active query in progress. */

enum {
	BULK_REPLY_MAX = 2048, /* bytes of a response message: each of its options is shorter than 300 */
	BULK_FIND_MAX = 1000,
};

/* No change: the lease is as it is stored. */
#define BULK_STORED ((enum kea_change)0)

/* True if the lease ended with the change. */
static inline bool bulk_ends(enum kea_change change)
{
	return change == KEA_CHANGE_RELEASED || change == KEA_CHANGE_DECLINED || change == KEA_CHANGE_EXPIRED ||
	       change == KEA_CHANGE_DELETED;
}

/* True if a response message fits. */
static inline bool bulk_has_room(const struct out *out)
{
	return out->max - out->n >= BULK_REPLY_MAX;
}

struct bulk_run {
	struct bulk_run *next;
	const struct lease_query *self;
	struct plan *plan; /* held */
	struct bulk_query query;
	uint8_t requester[BULK_ID_MAX],
		server[4]; /* DHCPv6: DUID of the requester; DHCPv4: address of the connection */
	size_t requester_len;
	struct relay_wanted wanted; /* by relay or remote identifier */
	int link;                   /* DHCPv6: negative: any */
	uint32_t *subnets;          /* of the link */
	unsigned n_subnets;
	/* What it asks for next. */
	bool is_walk; /* pages of all leases, otherwise what is known of one client or address */
	bool is_over;
	int type;            /* DHCPv6: of the leases */
	unsigned prefix_len; /* DHCPv6, by address: of the prefix that may contain it */
	unsigned max;        /* leases of a page */
	uint8_t after[LINKS_ADDR];
	uint64_t n_sent; /* leases */
	bool has_begun;  /* the first message of the response was added */
};

/*
 * Begins a query, which has been parsed. Takes a hold of the plan. Returns BULK_SUCCESS, or the status to respond with
 * and why; the run is to be freed in any case. NULL: out of memory.
 */
struct bulk_run *bulk_run_new(const struct lease_query *self, struct plan *plan, const struct bulk_query *query,
			      enum bulk_status *ret_status, const char **ret_why);
void bulk_run_free(struct bulk_run *run); /* NULL is fine */
/* Asks for the next leases; false: there are none, or (ret_failed) they cannot be asked for. */
bool bulk_run_ask(struct bulk_run *run, struct kea_search *search, bool *ret_failed);
/* The search has responded: false if the query has to be asked again, otherwise leases can be sent. */
bool bulk_run_found(struct bulk_run *run, const struct kea_search *search, bool *ret_failed);
/* An active query: goes on with the newest configuration. */
void bulk_run_follow(struct bulk_run *run);
/* True if the query is about this lease, at whatever time. */
bool bulk_run_is_about(const struct bulk_run *run, const struct kea_object *lease);
/* True if it is to be sent. */
bool bulk_run_wants(const struct bulk_run *run, const struct kea_object *lease);
/* All leases of this page were sent. */
void bulk_run_next(struct bulk_run *run, struct kea_search *search);

/* The bytes of responses, with their lengths. */
struct bulk_family {
	bool (*parse)(const uint8_t *data, size_t len, struct bulk_query *ret, enum bulk_status *ret_status,
		      const char **ret_why);
	/* A lease that the query is about; change: BULK_STORED, or what became of it. */
	void (*add_lease)(struct out *out, const struct bulk_run *run, const struct kea_object *lease,
			  enum kea_change change);
	/* The end of the responses to a query; text: of the status, or NULL. */
	void (*add_end)(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text);
	/* A status of an active query, which goes on unless it is an error. */
	void (*add_status)(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text);
	/* The response to BULK_TLS. */
	void (*add_tls)(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text);
};
extern const struct bulk_family bulk4, bulk6;

/* DHCPv4: when the lease's state began, s since 1970. */
int64_t bulk_state_began(const struct kea_object *lease);
