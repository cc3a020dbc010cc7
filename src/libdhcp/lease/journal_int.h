/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/clock.h"
#include "base/fileid.h"
#include "lease/journal.h"
#include "log/descriptor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/*
 * Internals of the journal, for the files journal*.c only:
 *	journal_queue.c		group commit: the queue and the thread
 *	journal_open.c		opening, starting and closing
 *	journal_file.c		shared by all code that writes the file
 *	journal_rewrite.c	writing a complete new file
 *	journal_repair.c	failure and recovery
 *	journal_check.c		detecting a lost or replaced file
 *	journal_rotate.c	a new file, the old one left for the cleanup
 *
 * Unless noted otherwise, these functions run on the journal thread, or before it starts; so the file, the
 * buffer and the lengths need no lock. `lock` guards the queue and the fields that other threads read.
 */
struct journal {
	struct journal_conf conf;
	atomic_bool sync; /* initially conf.sync */
	const struct journal_sys *sys;
	struct stats *stats; /* counted by the journal thread */
	char *path, *new_path, *next_path, *copy_path, *aside_path, *dir;
	int fd, lock_fd;
	off_t len;         /* length of the complete, acknowledged rows in the file, in bytes */
	struct file_id id; /* the file that fd is */
	bool tainted;      /* a sync of fd failed, or fd is not the file at path: never use it again */
	unsigned ahead;    /* number of future groups whose changes the file may already contain */
	int64_t retry_ms, retry_at, check_at, remind_at; /* clock_mono_ms(); this thread's delays are in real time */
	int last_errno;
	unsigned group_n; /* transactions in the last group */
	int64_t sync_us;  /* duration of its write and sync */

	char *buf;
	size_t buf_len, buf_cap;
	uint64_t buf_rows;

	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct store_txn *head, **tail;
	bool stop;
	int next_fd;                            /* the file to switch to, -1 = none */
	void (*rotated)(void *ctx, int result); /* NULL unless a rotation is in progress */
	void *rotated_ctx;
	atomic_bool failing;
	_Atomic unsigned pending;
	_Atomic uint64_t rows, bytes, groups, syncs, rewrites, failures, file_bytes;
	char why[96];
};

/* The first delay between two attempts, in ms. */
#define JOURNAL_RETRY_MIN_MS 50

/* The thread function; `journal` is a struct journal. Returns once stopping is requested and the queue is empty. */
void *journal_run(void *journal);

/* Takes the lock, again if FILE.lock was removed along with its directory, so there are never two servers. */
int journal_hold_lock(struct journal *j, char **reterr);
/* Same, for callers that cannot report an error. */
bool journal_still_locked(struct journal *j);
/* Appends a row to the buffer, which grows as needed. */
void journal_add_row(struct journal *j, const struct lease *lease, bool deleted);
/*
 * Writes all bytes, or returns -E_SYS with errno; callers need not know how much was written before an error.
 * Any thread.
 */
int journal_write_all(struct journal *j, int fd, const char *data, size_t len);
/* Syncs the directory that the path leads to now. -E_SYS with errno. */
int journal_sync_dir(struct journal *j);
/* Switches to fd and takes ownership of it: the file at path, sound, `len` bytes long. */
void journal_use_file(struct journal *j, int fd, off_t len, const struct stat *st);

/* Ends the process if fd is no longer the file: something else closed it. */
void journal_check_descriptor(const struct journal *j);

/*
 * Writes a complete file next to the old one and renames it over the old one. Always synced. On -E_SYS with
 * errno, the current descriptor is unchanged.
 */
int journal_rewrite(struct journal *j);

/* Stops accepting transactions. errno is the reason; logged if it is new, otherwise once a minute. */
void journal_set_failing(struct journal *j, const char *what);
/* Fails the group, which may be NULL, and all transactions queued after it. */
void journal_fail_group(struct journal *j, struct store_txn *group, const char *what);
/* Called while failing, once retry_at is reached: either service resumes, or the next attempt is scheduled. */
void journal_try_recover(struct journal *j);
/* The thread ends while failing: the next start must not find rolled-back changes in the file. */
void journal_give_up(struct journal *j);

/*
 * True if the file was removed, replaced, truncated or appended to by someone else; *ret_what describes it for
 * the log.
 */
bool journal_file_is_lost(struct journal *j, const char **ret_what);
/* Checks the file and rewrites it if it is lost. Returns false if that failed; the journal is then failing. */
bool journal_check_file(struct journal *j);

/*
 * Switches to journal_rotate()'s new file, taking ownership of fd, if possible; then reports the result to its
 * caller.
 */
void journal_finish_rotation(struct journal *j, int fd);
