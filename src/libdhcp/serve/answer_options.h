/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/*
 * Puts options into an answer: each code once, the value of the innermost scope, nothing that a scope
 * forbids. A code that was skipped counts as put.
 */
struct answer_opts {
	struct request *req;
	struct opts *to;
	uint64_t seen[4]; /* a bit for each code below 256; above that the answer itself is searched */
};

struct answer_opts answer_opts_of(struct request *req, struct opts *to);
/* Whether the code was put or skipped before; from now on it is. */
bool answer_opts_take(struct answer_opts *s, uint16_t code);
void answer_opts_put(struct answer_opts *s, uint16_t code, struct bytes data);
/* One more instance of it, whatever was put before. Without memory it is among the request's omitted ones. */
void answer_opts_add(struct answer_opts *s, uint16_t code, struct bytes data);
void answer_opts_put_u32(struct answer_opts *s, uint16_t code, uint32_t value);
/* The configured value, if there is one that may be sent; of an option with several instances all. */
void answer_opts_configured(struct answer_opts *s, uint16_t code);
/* All that some scope sends also to clients that do not ask. */
void answer_opts_always(struct answer_opts *s);

/*
 * The scopes of the request's options as far as they are known: its reservation, pool and subnet, the network, global.
 * To be called again when that changes.
 */
void request_set_scopes(struct request *req);
/* The options of the pool, and of its subnet, count from now on. */
void request_use_pool(struct request *req, const struct pool *pool);
