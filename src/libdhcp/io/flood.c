/* SPDX-License-Identifier: MPL-2.0 */
#include "io/flood.h"

enum {
	TARGET_US = 20000,    /* a wait that keeps the server busy and that no client notices */
	EMPTY_US = 2000,      /* practically no queue */
	STANDING_US = 100000, /* above the target for this long: a flood, not a burst */
	STALE_US = 800000,    /* RFC 8415 7.6: clients retransmit after one second, DHCPv4 clients after four */
	GONE_US = 10000000,
};
#define ALL (UINT64_C(1) << 32)
#define LEAST (ALL / 256)

void flood_note(struct flood *flood, int64_t wait_us, int64_t now_us)
{
	if (!flood->step_us)
		flood->step_us = now_us;
	if (flood->shortest_us < 0 || wait_us < flood->shortest_us)
		flood->shortest_us = wait_us;
}

void flood_note_empty(struct flood *flood)
{
	flood->shortest_us = 0;
}

/* A change only has an effect once everything queued before it has been read. */
static uint64_t less(struct flood *flood, uint64_t keep, int64_t wait_us, int64_t now_us)
{
	if (now_us < flood->hold_us)
		return keep;
	flood->hold_us = now_us + wait_us;
	keep = wait_us > 3 * TARGET_US ? keep / 2 : keep * 7 / 8;
	return keep > LEAST ? keep : LEAST;
}

/* Long for a while and not getting shorter: the backlog after a disk stall is still served. */
static bool begins(struct flood *flood, int64_t wait_us, int64_t now_us)
{
	bool draining = wait_us < flood->since_wait_us - flood->since_wait_us / 8;

	if (flood->since_us && now_us - flood->since_us < STANDING_US)
		return false;
	if (flood->since_us && !draining)
		return true;
	flood->since_us = now_us;
	flood->since_wait_us = wait_us;
	return false;
}

bool flood_step(struct flood *flood, int64_t now_us)
{
	int64_t wait_us = flood->shortest_us > 0 ? flood->shortest_us : 0;
	uint64_t was = flood->keep ? flood->keep : ALL, keep = was;

	if (now_us - flood->step_us < FLOOD_STEP_US)
		return false;
	flood->step_us = now_us;
	flood->shortest_us = -1;
	if (wait_us <= TARGET_US) {
		flood->since_us = 0;
		keep = wait_us < EMPTY_US ? keep * 6 / 5 : keep * 17 / 16;
		if (keep > ALL)
			keep = ALL;
	} else if (flood->keep || begins(flood, wait_us, now_us)) {
		keep = less(flood, keep, wait_us, now_us);
	}
	flood->keep = keep < ALL ? (uint32_t)keep : 0;
	return keep != was;
}

bool flood_is_stale(int64_t wait_us, bool more)
{
	return wait_us > GONE_US || (more && wait_us > STALE_US);
}
