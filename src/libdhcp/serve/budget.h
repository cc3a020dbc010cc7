/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"

/*
 * How often a client may do something that costs others. Memory is fixed: of very many clients the ones
 * that were seen longest ago are forgotten. Any thread.
 */
struct budget;

/* max times in any period that begins with a client's first one. */
struct budget *budget_new(unsigned max, unsigned period_sec);
void budget_free(struct budget *budget);
/* How many times more it may do so now. */
unsigned budget_left(struct budget *budget, const struct client_key *client);
/* Once more; false when that is too often. */
bool budget_take(struct budget *budget, const struct client_key *client);
