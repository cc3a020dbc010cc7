/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/exchange.h"
#include "perfdhcp/hist.h"

#include "base/ip.h"
#include "base/vec.h"

/* What is counted. Everything but `kept` has a fixed size, however long a test runs. */
struct kind_stats {
	uint64_t sent, received, orphans, rejected, non_unique;
	uint64_t lost;  /* drop-time went by */
	bool no_answer; /* none is due: DHCPRELEASE */
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
	struct hist whole;  /* from the first message of an exchange to its last answer */
	struct hist lag;    /* how much later than due messages of -r left */
	uint64_t completed; /* whole exchanges */
	uint64_t malformed;
	uint64_t not_started; /* no slot was free */
	uint64_t send_failures;
	int send_error;              /* errno of the last of them */
	uint64_t overflows;          /* answers that we did not read in time */
	uint64_t resent;             /* avalanche */
	uint64_t cpu_ns, own_cpu_ns; /* processor time: of --cpu-of, of ourselves */
	uint64_t start_ns, last_ns;  /* the measurement began; the last thing that counts happened */
	uint64_t begun_until_ns;     /* from then on nothing more was begun */
	VEC(struct kept) kept[N_KINDS];
};

/* Sent, and neither answered nor still waited for. */
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
