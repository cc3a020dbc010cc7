/* SPDX-License-Identifier: MPL-2.0 */
/* The lease as a value: setting its times, copying it, naming its state. */
#include "lease/lease.h"

#include "base/clock.h"
#include "base/err.h"

void lease_start(struct lease *lease, uint32_t valid)
{
	lease->valid = valid;
	/* The client counts from this moment, not from the start of the current second. */
	lease->cltt = clock_wall_sec_up();
	lease->expires = valid == LEASE_FOREVER ? INT64_MAX : clock_boot_sec_up() + valid;
}

uint32_t lease_left(const struct lease *lease)
{
	int64_t left = lease->expires - clock_boot_sec_up();

	if (lease->expires == INT64_MAX)
		return LEASE_FOREVER;
	return left <= 0 ? 0 : left < (int64_t)lease->valid ? (uint32_t)left : lease->valid;
}

void lease_end(struct lease *lease, enum lease_state state)
{
	/* An infinite lease would be kept forever. */
	if (lease->valid == LEASE_FOREVER)
		lease->valid = 1;
	lease->state = state;
	lease->expires = clock_boot_sec();
	lease->cltt = clock_wall_sec() - lease->valid;
}

int lease_copy(struct arena *arena, const struct lease *from, struct lease *ret)
{
	size_t host_len = from->hostname ? strlen(from->hostname) : 0;
	size_t context_len = from->user_context ? strlen(from->user_context) : 0;
	size_t len = from->hwaddr.len + from->client_id.len + host_len + 1 + context_len + 1;
	uint8_t *p = arena_alloc(arena, len);
	struct lease copy = *from;

	if (!p)
		return -E_NOMEM;
	copy.hwaddr.data = p;
	if (from->hwaddr.len)
		memcpy(p, from->hwaddr.data, from->hwaddr.len);
	p += from->hwaddr.len;
	copy.client_id.data = p;
	if (from->client_id.len)
		memcpy(p, from->client_id.data, from->client_id.len);
	p += from->client_id.len;
	/* The arena's memory is zeroed, so the strings are terminated. */
	copy.hostname = (char *)p;
	if (host_len)
		memcpy(p, from->hostname, host_len);
	p += host_len + 1;
	if (from->user_context) {
		copy.user_context = (char *)p;
		memcpy(p, from->user_context, context_len);
	}
	*ret = copy;
	return 0;
}

const char *lease_address_text(const struct lease *lease, char *buf)
{
	struct prefix prefix = { lease->addr, lease->prefix_len };

	return lease->type == LEASE_PD ? prefix_format(&prefix, buf) : ip_format(&lease->addr, buf);
}

const char *lease_state_name(enum lease_state state)
{
	static const char *const names[] = {
		[LEASE_DEFAULT] = "default",
		[LEASE_DECLINED] = "declined",
		[LEASE_RECLAIMED] = "expired-reclaimed",
		[LEASE_RELEASED] = "released",
		[LEASE_REGISTERED] = "registered",
	};

	return (unsigned)state < LEASE_STATE_N ? names[state] : "unknown";
}
