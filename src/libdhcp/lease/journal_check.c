/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Is the file at the path still the one being written? The leases in memory are authoritative; a file found
 * there instead is kept under another name, not overwritten.
 */
#include "lease/journal_int.h"

#include "log/log.h"

#include <errno.h>
#include <unistd.h>

bool journal_file_is_lost(struct journal *j, const char **ret_what)
{
	struct stat st;

	if (lstat(j->path, &st) < 0) {
		*ret_what = errno == ENOENT ? "was removed" : strerror(errno);
		return true;
	}
	if (st.st_dev == j->id.dev && st.st_ino == j->id.ino && st.st_size == j->len)
		return false;
	*ret_what = st.st_dev == j->id.dev && st.st_ino == j->id.ino
			    ? "was changed by another program (kept as .replaced)"
			    : "was replaced by another file (kept as .replaced)";
	return true;
}

/* Links the file that is there now to a second name, so the lease file itself never disappears. */
static void keep_aside(struct journal *j)
{
	(void)unlink(j->aside_path);
	/* Usually there is nothing to keep: the file was removed. */
	if (link(j->path, j->aside_path) < 0)
		errno = 0;
}

bool journal_check_file(struct journal *j)
{
	const char *what;

	journal_check_descriptor(j);
	j->check_at = clock_mono_ms() + j->conf.check_ms;
	if (!journal_file_is_lost(j, &what)) {
		j->tainted = !journal_still_locked(j);
		return !j->tainted;
	}
	LOG(DHCPSRV_MEMFILE_FILE_LOST, j->path, what);
	keep_aside(j);
	j->tainted = true;
	if (journal_rewrite(j) < 0)
		return false;
	/* Memory also contained the changes of the group being written, and the queued ones. */
	j->ahead = 2;
	return true;
}
