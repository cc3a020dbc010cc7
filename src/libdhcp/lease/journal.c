/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Group commit; see journal.h for what is promised. Everything below `run` happens on the journal
 * thread (or before it starts), so the file, the buffer and the lengths need no lock. `lock` guards
 * the queue and what other threads read.
 */
#include "lease/journal.h"

#include "base/arena.h"
#include "base/err.h"
#include "lease/leftover.h"
#include "lease/lockfile.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_MIN_MS 50
#define RETRY_MAX_MS 1000
#define REMIND_MS 60000
#define PROBE_LEN 65536
#define SNAPSHOT_BUF (1U << 20)
#define BUSY_GROUP 8   /* transactions: from here on the next group is given time to grow */
#define GATHER_MAX_US 1000

struct journal {
	struct journal_conf conf;
	const struct journal_sys *sys;
	char *path, *new_path, *next_path, *copy_path, *aside_path, *dir;
	int fd, lock_fd;
	off_t len;        /* bytes of the file that hold whole, acknowledged rows */
	dev_t dev;
	ino_t ino;
	bool tainted;     /* a sync of fd failed, or it is not the file at path: never use it again */
	unsigned ahead;   /* of so many groups to come the file may hold changes already */
	int64_t retry_ms, retry_at, check_at, remind_at; /* ms of CLOCK_MONOTONIC */
	int last_errno;
	unsigned group_n;  /* transactions of the last group */
	int64_t sync_us;   /* how long its write and sync took */

	char *buf;
	size_t buf_len, buf_cap;
	uint64_t buf_rows;

	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct store_txn *head, **tail;
	bool stop;
	int next_fd; /* the file to go on in, -1 = as before */
	void (*rotated)(void *ctx, int result); /* NULL unless a rotation is under way */
	void *rotated_ctx;
	atomic_bool failing;
	_Atomic unsigned pending;
	_Atomic uint64_t rows, bytes, groups, syncs, rewrites, failures, file_bytes;
	char why[96];
};

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

/* The pauses of this thread are real ones, whatever clock tests give the leases. */
static int64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t now_ms(void)
{
	return now_us() / 1000;
}

static char *heap_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *heap_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return text;
}

/* --- opening --- */

/* The path with symbolic links followed, so that all who name the file agree on its lock. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL), *copy, *slash, *dir, *ret;

	if (real)
		return real;
	copy = xstrdup(path);
	slash = strrchr(copy, '/');
	if (!slash || !slash[1]) {
		free(copy);
		errno = EINVAL;
		return NULL;
	}
	*slash = '\0';
	dir = realpath(*copy ? copy : "/", NULL);
	ret = dir ? heap_printf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, slash + 1) : NULL;
	free(dir);
	free(copy);
	return ret;
}

/* The lock, again if the companion went away with its folder: never two servers. */
static int hold_lock(struct journal *j, char **reterr)
{
	int fd;

	if (j->lock_fd >= 0 && lockfile_is_held(j->path, j->lock_fd))
		return 0;
	fd = lockfile_take(j->path, reterr);
	if (fd < 0)
		return fd;
	if (j->lock_fd >= 0)
		(void)close(j->lock_fd);
	j->lock_fd = fd;
	return 0;
}

static bool still_locked(struct journal *j)
{
	char *why = NULL;
	int err = hold_lock(j, &why);

	free(why);
	return err == 0;
}

int journal_new(const struct journal_conf *conf, struct journal **ret, char **reterr)
{
	struct journal *j = xcalloc(1, sizeof(*j));
	pthread_condattr_t attr;
	int err = -E_SYS;

	j->conf = *conf;
	j->sys = conf->sys ? conf->sys : &journal_sys_real;
	j->fd = j->lock_fd = j->next_fd = -1;
	j->tail = &j->head;
	j->retry_ms = RETRY_MIN_MS;
	(void)pthread_mutex_init(&j->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&j->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	j->path = resolve(conf->path);
	if (!j->path) {
		*reterr = heap_printf("the lease file %s: %s", conf->path, strerror(errno));
		goto out;
	}
	j->new_path = heap_printf("%s.new", j->path);
	j->next_path = heap_printf("%s.next", j->path);
	j->copy_path = heap_printf("%s" LEFTOVER_COPY, j->path);
	j->aside_path = heap_printf("%s.replaced", j->path);
	j->dir = xstrdup(j->path);
	*(strrchr(j->dir, '/') + (strrchr(j->dir, '/') == j->dir)) = '\0';
	err = hold_lock(j, reterr);
	if (err < 0)
		goto out;
	*ret = j;
	return 0;
out:
	journal_free(j);
	return err;
}

const char *journal_path(const struct journal *j)
{
	return j->path;
}

/* --- rows into the buffer --- */

static void add_row(struct journal *j, const struct lease *lease, bool deleted)
{
	size_t bound = csv_row_bound(lease);

	if (j->buf_cap - j->buf_len < bound) {
		j->buf_cap = (j->buf_cap + bound) * 2;
		j->buf = xrealloc(j->buf, j->buf_cap);
	}
	j->buf_len = (size_t)(csv_write_row(j->conf.family, lease, deleted, j->buf + j->buf_len) - j->buf);
	j->buf_rows++;
}

static void add_row_cb(void *arg, const struct lease *lease, bool deleted)
{
	add_row(arg, lease, deleted);
}

/* --- writing --- */

/* All of it; how much was written before an error does not matter to callers. */
static int write_all(struct journal *j, int fd, const char *data, size_t len)
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

	if (write_all(j, s->fd, j->buf, j->buf_len) < 0) {
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

	add_row(s->j, lease, false);
	s->rows++;
	return true;
}

/* The folder that the path leads to now. */
static int sync_dir(struct journal *j)
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

static void deletion_row(void *arg, const struct lease_row *row)
{
	struct snapshot *s = arg;
	struct journal *j = s->j;

	if (s->failed || row->deleted || j->conf.owner->has(j->conf.ctx, &row->lease.addr))
		return;
	add_row(j, &row->lease, true);
	if (j->buf_len >= SNAPSHOT_BUF)
		(void)flush_snapshot(s);
}

/*
 * The files before this one (leftover.h) may hold leases that were deleted since, and the rows that
 * said so are not in the new file: say it again. So it is right whatever becomes of those files, which
 * a clean-up may be working on.
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
	/* No reason to refuse service: a lease given back may count as held until it expires. */
	if (err < 0)
		LOG(DHCPSRV_MEMFILE_LEFTOVER_UNREADABLE, why ? why : err_text(err));
	free(why);
}

static void use_file(struct journal *j, int fd, off_t len, const struct stat *st)
{
	if (j->fd >= 0)
		(void)close(j->fd);
	j->fd = fd;
	j->len = len;
	atomic_store(&j->file_bytes, (uint64_t)len);
	j->dev = st->st_dev;
	j->ino = st->st_ino;
	j->tainted = false;
}

/* Write a complete file beside the old one and put it in its place. Always synced. */
static int rewrite(struct journal *j)
{
	struct snapshot s = { .j = j, .fd = -1 };
	struct stat st;
	int saved;

	if (!still_locked(j))
		return -E_SYS;
	(void)unlink(j->new_path);
	s.fd = open(j->new_path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
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
	if (sync_dir(j) < 0) {
		/* The name may not last: not to be trusted, but it is the file at path now. */
		saved = errno;
		(void)close(s.fd);
		errno = saved;
		return -E_SYS;
	}
	use_file(j, s.fd, s.len, &st);
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

/*
 * After a write that failed: cut off what it left and see whether there is room again. A descriptor
 * of its own, so an error of the old one that was not yet reported is not missed.
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
	if (st.st_dev != j->dev || st.st_ino != j->ino || st.st_size < j->len) {
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
	use_file(j, fd, j->len, &st);
	return 0;
out:
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -E_SYS;
}

/* --- failing and coming back --- */

static void set_failing(struct journal *j, const char *what)
{
	int saved = errno;
	int64_t now = now_ms();

	if (!atomic_load(&j->failing) || saved != j->last_errno || now >= j->remind_at) {
		LOG(DHCPSRV_MEMFILE_WRITE_FAILED, j->path, what, strerror(saved));
		j->last_errno = saved;
		j->remind_at = now + REMIND_MS;
	}
	(void)pthread_mutex_lock(&j->lock);
	(void)snprintf(j->why, sizeof(j->why), "%s: %s", what, strerror(saved));
	atomic_store(&j->failing, true);
	(void)pthread_mutex_unlock(&j->lock);
}

/* The group, and all that was queued behind it: nothing of it is durable. */
static void fail_group(struct journal *j, struct store_txn *group, const char *what)
{
	struct store_txn **end = &group;

	set_failing(j, what);
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
	j->retry_ms = RETRY_MIN_MS;
	j->retry_at = now_ms();
}

static void try_recover(struct journal *j)
{
	int err = j->tainted ? rewrite(j) : repair(j);

	if (err < 0 && j->tainted)
		err = rewrite(j);
	if (err < 0) {
		set_failing(j, "still failing");
		j->retry_at = now_ms() + j->retry_ms;
		j->retry_ms = j->retry_ms * 2 < RETRY_MAX_MS ? j->retry_ms * 2 : RETRY_MAX_MS;
		return;
	}
	j->ahead = 0;
	LOG(DHCPSRV_MEMFILE_WRITE_RESUMED, j->path);
	(void)pthread_mutex_lock(&j->lock);
	j->why[0] = '\0';
	atomic_store(&j->failing, false);
	(void)pthread_mutex_unlock(&j->lock);
	j->check_at = now_ms() + j->conf.check_ms;
}

/*
 * Is the file still ours? Somebody may have removed, replaced, truncated or appended to it. What is in
 * memory is the truth; what is there instead is kept under another name, not overwritten.
 */
static bool file_is_lost(struct journal *j, const char **ret_what)
{
	struct stat st;

	if (lstat(j->path, &st) < 0) {
		*ret_what = errno == ENOENT ? "was removed" : strerror(errno);
		return true;
	}
	if (st.st_dev == j->dev && st.st_ino == j->ino && st.st_size == j->len)
		return false;
	*ret_what = st.st_dev == j->dev && st.st_ino == j->ino ?
			    "was changed by another program (kept as .replaced)" :
			    "was replaced by another file (kept as .replaced)";
	return true;
}

/* A second name for what is there now: the lease file itself never goes missing meanwhile. */
static void keep_aside(struct journal *j)
{
	(void)unlink(j->aside_path);
	/* Most often there is nothing to keep: the file was removed. */
	if (link(j->path, j->aside_path) < 0)
		errno = 0;
}

/* Returns false when the file was lost and could not be written again. */
static bool check_file(struct journal *j)
{
	const char *what;

	j->check_at = now_ms() + j->conf.check_ms;
	if (!file_is_lost(j, &what)) {
		j->tainted = !still_locked(j);
		return !j->tainted;
	}
	LOG(DHCPSRV_MEMFILE_FILE_LOST, j->path, what);
	keep_aside(j);
	j->tainted = true;
	if (rewrite(j) < 0)
		return false;
	/* In memory were also the changes of the group that is being written, and what was queued meanwhile. */
	j->ahead = 2;
	return true;
}

static void commit(struct journal *j, struct store_txn *group)
{
	const char *what = NULL;
	int64_t begin_us;

	if (now_ms() >= j->check_at && !check_file(j)) {
		fail_group(j, group, "restoring the lease file");
		return;
	}
	j->buf_len = 0;
	j->buf_rows = 0;
	j->group_n = 0;
	for (struct store_txn *txn = group; txn; txn = txn->next) {
		j->conf.owner->rows(j->conf.ctx, txn, add_row_cb, j);
		j->group_n++;
	}
	begin_us = now_us();
	if (write_all(j, j->fd, j->buf, j->buf_len) < 0) {
		/* A full disk spoils nothing that was synced; any other error may. */
		j->tainted = j->tainted || (errno != ENOSPC && errno != EDQUOT && errno != EFBIG);
		what = "write";
	} else if (j->conf.sync && j->sys->fdatasync(j->fd) < 0) {
		j->tainted = true;
		what = "fdatasync";
	}
	if (what) {
		/* What is taken back now must not stay in the file. */
		j->tainted = j->tainted || j->ahead;
		fail_group(j, group, what);
		return;
	}
	j->sync_us = now_us() - begin_us;
	j->ahead -= j->ahead > 0;
	j->len += (off_t)j->buf_len;
	atomic_store(&j->file_bytes, (uint64_t)j->len);
	atomic_fetch_add(&j->groups, 1);
	atomic_fetch_add(&j->rows, j->buf_rows);
	atomic_fetch_add(&j->bytes, j->buf_len);
	if (j->conf.sync)
		atomic_fetch_add(&j->syncs, 1);
	atomic_fetch_sub(&j->pending, j->group_n);
	j->conf.owner->committed(j->conf.ctx, group);
}

/*
 * Under load the next sync waits as long as the last one took, so that it serves twice as many for the
 * same price: a sync costs the processor as much as dozens of answers. A server that is not busy
 * never waits.
 */
static void gather(const struct journal *j)
{
	int64_t us = j->sync_us < GATHER_MAX_US ? j->sync_us : GATHER_MAX_US;
	struct timespec nap = { .tv_nsec = (long)us * 1000 };

	if (j->conf.sync && j->group_n >= BUSY_GROUP && atomic_load(&j->pending) < 2 * j->group_n && !atomic_load(&j->failing))
		(void)nanosleep(&nap, NULL);
}

/* --- a new file, the old one to be cleaned up --- */

/* In the caller's thread: an empty file that is whole and synced, except for its name. */
static int make_next(struct journal *j)
{
	char header[CSV_HEADER_MAX];
	size_t len = csv_write_header(j->conf.family, header);
	int fd, saved;

	(void)unlink(j->next_path);
	fd = open(j->next_path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -E_SYS;
	if (write_all(j, fd, header, len) == 0 && j->sys->fdatasync(fd) == 0)
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
		j->rotated = done; /* the next one has to wait */
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

/* Both renames and the folder's sync, or as it was, or (tainted) to be written anew. */
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
	/* Before anything is acknowledged that stands only in the new file. */
	if (sync_dir(j) < 0) {
		LOG(DHCPSRV_MEMFILE_LFC_LEASE_FILE_REOPEN_FAIL, j->path, strerror(errno));
		j->tainted = true;
		return -E_SYS;
	}
	use_file(j, fd, st->st_size, st);
	return 0;
}

/* *fd is -1 after it came into use. */
static int rotate(struct journal *j, int *fd)
{
	const char *what;
	struct stat st;
	int err;

	if (atomic_load(&j->failing) || j->tainted)
		return -E_CLOSED;
	if (file_is_lost(j, &what)) {
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
		fail_group(j, NULL, "renaming the lease file");
	return err;
}

static void finish_rotation(struct journal *j, int fd)
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

/* --- the thread --- */

/* Sleep until there is work, a retry or a look at the file is due; called and returns locked. */
static void wait_for_work(struct journal *j)
{
	int64_t until = atomic_load(&j->failing) ? j->retry_at : j->check_at;
	struct timespec ts;

	if (until <= now_ms())
		return;
	ts.tv_sec = until / 1000;
	ts.tv_nsec = until % 1000 * 1000000;
	(void)pthread_cond_timedwait(&j->wake, &j->lock, &ts);
}

static void *run(void *arg)
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
		} else if (atomic_load(&j->failing) && now_ms() >= j->retry_at) {
			try_recover(j);
		} else if (!atomic_load(&j->failing) && now_ms() >= j->check_at && !check_file(j)) {
			fail_group(j, NULL, "restoring the lease file");
		}
		if (next_fd >= 0)
			finish_rotation(j, next_fd);
		(void)pthread_mutex_lock(&j->lock);
	}
	(void)pthread_mutex_unlock(&j->lock);
	return NULL;
}

/* Cut a torn tail off and append behind it. */
static int open_existing(struct journal *j, off_t good_len)
{
	struct stat st;
	int fd = open(j->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -E_SYS;
	if (fstat(fd, &st) < 0 ||
	    (st.st_size != good_len && (j->sys->ftruncate(fd, good_len) < 0 || j->sys->fsync(fd) < 0))) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -E_SYS;
	}
	use_file(j, fd, good_len, &st);
	return 0;
}

int journal_start(struct journal *j, off_t good_len, bool whole, char **reterr)
{
	sigset_t all, old;
	int err;

	if ((whole ? rewrite(j) : open_existing(j, good_len)) < 0) {
		j->tainted = true;
		set_failing(j, whole ? "writing the lease file" : "opening the lease file");
	}
	j->retry_at = now_ms() + j->retry_ms;
	j->check_at = now_ms() + j->conf.check_ms;
	/* Signals are the main thread's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&j->thread, NULL, run, j);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		*reterr = heap_printf("cannot start the journal thread: %s", strerror(err));
		return -E_SYS;
	}
	(void)pthread_setname_np(j->thread, "journal");
	j->running = true;
	return 0;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	if (j->running) {
		(void)pthread_mutex_lock(&j->lock);
		j->stop = true;
		(void)pthread_cond_signal(&j->wake);
		(void)pthread_mutex_unlock(&j->lock);
		(void)pthread_join(j->thread, NULL);
	}
	if (j->fd >= 0)
		(void)close(j->fd);
	if (j->lock_fd >= 0)
		(void)close(j->lock_fd);
	(void)pthread_cond_destroy(&j->wake);
	(void)pthread_mutex_destroy(&j->lock);
	free(j->buf);
	free(j->path);
	free(j->new_path);
	free(j->next_path);
	free(j->copy_path);
	free(j->aside_path);
	free(j->dir);
	free(j);
}

/* --- other threads --- */

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
