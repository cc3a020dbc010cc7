/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Responses to DHCPBULKLEASEQUERY (RFC 6926): DHCPLEASEACTIVE or DHCPLEASEUNASSIGNED for each lease that is stored, in
 * any state, then DHCPLEASEQUERYDONE. Addresses without a lease in the database are not listed.
 *
 * To DHCPACTIVELEASEQUERY (RFC 7724): the same for each change, and DHCPLEASEQUERYSTATUS.
 */
#include "lease_query/answer.h"
#include "lease_query/bulk_run.h"

#include <time.h>

enum { OP_REPLY = 2, HEADER_LEN = 236, CHADDR_MAX = 16, AT_HTYPE = 1, AT_XID = 4, AT_CIADDR = 12, AT_CHADDR = 28 };

/* RFC 6926 6.2.7 */
enum { AVAILABLE = 1, ACTIVE = 2, EXPIRED = 3, RELEASED = 4, ABANDONED = 5 };

static void option(struct out *out, uint8_t code, const void *value, size_t len)
{
	out8(out, code);
	out8(out, (uint8_t)len);
	out_bytes(out, value, len);
}

static void option32(struct out *out, uint8_t code, int64_t value)
{
	uint8_t bytes[4];

	put32(bytes, value > UINT32_MAX ? UINT32_MAX : value < 0 ? 0 : (uint32_t)value);
	option(out, code, bytes, sizeof(bytes));
}

static void header(struct out *out, const struct bulk_run *run, const struct kea_object *lease, uint8_t type)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99 };
	uint8_t bytes[HEADER_LEN] = { OP_REPLY };
	size_t len = 0;
	const void *value;

	memcpy(bytes + AT_XID, run->query.xid, sizeof(run->query.xid));
	value = lease ? kea->get_bytes(lease, KEA_LEASE_ADDRESS, &len) : NULL;
	if (value && len == 4)
		memcpy(bytes + AT_CIADDR, value, len);
	value = lease ? kea->get_bytes(lease, KEA_LEASE_HWADDR, &len) : NULL;
	if (value && len <= CHADDR_MAX) {
		bytes[AT_HTYPE] = (uint8_t)number_of(lease, KEA_LEASE_HWTYPE);
		bytes[AT_HTYPE + 1] = (uint8_t)len;
		memcpy(bytes + AT_CHADDR, value, len);
	}
	out_bytes(out, bytes, sizeof(bytes));
	out_bytes(out, cookie, sizeof(cookie));
	option(out, OPT_TYPE, &type, 1);
	option(out, OPT_SERVER_ID, run->server, sizeof(run->server));
}

static uint8_t state_of(const struct kea_object *lease)
{
	switch (number_of(lease, KEA_LEASE_STATE)) {
	case STATE_DECLINED:
		return ABANDONED;
	case STATE_RECLAIMED:
		return AVAILABLE;
	case STATE_RELEASED:
		return RELEASED;
	default:
		return is_active(lease) ? ACTIVE : EXPIRED;
	}
}

static uint8_t state_after(const struct kea_object *lease, enum kea_change change)
{
	switch ((int)change) {
	case KEA_CHANGE_RELEASED:
		return RELEASED;
	case KEA_CHANGE_DECLINED:
		return ABANDONED;
	case KEA_CHANGE_EXPIRED:
		return number_of(lease, KEA_LEASE_STATE) == STATE_DECLINED ? AVAILABLE : EXPIRED;
	case KEA_CHANGE_DELETED:
		return AVAILABLE;
	default:
		return state_of(lease);
	}
}

/* RFC 6926 6.2.3: times of the message are relative to its base-time. */
static void add_times(struct out *out, const struct kea_object *lease, bool is_over)
{
	int64_t now = (int64_t)time(NULL), elapsed = number_of(lease, KEA_LEASE_ELAPSED);
	int64_t t1 = number_of(lease, KEA_LEASE_T1), t2 = number_of(lease, KEA_LEASE_T2);

	option32(out, OPT_BASE_TIME, now);
	if (is_active(lease) && !is_over) {
		option32(out, OPT_LEASE_TIME, number_of(lease, KEA_LEASE_LEFT));
		if (t1 > elapsed)
			option32(out, OPT_T1, t1 - elapsed);
		if (t2 > elapsed)
			option32(out, OPT_T2, t2 - elapsed);
	}
	option32(out, OPT_LAST_TRANSACTION_TIME, elapsed);
	option32(out, OPT_START_TIME_OF_STATE, is_over ? 0 : now - bulk_state_began(lease));
}

static void add_lease(struct out *out, const struct bulk_run *run, const struct kea_object *lease,
		      enum kea_change change)
{
	uint8_t info[RELAY_INFO_MAX], state = state_after(lease, change);
	size_t begin = out->n, len = 0;
	const void *id = kea->get_bytes(lease, KEA_LEASE_CLIENT_ID, &len);

	out16(out, 0);
	header(out, run, lease, state == ACTIVE ? DHCPLEASEACTIVE : DHCPLEASEUNASSIGNED);
	option(out, OPT_DHCP_STATE, &state, 1);
	add_times(out, lease, bulk_ends(change));
	if (id && len <= 255)
		option(out, OPT_CLIENT_ID, id, len);
	len = relay_info4(lease, info);
	if (len)
		option(out, OPT_RELAY_AGENT_INFO, info, len);
	out8(out, OPT_END);
	out_end(out, begin);
}

static void add_code(struct out *out, enum bulk_status status, const char *text)
{
	/* RFC 6926 6.2.2, RFC 7724 6.2.2; a type of query that is not known does not exist. 0: none is sent. */
	static const uint8_t codes[] = {
		[BULK_SUCCESS] = 0,       [BULK_NOT_CONFIGURED] = 1, [BULK_TERMINATED] = 2,
		[BULK_UNKNOWN_TYPE] = 3,  [BULK_MALFORMED] = 3,      [BULK_NOT_ALLOWED] = 4,
		[BULK_NOT_SUPPORTED] = 4, [BULK_DATA_MISSING] = 5,   [BULK_CONNECTION_ACTIVE] = 6,
		[BULK_CAUGHT_UP] = 7,     [BULK_TLS_REFUSED] = 8,
	};
	size_t len = text ? strlen(text) : 0;

	if (!codes[status] || len >= 255)
		return;
	out8(out, OPT_STATUS_CODE);
	out8(out, (uint8_t)(1 + len));
	out8(out, codes[status]);
	out_bytes(out, text, len);
}

static void add_message(struct out *out, const struct bulk_run *run, uint8_t type, enum bulk_status status,
			const char *text)
{
	size_t begin = out->n;

	out16(out, 0);
	header(out, run, NULL, type);
	if (type == DHCPLEASEQUERYSTATUS)
		option32(out, OPT_BASE_TIME, time(NULL));
	add_code(out, status, text);
	out8(out, OPT_END);
	out_end(out, begin);
}

static void add_end(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text)
{
	add_message(out, run, DHCPLEASEQUERYDONE, status, text);
}

static void add_status(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text)
{
	add_message(out, run, DHCPLEASEQUERYSTATUS, status, text);
}

static void add_tls(struct out *out, const struct bulk_run *run, enum bulk_status status, const char *text)
{
	add_message(out, run, DHCPTLS, status, text);
}

const struct bulk_family bulk4 = { bulk_parse4, add_lease, add_end, add_status, add_tls };
