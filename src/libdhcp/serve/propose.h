/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/binding.h"
#include "serve/request.h"

/* In which order sources are tried for a message. */
struct policy {
	enum source order[8]; /* up to SOURCE_NONE */
	bool extends;         /* what the IA has in use is enough, where any of it can be had */
	bool offers;          /* the client is expected to request what it gets */
};

/* The candidate is somebody else's: its claim ends, and the next propose finds another one. */
void candidate_reject(struct request *req, struct binding *b);
/*
 * While the request waited, its claim went back to the client that had been offered the address first, or the lease
 * that the client held has ended.
 */
bool candidate_is_lost(const struct request *req, const struct binding *b);
/* The client went to another server: what was offered to it is free again. */
void propose_forget(struct request *req, enum lease_type type);
