/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/messages.h"
#include "lease_query/query.h"
#include "number.h"

/* What the answers of both families share. */

enum { STATE_DEFAULT = 0, TYPE_NA = 0, TYPE_PD = 2 };

/* An active binding: assigned, and not expired. */
static inline bool is_active(const struct kea_object *lease)
{
	return number_of(lease, KEA_LEASE_STATE) == STATE_DEFAULT && number_of(lease, KEA_LEASE_LEFT) > 0;
}

static inline void put32(uint8_t to[4], uint32_t v)
{
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
}
