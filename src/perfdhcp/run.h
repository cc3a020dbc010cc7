/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/ledger.h"
#include "perfdhcp/net.h"
#include "perfdhcp/owners.h"
#include "perfdhcp/rate.h"
#include "perfdhcp/stats.h"

#include <signal.h>

/*
 * One measurement: a loop that starts exchanges when they are due, receives responses, and detects losses. run.c
 * is the loop and the end of the test, steps.c the handling of one exchange. Single-threaded.
 */
struct run {
	const struct options *opt;
	const struct proto *proto;
	struct net *net;
	struct ledger *ledger; /* NULL: none */
	struct exchanges xs;
	struct held *held;       /* NULL if nothing is renewed or released */
	struct owners owners[2]; /* with -u: for offers and leases */
	struct stats stats;
	struct rate rates[3]; /* exchanges, renewals, releases */
	uint32_t next_client;
	struct server_id {
		uint8_t bytes[MAX_DUID];
		size_t len;
	} first_server;
	uint64_t now_ns;     /* time of this loop iteration */
	uint64_t arrived_ns; /* arrival of the current response */
	bool preloading;     /* running the exchanges of -P */
	bool draining;       /* no more exchanges are started */
	const char *reason;  /* why the test ended */
};

void run_init(struct run *run, const struct options *opt, const struct proto *proto, struct net *net,
	      struct ledger *ledger);
void run_done(struct run *run);
/* Runs until the end, or until *stop is set. Reports for -t go to stdout. */
void run_test(struct run *run, volatile sig_atomic_t *stop);

/* steps.c */
/* False if no slot is free, or (renewal, release) no client holds a lease. */
bool step_begin(struct run *run, enum kind kind);
void step_answer(struct run *run, struct bytes datagram);
/* If the first exchange in the queue has timed out, it is lost or (avalanche) repeated; false if none has. */
bool step_expire(struct run *run, unsigned queue);
/* Returns the timeout of messages in a queue. */
uint64_t step_patience_ns(const struct run *run, unsigned queue);

uint64_t run_clock_ns(void);

/* report.c */
void report_interim(const struct run *run);
void report_final(struct run *run);
/* True if every exchange was completed. */
bool report_success(const struct run *run);
