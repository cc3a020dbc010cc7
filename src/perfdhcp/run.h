/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/ledger.h"
#include "perfdhcp/net.h"
#include "perfdhcp/owners.h"
#include "perfdhcp/rate.h"
#include "perfdhcp/stats.h"

#include <signal.h>

/*
 * One measurement: the loop that starts exchanges when they are due, takes the answers, and notices
 * what is lost. run.c is the loop and the end of it, steps.c what happens to one exchange. One
 * thread.
 */
struct run {
	const struct options *opt;
	const struct proto *proto;
	struct net *net;
	struct ledger *ledger; /* NULL: none */
	struct exchanges xs;
	struct held *held;       /* NULL when nothing is renewed or released */
	struct owners owners[2]; /* with -u: of offers, of leases */
	struct stats stats;
	struct rate rates[3]; /* exchanges, renewals, releases */
	uint32_t next_client;
	struct server_id {
		uint8_t bytes[MAX_DUID];
		size_t len;
	} first_server;
	uint64_t now_ns;     /* of this turn of the loop */
	uint64_t arrived_ns; /* of the answer at hand */
	bool preloading;     /* the exchanges of -P */
	bool draining;       /* no more exchanges start */
	const char *reason;  /* why it ended */
};

void run_init(struct run *run, const struct options *opt, const struct proto *proto, struct net *net,
	      struct ledger *ledger);
void run_done(struct run *run);
/* Until the end, or until *stop is set. Reports of -t go to stdout. */
void run_test(struct run *run, volatile sig_atomic_t *stop);

/* steps.c */
/* False if no slot is free, or (renewal, release) no client holds a lease. */
bool step_begin(struct run *run, enum kind kind);
void step_answer(struct run *run, struct bytes datagram);
/* The first in the queue that has run out of time is lost, or (avalanche) repeated; false if none
 * has. */
bool step_expire(struct run *run, unsigned queue);
/* How long messages in a queue are waited for. */
uint64_t step_patience_ns(const struct run *run, unsigned queue);

uint64_t run_clock_ns(void);

/* report.c */
void report_interim(const struct run *run);
void report_final(struct run *run);
/* Whether every exchange was completed. */
bool report_success(const struct run *run);
