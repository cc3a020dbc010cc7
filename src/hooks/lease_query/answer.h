/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease_query/messages.h"
#include "lease_query/out.h"
#include "lease_query/query.h"
#include "number.h"

/* What the answers of both families share. */

enum { STATE_DEFAULT = 0, STATE_DECLINED = 1, STATE_RECLAIMED = 2, STATE_RELEASED = 3, STATE_REGISTERED = 4 };
enum { TYPE_NA = 0, TYPE_TA = 1, TYPE_PD = 2 };

/* An active binding: assigned, and not expired. */
static inline bool is_active(const struct kea_object *lease)
{
	return number_of(lease, KEA_LEASE_STATE) == STATE_DEFAULT && number_of(lease, KEA_LEASE_LEFT) > 0;
}

/* lease6.c: adds the address or prefix of a lease, with the times that are left; is_over: they are 0. */
void add_lease6(struct out *out, const struct kea_object *lease, bool is_over);

/* Options of responses, and of queries by UDP. */
enum {
	OPT6_CLIENTID = 1,
	OPT6_SERVERID = 2,
	OPT6_IAADDR = 5,
	OPT6_STATUS_CODE = 13,
	OPT6_IAPREFIX = 26,
	OPT6_LQ_QUERY = 44,
	OPT6_CLIENT_DATA = 45,
	OPT6_CLT_TIME = 46,
	OPT6_CLIENT_LINK = 48,
};

/* RFC 5007 4.1.3, RFC 5460 5.5 */
enum {
	STATUS6_UNKNOWN_QUERY_TYPE = 7,
	STATUS6_MALFORMED_QUERY = 8,
	STATUS6_NOT_CONFIGURED = 9,
	STATUS6_NOT_ALLOWED = 10,
	STATUS6_QUERY_TERMINATED = 11,
	/* RFC 7653 */
	STATUS6_DATA_MISSING = 12,
	STATUS6_CATCH_UP_COMPLETE = 13,
	STATUS6_NOT_SUPPORTED = 14,
	STATUS6_TLS_CONNECTION_REFUSED = 15,
};
enum { REPLY6 = 7, LEASEQUERY_REPLY = 15, LEASEQUERY_DONE = 16, LEASEQUERY_DATA = 17 };
enum {
	DHCPLEASEUNASSIGNED = 11,
	DHCPLEASEUNKNOWN = 12,
	DHCPLEASEACTIVE = 13,
	DHCPLEASEQUERYDONE = 15,
	DHCPLEASEQUERYSTATUS = 17,
	DHCPTLS = 18,
};
enum {
	OPT_LEASE_TIME = 51,
	OPT_TYPE = 53,
	OPT_SERVER_ID = 54,
	OPT_PARAMETER_REQUEST_LIST = 55,
	OPT_T1 = 58,
	OPT_T2 = 59,
	OPT_CLIENT_ID = 61,
	OPT_RELAY_AGENT_INFO = 82,
	OPT_LAST_TRANSACTION_TIME = 91,
	OPT_ASSOCIATED_IP = 92,
	OPT_STATUS_CODE = 151,
	OPT_BASE_TIME = 152,
	OPT_START_TIME_OF_STATE = 153,
	OPT_DHCP_STATE = 156,
	OPT_DATA_SOURCE = 157,
	OPT_END = 255,
};
