/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The samples of the rows of a place, see sample.h. */
struct stat_sample {
	int64_t value;
	int64_t at_us; /* wall clock */
};

/* How many samples are kept: a number, or those of the last seconds. The newest one is always kept. */
struct stat_limit {
	bool by_age;
	uint32_t n; /* samples, or seconds */
};

struct stat_history {
	unsigned n;
	struct stat_samples_row {
		struct stat_sample last;   /* the newest; at_us 0: none yet */
		struct stat_sample *older; /* the others, oldest first */
		unsigned n_older, cap;
		bool is_hidden, has_limit;
		struct stat_limit limit;
	} v[];
};

struct stat_history *stat_history_new(unsigned n);
void stat_history_free(struct stat_history *history); /* NULL is fine */
