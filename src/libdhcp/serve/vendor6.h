/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"

/*
 * Options 17 of the answer (RFC 9915 21.17), one for each enterprise that the client names in options 16 and
 * 17 or that is configured. Which sub-options: as vendor4.h says.
 */
void vendor6_send(struct answer_opts *s);

/* Calls fn for each option 16: with the name of a cable modem or eRouter (CableLabs) if it has that, else its first. */
void vendor6_each_class(const struct request *req, void (*fn)(void *ctx, struct bytes value), void *ctx);
