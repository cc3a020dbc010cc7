/* SPDX-License-Identifier: MPL-2.0 */
#include "lease_query/answer.h"

/* The preferred lifetime ends before the valid one by as much as it is shorter. */
static uint32_t preferred_left(const struct kea_object *lease, uint32_t left)
{
	int64_t valid = number_of(lease, KEA_LEASE_VALID_LIFETIME);
	int64_t preferred = number_of(lease, KEA_LEASE_PREFERRED_LIFETIME);
	int64_t over = preferred < valid ? valid - preferred : 0;
	int64_t elapsed = number_of(lease, KEA_LEASE_ELAPSED);

	if (preferred == UINT32_MAX)
		return UINT32_MAX;
	if (left == UINT32_MAX)
		return preferred > elapsed ? (uint32_t)(preferred - elapsed) : 0;
	return left > over ? (uint32_t)(left - over) : 0;
}

void add_lease6(struct out *out, const struct kea_object *lease, bool is_over)
{
	bool is_prefix = number_of(lease, KEA_LEASE_TYPE) == TYPE_PD;
	uint32_t left = is_over ? 0 : (uint32_t)number_of(lease, KEA_LEASE_LEFT);
	uint8_t prefix_len = (uint8_t)number_of(lease, KEA_LEASE_PREFIX_LEN);
	size_t len = 0;
	const void *addr = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &len);

	if (!addr || len != LINKS_ADDR)
		return;
	out_head6(out, is_prefix ? OPT6_IAPREFIX : OPT6_IAADDR, is_prefix ? 25 : 24);
	if (!is_prefix)
		out_bytes(out, addr, len);
	out32(out, left ? preferred_left(lease, left) : 0);
	out32(out, left);
	if (is_prefix) {
		out_bytes(out, &prefix_len, 1);
		out_bytes(out, addr, len);
	}
}
