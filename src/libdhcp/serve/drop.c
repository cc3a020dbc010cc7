/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/drop.h"

const struct drop_row drop_rows[DROP_N] = {
	[DROP_NONE] = { .name = "none", .stat = STAT_RECEIVE_DROP },
	[DROP_PARSE] = { .name = "parse", .stat = STAT_PARSE_FAILED },
	[DROP_NO_TYPE] = { .name = "no message type", .stat = STAT_RFC_VIOLATION },
	[DROP_UNKNOWN_TYPE] = { .name = "unknown message type", .stat = STAT_RFC_VIOLATION },
	[DROP_UNSUPPORTED_TYPE] = { .name = "unsupported message type", .stat = STAT_RFC_VIOLATION },
	[DROP_NOT_CLIENT] = { .name = "not sent by a client", .stat = STAT_RFC_VIOLATION },
	[DROP_NO_SUBNET] = { .name = "no subnet", .stat = STAT_NOT_FOR_US },
	[DROP_NOT_FOR_US] = { .name = "other server", .stat = STAT_NOT_FOR_US },
	[DROP_NO_IDENTITY] = { .name = "no client identity", .stat = STAT_RFC_VIOLATION },
	[DROP_RULE] = { .name = "protocol rule", .stat = STAT_RFC_VIOLATION },
	[DROP_UNICAST] = { .name = "unicast", .stat = STAT_RFC_VIOLATION },
	[DROP_DUPLICATE] = { .name = "repetition", .stat = STAT_DUPLICATE },
	[DROP_NO_RECORD] = { .name = "unknown client", .stat = STAT_NOT_FOR_US },
	[DROP_NO_ADDRESS] = { .name = "no address", .stat = STAT_PROCESSING_FAILED },
	[DROP_UNKNOWN] = { .name = "no reservation", .stat = STAT_ADMIN_FILTERED },
	[DROP_MAX_LEASES] = { .name = "too many leases", .stat = STAT_LIMIT_EXCEEDED },
	[DROP_STORE] = { .name = "not stored", .stat = STAT_PROCESSING_FAILED, .is_undone = true },
	[DROP_CONFLICT] = { .name = "conflict", .stat = STAT_PROCESSING_FAILED, .is_undone = true },
	[DROP_TOO_BIG] = { .name = "answer too big", .stat = STAT_PROCESSING_FAILED },
	[DROP_CLASS] = { .name = "class DROP", .stat = STAT_ADMIN_FILTERED },
	[DROP_CLASS_EARLY] = { .name = "class DROP after the early host lookup", .stat = STAT_ADMIN_FILTERED },
	[DROP_CLASS_HOST] = { .name = "class DROP after the host lookup", .stat = STAT_ADMIN_FILTERED },
	[DROP_HOOK] = { .name = "hook library", .stat = STAT_ADMIN_FILTERED, .is_undone = true },
	[DROP_LIMIT] = { .name = "limit", .stat = STAT_LIMIT_EXCEEDED },
};
