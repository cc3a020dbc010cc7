/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * What to leave unread when more arrives than can be served. How long datagrams wait in the sockets is the
 * only measure. While even the shortest wait stays long, a growing share of the messages that begin an
 * exchange is refused by the sockets' filters, where that costs the server nothing: those who were answered
 * once get to the end, and what is read is answered in time. What has waited so long that nobody waits for the
 * answer any more is not served. See CoDel (RFC 8289) for the thinking. Arithmetic only; one thread.
 */
struct flood {
	uint32_t keep;       /* share of beginnings that are let in, of 2^32; 0 = all, no flood */
	int64_t shortest_us; /* wait since the last step; negative: nothing was read */
	int64_t step_us, hold_us;
	int64_t since_us, since_wait_us; /* the wait is long since then, and how long it was */
};

enum { FLOOD_STEP_US = 10000 };

/* Something was read that waited for so long, and the oldest of what was there. */
void flood_note(struct flood *flood, int64_t wait_us, int64_t now_us);
/* True when keep has changed. To be called often while datagrams arrive, and each step while keep is not 0. */
bool flood_step(struct flood *flood, int64_t now_us);
/* Whoever sent it has given up, or will have before the answer comes; `more`: others wait behind it. */
bool flood_is_stale(int64_t wait_us, bool more);
