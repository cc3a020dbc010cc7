/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Group commit: the queue and the thread that empties it. See journal.h for the promises, journal_int.h for the
 * other files.
 */
#include "lease/journal_int.h"

#include "base/err.h"
#include "stat/hist.h"

#include <errno.h>

#define BUSY_GROUP 8 /* transactions; after a group this large, the next is given time to grow */
#define GATHER_MAX_US 1000

bool journal_is_failing(const struct journal *j)
{
	return atomic_load_explicit(&j->failing, memory_order_relaxed);
}

bool journal_is_full(const struct journal *j)
{
	return atomic_load_explicit(&j->pending, memory_order_relaxed) >= j->conf.max_pending;
}

int journal_queue(struct journal *j, struct store_txn *txn)
{
	bool was_empty;

	(void)pthread_mutex_lock(&j->lock);
	if (atomic_load(&j->failing) || j->stop) {
		(void)pthread_mutex_unlock(&j->lock);
		return -E_CLOSED;
	}
	was_empty = !j->head;
	txn->next = NULL;
	*j->tail = txn;
	j->tail = &txn->next;
	atomic_fetch_add(&j->pending, 1);
	if (was_empty)
		(void)pthread_cond_signal(&j->wake);
	(void)pthread_mutex_unlock(&j->lock);
	return 0;
}

void journal_set_sync(struct journal *j, bool sync)
{
	atomic_store(&j->sync, sync);
}

void journal_stats(struct journal *j, struct store_stats *ret)
{
	ret->rows = atomic_load(&j->rows);
	ret->bytes = atomic_load(&j->bytes);
	ret->groups = atomic_load(&j->groups);
	ret->syncs = atomic_load(&j->syncs);
	ret->rewrites = atomic_load(&j->rewrites);
	ret->failures = atomic_load(&j->failures);
	ret->file_bytes = atomic_load(&j->file_bytes);
	ret->pending = atomic_load(&j->pending);
	(void)pthread_mutex_lock(&j->lock);
	ret->failing = atomic_load(&j->failing);
	memcpy(ret->why, j->why, sizeof(ret->why));
	(void)pthread_mutex_unlock(&j->lock);
}

static void add_row_cb(void *arg, const struct lease *lease, bool deleted)
{
	journal_add_row(arg, lease, deleted);
}

static void commit(struct journal *j, struct store_txn *group)
{
	const char *what = NULL;
	bool sync = atomic_load(&j->sync);
	int64_t begin_us;
	int saved;

	if (clock_mono_ms() >= j->check_at && !journal_check_file(j)) {
		journal_fail_group(j, group, "restoring the lease file");
		return;
	}
	j->buf_len = 0;
	j->buf_rows = 0;
	j->group_n = 0;
	for (struct store_txn *txn = group; txn; txn = txn->next) {
		j->conf.owner->rows(j->conf.ctx, txn, add_row_cb, j);
		j->group_n++;
	}
	/* Neither rows in another file, nor a response for rows that are not in this one. */
	journal_check_descriptor(j);
	begin_us = clock_mono_us();
	if (journal_write_all(j, j->fd, j->buf, j->buf_len) < 0) {
		/* A full disk does not damage synced data; any other error may. */
		j->tainted = j->tainted || (errno != ENOSPC && errno != EDQUOT && errno != EFBIG);
		what = "write";
	} else if (sync && j->sys->fdatasync(j->fd) < 0) {
		j->tainted = true;
		what = "fdatasync";
	}
	saved = errno;
	journal_check_descriptor(j);
	errno = saved;
	if (what) {
		/* The changes rolled back now must not stay in the file. */
		j->tainted = j->tainted || j->ahead;
		journal_fail_group(j, group, what);
		return;
	}
	j->sync_us = clock_mono_us() - begin_us;
	stat_hist_add(j->stats, STAT_HIST_SYNC, j->sync_us);
	stat_hist_add(j->stats, STAT_HIST_GROUP, j->group_n);
	j->ahead -= j->ahead > 0;
	j->len += (off_t)j->buf_len;
	atomic_store(&j->file_bytes, (uint64_t)j->len);
	atomic_fetch_add(&j->groups, 1);
	atomic_fetch_add(&j->rows, j->buf_rows);
	atomic_fetch_add(&j->bytes, j->buf_len);
	if (sync)
		atomic_fetch_add(&j->syncs, 1);
	atomic_fetch_sub(&j->pending, j->group_n);
	j->conf.owner->committed(j->conf.ctx, group);
}

/*
 * Under load the next sync waits as long as the last one took, so that it covers twice as many transactions at
 * the same cost: a sync costs as much CPU time as dozens of responses. A server that is not busy never waits.
 */
static void gather(const struct journal *j)
{
	int64_t us = j->sync_us < GATHER_MAX_US ? j->sync_us : GATHER_MAX_US;
	struct timespec nap = { .tv_nsec = (long)us * 1000 };

	if (atomic_load(&j->sync) && j->group_n >= BUSY_GROUP && atomic_load(&j->pending) < 2 * j->group_n &&
	    !atomic_load(&j->failing))
		(void)nanosleep(&nap, NULL);
}

/* Sleeps until there is work, or until a retry or a file check is due; called and returns with the lock held. */
static void wait_for_work(struct journal *j)
{
	int64_t until = atomic_load(&j->failing) ? j->retry_at : j->check_at;
	struct timespec ts;

	if (until <= clock_mono_ms())
		return;
	ts.tv_sec = until / 1000;
	ts.tv_nsec = until % 1000 * 1000000;
	(void)pthread_cond_timedwait(&j->wake, &j->lock, &ts);
}

void *journal_run(void *arg)
{
	struct journal *j = arg;

	(void)pthread_mutex_lock(&j->lock);
	while (!j->stop || j->head || j->next_fd >= 0) {
		struct store_txn *group = j->head;
		int next_fd = j->next_fd;

		j->head = NULL;
		j->tail = &j->head;
		j->next_fd = -1;
		if (!group && next_fd < 0 && !j->stop)
			wait_for_work(j);
		(void)pthread_mutex_unlock(&j->lock);
		if (group) {
			commit(j, group);
			gather(j);
		} else if (atomic_load(&j->failing) && clock_mono_ms() >= j->retry_at) {
			journal_try_recover(j);
		} else if (!atomic_load(&j->failing) && clock_mono_ms() >= j->check_at && !journal_check_file(j)) {
			journal_fail_group(j, NULL, "restoring the lease file");
		}
		if (next_fd >= 0)
			journal_finish_rotation(j, next_fd);
		(void)pthread_mutex_lock(&j->lock);
	}
	(void)pthread_mutex_unlock(&j->lock);
	if (atomic_load(&j->failing))
		journal_give_up(j);
	return NULL;
}
