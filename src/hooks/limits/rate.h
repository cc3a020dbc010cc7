/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * At most `max` events in any period of `unit_ms`. The period is divided into slices: an event counts until its slice
 * is as old as the period, so the limit is never exceeded, and a new event may have to wait 1/64 of the period longer
 * than necessary. Any thread.
 */
enum { RATE_SLICES = 64 };

struct rate {
	uint32_t max;
	int64_t unit_ms;
	pthread_mutex_t lock; /* guards what follows */
	int64_t slice;        /* number of the current slice */
	uint64_t n;           /* of all slices */
	uint32_t slices[RATE_SLICES + 1];
};

void rate_init(struct rate *rate, uint32_t max, int64_t unit_ms);
void rate_done(struct rate *rate);
/* Counts one more event; false if it exceeds the limit, and is not counted. Times never go back. */
bool rate_take(struct rate *rate, int64_t now_ms);
/* Reads "16 packets per hour"; false if it is something else. */
bool rate_parse(const char *text, uint32_t *ret_max, int64_t *ret_unit_ms);
