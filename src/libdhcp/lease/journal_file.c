/* SPDX-License-Identifier: MPL-2.0 */
/* Shared by all code that writes the file: rows as text, the current descriptor, the directory, the lock. */
#include "lease/journal_int.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/lockfile.h"
#include "lease/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int reserve(int fd, off_t from, off_t len)
{
	return fallocate(fd, FALLOC_FL_KEEP_SIZE, from, len);
}

const struct journal_sys journal_sys_real = {
	.write = write,
	.fdatasync = fdatasync,
	.fsync = fsync,
	.ftruncate = ftruncate,
	.rename = rename,
	.reserve = reserve,
};

int journal_hold_lock(struct journal *j, char **reterr)
{
	int fd;

	if (j->lock_fd >= 0 && lockfile_is_held(j->path, j->lock_fd))
		return 0;
	fd = lockfile_take("lease file", j->path, reterr);
	if (fd < 0)
		return fd;
	if (j->lock_fd >= 0)
		(void)close(j->lock_fd);
	j->lock_fd = fd;
	return 0;
}

bool journal_still_locked(struct journal *j)
{
	char *why = NULL;
	int err = journal_hold_lock(j, &why);

	free(why);
	return err == 0;
}

void journal_add_row(struct journal *j, const struct lease *lease, bool deleted)
{
	size_t bound = csv_row_bound(lease);

	if (j->buf_cap - j->buf_len < bound) {
		j->buf_cap = (j->buf_cap + bound) * 2;
		j->buf = xrealloc(j->buf, j->buf_cap);
	}
	j->buf_len = (size_t)(csv_write_row(j->conf.family, lease, deleted, j->buf + j->buf_len) - j->buf);
	j->buf_rows++;
}

int journal_write_all(struct journal *j, int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = j->sys->write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -E_SYS;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int journal_sync_dir(struct journal *j)
{
	int fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err, saved;

	if (fd < 0)
		return -E_SYS;
	err = j->sys->fsync(fd) < 0 ? -E_SYS : 0;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return err;
}

static const char the_file[] = "the lease file";

void journal_check_descriptor(const struct journal *j)
{
	if (j->fd >= 0 && !file_is(j->fd, &j->id))
		descriptor_lost(the_file);
}

void journal_use_file(struct journal *j, int fd, off_t len, const struct stat *st)
{
	if (j->fd >= 0) {
		descriptor_disown(j->fd);
		(void)close(j->fd);
	}
	j->fd = fd;
	descriptor_own(fd, the_file);
	j->len = len;
	atomic_store(&j->file_bytes, (uint64_t)len);
	j->id = (struct file_id){ st->st_dev, st->st_ino };
	j->tainted = false;
}
