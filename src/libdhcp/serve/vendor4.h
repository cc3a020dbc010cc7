/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"

/*
 * Option 125 (RFC 3925) of the response: for each enterprise that the client names in options 124 and 125, or
 * that is configured with option 125, the sub-options of that vendor's space. If the client asks for option 125,
 * all of them; else those in the vendor's own request list (CableLabs) and those that are always sent.
 */
void vendor4_send(struct answer_opts *s);

/* Calls fn with option 60, without trailing zeros. */
void vendor4_each_class(const struct request *req, void (*fn)(void *ctx, struct bytes value), void *ctx);
