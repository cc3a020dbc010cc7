/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/binding.h"
#include "serve/request.h"

/* The order in which sources of candidates are tried for a message. */
struct policy {
	enum source order[8]; /* ends with SOURCE_NONE */
	bool extends;         /* the leases in use are enough, if the IA can keep any of them */
	bool offers;          /* the client is expected to request what it is offered */
};

/* The candidate belongs to another client: ends its claim, so that the next propose finds another one. */
void candidate_reject(struct request *req, struct binding *b);
/* False if, while the request waited, another client overtook its claim. */
bool candidate_is_claimed(const struct request *req, const struct binding *b);
/*
 * True if, while the request waited, its claim returned to the client that had been offered the address first, another
 * client got the address, or the lease that the client held has ended. An offer that was only overtaken by another one
 * is not lost.
 */
bool candidate_is_lost(const struct request *req, const struct binding *b);
/*
 * True if a look at the store costs a round trip and probably nobody else has picked the address: it is in this
 * server's part of a range with many free addresses.
 */
bool candidate_is_undisputed(const struct request *req, const struct candidate *c);
/*
 * For a hook library: this address or prefix is the binding's candidate instead, claimed for the client. Afterwards
 * propose_moved(). -E_RANGE: no pool on the link that the client may use contains it. -E_INVAL: it is not the beginning
 * of a prefix of the pool's length. -E_BUSY: it is not free, this message has it already, the client has too many
 * leases, or the candidate was moved too often.
 */
int propose_move(struct request *req, struct binding *b, const struct ip *addr);
/* Candidates were moved: what the store has there is looked up, then the message is bound anew. */
enum verdict propose_moved(struct request *req);
/* The client chose another server: what it was offered is free again. */
void propose_forget(struct request *req, enum lease_type type);
