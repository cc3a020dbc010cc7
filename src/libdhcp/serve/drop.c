/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/drop.h"

const struct drop_row drop_rows[DROP_N] = {
	[DROP_NONE] = { "none", STAT_RECEIVE_DROP },
	[DROP_PARSE] = { "parse", STAT_PARSE_FAILED },
	[DROP_NO_TYPE] = { "no message type", STAT_RFC_VIOLATION },
	[DROP_UNKNOWN_TYPE] = { "unknown message type", STAT_RFC_VIOLATION },
	[DROP_UNSUPPORTED_TYPE] = { "unsupported message type", STAT_RFC_VIOLATION },
	[DROP_NOT_CLIENT] = { "not sent by a client", STAT_RFC_VIOLATION },
	[DROP_NO_SUBNET] = { "no subnet", STAT_NOT_FOR_US },
	[DROP_NOT_FOR_US] = { "other server", STAT_NOT_FOR_US },
	[DROP_NO_IDENTITY] = { "no client identity", STAT_RFC_VIOLATION },
	[DROP_RULE] = { "protocol rule", STAT_RFC_VIOLATION },
	[DROP_UNICAST] = { "unicast", STAT_RFC_VIOLATION },
	[DROP_DUPLICATE] = { "repetition", STAT_DUPLICATE },
	[DROP_NO_RECORD] = { "unknown client", STAT_NOT_FOR_US },
	[DROP_NO_ADDRESS] = { "no address", STAT_PROCESSING_FAILED },
	[DROP_MAX_LEASES] = { "too many leases", STAT_LIMIT_EXCEEDED },
	[DROP_STORE] = { "not stored", STAT_PROCESSING_FAILED },
	[DROP_CONFLICT] = { "conflict", STAT_PROCESSING_FAILED },
	[DROP_TOO_BIG] = { "answer too big", STAT_PROCESSING_FAILED },
	[DROP_HOOK] = { "hook library", STAT_ADMIN_FILTERED },
	[DROP_LIMIT] = { "limit", STAT_LIMIT_EXCEEDED },
};
