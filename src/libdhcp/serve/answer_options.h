/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/*
 * Puts options into a response: each code once, with the value of the innermost scope, and nothing that a scope
 * forbids. A code that was skipped counts as put.
 */
struct answer_opts {
	struct request *req;
	struct opts *to;
	uint64_t seen[4]; /* one bit per code below 256; for codes above that the response is searched */
};

struct answer_opts answer_opts_of(struct request *req, struct opts *to);
/* Returns true if the code was put or skipped before, and marks it as put. */
bool answer_opts_take(struct answer_opts *s, uint16_t code);
void answer_opts_put(struct answer_opts *s, uint16_t code, struct bytes data);
/*
 * Adds one more instance of the code, whatever was put before. If memory runs out, the code joins the request's
 * omitted options.
 */
void answer_opts_add(struct answer_opts *s, uint16_t code, struct bytes data);
void answer_opts_put_u32(struct answer_opts *s, uint16_t code, uint32_t value);
/* Puts the configured value, if there is one that may be sent; all instances of an option that has several. */
void answer_opts_configured(struct answer_opts *s, uint16_t code);
/* Puts the options that a scope also sends to clients that do not ask for them (always-send). */
void answer_opts_always(struct answer_opts *s);

/* Addresses the response to where the query came from, or with `to_source` to its very port. */
void answer_address(struct request *req);

/*
 * Sets the scopes of the request's options as far as they are known: reservation, pool, subnet, network,
 * classes, global. Must be called again when that changes.
 */
void request_set_scopes(struct request *req);
/* From now on the options of this pool and its subnet apply. */
void request_use_pool(struct request *req, const struct pool *pool);
