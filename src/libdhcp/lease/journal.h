/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/load.h"
#include "lease/store.h"

#include <sys/types.h>

/*
 * The lease file and the thread that writes it. Transactions queued while one write and sync is
 * under way make the next group: one write(), one fdatasync(), then done for each. On an idle server
 * a transaction is a group of its own, at once; on a busy one the next group is given as long as a sync
 * takes, at most a millisecond, to grow.
 *
 * When a write or sync fails, what was queued is rolled back and answered CHANGE_FAILED, and nothing
 * is taken until the file is sound again. After a failed sync the kernel may have dropped the data
 * and call the next sync a success, so that file is never trusted again: a complete new one is
 * written from memory and renamed over it. After a failed write (a full disk) nothing synced was
 * lost: it is enough to cut the file back to its last good length once there is room. Tried at once,
 * then with pauses growing to one second.
 *
 * The file grows with each change. journal_rotate() gives it another name for the cleanup (leftover.h)
 * and goes on in a new one.
 *
 * Two servers must not use one file: FILE.lock holds an OFD lock while we run. It is a companion
 * because the lease file itself is renamed and replaced (by us, and by the cleanup), and a lock
 * stays with the old inode. The kernel drops it when the process dies; nothing stale can remain.
 */
struct journal;

/* System calls, so that tests can make them fail. */
struct journal_sys {
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	int (*ftruncate)(int fd, off_t len);
	int (*rename)(const char *from, const char *to);
	int (*reserve)(int fd, off_t from, off_t len); /* room behind the end, size unchanged */
};
extern const struct journal_sys journal_sys_real;

/* What the journal asks of the store that owns it; ctx is the store. */
struct journal_owner {
	/* Call row() for each change of a transaction. */
	void (*rows)(void *ctx, const struct store_txn *txn,
		     void (*row)(void *arg, const struct lease *lease, bool deleted), void *arg);
	/* These transactions (linked by next, oldest first) are durable. Their done is called here. */
	void (*committed)(void *ctx, struct store_txn *list);
	/* These are not and will not be: take them back, then call their done. */
	void (*failed)(void *ctx, struct store_txn *list);
	/* All leases of part 0, 1, ...; false when there is no such part. */
	bool (*each)(void *ctx, unsigned part, bool (*fn)(void *arg, const struct lease *lease), void *arg);
	/* Whether there is a lease at the address. */
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

/* Take the lock; no file is touched yet but FILE.lock. The path is resolved (symbolic links). */
int journal_new(const struct journal_conf *conf, struct journal **ret, char **reterr);
const char *journal_path(const struct journal *journal);
/*
 * Start appending to the file as it was found: what comes after its last whole row is cut off. If it is missing, empty
 * or of another version, a complete one is written first. A sick disk does not prevent the start: the journal then
 * begins in the failing state.
 */
int journal_start(struct journal *journal, const struct load_result *found, char **reterr);
/*
 * Writes what is queued, stops, releases the lock. While failing, what was taken back is cut off the file first. NULL
 * is fine.
 */
void journal_free(struct journal *journal);

/* Cheap check before work is done for nothing; journal_queue decides. */
bool journal_is_failing(const struct journal *journal);
bool journal_is_full(const struct journal *journal);
/*
 * Append to the queue; -E_CLOSED when failing: the caller undoes the changes. Call it while holding
 * the locks of what changed: the order of the queue is the order of the rows.
 */
int journal_queue(struct journal *journal, struct store_txn *txn);
/*
 * Move the file to PATH.1 and go on in a fresh one, unless a cleanup has something to finish first.
 * The caller's thread makes the new file and waits for the disk; the journal thread renames between
 * two groups, at the price of one more sync. Then done is called, from that thread: 0 = there is
 * something to clean up, -E_NOENT = there is nothing, else why it could not be (a failed call was
 * logged). Returns -E_BUSY while one is under way, -E_SYS (logged) when there is no new file; then
 * done is not called.
 */
int journal_rotate(struct journal *journal, void (*done)(void *ctx, int result), void *ctx);
/* journal_conf.sync from the next group on; any thread. */
void journal_set_sync(struct journal *journal, bool sync);
void journal_stats(struct journal *journal, struct store_stats *ret);
