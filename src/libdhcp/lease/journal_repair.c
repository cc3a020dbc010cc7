/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Failure and recovery: queued transactions are rolled back, then the file is repaired in place or, if it can no
 * longer be trusted, rewritten. journal.h says which failure requires which.
 */
#include "lease/journal_int.h"

#include "base/err.h"
#include "base/file.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define RETRY_MAX_MS 1000
#define REMIND_MS 60000
#define PROBE_LEN 65536

void journal_set_failing(struct journal *j, const char *what)
{
	char why[FILE_WHY_MAX];
	int saved = errno;
	int64_t now = clock_mono_ms();

	if (!atomic_load(&j->failing) || saved != j->last_errno || now >= j->remind_at) {
		LOG(DHCPSRV_MEMFILE_WRITE_FAILED, j->path, what, file_why(j->path, W_OK, why));
		j->last_errno = saved;
		j->remind_at = now + REMIND_MS;
	}
	(void)pthread_mutex_lock(&j->lock);
	(void)snprintf(j->why, sizeof(j->why), "%s: %s", what, strerror(saved));
	atomic_store(&j->failing, true);
	(void)pthread_mutex_unlock(&j->lock);
}

void journal_fail_group(struct journal *j, struct store_txn *group, const char *what)
{
	struct store_txn **end = &group;

	journal_set_failing(j, what);
	atomic_fetch_add(&j->failures, 1);
	while (*end)
		end = &(*end)->next;
	(void)pthread_mutex_lock(&j->lock);
	*end = j->head;
	j->head = NULL;
	j->tail = &j->head;
	(void)pthread_mutex_unlock(&j->lock);
	for (struct store_txn *txn = group; txn; txn = txn->next)
		atomic_fetch_sub(&j->pending, 1);
	j->conf.owner->failed(j->conf.ctx, group);
	j->retry_ms = JOURNAL_RETRY_MIN_MS;
	j->retry_at = clock_mono_ms();
}

/*
 * After a failed write: cuts off what it left and checks whether there is space again. Uses a new descriptor, so
 * that an unreported error of the old one is not missed.
 */
static int repair(struct journal *j)
{
	struct stat st;
	int fd = open(j->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW), saved;

	if (fd < 0) {
		j->tainted = errno == ENOENT || errno == ELOOP;
		return -E_SYS;
	}
	if (fstat(fd, &st) < 0)
		goto out;
	if (st.st_dev != j->id.dev || st.st_ino != j->id.ino || st.st_size < j->len) {
		j->tainted = true;
		errno = ESTALE;
		goto out;
	}
	if (j->sys->ftruncate(fd, j->len) < 0)
		goto out;
	if (j->sys->reserve(fd, j->len, PROBE_LEN) < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
		goto out;
	if (j->sys->fdatasync(fd) < 0) {
		j->tainted = true;
		goto out;
	}
	journal_use_file(j, fd, j->len, &st);
	return 0;
out:
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -E_SYS;
}

void journal_try_recover(struct journal *j)
{
	int err = j->tainted ? journal_rewrite(j) : repair(j);

	if (err < 0 && j->tainted)
		err = journal_rewrite(j);
	if (err < 0) {
		journal_set_failing(j, "still failing");
		j->retry_at = clock_mono_ms() + j->retry_ms;
		j->retry_ms = j->retry_ms * 2 < RETRY_MAX_MS ? j->retry_ms * 2 : RETRY_MAX_MS;
		return;
	}
	j->ahead = 0;
	LOG(DHCPSRV_MEMFILE_WRITE_RESUMED, j->path);
	(void)pthread_mutex_lock(&j->lock);
	j->why[0] = '\0';
	atomic_store(&j->failing, false);
	(void)pthread_mutex_unlock(&j->lock);
	j->check_at = clock_mono_ms() + j->conf.check_ms;
}

/*
 * Cuts the file back to the acknowledged rows. This need not be durable: without a crash the next start sees the
 * shorter file, and after a crash the store promises no more than that.
 */
static bool cut(struct journal *j)
{
	int fd = open(j->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool done = fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == j->id.dev && st.st_ino == j->id.ino &&
		    st.st_size >= j->len && j->sys->ftruncate(fd, j->len) == 0;

	if (done)
		(void)j->sys->fdatasync(fd);
	if (fd >= 0)
		(void)close(fd);
	return done;
}

void journal_give_up(struct journal *j)
{
	/* A file that contains such changes before its end cannot be cut. */
	if (j->ahead || !cut(j))
		journal_try_recover(j);
}
