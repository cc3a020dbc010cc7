/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * Two clocks. Wall time is for files, the wire and people; boot time (CLOCK_BOOTTIME) is for timers
 * and for deciding whether a lease is over, so a step of the wall clock expires nothing. Tests put
 * both under their own control with clock_set_virtual().
 */
int64_t clock_wall_sec(void);
int64_t clock_wall_us(void);
int64_t clock_boot_sec(void);
int64_t clock_boot_ms(void);
int64_t clock_boot_us(void);
/* Rounded up: where a time begins that must not end before it was meant to. */
int64_t clock_sec_up(int64_t us);
int64_t clock_wall_sec_up(void);
int64_t clock_boot_sec_up(void);

/* CLOCK_MONOTONIC, for real pauses: it goes on whatever tests do with the others. */
int64_t clock_mono_us(void);
int64_t clock_mono_ms(void);

/* From now on both clocks stand still and move only by clock_advance(). For tests. */
void clock_set_virtual(int64_t wall_sec, int64_t boot_sec);
void clock_advance(int64_t ms);
/* Move the wall clock alone, as settimeofday() would. For tests. */
void clock_step_wall(int64_t ms);
void clock_set_real(void);
