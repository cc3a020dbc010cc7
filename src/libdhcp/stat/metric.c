/* SPDX-License-Identifier: MPL-2.0 */
#include "stat/metric.h"

/* clang-format off */
#define BOTH(both)   .name = { both, both }
#define TWO(v4, v6)  .name = { v4, v6 }
#define V4(v4)       .name = { v4, 0 }
#define V6(v6)       .name = { 0, v6 }
#define VALUES(...)  .n = sizeof((struct metric_value[]){ __VA_ARGS__ }) / sizeof(struct metric_value), \
		     .v = { __VA_ARGS__ }

const struct metric_row metric_rows[] = {
	/* kea-exporter's; some of its gauges have names that end like those of counters */
	{ BOTH("packets_sent"), .help = "Packets sent", .label = "operation",
	  VALUES({ STAT_OFFER_SENT, "offer" }, { STAT_ACK_SENT, "ack" }, { STAT_NAK_SENT, "nak" },
		 { STAT_ADVERTISE_SENT, "advertise" }, { STAT_REPLY_SENT, "reply" },
		 { STAT_ADDR_REG_REPLY_SENT, "addr-reg-reply" }, { STAT_LEASE_ACTIVE_SENT, "lease-active" },
		 { STAT_LEASE_UNASSIGNED_SENT, "lease-unassigned" }, { STAT_LEASE_UNKNOWN_SENT, "lease-unknown" },
		 { STAT_LEASE_QUERY_REPLY_SENT, "lease-query-reply" }) },
	{ BOTH("packets_received"), .help = "Packets received", .label = "operation",
	  VALUES({ STAT_DISCOVER_RECEIVED, "discover" }, { STAT_OFFER_RECEIVED, "offer" },
		 { STAT_REQUEST_RECEIVED, "request" },
		 { STAT_ACK_RECEIVED, "ack" }, { STAT_NAK_RECEIVED, "nak" }, { STAT_RELEASE_RECEIVED, "release" },
		 { STAT_DECLINE_RECEIVED, "decline" }, { STAT_INFORM_RECEIVED, "inform" },
		 { STAT_SOLICIT_RECEIVED, "solicit" },
		 { STAT_ADVERTISE_RECEIVED, "advertise" }, { STAT_REPLY_RECEIVED, "reply" },
		 { STAT_CONFIRM_RECEIVED, "confirm" },
		 { STAT_RENEW_RECEIVED, "renew" }, { STAT_REBIND_RECEIVED, "rebind" },
		 { STAT_INFREQUEST_RECEIVED, "infrequest" },
		 { STAT_ADDR_REG_INFORM_RECEIVED, "addr-reg-inform" }, { STAT_LEASE_QUERY_RECEIVED, "lease-query" },
		 { STAT_UNKNOWN_RECEIVED, "unknown" }, { STAT_PARSE_FAILED, "parse-failed" },
		 { STAT_RECEIVE_DROP, "drop" }) },
	{ V6("packets_received_dhcp4"), .help = "DHCPv4-over-DHCPv6 packets received", .label = "operation",
	  VALUES({ STAT_DHCPV4_QUERY_RECEIVED, "query" }, { STAT_DHCPV4_RESPONSE_RECEIVED, "response" }) },
	{ BOTH("allocations_failed"), .help = "Clients that got no address or prefix, by the reason",
	  .label = "context",
	  VALUES({ STAT_ALLOC_FAIL_SUBNET, "subnet" }, { STAT_ALLOC_FAIL_SHARED_NETWORK, "shared-network" },
		 { STAT_ALLOC_FAIL_NO_POOLS, "no-pools" }, { STAT_ALLOC_FAIL_CLASSES, "classes" },
		 { STAT_ALLOC_FAIL_DENY_UNKNOWN, "deny-unknown" }, { STAT_ALLOC_FAIL_MAX_LEASES, "max-leases" }) },
	{ TWO("addresses_assigned_total", "na_assigned_total"), .help = "Assigned addresses", .is_gauge = true,
	  VALUES({ STAT_ASSIGNED, 0 }) },
	{ TWO("addresses_total", "na_total"), .help = "Addresses in pools", .is_gauge = true,
	  VALUES({ STAT_TOTAL, 0 }) },
	{ V6("pd_assigned_total"), .help = "Delegated prefixes", .is_gauge = true, VALUES({ STAT_ASSIGNED_PD, 0 }) },
	{ V6("pd_total"), .help = "Prefixes in pools", .is_gauge = true, VALUES({ STAT_TOTAL_PD, 0 }) },
	{ BOTH("addresses_declined_total"), .help = "Addresses that clients have declined", .is_gauge = true,
	  VALUES({ STAT_DECLINED, 0 }) },
	{ BOTH("addresses_declined_reclaimed"), .help = "Declined addresses that are available again",
	  VALUES({ STAT_RECLAIMED_DECLINED, 0 }) },
	{ BOTH("addresses_reclaimed"), .help = "Leases that expired and were reclaimed",
	  VALUES({ STAT_RECLAIMED, 0 }) },
	{ BOTH("reservation_conflicts"), .help = "Reserved addresses in use by another client",
	  VALUES({ STAT_RESERVATION_CONFLICTS, 0 }) },
	{ TWO("leases_reused", "na_reuses"), .help = "Renewals answered without storing them",
	  VALUES({ STAT_LEASE_REUSES, 0 }) },
	{ V6("pd_reuses"), .help = "Renewals of prefixes answered without storing them",
	  VALUES({ STAT_PD_LEASE_REUSES, 0 }) },
	/* what kea-exporter does not have */
	{ BOTH("leases_granted"), .help = "New leases since the start, without renewals", .label = "of",
	  VALUES({ STAT_CUMULATIVE_ASSIGNED, "addresses" }, { STAT_CUMULATIVE_ASSIGNED_PD, "prefixes" }) },
	{ V6("addresses_registered"), .help = "Addresses that clients have registered", .is_gauge = true,
	  VALUES({ STAT_REGISTERED, 0 }) },
	{ BOTH("packets_dropped"), .help = "Packets without a response, by the reason", .label = "reason",
	  VALUES({ STAT_SERVICE_DISABLED, "service-disabled" }, { STAT_PARSE_FAILED, "parse-failed" },
		 { STAT_QUEUE_FULL, "queue-full" }, { STAT_DUPLICATE, "duplicate" },
		 { STAT_RFC_VIOLATION, "rfc-violation" },
		 { STAT_ADMIN_FILTERED, "admin-filtered" }, { STAT_NOT_FOR_US, "not-for-us" },
		 { STAT_PROCESSING_FAILED, "processing-failed" }, { STAT_LIMIT_EXCEEDED, "limit-exceeded" },
		 { STAT_SOCKET_FULL, "socket-full" }, { STAT_SOCKET_STALE, "socket-stale" },
		 { STAT_SOCKET_TRUNCATED, "socket-truncated" }, { STAT_SOCKET_CHECKSUM, "socket-checksum" },
		 { STAT_SOCKET_MALFORMED, "socket-malformed" }, { STAT_SOCKET_NOT_FOR_US, "socket-not-for-us" }) },
	{ BOTH("flood_milliseconds"), .help = "Time in which a share of the initial messages was left unread",
	  VALUES({ STAT_FLOOD_MS, 0 }) },
	{ BOTH("packets_unsent"), .help = "Responses that could not be sent, by the reason", .label = "reason",
	  VALUES({ STAT_SEND_FULL, "send-full" }, { STAT_SEND_FAILED, "send-failed" }) },
	{ BOTH("name_change_requests"), .help = "Requests to kea-dhcp-ddns", .label = "result",
	  VALUES({ STAT_NCR_SENT, "sent" }, { STAT_NCR_DROPPED, "dropped" }) },
};
const unsigned metric_n_rows = sizeof(metric_rows) / sizeof(metric_rows[0]);
