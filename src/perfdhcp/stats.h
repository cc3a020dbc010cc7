/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/exchange.h"
#include "perfdhcp/hist.h"

#include "base/ip.h"
#include "base/vec.h"

/* The counters. Everything but `kept` has a fixed size, however long a test runs. */
struct kind_stats {
	uint64_t sent, received, orphans, rejected, non_unique;
	uint64_t lost;  /* drop-time has passed */
	bool no_answer; /* no response is expected: DHCPRELEASE */
	struct hist delay;
};

/* One answered message, for -x l and -x t. */
struct kept {
	uint64_t sent_ns, received_ns;
	uint32_t client;
	bool has_addr, has_prefix;
	struct ip addr, prefix;
};

struct stats {
	struct kind_stats kind[N_KINDS];
	struct hist whole;  /* from the first message of an exchange to its last response */
	struct hist lag;    /* how late messages of -r were sent */
	uint64_t completed; /* complete exchanges */
	uint64_t malformed;
	uint64_t not_started; /* no slot was free */
	uint64_t send_failures;
	int send_error;              /* errno of the last failure */
	uint64_t overflows;          /* responses not read in time */
	uint64_t resent;             /* avalanche */
	uint64_t cpu_ns, own_cpu_ns; /* CPU time of --cpu-of, and of perfdhcp itself */
	uint64_t start_ns, last_ns;  /* start of the measurement; time of the last counted event */
	uint64_t begun_until_ns;     /* no exchange was started after this time */
	VEC(struct kept) kept[N_KINDS];
};

/* Number sent, minus those answered and those still pending. */
static inline uint64_t stats_drops(const struct stats *st, const struct exchanges *xs, enum kind kind)
{
	const struct kind_stats *k = &st->kind[kind];
	uint64_t accounted = k->received + xs->waiting[kind];

	return !k->no_answer && k->sent > accounted ? k->sent - accounted : 0;
}

static inline double stats_ratio(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}
