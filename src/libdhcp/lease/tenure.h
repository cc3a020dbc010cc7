/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/field.h"

/*
 * Who had which address, and when: from the rows of a history (archive.h) and of the lease files that follow it, in the
 * order in which they were written. Rows that come again, because one of these files contains others, change nothing.
 *
 * A row says when a lease began and when it ends, not when it was written; so the time of a deletion is that of the
 * last change before it.
 */
enum tenure_end {
	TENURE_LASTS,
	TENURE_EXPIRED,
	TENURE_RELEASED,
	TENURE_REPLACED, /* by a lease of another client, or another lease of the same one */
	TENURE_DECLINED, /* by the client */
	TENURE_DELETED,
	TENURE_END_N,
};
extern const char *const tenure_end_names[TENURE_END_N]; /* "active", "expired", ... */

struct tenure {
	struct lease lease;  /* as its last row has it, without expires */
	int64_t from, until; /* wall clock, s; until INT64_MAX: never */
	uint32_t n_renewals;
	enum tenure_end end;
};

/* What is asked: an address, which may be in a prefix that was delegated, or a client. */
struct tenure_query {
	bool by_id;
	struct ip addr;
	struct bytes id; /* hardware address, client identifier or DUID; borrowed */
};

/* The tenure and its bytes are valid during the call. */
typedef void tenure_fn(void *ctx, const struct tenure *tenure);

#define TENURE_ADDRESSES_MAX 65536 /* of one client; the others are left out */

struct tenures;
/* now: wall clock, s. The query is copied; its id must live as long. */
struct tenures *tenures_new(const struct tenure_query *query, int64_t now, tenure_fn *fn, void *ctx);
/* A load_row_fn; calls the function for each tenure that ends. */
void tenures_row(void *tenures, const struct lease_row *row);
/* Calls it for those that have not ended, and frees everything. True if some addresses were left out. */
bool tenures_end(struct tenures *tenures);
