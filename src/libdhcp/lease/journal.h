/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/load.h"
#include "lease/store.h"

#include <sys/types.h>

/*
 * The lease file and the thread that writes it. Transactions queued during one write and sync form the next
 * group: one write(), one fdatasync(), then done() for each. On an idle server each transaction is written at
 * once, as a group of one; on a busy server the next group is left to grow for as long as a sync takes, at most
 * a millisecond.
 *
 * If a write or sync fails, all queued transactions are rolled back with CHANGE_FAILED, and none are accepted
 * until the file is sound again. After a failed sync the kernel may have dropped the data and report success for
 * the next sync, so that file is never trusted again: a complete new file is written from memory and renamed
 * over it. A failed write (disk full) loses no synced data: truncating the file to its last good length, once
 * there is space, is enough. The first attempt is immediate, later ones are up to one second apart.
 *
 * The file grows with each change. journal_rotate() renames it for the cleanup (leftover.h) and continues in a
 * new file.
 *
 * Two servers must not use one file: FILE.lock holds an OFD lock while the server runs. It is a separate file
 * because the lease file itself is renamed and replaced (by the journal and by the cleanup), and a lock stays
 * with the old inode. The kernel releases the lock when the process dies, so no stale lock can remain.
 */
struct journal;

/* System calls; tests replace them to inject failures. */
struct journal_sys {
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	int (*ftruncate)(int fd, off_t len);
	int (*rename)(const char *from, const char *to);
	int (*reserve)(int fd, off_t from, off_t len); /* allocate space past the end, keep the size */
};
extern const struct journal_sys journal_sys_real;

/* Callbacks of the store that owns the journal; ctx is the store. */
struct journal_owner {
	/* Calls row() for each change of a transaction. */
	void (*rows)(void *ctx, const struct store_txn *txn,
		     void (*row)(void *arg, const struct lease *lease, bool deleted), void *arg);
	/* These transactions (linked by next, oldest first) are durable. Calls done() of each. */
	void (*committed)(void *ctx, struct store_txn *list);
	/* These transactions failed for good: rolls them back, then calls done() of each. */
	void (*failed)(void *ctx, struct store_txn *list);
	/* Calls fn for all leases of part 0, 1, ...; false if there is no such part. */
	bool (*each)(void *ctx, unsigned part, bool (*fn)(void *arg, const struct lease *lease), void *arg);
	/* True if there is a lease for the address. */
	bool (*has)(void *ctx, const struct ip *addr);
};

struct journal_conf {
	int family;
	const char *path;
	bool sync;
	unsigned max_pending;
	unsigned check_ms;
	const struct journal_sys *sys; /* NULL = journal_sys_real */
	const struct journal_owner *owner;
	void *ctx;
};

/* Takes the lock; creates or opens no file other than FILE.lock. Symbolic links in the path are resolved. */
int journal_new(const struct journal_conf *conf, struct journal **ret, char **reterr);
const char *journal_path(const struct journal *journal);
/*
 * Starts appending to the file as it was found: whatever follows its last complete row is cut off. If the file
 * is missing, empty or of another version, a complete one is written first. A failing disk does not prevent the
 * start: the journal then begins in the failing state.
 */
int journal_start(struct journal *journal, const struct load_result *found, char **reterr);
/*
 * Writes the queued transactions, stops and releases the lock. While failing, it first cuts rolled-back changes
 * off the file. NULL is fine.
 */
void journal_free(struct journal *journal);

/* A cheap check that avoids pointless work; journal_queue() decides. */
bool journal_is_failing(const struct journal *journal);
bool journal_is_full(const struct journal *journal);
/*
 * Appends to the queue; -E_CLOSED while failing: the caller rolls the changes back. Call it with the locks of
 * the changed records held: rows are written in queue order.
 */
int journal_queue(struct journal *journal, struct store_txn *txn);
/*
 * Renames the file to PATH.1 and continues in a new one, unless an earlier cleanup has not finished. The
 * caller's thread creates the new file and waits for the disk; the journal thread renames between two groups, at
 * the cost of one more sync, and then calls done with the result: 0 = there are files to clean up, -E_NOENT =
 * there are none, otherwise the error (a failed system call has been logged). Returns -E_BUSY while another
 * rotation is in progress, -E_SYS (logged) if the new file cannot be created; in both cases done is not called.
 */
int journal_rotate(struct journal *journal, void (*done)(void *ctx, int result), void *ctx);
/* Sets journal_conf.sync, effective from the next group; any thread. */
void journal_set_sync(struct journal *journal, bool sync);
void journal_stats(struct journal *journal, struct store_stats *ret);
