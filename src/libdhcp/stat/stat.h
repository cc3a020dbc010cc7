/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Counters of the whole server. Each worker has its own block and is the only one that writes it;
 * a reader sums over all blocks, so counting costs one load and one store and no lock. A block that
 * is freed leaves its numbers behind.
 *
 *	struct stats *st = stats_new();           (once per worker)
 *	stat_add(st, STAT_RECEIVED, 1);           (that worker only)
 *	int64_t n = stat_sum(STAT_RECEIVED);      (any thread)
 *
 * The names of the rows are in table.c. What is also counted for subnets and pools is in place.h.
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
	STAT_OPTIONS_OMITTED, /* responses that lack something for which there was no room */
	STAT_PARSE_FAILED,
	STAT_QUEUE_FULL,
	STAT_DUPLICATE,
	STAT_RFC_VIOLATION,
	STAT_ADMIN_FILTERED,
	STAT_NOT_FOR_US,
	STAT_PROCESSING_FAILED,
	STAT_LIMIT_EXCEEDED,
	STAT_RECEIVE_DROP,
	STAT_SOCKET_FULL,       /* by the kernel, for want of room; of UDP sockets also what they refuse in a flood */
	STAT_SOCKET_STALE,      /* waited so long in the socket that nobody waits for the answer */
	STAT_SOCKET_TRUNCATED,  /* longer than any message may be */
	STAT_SOCKET_CHECKSUM,   /* IP or UDP checksum wrong */
	STAT_SOCKET_MALFORMED,  /* headers that contradict themselves */
	STAT_SOCKET_NOT_FOR_US, /* to an address that is not ours */
	STAT_SEND_FULL,         /* no room in the socket; never waited for */
	STAT_SEND_FAILED,       /* unreachable, filtered, no such interface */
	STAT_SENT_BY_MAC,       /* routed ones that left by a packet socket because the UDP socket was full */
	/* From here on rows may have other places than the whole server; first those that pools have. */
	STAT_ASSIGNED, /* declined ones included: nobody else can have them */
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
	STAT_ALLOC_FAIL_MAX_LEASES, /* max-leases-per-client */
	STAT_LEASE_REUSES,
	STAT_PD_LEASE_REUSES,
	/* How many there are: nothing counts them, a configuration says it. */
	STAT_TOTAL,
	STAT_TOTAL_PD,
	STAT_N
};

struct stats {
	struct stats *next; /* in the list of all blocks */
	_Atomic int64_t n[STAT_N];
};

/* A registered block, all zero. Never NULL. */
struct stats *stats_new(void);
/* Its numbers stay in the sums. NULL is fine. */
void stats_free(struct stats *stats);

/* Only the thread that owns the block may call this. */
static inline void stat_add(struct stats *stats, enum stat_id id, int64_t n)
{
	int64_t old = atomic_load_explicit(&stats->n[id], memory_order_relaxed);

	atomic_store_explicit(&stats->n[id], old + n, memory_order_relaxed);
}

/* Over all blocks, those already freed included. */
int64_t stat_sum(enum stat_id id);
/* What statistic-reset means: from now on sums count from zero. */
void stat_reset(enum stat_id id);

/* What a row says; table.c has them. */
enum stat_kind { STAT_IS_COUNTER, STAT_IS_GAUGE, STAT_IS_TOTAL };
enum stat_kind stat_kind(enum stat_id id);

/*
 * Kea's name of a counter ("pkt4-received") in buf of STAT_NAME_MAX; family is an index, 0 for
 * DHCPv4 and 1 for DHCPv6. NULL when that family has no such counter.
 */
#define STAT_NAME_MAX 48
const char *stat_name(enum stat_id id, int family, char *buf, size_t size);
/* The other way round: STAT_N when there is none of that name. */
enum stat_id stat_by_name(const char *name, int family);
