/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Writes a complete file from memory next to the old one, syncs it and renames it over the old one. Deletions
 * recorded only in the old file are written again.
 */
#include "lease/journal_int.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "lease/csv.h"
#include "lease/leftover.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define SNAPSHOT_BUF (1U << 20)

struct snapshot {
	struct journal *j;
	int fd;
	off_t len;
	uint64_t rows;
	bool failed;
	int failed_errno;
};

static bool flush_snapshot(struct snapshot *s)
{
	struct journal *j = s->j;

	if (journal_write_all(j, s->fd, j->buf, j->buf_len) < 0) {
		s->failed = true;
		s->failed_errno = errno;
	}
	s->len += (off_t)j->buf_len;
	j->buf_len = 0;
	return !s->failed;
}

/* Called under the lock of a part, which must not be held across a write: only fills the buffer. */
static bool snapshot_row(void *arg, const struct lease *lease)
{
	struct snapshot *s = arg;

	journal_add_row(s->j, lease, false);
	s->rows++;
	return true;
}

static void deletion_row(void *arg, const struct lease_row *row)
{
	struct snapshot *s = arg;
	struct journal *j = s->j;

	if (s->failed || row->deleted || j->conf.owner->has(j->conf.ctx, &row->lease.addr))
		return;
	journal_add_row(j, &row->lease, true);
	if (j->buf_len >= SNAPSHOT_BUF)
		(void)flush_snapshot(s);
}

/*
 * The files before this one (leftover.h) may hold leases that were deleted since, and the new file lacks the
 * rows that deleted them: write the deletions again. The result is then correct whatever happens to those files,
 * which a cleanup may be processing.
 */
static void write_deletions(struct snapshot *s)
{
	struct journal *j = s->j;
	struct leftover old;
	char *why = NULL;
	int err = leftover_open(j->path, &old, &why);

	if (err < 0)
		goto out;
	for (unsigned i = 0; err == 0 && i < old.n; i++) {
		struct load_source quiet = { .fd = old.v[i].fd, .path = old.v[i].path };
		struct load_result res;

		err = load_source(&quiet, j->conf.family, deletion_row, s, &res, &why);
	}
	leftover_close(&old);
out:
	/* No reason to stop service: at worst a released lease counts as held until it expires. */
	if (err < 0)
		LOG(DHCPSRV_MEMFILE_LEFTOVER_UNREADABLE, why ? why : err_text(err));
	free(why);
}

int journal_rewrite(struct journal *j)
{
	struct snapshot s = { .j = j, .fd = -1 };
	struct stat st;
	int saved;

	journal_check_descriptor(j);
	if (!journal_still_locked(j))
		return -E_SYS;
	(void)unlink(j->new_path);
	s.fd = file_open(j->new_path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (s.fd < 0)
		return -E_SYS;
	j->buf_len = 0;
	if (j->buf_cap < CSV_HEADER_MAX) {
		j->buf_cap = SNAPSHOT_BUF;
		j->buf = xrealloc(j->buf, j->buf_cap);
	}
	j->buf_len = csv_write_header(j->conf.family, j->buf);
	for (unsigned part = 0; j->conf.owner->each(j->conf.ctx, part, snapshot_row, &s); part++)
		if (j->buf_len >= SNAPSHOT_BUF && !flush_snapshot(&s))
			goto out;
	write_deletions(&s);
	if (s.failed || !flush_snapshot(&s) || j->sys->fdatasync(s.fd) < 0 || fstat(s.fd, &st) < 0 ||
	    j->sys->rename(j->new_path, j->path) < 0)
		goto out;
	if (journal_sync_dir(j) < 0) {
		/* The rename may not survive a crash: do not trust the file, although it is the one at path now. */
		saved = errno;
		(void)close(s.fd);
		errno = saved;
		return -E_SYS;
	}
	journal_use_file(j, s.fd, s.len, &st);
	atomic_fetch_add(&j->rewrites, 1);
	LOG(DHCPSRV_MEMFILE_REWRITTEN, j->path, (unsigned long long)s.rows);
	return 0;
out:
	saved = s.failed ? s.failed_errno : errno;
	(void)close(s.fd);
	(void)unlink(j->new_path);
	errno = saved;
	return -E_SYS;
}
