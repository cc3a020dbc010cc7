/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/bulk_parse.h"

#include <kea/hooks.h>

/* What relays said when a lease was assigned: in its user-context, with "store-extended-info". */

#define RELAY_INFO_MAX 255

/* Writes the value of option 82; returns its length, 0 if there is none. */
size_t relay_info4(const struct kea_object *lease, uint8_t info[RELAY_INFO_MAX]);

/* Identifiers that queries are about: BULK_BY_RELAY_ID or BULK_BY_REMOTE_ID. */
struct relay_wanted {
	int family;
	enum bulk_by by;
	const uint8_t *id;
	size_t len;
	/* The same as digits: whatever does not contain them is not read as JSON. */
	char upper[2 * BULK_ID_MAX + 1], lower[2 * BULK_ID_MAX + 1];
};
void relay_wanted(struct relay_wanted *wanted, int family, const struct bulk_query *query);
/* True if the lease was assigned through a relay with that identifier. */
bool relay_is_wanted(const struct relay_wanted *wanted, const struct kea_object *lease);
