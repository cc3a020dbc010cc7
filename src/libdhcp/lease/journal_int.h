/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/clock.h"
#include "lease/journal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/*
 * Inside of the journal, for the files journal*.c only. Where is...?
 *	journal.c		group commit: the queue and the thread
 *	journal_open.c		opening, starting and closing
 *	journal_file.c		what all ways of writing share
 *	journal_rewrite.c	the whole file anew
 *	journal_repair.c	failing and coming back
 *	journal_check.c		is the file still ours
 *	journal_rotate.c	a new file, the old one to be cleaned up
 *
 * What is declared here runs on the journal thread, or before it starts, unless it says otherwise; so the
 * file, the buffer and the lengths need no lock. `lock` guards the queue and what other threads read.
 */
struct journal {
	struct journal_conf conf;
	atomic_bool sync; /* conf.sync at first */
	const struct journal_sys *sys;
	char *path, *new_path, *next_path, *copy_path, *aside_path, *dir;
	int fd, lock_fd;
	off_t len; /* bytes of the file that hold whole, acknowledged rows */
	dev_t dev;
	ino_t ino;
	bool tainted;   /* a sync of fd failed, or it is not the file at path: never use it again */
	unsigned ahead; /* of so many groups to come the file may hold changes already */
	int64_t retry_ms, retry_at, check_at, remind_at; /* clock_mono_ms(): the pauses of this thread are real ones */
	int last_errno;
	unsigned group_n; /* transactions of the last group */
	int64_t sync_us;  /* how long its write and sync took */

	char *buf;
	size_t buf_len, buf_cap;
	uint64_t buf_rows;

	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct store_txn *head, **tail;
	bool stop;
	int next_fd;                            /* the file to go on in, -1 = as before */
	void (*rotated)(void *ctx, int result); /* NULL unless a rotation is under way */
	void *rotated_ctx;
	atomic_bool failing;
	_Atomic unsigned pending;
	_Atomic uint64_t rows, bytes, groups, syncs, rewrites, failures, file_bytes;
	char why[96];
};

/* The first pause between two tries, in ms. */
#define JOURNAL_RETRY_MIN_MS 50

/* The thread; `journal` is a struct journal. Ends when it is to stop and nothing is queued. */
void *journal_run(void *journal);

/* Take the lock, again if the companion went away with its directory: never two servers. */
int journal_hold_lock(struct journal *j, char **reterr);
/* The same for those who cannot say why not. */
bool journal_still_locked(struct journal *j);
/* A row more in the buffer, which grows. */
void journal_add_row(struct journal *j, const struct lease *lease, bool deleted);
/*
 * All of it, or -E_SYS with errno; how much was written before an error does not matter to callers. From
 * any thread.
 */
int journal_write_all(struct journal *j, int fd, const char *data, size_t len);
/* The directory that the path leads to now. -E_SYS with errno. */
int journal_sync_dir(struct journal *j);
/* Go on in fd, which is taken: the file at path, sound, `len` bytes long. */
void journal_use_file(struct journal *j, int fd, off_t len, const struct stat *st);

/*
 * Write a complete file beside the old one and put it in its place. Always synced. -E_SYS with errno, and
 * the descriptor in use is as it was.
 */
int journal_rewrite(struct journal *j);

/* From now on nothing is taken. errno says why; logged when that is news, else once a minute. */
void journal_set_failing(struct journal *j, const char *what);
/* The group, and all that was queued behind it: nothing of it is durable. `group` may be NULL. */
void journal_fail_group(struct journal *j, struct store_txn *group, const char *what);
/* While failing, when retry_at has come: back in service, or the next time is set. */
void journal_try_recover(struct journal *j);
/* The thread ends while failing: what was taken back must not be found by the next start. */
void journal_give_up(struct journal *j);

/* Somebody may have removed, replaced, truncated or appended to the file; *ret_what is text for the log. */
bool journal_file_is_lost(struct journal *j, const char **ret_what);
/* Look, and write a lost file again. Returns false when that could not be done: nothing can be stored now. */
bool journal_check_file(struct journal *j);

/* Go on in the file of journal_rotate(), which is taken, if that can be; then say so to who asked. */
void journal_finish_rotation(struct journal *j, int fd);
