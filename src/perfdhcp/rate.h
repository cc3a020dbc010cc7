/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * An open-loop timer: event n is due at start + n / rate, regardless of the others. An event that is late
 * remains due, so the average rate is kept.
 */
struct rate {
	uint64_t start_ns;
	uint64_t done;
	uint32_t per_sec; /* 0: never due */
};

static inline void rate_start(struct rate *r, uint32_t per_sec, uint64_t now_ns)
{
	*r = (struct rate){ .start_ns = now_ns, .per_sec = per_sec };
}

/* Returns when the next event is due; UINT64_MAX if never. */
uint64_t rate_next_ns(const struct rate *r);
/* Returns how many events are due now. Count the completed ones in r->done. */
uint64_t rate_due(const struct rate *r, uint64_t now_ns);
