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

struct d2_stats {
	uint64_t n[D2_STAT_N];
};

/* By enum d2_stat: "ncr-received"; for a key in "key[NAME].update-sent". */
extern const char *const d2_stat_names[];
