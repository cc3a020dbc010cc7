/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The pending exchanges. The transaction id consists of a slot number in a table and, in the bits above it, how
 * often that slot was used, so a response finds its exchange in one step and a late response finds none. All
 * exchanges with the same timeout are in one queue, so the first to time out is at its head. No operation gets
 * slower with more exchanges.
 */
enum kind {
	FIRST,  /* DISCOVER-OFFER, SOLICIT-ADVERTISE */
	SECOND, /* REQUEST-ACK, REQUEST-REPLY */
	RENEWAL,
	RELEASING,
	N_KINDS,
};
#define N_RETRY_LEVELS 7 /* avalanche: 1, 2, 4 ... 64 seconds */
#define N_QUEUES (N_KINDS + N_RETRY_LEVELS)

struct exchange {
	uint64_t begun_ns; /* time of the first message of the exchange */
	uint64_t sent_ns;  /* time of the message now waiting for a response */
	uint32_t xid, client, relay;
	uint32_t prev, next;
	uint8_t kind, queue, retries;
	bool live;
};

struct exchanges {
	struct exchange *v;
	uint32_t slot_bits, xid_mask;
	uint32_t free_first, free_last; /* least recently used first */
	uint32_t first[N_QUEUES], last[N_QUEUES];
	uint32_t waiting[N_KINDS]; /* number of pending exchanges */
	uint32_t total;
};

/* Reserves space for at least n exchanges, identified by xid_bits. */
void exchanges_init(struct exchanges *xs, uint32_t n, unsigned xid_bits);
void exchanges_done(struct exchanges *xs);
/* Begins an exchange with a new transaction id; NULL if all slots are in use. */
struct exchange *exchanges_begin(struct exchanges *xs, uint32_t client, uint64_t now_ns);
/* Continues the exchange under a new transaction id. */
void exchanges_rename(struct exchanges *xs, struct exchange *x);
/* A message was sent: moves the exchange to the end of this queue, and counts it under this kind. */
void exchanges_wait(struct exchanges *xs, struct exchange *x, enum kind kind, unsigned queue, uint64_t now_ns);
/* Returns the exchange that currently has this transaction id, or NULL. */
struct exchange *exchanges_find(struct exchanges *xs, uint32_t xid);
void exchanges_end(struct exchanges *xs, struct exchange *x);
/* Returns the exchange that has waited longest in this queue, or NULL. */
struct exchange *exchanges_oldest(struct exchanges *xs, unsigned queue);
