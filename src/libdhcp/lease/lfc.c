/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two passes over the files: the first parses all rows and determines the last row of each address, the second
 * copies these rows, in file order. Memory is only needed for the table of the first pass (lastrow.h), not for
 * the leases.
 *
 * Without a copy there is nothing to do, although `previous` alone could be cleaned: a server may create the
 * copy at any time while there is none, and never while there is one.
 */
#include "lease/lfc.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "lease/discard.h"
#include "lease/lastrow.h"
#include "lease/leftover.h"
#include "lease/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_BUF (256U << 10)
#define OUT_FLUSH (1U << 20) /* bytes after which the kernel starts writing to disk */

const struct lfc_sys lfc_sys_real = { .write = write, .fsync = fsync, .rename = rename, .unlink = unlink };

struct input {
	struct load_source source;
	char *bad_path;
	uint32_t base; /* row number before the first line */
	uint64_t lines;
	bool verbatim; /* rows have the current columns */
	struct stat st;
};

struct lfc {
	const struct lfc_files *files;
	const struct lfc_sys *sys;
	struct input v[2];
	unsigned n;
	struct lastrow last;
	uint32_t base; /* row number base of the file being read */
	bool too_many;
	int out_fd;
	char *buf;
	size_t buf_len, buf_cap;
	off_t written, flushed;
	struct lease_row row;
	struct lfc_result res;
};

static int fail(char **reterr, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int fail(char **reterr, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(reterr, fmt, ap) < 0)
		*reterr = NULL;
	va_end(ap);
	return err;
}

enum lfc_state lfc_state(const struct lfc_files *files)
{
	struct stat st;

	if (lstat(files->finish, &st) == 0)
		return LFC_FINISH;
	return lstat(files->copy, &st) == 0 ? LFC_COPY : LFC_NOTHING;
}

static int sync_folder_of(const struct lfc *l, const char *path)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	int fd, err, saved;

	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return -E_SYS;
	err = l->sys->fsync(fd) < 0 ? -E_SYS : 0;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return err;
}

/* --- first pass --- */

/* Returns PATH.bad, where PATH is the lease file if the copy has its usual name. */
static char *bad_path_of(const char *copy)
{
	size_t len = strlen(copy), suffix = strlen(LEFTOVER_COPY);
	char *name;

	if (len > suffix && strcmp(copy + len - suffix, LEFTOVER_COPY) == 0)
		len -= suffix;
	if (asprintf(&name, "%.*s.bad", (int)len, copy) < 0)
		abort();
	return name;
}

static int add_input(struct lfc *l, const char *path, bool needed, char **reterr)
{
	struct input *in = &l->v[l->n];
	int fd = load_open(path, reterr);

	if (fd == -E_NOENT && !needed)
		return 0;
	if (fd == -E_NOENT)
		return fail(reterr, fd, "%s is not there", path);
	if (fd < 0)
		return fd;
	in->bad_path = bad_path_of(l->files->copy);
	in->source = (struct load_source){ .fd = fd, .path = path, .bad_path = in->bad_path };
	l->n++;
	return fstat(fd, &in->st) < 0 ? fail(reterr, -E_SYS, "%s: %s", path, strerror(errno)) : 0;
}

static void note_row(void *ctx, const struct lease_row *row)
{
	struct lfc *l = ctx;

	if (row->line > LASTROW_MAX - l->base)
		l->too_many = true;
	else
		lastrow_add(&l->last, &row->lease.addr, l->base + (uint32_t)row->line, row->deleted);
}

static int read_input(struct lfc *l, struct input *in, char **reterr)
{
	struct load_result res;
	int err;

	in->base = l->base;
	err = load_source(&in->source, l->files->family, note_row, l, &res, reterr);
	if (err < 0)
		return err;
	if (l->too_many || res.lines > LASTROW_MAX - l->base)
		return fail(reterr, -E_RANGE, "%s has more than 4,294,967,294 rows", in->source.path);
	if (!res.all_kept)
		return fail(reterr, -E_SYS, "%s has damaged rows, which cannot be kept in %s", in->source.path,
			    in->bad_path);
	in->lines = res.lines;
	in->verbatim = !res.needs_rewrite;
	l->base += (uint32_t)res.lines;
	l->res.rows += res.rows;
	l->res.bad += res.bad;
	return 0;
}

/* --- second pass --- */

static int flush(struct lfc *l)
{
	const char *p = l->buf;

	while (l->buf_len) {
		ssize_t n = l->sys->write(l->out_fd, p, l->buf_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return -E_SYS;
		}
		p += n;
		l->buf_len -= (size_t)n;
		l->written += n;
	}
	/* Writes in small steps, no faster than the disk, so that a server's sync never waits for much of this data. */
	if (l->written - l->flushed >= OUT_FLUSH) {
		(void)sync_file_range(l->out_fd, l->flushed, l->written - l->flushed, SYNC_FILE_RANGE_WRITE);
		if (l->flushed)
			(void)sync_file_range(l->out_fd, 0, l->flushed, SYNC_FILE_RANGE_WAIT_BEFORE);
		l->flushed = l->written;
	}
	return 0;
}

static int reserve(struct lfc *l, size_t len)
{
	if (l->buf_len && l->buf_len + len > OUT_BUF && flush(l) < 0)
		return -E_SYS;
	if (l->buf_cap < l->buf_len + len) {
		l->buf_cap = l->buf_len + len > OUT_BUF ? l->buf_len + len : OUT_BUF;
		l->buf = xrealloc(l->buf, l->buf_cap);
	}
	return 0;
}

static int copy_row(struct lfc *l, const char *text, size_t len)
{
	if (reserve(l, len + 1) < 0)
		return -E_SYS;
	memcpy(l->buf + l->buf_len, text, len);
	l->buf[l->buf_len + len] = '\n';
	l->buf_len += len + 1;
	return 0;
}

static int convert_row(struct lfc *l, const struct csv_layout *layout, const char *text, size_t len)
{
	int err = csv_read_row(layout, text, len, &l->row);
	char *end;

	if (err == 0)
		err = reserve(l, csv_row_bound(&l->row.lease));
	if (err < 0)
		return err;
	end = csv_write_row(l->files->family, &l->row.lease, false, l->buf + l->buf_len);
	l->buf_len = (size_t)(end - l->buf);
	return 0;
}

/* Returns -E_INVAL if the file changed since the first pass. */
static int copy_line(struct lfc *l, const struct input *in, const struct lines *lines, struct csv_layout *layout)
{
	const char *why;

	if (lines->number == 1)
		return csv_read_header(l->files->family, lines->text, lines->len, layout, &why);
	if (!lastrow_is_last(&l->last, in->base + lines->number))
		return 0;
	if (!lines->len)
		return -E_INVAL;
	if (in->verbatim && lines->text[lines->len - 1] != '\r')
		return copy_row(l, lines->text, lines->len);
	return convert_row(l, layout, lines->text, lines->len);
}

static int copy_last_rows(struct lfc *l, const struct input *in, char **reterr)
{
	struct csv_layout layout = { 0 };
	struct lines lines;
	int kind = LINE_END, err = 0;

	if (lseek(in->source.fd, 0, SEEK_SET) < 0)
		return fail(reterr, -E_SYS, "%s: %s", in->source.path, strerror(errno));
	lines_begin(&lines, in->source.fd);
	while (err == 0 && (kind = lines_next(&lines)) > 0)
		/* A last row may lack its newline; if the header lacks it, the file has no rows. */
		if (kind == LINE_WHOLE || (kind == LINE_TAIL && lines.number > 1))
			err = copy_line(l, in, &lines, &layout);
	if (kind < 0)
		err = fail(reterr, kind, "%s: %s", in->source.path, strerror(errno));
	else if (err == -E_INVAL || (err == 0 && lines.number != in->lines))
		err = fail(reterr, -E_INVAL, "%s was changed while it was read", in->source.path);
	else if (err < 0)
		err = fail(reterr, err, "%s: %s", l->files->output, strerror(errno));
	lines_end(&lines);
	return err;
}

static int write_output(struct lfc *l, char **reterr)
{
	int err = reserve(l, CSV_HEADER_MAX);

	l->buf_len = csv_write_header(l->files->family, l->buf);
	for (unsigned i = 0; err == 0 && i < l->n; i++) {
		err = copy_last_rows(l, &l->v[i], reterr);
		if (err < 0)
			return err;
	}
	if (flush(l) < 0 || l->sys->fsync(l->out_fd) < 0)
		return fail(reterr, -E_SYS, "%s: %s", l->files->output, strerror(errno));
	return 0;
}

/*
 * Gives the new file the owner, group and mode of the lease file. Skips chown() if nothing changes: a service
 * manager may forbid it, or even kill the process for it. A group that cannot be set is no reason to let the
 * lease file grow.
 */
static int open_output(struct lfc *l, char **reterr)
{
	const char *path = l->files->output;
	const struct stat *like = &l->v[l->n - 1].st;
	char why[FILE_WHY_MAX];
	struct stat st;

	(void)unlink(path);
	l->out_fd = file_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->out_fd < 0)
		return fail(reterr, -E_SYS, "%s: %s", path, file_why(path, W_OK, why));
	if (fstat(l->out_fd, &st) < 0)
		return fail(reterr, -E_SYS, "%s: %s", path, strerror(errno));
	if ((like->st_uid != st.st_uid || like->st_gid != st.st_gid) &&
	    fchown(l->out_fd, like->st_uid, like->st_gid) < 0 && like->st_uid != st.st_uid)
		return fail(reterr, -E_SYS, "%s cannot get the owner of %s: %s", path, l->files->copy, strerror(errno));
	if (fchmod(l->out_fd, like->st_mode & 0660) < 0)
		return fail(reterr, -E_SYS, "%s: %s", path, strerror(errno));
	return 0;
}

static int make_output(struct lfc *l, char **reterr)
{
	int err = open_output(l, reterr);

	if (err == 0)
		err = write_output(l, reterr);
	if (l->out_fd >= 0)
		(void)close(l->out_fd);
	if (err == 0 && l->sys->rename(l->files->output, l->files->finish) < 0)
		err = fail(reterr, -E_SYS, "%s cannot be renamed to %s: %s", l->files->output, l->files->finish,
			   strerror(errno));
	if (err < 0)
		(void)unlink(l->files->output);
	return err;
}

int lfc_process(const struct lfc_files *files, const struct lfc_sys *sys, struct lfc_result *ret, char **reterr)
{
	struct lfc l = { .files = files, .sys = sys, .out_fd = -1 };
	int err;

	lastrow_init(&l.last, files->family == 0);
	err = add_input(&l, files->previous, false, reterr);
	if (err == 0)
		err = add_input(&l, files->copy, true, reterr);
	for (unsigned i = 0; err == 0 && i < l.n; i++)
		err = read_input(&l, &l.v[i], reterr);
	if (err == 0)
		err = make_output(&l, reterr);
	if (err == 0) {
		l.res.leases = l.last.n_last;
		*ret = l.res;
	}
	for (unsigned i = 0; i < l.n; i++) {
		(void)close(l.v[i].source.fd);
		free(l.v[i].bad_path);
	}
	lastrow_done(&l.last);
	free(l.buf);
	return err;
}

static int rename_finish(struct lfc *l, char **reterr)
{
	const struct lfc_files *files = l->files;

	/* Even if an earlier run created the file: it may not have synced the directory. */
	if (sync_folder_of(l, files->finish) < 0)
		return fail(reterr, -E_SYS, "the directory of %s: %s", files->finish, strerror(errno));
	if (l->sys->unlink(files->copy) < 0 && errno != ENOENT)
		return fail(reterr, -E_SYS, "%s cannot be removed: %s", files->copy, strerror(errno));
	if (l->sys->rename(files->finish, files->previous) < 0)
		return fail(reterr, -E_SYS, "%s cannot be renamed to %s: %s", files->finish, files->previous,
			    strerror(errno));
	if (sync_folder_of(l, files->previous) < 0)
		return fail(reterr, -E_SYS, "the directory of %s: %s", files->previous, strerror(errno));
	return 0;
}

int lfc_rotate(const struct lfc_files *files, const struct lfc_sys *sys, char **reterr)
{
	struct lfc l = { .files = files, .sys = sys };
	int copy = discard_hold(files->copy), previous = discard_hold(files->previous);
	int err = rename_finish(&l, reterr);

	discard(copy);
	discard(previous);
	return err;
}
