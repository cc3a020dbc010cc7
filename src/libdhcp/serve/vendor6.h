/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"

/*
 * Options 17 of the response (RFC 9915 21.17), one for each enterprise that the client names in options 16 and
 * 17 or that is configured. The sub-options are chosen as in vendor4.h.
 */
void vendor6_send(struct answer_opts *s);

/*
 * Calls fn for each option 16, with the name of a cable modem or eRouter (CableLabs) if it has one, else with
 * its first class data.
 */
void vendor6_each_class(const struct request *req, void (*fn)(void *ctx, struct bytes value), void *ctx);
