/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/clients.h"

/*
 * The file of --ledger: a line for each lease that a server confirmed,
 *
 *	MONOTONIC-SECONDS CLIENT ADDRESS LIFETIME SERVER
 *
 * CLIENT is the hardware address or DUID in hex, a prefix has its length, SERVER is an address or a
 *DUID in hex, and a lifetime of 0 says that the client released it. A first line that starts with #
 *says what to add for wall clock time. Lines are appended, and written in large pieces.
 */
struct ledger;

/* NULL when it cannot be opened; errno says why. */
struct ledger *ledger_open(const char *path);
void ledger_add(struct ledger *l, struct bytes client, const struct grant *grant, uint64_t now_ns);
/* Everything to the file. False if that failed now or before; errno says why. Then the file ends
 * with the last whole line that found room. */
bool ledger_flush(struct ledger *l);
/* The same, and ends it. NULL is fine. */
bool ledger_close(struct ledger *l);
