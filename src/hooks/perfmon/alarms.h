/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfmon/durations.h"

#include <kea/hooks.h>

/* Alarms of durations that are too long on average, from the parameters. All in the main thread. */
struct alarm_row {
	uint8_t query, response;
	uint32_t subnet;
	unsigned pair;
	bool is_enabled;
	int64_t high_ms, low_ms;
	bool is_triggered;
	int64_t since_us;  /* wall clock */
	int64_t logged_ms; /* when it was last logged; clock of now_ms() */
};

struct alarms {
	struct alarm_row *v;
	unsigned n;
	int64_t report_ms; /* how often a triggered alarm is logged */
};

/* Reads the list "alarms"; errors are reported with fail(). */
void alarms_read(struct alarms *alarms, struct kea_library *lib, const struct kea_json *list);
void alarms_done(struct alarms *alarms);
/* Returns the alarm of this duration; NULL: none. */
struct alarm_row *alarms_find(const struct alarms *alarms, const struct group *group, unsigned pair);
/* An interval has ended, whose values are in group->last. now_us: wall clock. */
void alarm_check(const struct alarms *alarms, struct alarm_row *alarm, int family, const struct group *group,
		 int64_t now_us);
