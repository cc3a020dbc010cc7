/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * A histogram of durations in nanoseconds with a constant relative error of 1 in 64, and what of
 * them is exact: count, least, greatest, mean, deviation. Adding costs the same however many there
 * are.
 */
#define HIST_MINOR 64 /* buckets of each power of two */
#define HIST_MAJOR 42 /* up to 2^48 ns, three days; longer ones count as that */

struct hist {
	uint64_t n, min, max;
	double sum, sum_squares; /* in microseconds */
	uint64_t bucket[HIST_MAJOR * HIST_MINOR];
};

void hist_add(struct hist *h, uint64_t ns);
/* The value that a fraction q of all do not exceed (nearest rank); 0 when there is none. */
uint64_t hist_quantile(const struct hist *h, double q);
/* In milliseconds; 0 when there is none. */
double hist_mean_ms(const struct hist *h);
double hist_deviation_ms(const struct hist *h);
