/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/list.h"

/*
 * One request per client at a time, over all workers. The first request takes the turn; others of the same
 * client wait for it in order. A retransmission of a request in the queue (same transaction and type) is
 * dropped: the response to that request serves both.
 */
struct turns;

struct turn { /* in the request */
	struct client_key client;
	uint32_t xid;
	uint8_t type;
	uint64_t ticket; /* of a waiter: its request waits with this ticket */
	unsigned n_waiting;
	struct turn *next;   /* hash chain of holders */
	struct list waiting; /* of the holder: those that wait for it */
	struct list link;    /* of a waiter: in the holder's list */
};

enum turn_result { TURN_MINE, TURN_WAIT, TURN_REPEAT, TURN_CROWDED };

struct turns *turns_new(void);
void turns_free(struct turns *turns);
/* The caller sets client, xid and type of the turn. */
enum turn_result turn_take(struct turns *turns, struct turn *turn);
/* Ends the holder's turn. Returns the next one, whose worker must resume it, or NULL. */
struct turn *turn_give(struct turns *turns, struct turn *turn);
