/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Decides what to leave unread when more arrives than the server can handle. The only measure is how long
 * datagrams wait in the sockets. While even the shortest wait stays long, the socket filters reject a growing
 * share of the messages that begin an exchange, at no cost to the server: clients that already got a response
 * complete their exchange, and the messages that are read get a timely response. A message that waited so long
 * that its client has given up is not served. Based on CoDel (RFC 8289). Arithmetic only; one thread.
 */
struct flood {
	uint32_t keep;       /* share of initial messages to accept, of 2^32; 0 = all, no flood */
	int64_t shortest_us; /* since the last step; negative: nothing was read */
	int64_t step_us, hold_us;
	int64_t since_us, since_wait_us; /* start of the current long wait, and its length then */
};

enum { FLOOD_STEP_US = 10000 };

/* Records the wait of the oldest datagram in a batch that was read. */
void flood_note(struct flood *flood, int64_t wait_us, int64_t now_us);
/*
 * Records that everything has been read: there is no queue. If datagrams waited long all the same, the host did not run
 * the server earlier, and to leave some unread would not help the others.
 */
void flood_note_empty(struct flood *flood);
/* Returns true if keep has changed. Call it often while datagrams arrive, and every step while keep is not 0. */
bool flood_step(struct flood *flood, int64_t now_us);
/*
 * True if the sender has given up, or will have before the response arrives; `more`: other datagrams are queued
 * after it.
 */
bool flood_is_stale(int64_t wait_us, bool more);
