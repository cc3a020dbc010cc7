/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "ddns/ncr.h"

/*
 * Requests that kea-dhcp-ddns has not confirmed, in a file that survives the end of the server, whatever ends it
 * (ncr-journal). A text file: the first line has the journal's number, then there is a line for each request and one
 * for each confirmation:
 *
 *	journal 4711
 *	+ { "change-type": 0, ... "serial": 1 }
 *	- 1
 *
 * Nothing is written before ncr_journal_write(). One thread; blocks: not for workers.
 */
struct ncr_journal;

/*
 * Opens or creates the file and locks it. Calls fn for each request that was not confirmed, in the order in which they
 * were added; the serial of the request is set. Lines that cannot be read are counted in *ret_n_bad: the last one may
 * be incomplete. -E_BUSY if another process has it, -E_SYS; the reason is in why.
 */
int ncr_journal_open(const char *path, void (*fn)(void *ctx, const struct ncr *ncr), void *ctx,
		     struct ncr_journal **ret, uint64_t *ret_n_bad, struct str *why);
void ncr_journal_close(struct ncr_journal *journal); /* accepts NULL */
/* A random number, by which the DDNS server recognizes requests that are sent again. Not 0. */
uint64_t ncr_journal_id(const struct ncr_journal *journal);
/* Greater than those of all requests. */
uint64_t ncr_journal_next_serial(struct ncr_journal *journal);
/* Adds a request, a datagram as ncr_write() makes it. */
void ncr_journal_add(struct ncr_journal *journal, struct bytes datagram);
void ncr_journal_done(struct ncr_journal *journal, uint64_t serial);
/*
 * Writes what was added, with `sync` to stable storage. -E_SYS with errno: it is tried again with the next call, or,
 * when that has become too much, dropped: the file must then be written anew, and ncr_journal_is_long() says so.
 */
int ncr_journal_write(struct ncr_journal *journal, bool sync);
/*
 * True if the file is mostly confirmed requests, or lacks some: it should be written anew, by begin, an add for each
 * request, and end.
 */
bool ncr_journal_is_long(const struct ncr_journal *journal);
int ncr_journal_begin(struct ncr_journal *journal);
/* On failure, -E_SYS with errno, the file is the old one. */
int ncr_journal_end(struct ncr_journal *journal);
