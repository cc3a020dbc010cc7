/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* The counters, what a row of table.c can be, and where it can exist. */
enum stat_id {
	STAT_RECEIVED,
	STAT_DISCOVER_RECEIVED,
	STAT_OFFER_RECEIVED,
	STAT_REQUEST_RECEIVED,
	STAT_ACK_RECEIVED,
	STAT_NAK_RECEIVED,
	STAT_RELEASE_RECEIVED,
	STAT_DECLINE_RECEIVED,
	STAT_INFORM_RECEIVED,
	STAT_SOLICIT_RECEIVED,
	STAT_ADVERTISE_RECEIVED,
	STAT_REPLY_RECEIVED,
	STAT_CONFIRM_RECEIVED,
	STAT_RENEW_RECEIVED,
	STAT_REBIND_RECEIVED,
	STAT_INFREQUEST_RECEIVED,
	STAT_DHCPV4_QUERY_RECEIVED,
	STAT_DHCPV4_RESPONSE_RECEIVED,
	STAT_ADDR_REG_INFORM_RECEIVED,
	STAT_ADDR_REG_REPLY_RECEIVED,
	STAT_LEASE_QUERY_RECEIVED,
	STAT_UNKNOWN_RECEIVED,
	STAT_SENT,
	STAT_OFFER_SENT,
	STAT_LEASE_ACTIVE_SENT,
	STAT_LEASE_UNASSIGNED_SENT,
	STAT_LEASE_UNKNOWN_SENT,
	STAT_LEASE_QUERY_REPLY_SENT,
	STAT_ACK_SENT,
	STAT_NAK_SENT,
	STAT_ADVERTISE_SENT,
	STAT_REPLY_SENT,
	STAT_ADDR_REG_REPLY_SENT,
	STAT_OPTIONS_OMITTED, /* responses without some options that did not fit */
	STAT_SERVICE_DISABLED,
	STAT_PARSE_FAILED,
	STAT_QUEUE_FULL,
	STAT_DUPLICATE,
	STAT_RFC_VIOLATION,
	STAT_ADMIN_FILTERED,
	STAT_NOT_FOR_US,
	STAT_PROCESSING_FAILED,
	STAT_LIMIT_EXCEEDED,
	STAT_RECEIVE_DROP,
	STAT_SOCKET_FULL,      /* by the kernel, socket buffer full; for UDP sockets also what they reject in a flood */
	STAT_SOCKET_STALE,     /* waited so long in the socket that the client has given up */
	STAT_FLOOD_MS,         /* time in which a share of the initial messages was left unread (io/flood.h) */
	STAT_SOCKET_TRUNCATED, /* longer than any valid message */
	STAT_SOCKET_CHECKSUM,  /* wrong IP or UDP checksum */
	STAT_SOCKET_MALFORMED, /* inconsistent headers */
	STAT_SOCKET_NOT_FOR_US, /* sent to an address that is not the server's */
	STAT_SEND_FULL,         /* socket buffer full; sending never waits */
	STAT_SEND_FAILED,       /* unreachable, filtered, no such interface */
	STAT_SENT_BY_MAC,       /* routed, but sent through a packet socket because the UDP socket was full */
	STAT_NCR_SENT,          /* requests to kea-dhcp-ddns */
	STAT_NCR_DROPPED,       /* the queue of such requests was full */
	/* Rows from here on may also exist below the server; first those of pools. */
	STAT_ASSIGNED, /* includes declined ones, which are unavailable to others */
	STAT_ASSIGNED_PD,
	STAT_CUMULATIVE_ASSIGNED,
	STAT_CUMULATIVE_ASSIGNED_PD,
	STAT_DECLINED,
	STAT_RECLAIMED_DECLINED,
	STAT_RECLAIMED,
	/* Subnets only. */
	STAT_REGISTERED,
	STAT_CUMULATIVE_REGISTERED,
	STAT_ALLOC_FAIL,
	STAT_ALLOC_FAIL_SHARED_NETWORK,
	STAT_ALLOC_FAIL_SUBNET,
	STAT_ALLOC_FAIL_NO_POOLS,
	STAT_ALLOC_FAIL_CLASSES,      /* its classes keep the client from all pools */
	STAT_ALLOC_FAIL_DENY_UNKNOWN, /* deny-unknown keeps the client from all pools */
	STAT_ALLOC_FAIL_MAX_LEASES,   /* max-leases-per-client */
	STAT_RESERVATION_CONFLICTS,   /* a reserved address was in use by another client */
	STAT_LEASE_REUSES,
	STAT_PD_LEASE_REUSES,
	/* Totals: not counted, but set by the configuration. */
	STAT_TOTAL,
	STAT_TOTAL_PD,
	STAT_N
};

/* Histograms, see hist.h. */
enum stat_hist_id {
	STAT_HIST_WAIT,     /* of datagrams in the sockets */
	STAT_HIST_EXCHANGE, /* from reading a message to sending its response */
	STAT_HIST_SYNC,     /* a write to the lease file and its sync */
	STAT_HIST_GROUP,    /* transactions that one of them stored */
	STAT_HIST_N
};
#define STAT_HIST_BUCKETS 22

/* The kind of a row in table.c. */
enum stat_kind { STAT_IS_COUNTER, STAT_IS_GAUGE, STAT_IS_TOTAL };

/* The kind of a place with counters of its own; see place.h. */
enum place_kind { PLACE_GLOBAL, PLACE_SUBNET, PLACE_POOL, PLACE_PD_POOL, PLACE_N };
