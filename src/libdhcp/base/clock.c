/* SPDX-License-Identifier: MPL-2.0 */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>

static atomic_bool is_virtual;
static atomic_llong virtual_wall_us, virtual_boot_us;

static int64_t real_us(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	return atomic_load(&is_virtual) ? atomic_load(&virtual_wall_us) : real_us(CLOCK_REALTIME);
}

int64_t clock_boot_us(void)
{
	return atomic_load(&is_virtual) ? atomic_load(&virtual_boot_us) : real_us(CLOCK_BOOTTIME);
}

int64_t clock_mono_us(void)
{
	return real_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

int64_t clock_wall_sec(void)
{
	return clock_wall_us() / 1000000;
}

int64_t clock_boot_sec(void)
{
	return clock_boot_us() / 1000000;
}

int64_t clock_sec_up(int64_t us)
{
	return us / 1000000 + (us % 1000000 > 0);
}

int64_t clock_wall_sec_up(void)
{
	return clock_sec_up(clock_wall_us());
}

int64_t clock_boot_sec_up(void)
{
	return clock_sec_up(clock_boot_us());
}

int64_t clock_boot_ms(void)
{
	return clock_boot_us() / 1000;
}

void clock_set_virtual(int64_t wall_sec, int64_t boot_sec)
{
	atomic_store(&virtual_wall_us, wall_sec * 1000000);
	atomic_store(&virtual_boot_us, boot_sec * 1000000);
	atomic_store(&is_virtual, true);
}

void clock_advance(int64_t ms)
{
	atomic_fetch_add(&virtual_wall_us, ms * 1000);
	atomic_fetch_add(&virtual_boot_us, ms * 1000);
}

void clock_step_wall(int64_t ms)
{
	atomic_fetch_add(&virtual_wall_us, ms * 1000);
}

void clock_set_real(void)
{
	atomic_store(&is_virtual, false);
}
