/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The clock of a database, which decides when the leases in it expire: servers on one database may disagree about the
 * time. All that is kept is the distance to the boot clock, in whole seconds, so that a time keeps its value when it is
 * written and read again. Any thread.
 */
struct sql_clock {
	_Atomic int64_t off_sec;
	int64_t estimate_us; /* used by sql_clock_measure() alone */
	bool is_measured;
};

/*
 * The database's clock read `db_us` (since 1970) at some moment between these two times of the boot clock. One thread.
 * Returns true if the distance changed.
 */
bool sql_clock_measure(struct sql_clock *clock, int64_t db_us, int64_t before_us, int64_t after_us);

static inline int64_t sql_clock_from_boot(const struct sql_clock *clock, int64_t boot_sec)
{
	return boot_sec + atomic_load_explicit(&clock->off_sec, memory_order_relaxed);
}

static inline int64_t sql_clock_to_boot(const struct sql_clock *clock, int64_t db_sec)
{
	return db_sec - atomic_load_explicit(&clock->off_sec, memory_order_relaxed);
}

/* How far this host's wall clock is ahead of the database's, s. */
int64_t sql_clock_wall_ahead(const struct sql_clock *clock);
