/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "alloc/alloc.h"

/*
 * Limits how often a client may do something that is costly for others. Memory is fixed: with very many clients,
 * those seen longest ago are forgotten. Any thread.
 */
struct budget;

/* A client may do it max times per period; the period begins with its first time. */
struct budget *budget_new(unsigned max, unsigned period_sec);
void budget_free(struct budget *budget);
/* Returns how many times the client may still do it now. */
unsigned budget_left(struct budget *budget, const struct client_key *client);
/* Counts one more time; false if the limit is exceeded. */
bool budget_take(struct budget *budget, const struct client_key *client);
