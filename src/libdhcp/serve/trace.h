/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "serve/binding.h"
#include "serve/request.h"

/*
 * What a request that is only explained (explain.h) passes over: candidates and pools that are not for the client. The
 * steps note it where they decide, on paths that a request with a response rarely takes; the rest of the explanation is
 * read from the request. req->trace is NULL for requests that are served.
 */
enum { TRACE_MAX = 1000 };

/* A candidate or a pool that was passed over. */
struct trace_note {
	const struct ia *ia;
	enum source source;
	const struct pool *pool; /* NULL: a candidate */
	struct prefix prefix;    /* the candidate */
	const char *why;
};

struct trace {
	uint32_t trial;               /* see alloc_trial_begin() */
	VEC(struct trace_note) notes; /* TRACE_MAX at most, each once */
	bool is_cut;                  /* there were more */
};

void trace_candidate(struct trace *trace, const struct binding *b, const struct prefix *prefix, const char *why);
/* Nothing was picked from the pool. */
void trace_pool(struct trace *trace, const struct request *req, const struct binding *b, const struct pool *pool);
