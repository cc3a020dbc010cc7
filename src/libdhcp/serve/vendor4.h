/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"

/*
 * Option 125 (RFC 3925) of the answer: for each enterprise that the client names in options 124 and 125,
 * or that is configured with option 125, the sub-options of that vendor's space. Which of them: all if
 * the client asks for option 125, else those it asks for by the vendor's own list (CableLabs) and those
 * that are always sent.
 */
void vendor4_send(struct answer_opts *s);

/* Calls fn with option 60, without zeros at its end. */
void vendor4_each_class(const struct request *req, void (*fn)(void *ctx, struct bytes value), void *ctx);
