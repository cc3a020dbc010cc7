/* SPDX-License-Identifier: MPL-2.0 */
/* Switches to a new file and renames the old one for the cleanup (leftover.h). */
#include "lease/journal_int.h"

#include "base/err.h"
#include "base/file.h"
#include "lease/csv.h"
#include "lease/leftover.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Runs in the caller's thread: creates an empty file, complete and synced except for its name. */
static int make_next(struct journal *j)
{
	char header[CSV_HEADER_MAX];
	size_t len = csv_write_header(j->conf.family, header);
	int fd, saved;

	(void)unlink(j->next_path);
	fd = file_open(j->next_path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -E_SYS;
	if (journal_write_all(j, fd, header, len) == 0 && j->sys->fdatasync(fd) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	(void)unlink(j->next_path);
	errno = saved;
	return -E_SYS;
}

int journal_rotate(struct journal *j, void (*done)(void *ctx, int result), void *ctx)
{
	int fd = -1;
	bool busy;

	(void)pthread_mutex_lock(&j->lock);
	busy = j->rotated || j->stop;
	if (!busy)
		j->rotated = done; /* other callers have to wait */
	(void)pthread_mutex_unlock(&j->lock);
	if (busy)
		return -E_BUSY;
	fd = make_next(j);
	if (fd < 0)
		LOG(DHCPSRV_MEMFILE_LFC_LEASE_FILE_REOPEN_FAIL, j->next_path, strerror(errno));
	(void)pthread_mutex_lock(&j->lock);
	if (fd < 0)
		j->rotated = NULL;
	j->rotated_ctx = ctx;
	j->next_fd = fd;
	(void)pthread_cond_signal(&j->wake);
	(void)pthread_mutex_unlock(&j->lock);
	return fd < 0 ? fd : 0;
}

/*
 * Does both renames and syncs the directory. On failure either nothing changed, or the file is tainted and has
 * to be rewritten.
 */
static int swap_files(struct journal *j, int fd, const struct stat *st)
{
	if (j->sys->rename(j->path, j->copy_path) < 0) {
		LOG(DHCPSRV_MEMFILE_LFC_LEASE_FILE_RENAME_FAIL, j->path, j->copy_path, strerror(errno));
		return -E_SYS;
	}
	if (j->sys->rename(j->next_path, j->path) < 0) {
		LOG(DHCPSRV_MEMFILE_LFC_LEASE_FILE_REOPEN_FAIL, j->path, strerror(errno));
		j->tainted = j->sys->rename(j->copy_path, j->path) < 0;
		return -E_SYS;
	}
	/* Before acknowledging anything that is only in the new file. */
	if (journal_sync_dir(j) < 0) {
		LOG(DHCPSRV_MEMFILE_LFC_LEASE_FILE_REOPEN_FAIL, j->path, strerror(errno));
		j->tainted = true;
		return -E_SYS;
	}
	journal_use_file(j, fd, st->st_size, st);
	return 0;
}

/* *fd is -1 once it is in use. */
static int rotate(struct journal *j, int *fd)
{
	const char *what;
	struct stat st;
	int err;

	journal_check_descriptor(j);
	if (atomic_load(&j->failing) || j->tainted)
		return -E_CLOSED;
	if (journal_file_is_lost(j, &what)) {
		j->check_at = 0;
		return -E_AGAIN;
	}
	if (leftover_is_pending(j->path))
		return 0;
	if (fstat(*fd, &st) < 0)
		return -E_SYS;
	if (j->len <= st.st_size)
		return -E_NOENT;
	err = swap_files(j, *fd, &st);
	if (err == 0)
		*fd = -1;
	else if (j->tainted)
		journal_fail_group(j, NULL, "renaming the lease file");
	return err;
}

void journal_finish_rotation(struct journal *j, int fd)
{
	void (*rotated)(void *ctx, int result);
	void *ctx;
	int result = rotate(j, &fd);

	if (fd >= 0) {
		(void)close(fd);
		(void)unlink(j->next_path);
	}
	(void)pthread_mutex_lock(&j->lock);
	rotated = j->rotated;
	ctx = j->rotated_ctx;
	j->rotated = NULL;
	(void)pthread_mutex_unlock(&j->lock);
	rotated(ctx, result);
}
