/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/clients.h"

/*
 * The file for --ledger: a line for each lease that a server confirmed,
 *
 *	MONOTONIC-SECONDS CLIENT ADDRESS LIFETIME SERVER
 *
 * CLIENT is the hardware address or DUID in hex, a prefix includes its length, SERVER is an address or a DUID in
 * hex, and a lifetime of 0 means that the client released the lease. A first line starting with # gives the
 * offset to wall-clock time. Lines are appended, in large writes.
 */
struct ledger;

/* Returns NULL with errno if the file cannot be opened. */
struct ledger *ledger_open(const char *path);
void ledger_add(struct ledger *l, struct bytes client, const struct grant *grant, uint64_t now_ns);
/*
 * Writes everything to the file. False with errno if that failed now or earlier. The file then ends with the
 * last complete line that could be written.
 */
bool ledger_flush(struct ledger *l);
/* Same, and closes the ledger. NULL is fine. */
bool ledger_close(struct ledger *l);
