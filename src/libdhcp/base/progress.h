/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A bar for long work on a terminal, on standard error; silent if that is none. It appears after a second, so short
 * work shows nothing.
 *
 *	struct progress_bar bar = progress_begin("replay");
 *	while (work(&done))
 *		progress_show(&bar, done, total);
 *	progress_hide(&bar);
 */
struct progress_bar {
	const char *what; /* the caller's */
	int64_t next_us;  /* CLOCK_MONOTONIC: not drawn before; INT64_MAX: never */
	bool is_drawn;
};

struct progress_bar progress_begin(const char *what);
/* total 0: not known, nothing is drawn. */
void progress_show(struct progress_bar *bar, uint64_t done, uint64_t total);
/* Removes the bar, before other lines are printed and at the end. The next progress_show() draws it again. */
void progress_hide(struct progress_bar *bar);
