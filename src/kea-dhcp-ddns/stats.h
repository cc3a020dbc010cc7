/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/* Statistics of kea-dhcp-ddns, with Kea's names; each row exists for the whole process, some also for each TSIG key. */
enum d2_stat {
	D2_NCR_RECEIVED,
	D2_NCR_INVALID,
	D2_NCR_ERROR, /* the socket reported an error */
	D2_QUEUE_FULL,
	D2_UPDATE_SIGNED,
	D2_UPDATE_UNSIGNED,
	/* From here on also for each key. */
	D2_UPDATE_SENT,
	D2_UPDATE_SUCCESS, /* a valid response was received, whatever its code */
	D2_UPDATE_TIMEOUT,
	D2_UPDATE_ERROR, /* could not be sent, or the response was not valid */
	D2_STAT_N
};
#define D2_FIRST_OF_KEY D2_UPDATE_SENT

/* A statistic when it was read: reading takes a sample if the value has changed. */
struct d2_sample {
	uint64_t value;
	int64_t at_us; /* wall clock */
};
#define D2_SAMPLES 20 /* that are kept, as in Kea */

struct d2_stats {
	uint64_t n[D2_STAT_N];
	struct d2_samples {
		unsigned n;
		struct d2_sample v[D2_SAMPLES]; /* newest first */
	} samples[D2_STAT_N];
};

/* By enum d2_stat: "ncr-received"; for a key in "key[NAME.].update-sent". */
extern const char *const d2_stat_names[];
/* Sets everything to 0, as of now. */
void d2_stats_init(struct d2_stats *stats);
/* Takes a sample if the value has changed; returns all. */
const struct d2_samples *d2_stats_read(struct d2_stats *stats, enum d2_stat id);
/* Sets the value to 0 and discards the samples. */
void d2_stats_reset(struct d2_stats *stats, enum d2_stat id);
