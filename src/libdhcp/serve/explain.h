/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/loop.h"
#include "serve/service.h"

/*
 * What a message would get, and why: it goes through the pipeline of the server, up to the bytes of the response, and
 * nothing is stored, offered, claimed, counted, logged or sent to DNS. The explainer has a worker of its own, which is
 * no thread: the main thread runs it. Main thread.
 */
struct explainer;
struct json_object;

/* loop NULL: the owner calls explainer_resume() when a store may have responded. */
struct explainer *explainer_new(struct server *srv, struct loop *loop);
/* Messages in progress are called back with NULL. Afterwards it explains nothing. NULL is fine. */
void explainer_stop(struct explainer *x);
/* When no store responds any longer. NULL is fine. */
void explainer_free(struct explainer *x);
void explainer_resume(struct explainer *x);

/*
 * Explains a message as it would arrive now; done() is called once, possibly before this returns, with the explanation,
 * which it takes: explain_json.h says what it contains. -E_BUSY: too many are in progress; -E_RANGE: the message is
 * too long.
 */
typedef void explained_fn(void *owner, struct json_object *what);
int explain_message(struct explainer *x, struct live *live, const struct dgram *in, explained_fn *done, void *owner);
