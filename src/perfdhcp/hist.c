/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/hist.h"

#include <math.h>

#define MINOR_BITS 6

static unsigned bucket_of(uint64_t ns)
{
	unsigned shift;

	if (ns < HIST_MINOR)
		return (unsigned)ns;
	shift = 63u - (unsigned)__builtin_clzll(ns) - MINOR_BITS;
	if (shift + 2 > HIST_MAJOR)
		return HIST_MAJOR * HIST_MINOR - 1;
	return (shift + 1) * HIST_MINOR + (unsigned)((ns >> shift) & (HIST_MINOR - 1));
}

/* The middle of a bucket. */
static uint64_t value_of(unsigned bucket)
{
	unsigned major = bucket / HIST_MINOR, minor = bucket % HIST_MINOR;

	if (!major)
		return minor;
	return ((uint64_t)(HIST_MINOR + minor) << (major - 1)) + ((1ull << (major - 1)) >> 1);
}

void hist_add(struct hist *h, uint64_t ns)
{
	double us = (double)ns / 1e3;

	if (!h->n || ns < h->min)
		h->min = ns;
	if (ns > h->max)
		h->max = ns;
	h->n++;
	h->sum += us;
	h->sum_squares += us * us;
	h->bucket[bucket_of(ns)]++;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)ceil(q * (double)h->n), seen = 0, value;

	if (!h->n)
		return 0;
	if (!want)
		want = 1;
	for (unsigned i = 0; i < HIST_MAJOR * HIST_MINOR; i++) {
		seen += h->bucket[i];
		if (seen < want)
			continue;
		/* exact values limit the approximate ones */
		value = value_of(i);
		return value < h->min ? h->min : value > h->max ? h->max : value;
	}
	return h->max;
}

double hist_mean_ms(const struct hist *h)
{
	return h->n ? h->sum / (double)h->n / 1e3 : 0;
}

double hist_deviation_ms(const struct hist *h)
{
	double mean, variance;

	if (!h->n)
		return 0;
	mean = h->sum / (double)h->n;
	variance = h->sum_squares / (double)h->n - mean * mean;
	return variance > 0 ? sqrt(variance) / 1e3 : 0;
}
