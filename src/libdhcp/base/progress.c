/* SPDX-License-Identifier: MPL-2.0 */
#include "base/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_US 1000000
#define NEXT_US 100000
#define BAR 40 /* columns */

struct progress_bar progress_begin(const char *what)
{
	return (struct progress_bar){ what, isatty(STDERR_FILENO) ? clock_mono_us() + FIRST_US : INT64_MAX, false };
}

void progress_show(struct progress_bar *bar, uint64_t done, uint64_t total)
{
	static const char full[] = "########################################";
	int64_t now_us;
	int filled;

	if (bar->next_us == INT64_MAX || !total || (now_us = clock_mono_us()) < bar->next_us)
		return;
	bar->next_us = now_us + NEXT_US;
	bar->is_drawn = true;
	done = done > total ? total : done;
	filled = (int)((double)done / (double)total * BAR);
	fprintf(stderr, "\r%s [%.*s%*s] %3d %%", bar->what, filled, full, BAR - filled, "",
		(int)((double)done / (double)total * 100));
	(void)fflush(stderr);
}

void progress_hide(struct progress_bar *bar)
{
	if (!bar->is_drawn)
		return;
	fputs("\r\033[K", stderr);
	(void)fflush(stderr);
	bar->is_drawn = false;
}
