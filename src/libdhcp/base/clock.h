/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * Two clocks. Wall-clock time is for files, the wire and people; boot time (CLOCK_BOOTTIME) is for timers and
 * for deciding whether a lease has expired, so that setting the wall clock expires nothing. Tests control both
 * with clock_set_virtual().
 */
int64_t clock_wall_sec(void);
int64_t clock_wall_us(void);
int64_t clock_boot_sec(void);
int64_t clock_boot_ms(void);
int64_t clock_boot_us(void);
/* Rounds up, for the start of a period that must not end too early. */
int64_t clock_sec_up(int64_t us);
int64_t clock_wall_sec_up(void);
int64_t clock_boot_sec_up(void);

/* CLOCK_MONOTONIC, for real delays: it keeps running when tests stop the other clocks. */
int64_t clock_mono_us(void);
int64_t clock_mono_ms(void);

/* For tests: from now on both clocks stand still and only move by clock_advance(). */
void clock_set_virtual(int64_t wall_sec, int64_t boot_sec);
void clock_advance(int64_t ms);
/* For tests: moves only the wall clock, as settimeofday() would. */
void clock_step_wall(int64_t ms);
void clock_set_real(void);
