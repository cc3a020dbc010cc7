/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of counters: one row per counter, with its name in each family (Kea's name if Kea has it), its kind
 * and its places. '#' stands for the digit of the family; NULL means that the family has no such counter.
 */
#include "stat/table.h"

/* clang-format off */
#define BOTH(both)   .name = { both, both }
#define TWO(v4, v6)  .name = { v4, v6 }
#define V4(v4)       .name = { v4, NULL }
#define V6(v6)       .name = { NULL, v6 }

#define GAUGE        .kind = STAT_IS_GAUGE
#define TOTAL        .kind = STAT_IS_TOTAL

/* For the server, each subnet, and each address or prefix pool. */
#define SUBNETS      .places = AT(PLACE_GLOBAL) | AT(PLACE_SUBNET)
#define POOLS        .places = AT(PLACE_GLOBAL) | AT(PLACE_SUBNET) | AT(PLACE_POOL)
#define PD_POOLS     .places = AT(PLACE_GLOBAL) | AT(PLACE_SUBNET) | AT(PLACE_PD_POOL)
#define ALL_POOLS    .places = AT(PLACE_GLOBAL) | AT(PLACE_SUBNET) | AT(PLACE_POOL) | AT(PLACE_PD_POOL)
/* Kea has no sum over all subnets. */
#define NO_SUM(pool) .places = AT(PLACE_SUBNET) | AT(pool)

const struct stat_row stat_table[STAT_N] = {
	/* packets in */
	[STAT_RECEIVED]                    = { BOTH("pkt#-received") },
	[STAT_DISCOVER_RECEIVED]           = { V4("pkt#-discover-received") },
	[STAT_OFFER_RECEIVED]              = { V4("pkt#-offer-received") },
	[STAT_REQUEST_RECEIVED]            = { BOTH("pkt#-request-received") },
	[STAT_ACK_RECEIVED]                = { V4("pkt#-ack-received") },
	[STAT_NAK_RECEIVED]                = { V4("pkt#-nak-received") },
	[STAT_RELEASE_RECEIVED]            = { BOTH("pkt#-release-received") },
	[STAT_DECLINE_RECEIVED]            = { BOTH("pkt#-decline-received") },
	[STAT_INFORM_RECEIVED]             = { V4("pkt#-inform-received") },
	[STAT_SOLICIT_RECEIVED]            = { V6("pkt#-solicit-received") },
	[STAT_ADVERTISE_RECEIVED]          = { V6("pkt#-advertise-received") },
	[STAT_REPLY_RECEIVED]              = { V6("pkt#-reply-received") },
	[STAT_CONFIRM_RECEIVED]            = { V6("pkt#-confirm-received") },
	[STAT_RENEW_RECEIVED]              = { V6("pkt#-renew-received") },
	[STAT_REBIND_RECEIVED]             = { V6("pkt#-rebind-received") },
	[STAT_INFREQUEST_RECEIVED]         = { V6("pkt#-infrequest-received") },
	[STAT_DHCPV4_QUERY_RECEIVED]       = { V6("pkt#-dhcpv4-query-received") },
	[STAT_DHCPV4_RESPONSE_RECEIVED]    = { V6("pkt#-dhcpv4-response-received") },
	[STAT_ADDR_REG_INFORM_RECEIVED]    = { V6("pkt#-addr-reg-inform-received") },
	[STAT_ADDR_REG_REPLY_RECEIVED]     = { V6("pkt#-addr-reg-reply-received") },
	[STAT_LEASE_QUERY_RECEIVED]        = { BOTH("pkt#-lease-query-received") },
	[STAT_UNKNOWN_RECEIVED]            = { BOTH("pkt#-unknown-received") },
	/* packets out */
	[STAT_SENT]                        = { BOTH("pkt#-sent") },
	[STAT_OFFER_SENT]                  = { V4("pkt#-offer-sent") },
	[STAT_ACK_SENT]                    = { V4("pkt#-ack-sent") },
	[STAT_NAK_SENT]                    = { V4("pkt#-nak-sent") },
	[STAT_ADVERTISE_SENT]              = { V6("pkt#-advertise-sent") },
	[STAT_REPLY_SENT]                  = { V6("pkt#-reply-sent") },
	[STAT_ADDR_REG_REPLY_SENT]         = { V6("pkt#-addr-reg-reply-sent") },
	[STAT_OPTIONS_OMITTED]             = { BOTH("pkt#-options-omitted") },
	/* packets dropped; each is also counted in receive-drop */
	[STAT_SERVICE_DISABLED]            = { BOTH("pkt#-service-disabled") },
	[STAT_PARSE_FAILED]                = { BOTH("pkt#-parse-failed") },
	[STAT_QUEUE_FULL]                  = { BOTH("pkt#-queue-full") },
	[STAT_DUPLICATE]                   = { BOTH("pkt#-duplicate") },
	[STAT_RFC_VIOLATION]               = { BOTH("pkt#-rfc-violation") },
	[STAT_ADMIN_FILTERED]              = { BOTH("pkt#-admin-filtered") },
	[STAT_NOT_FOR_US]                  = { BOTH("pkt#-not-for-us") },
	[STAT_PROCESSING_FAILED]           = { BOTH("pkt#-processing-failed") },
	[STAT_LIMIT_EXCEEDED]              = { BOTH("pkt#-limit-exceeded") },
	[STAT_RECEIVE_DROP]                = { BOTH("pkt#-receive-drop") },
	/* datagrams dropped before parsing: neither in received nor in receive-drop */
	[STAT_SOCKET_FULL]                 = { BOTH("pkt#-socket-full") },
	[STAT_SOCKET_STALE]                = { BOTH("pkt#-socket-stale") },
	[STAT_SOCKET_TRUNCATED]            = { BOTH("pkt#-socket-truncated") },
	[STAT_SOCKET_CHECKSUM]             = { V4("pkt#-socket-checksum") },
	[STAT_SOCKET_MALFORMED]            = { BOTH("pkt#-socket-malformed") },
	[STAT_SOCKET_NOT_FOR_US]           = { BOTH("pkt#-socket-not-for-us") },
	/* outgoing responses; all of them, including those dropped here, are also in sent */
	[STAT_SEND_FULL]                   = { BOTH("pkt#-send-full") },
	[STAT_SEND_FAILED]                 = { BOTH("pkt#-send-failed") },
	[STAT_SENT_BY_MAC]                 = { V4("pkt#-sent-by-mac") },
	/* requests to kea-dhcp-ddns */
	[STAT_NCR_SENT]                    = { BOTH("ncr-sent") },
	[STAT_NCR_DROPPED]                 = { BOTH("ncr-dropped") },
	/* addresses and leases */
	[STAT_ASSIGNED]                    = { TWO("assigned-addresses", "assigned-nas"), GAUGE, POOLS },
	[STAT_ASSIGNED_PD]                 = { V6("assigned-pds"), GAUGE, PD_POOLS },
	[STAT_CUMULATIVE_ASSIGNED]         = { TWO("cumulative-assigned-addresses", "cumulative-assigned-nas"), POOLS },
	[STAT_CUMULATIVE_ASSIGNED_PD]      = { V6("cumulative-assigned-pds"), PD_POOLS },
	[STAT_DECLINED]                    = { BOTH("declined-addresses"), GAUGE, POOLS },
	[STAT_RECLAIMED_DECLINED]          = { BOTH("reclaimed-declined-addresses"), POOLS },
	[STAT_RECLAIMED]                   = { BOTH("reclaimed-leases"), ALL_POOLS },
	[STAT_REGISTERED]                  = { V6("registered-nas"), GAUGE, SUBNETS },
	[STAT_CUMULATIVE_REGISTERED]       = { V6("cumulative-registered-nas"), SUBNETS },
	[STAT_ALLOC_FAIL]                  = { BOTH("v#-allocation-fail"), SUBNETS },
	[STAT_ALLOC_FAIL_SHARED_NETWORK]   = { BOTH("v#-allocation-fail-shared-network"), SUBNETS },
	[STAT_ALLOC_FAIL_SUBNET]           = { BOTH("v#-allocation-fail-subnet"), SUBNETS },
	[STAT_ALLOC_FAIL_NO_POOLS]         = { BOTH("v#-allocation-fail-no-pools"), SUBNETS },
	[STAT_ALLOC_FAIL_CLASSES]          = { BOTH("v#-allocation-fail-classes"), SUBNETS },
	[STAT_ALLOC_FAIL_DENY_UNKNOWN]     = { BOTH("v#-allocation-fail-deny-unknown"), SUBNETS },
	[STAT_ALLOC_FAIL_MAX_LEASES]       = { BOTH("v#-allocation-fail-max-leases"), SUBNETS },
	[STAT_RESERVATION_CONFLICTS]       = { BOTH("v#-reservation-conflicts"), SUBNETS },
	[STAT_LEASE_REUSES]                = { TWO("v#-lease-reuses", "v#-ia-na-lease-reuses"), SUBNETS },
	[STAT_PD_LEASE_REUSES]             = { V6("v#-ia-pd-lease-reuses"), SUBNETS },
	[STAT_TOTAL]                       = { TWO("total-addresses", "total-nas"), TOTAL, NO_SUM(PLACE_POOL) },
	[STAT_TOTAL_PD]                    = { V6("total-pds"), TOTAL, NO_SUM(PLACE_PD_POOL) },
};
/* clang-format on */
