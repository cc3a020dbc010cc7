/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/rate.h"

#define NS UINT64_C(1000000000)

/* Whole seconds are computed separately, so that nothing overflows in 2^64 ns. */
uint64_t rate_next_ns(const struct rate *r)
{
	if (!r->per_sec)
		return UINT64_MAX;
	/* rounded up: the event is due at that time */
	return r->start_ns + r->done / r->per_sec * NS + (r->done % r->per_sec * NS + r->per_sec - 1) / r->per_sec;
}

uint64_t rate_due(const struct rate *r, uint64_t now_ns)
{
	uint64_t elapsed, due;

	if (!r->per_sec || now_ns < r->start_ns)
		return 0;
	elapsed = now_ns - r->start_ns;
	due = elapsed / NS * r->per_sec + elapsed % NS * r->per_sec / NS + 1;
	return due > r->done ? due - r->done : 0;
}
