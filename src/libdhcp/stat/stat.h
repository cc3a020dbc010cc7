/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Counters of the whole server. Each worker has its own block and is the only one that writes to it; a reader
 * sums over all blocks, so counting takes one load and one store and no lock. A freed block leaves its numbers
 * behind.
 *
 *	struct stats *st = stats_new();           (once per worker)
 *	stat_add(st, STAT_RECEIVED, 1);           (that worker only)
 *	int64_t n = stat_sum(STAT_RECEIVED);      (any thread)
 *
 * Row names are in table.c. place.h adds counters for subnets and pools.
 */
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
	STAT_ACK_SENT,
	STAT_NAK_SENT,
	STAT_ADVERTISE_SENT,
	STAT_REPLY_SENT,
	STAT_ADDR_REG_REPLY_SENT,
	STAT_OPTIONS_OMITTED, /* responses without some options that did not fit */
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
	STAT_SOCKET_TRUNCATED, /* longer than any valid message */
	STAT_SOCKET_CHECKSUM,  /* wrong IP or UDP checksum */
	STAT_SOCKET_MALFORMED, /* inconsistent headers */
	STAT_SOCKET_NOT_FOR_US, /* sent to an address that is not the server's */
	STAT_SEND_FULL,         /* socket buffer full; sending never waits */
	STAT_SEND_FAILED,       /* unreachable, filtered, no such interface */
	STAT_SENT_BY_MAC,       /* routed, but sent through a packet socket because the UDP socket was full */
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
	STAT_ALLOC_FAIL_CLASSES,    /* its classes keep the client from all pools */
	STAT_ALLOC_FAIL_MAX_LEASES, /* max-leases-per-client */
	STAT_LEASE_REUSES,
	STAT_PD_LEASE_REUSES,
	/* Totals: not counted, but set by the configuration. */
	STAT_TOTAL,
	STAT_TOTAL_PD,
	STAT_N
};

struct stats {
	struct stats *next; /* in the list of all blocks */
	_Atomic int64_t n[STAT_N];
};

/* Returns a registered block, all zero. Never NULL. */
struct stats *stats_new(void);
/* Its numbers remain in the sums. NULL is fine. */
void stats_free(struct stats *stats);

/* Only the owner of the block may call this. */
static inline void stat_add(struct stats *stats, enum stat_id id, int64_t n)
{
	int64_t old = atomic_load_explicit(&stats->n[id], memory_order_relaxed);

	atomic_store_explicit(&stats->n[id], old + n, memory_order_relaxed);
}

/* Sums over all blocks, including freed ones. */
int64_t stat_sum(enum stat_id id);
/* Implements statistic-reset: from now on sums count from zero. */
void stat_reset(enum stat_id id);

/* The kind of a row in table.c. */
enum stat_kind { STAT_IS_COUNTER, STAT_IS_GAUGE, STAT_IS_TOTAL };
enum stat_kind stat_kind(enum stat_id id);

/*
 * Writes Kea's name of a counter ("pkt4-received") to buf of STAT_NAME_MAX; family is an index, 0 for DHCPv4 and
 * 1 for DHCPv6. NULL if that family has no such counter.
 */
#define STAT_NAME_MAX 48
const char *stat_name(enum stat_id id, int family, char *buf, size_t size);
/* The inverse: STAT_N if there is no counter of that name. */
enum stat_id stat_by_name(const char *name, int family);
