/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/sql_clock.h"

#include "base/clock.h"

#define SLACK_US 750000 /* the distance in whole seconds may be wrong by this much before it changes */

static int64_t to_sec(int64_t us)
{
	return (us >= 0 ? us + 500000 : us - 500000) / 1000000;
}

bool sql_clock_measure(struct sql_clock *clock, int64_t db_us, int64_t before_us, int64_t after_us)
{
	int64_t low = db_us - after_us, high = db_us - before_us, off_us;

	if (!clock->is_measured)
		clock->estimate_us = low + (high - low) / 2;
	else if (clock->estimate_us < low)
		clock->estimate_us = low;
	else if (clock->estimate_us > high)
		clock->estimate_us = high;
	off_us = atomic_load(&clock->off_sec) * 1000000;
	if (clock->is_measured && clock->estimate_us - off_us <= SLACK_US && off_us - clock->estimate_us <= SLACK_US)
		return false;
	clock->is_measured = true;
	atomic_store(&clock->off_sec, to_sec(clock->estimate_us));
	return true;
}

int64_t sql_clock_wall_ahead(const struct sql_clock *clock)
{
	return to_sec(clock_wall_us() - clock_boot_us()) - atomic_load_explicit(&clock->off_sec, memory_order_relaxed);
}
