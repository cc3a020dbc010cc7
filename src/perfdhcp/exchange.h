/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The exchanges under way. The transaction identifier says which slot of a table is meant, and the
 * bits above it how often that slot was used, so an answer finds its exchange in one step and a
 * late one finds none. All that wait equally long stand in one queue, so the first to run out of
 * time is at its head. Nothing here costs more when more is under way.
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
	uint64_t begun_ns; /* the first message of the whole exchange */
	uint64_t sent_ns;  /* the message that waits for an answer now */
	uint32_t xid, client, relay;
	uint32_t prev, next;
	uint8_t kind, queue, retries;
	bool live;
};

struct exchanges {
	struct exchange *v;
	uint32_t slot_bits, xid_mask;
	uint32_t free_first, free_last; /* the longest unused first */
	uint32_t first[N_QUEUES], last[N_QUEUES];
	uint32_t waiting[N_KINDS]; /* how many are under way */
	uint32_t total;
};

/* Room for at least n exchanges, identified by xid_bits. */
void exchanges_init(struct exchanges *xs, uint32_t n, unsigned xid_bits);
void exchanges_done(struct exchanges *xs);
/* A new one with an identifier of its own; NULL if all slots are taken. */
struct exchange *exchanges_begin(struct exchanges *xs, uint32_t client, uint64_t now_ns);
/* It goes on under another identifier. */
void exchanges_rename(struct exchanges *xs, struct exchange *x);
/* A message of it was sent; it stands at the end of this queue now, and counts as of this kind. */
void exchanges_wait(struct exchanges *xs, struct exchange *x, enum kind kind, unsigned queue, uint64_t now_ns);
/* The one that has this identifier now, or NULL. */
struct exchange *exchanges_find(struct exchanges *xs, uint32_t xid);
void exchanges_end(struct exchanges *xs, struct exchange *x);
/* The one in this queue that waits longest, or NULL. */
struct exchange *exchanges_oldest(struct exchanges *xs, unsigned queue);
