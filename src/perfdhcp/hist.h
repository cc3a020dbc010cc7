/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * A histogram of durations in nanoseconds with a constant relative error of 1 in 64, plus exact count, minimum,
 * maximum, mean and deviation. The cost of adding a value is constant.
 */
#define HIST_MINOR 64 /* buckets per power of two */
#define HIST_MAJOR 42 /* up to 2^48 ns, three days; longer durations count as that */

struct hist {
	uint64_t n, min, max;
	double sum, sum_squares; /* in microseconds */
	uint64_t bucket[HIST_MAJOR * HIST_MINOR];
};

void hist_add(struct hist *h, uint64_t ns);
/* Returns the smallest value that is not exceeded by a fraction q of all values (nearest rank); 0 if there are none. */
uint64_t hist_quantile(const struct hist *h, double q);
/* In milliseconds; 0 if there are no values. */
double hist_mean_ms(const struct hist *h);
double hist_deviation_ms(const struct hist *h);
