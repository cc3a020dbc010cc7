/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"
#include "base/list.h"

/*
 * One request of a client at a time, over all workers. The first takes the turn; others of the same
 * client wait for it, in order, unless they repeat one that is here already (same transaction and
 * type): the answer to that one serves both.
 */
struct turns;

struct turn { /* in the request */
	struct client_key client;
	uint32_t xid;
	uint8_t type;
	uint64_t ticket; /* a waiter's: its request waits with it */
	unsigned n_waiting;
	struct turn *next;   /* hash chain of holders */
	struct list waiting; /* the holder's: those behind it */
	struct list link;    /* a waiter's: in the holder's list */
};

enum turn_result { TURN_MINE, TURN_WAIT, TURN_REPEAT, TURN_CROWDED };

struct turns *turns_new(void);
void turns_free(struct turns *turns);
/* The turn's client, xid and type are set by the caller. */
enum turn_result turn_take(struct turns *turns, struct turn *turn);
/* The holder is done. Returns the one whose turn it is now (to be resumed by its worker), or NULL. */
struct turn *turn_give(struct turns *turns, struct turn *turn);
