/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "stat/history.h"
#include "stat/place.h"

/*
 * Samples of statistics: values with the time when they were seen, newest first. Counting leaves no samples, so it
 * costs nothing: reading a statistic takes a sample if its value has changed since the last one. A row that nobody
 * reads has none and uses no memory. The thread that reads statistics.
 */
#define STAT_SAMPLES_MAX 65535 /* per statistic, whatever the limit */

/*
 * Takes a sample if the value has changed. Returns the number of samples, 0 for a statistic that was removed and has
 * not changed since. fallback: the limit if the row has none of its own.
 */
unsigned stat_samples(struct stat_ref ref, const struct stat_limit *fallback);
/* Returns sample i of that number, 0 being the newest. */
struct stat_sample stat_sample(struct stat_ref ref, unsigned i);
/* Sets the limit of this row; it applies at the next reading. */
void stat_set_limit(struct stat_ref ref, const struct stat_limit *limit);
/* Resets a counter and discards its samples; a gauge or total keeps its value, and only its samples are discarded. */
void stat_restart(struct stat_ref ref);
/* Same, and hides the statistic until its value changes. */
void stat_hide(struct stat_ref ref);
