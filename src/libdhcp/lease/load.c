/* SPDX-License-Identifier: MPL-2.0 */
/* Reads lease files, at server start and in the cleanup. Damaged rows are set aside. */
#include "lease/load.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "lease/lines.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP_MAX (64U << 20) /* bytes of bad rows to copy; beyond that, the whole file is kept */

struct loader {
	int family;
	load_row_fn *row;
	void *ctx;
	struct csv_layout layout;
	bool have_header;
	int64_t wall_us, boot_us; /* the current time */
	uint64_t long_line;       /* number of the last long line */
	uint64_t first_bad_line;
	const char *first_why;
	const char *header_why;
	uint64_t max_bad; /* 0 = any number */
	char too_many[256];
	struct str *keep; /* bad rows; NULL = do not keep */
	bool keep_full;
	size_t tail_len;
	struct load_result res;
	struct lease_row parsed;
};

static struct loader *loader_new(int family, load_row_fn *row, void *ctx)
{
	struct loader *l = xcalloc(1, sizeof(*l));

	l->family = family;
	l->row = row;
	l->ctx = ctx;
	l->wall_us = clock_wall_us();
	l->boot_us = clock_boot_us();
	l->res.exists = true;
	return l;
}

/*
 * Computes the remaining lifetime, as far as the wall clock can be trusted: never more than the valid lifetime,
 * so a clock that starts in the past does not extend leases by decades.
 */
static void set_expires(const struct loader *l, struct lease_row *row)
{
	struct lease *lease = &row->lease;
	int64_t left_us = row->expire_wall * 1000000 - l->wall_us;

	if (lease->valid == LEASE_FOREVER) {
		lease->expires = INT64_MAX;
		return;
	}
	if (left_us > (int64_t)lease->valid * 1000000) {
		left_us = (int64_t)lease->valid * 1000000;
		lease->cltt = clock_sec_up(l->wall_us);
	}
	lease->expires = clock_sec_up(l->boot_us + left_us);
}

static void keep(struct loader *l, const char *text, size_t len)
{
	if (l->keep && l->keep->len + len < KEEP_MAX)
		str_add_n(l->keep, text, len);
	else
		l->keep_full = true;
}

/* Returns -E_RANGE if there are too many. */
static int bad_row(struct loader *l, uint64_t line, const char *why)
{
	if (!l->res.bad++) {
		l->first_bad_line = line;
		l->first_why = why;
	}
	if (!l->max_bad || l->res.bad <= l->max_bad)
		return 0;
	(void)snprintf(l->too_many, sizeof(l->too_many),
		       "more than %llu rows (max-row-errors) are not understood, the first at line %llu: %s",
		       (unsigned long long)l->max_bad, (unsigned long long)l->first_bad_line, l->first_why);
	return -E_RANGE;
}

static const char no_header[] = "its first line is not the header of a lease file";

static int take_header(struct loader *l, const struct lines *lines)
{
	int err = csv_read_header(l->family, lines->text, lines->len, &l->layout, &l->header_why);

	if (err < 0)
		return err;
	l->have_header = true;
	l->res.needs_rewrite = l->layout.older || l->layout.newer;
	return 0;
}

/* Returns true if the line is a row with all its columns. */
static bool take_row(struct loader *l, const struct lines *lines)
{
	if (csv_read_row(&l->layout, lines->text, lines->len, &l->parsed) < 0)
		return false;
	l->parsed.line = lines->number;
	if (!l->parsed.deleted)
		set_expires(l, &l->parsed);
	l->res.rows++;
	l->row(l->ctx, &l->parsed);
	return true;
}

/* Returns -E_INVAL for a header of another kind of file. */
static int take_line(struct loader *l, const struct lines *lines)
{
	if (!l->have_header)
		return take_header(l, lines);
	if (!lines->len || (lines->len == 1 && *lines->text == '\r'))
		return 0;
	if (take_row(l, lines))
		return 0;
	keep(l, lines->text, lines->len);
	keep(l, "\n", 1);
	return bad_row(l, lines->number, l->parsed.why);
}

/* A piece of a long line: no lease has such a row. */
static int take_long(struct loader *l, const struct lines *lines)
{
	if (!l->have_header) {
		l->header_why = no_header;
		return -E_INVAL;
	}
	keep(l, lines->text, lines->len);
	if (l->long_line == lines->number)
		return 0;
	l->long_line = lines->number;
	return bad_row(l, lines->number, "it is too long for a row");
}

/* Handles text after the last newline: either a row whose newline an editor or a script omitted, or a torn row. */
static int take_tail(struct loader *l, const struct lines *lines)
{
	if (l->have_header && take_row(l, lines)) {
		l->res.no_newline = true;
		l->res.good_len = (off_t)lines->len;
		return 0;
	}
	if (l->have_header) {
		l->tail_len = lines->len;
		keep(l, lines->text, lines->len);
		keep(l, "\n", 1);
		return 0;
	}
	if (!csv_is_torn_header(l->family, lines->text, lines->len)) {
		l->header_why = no_header;
		return -E_INVAL;
	}
	return 0;
}

static int read_all(struct loader *l, struct lines *lines)
{
	int kind, err = 0;

	while (err == 0 && (kind = lines_next(lines)) != LINE_END) {
		if (kind < 0)
			return kind;
		err = kind == LINE_WHOLE  ? take_line(l, lines)
		      : kind == LINE_LONG ? take_long(l, lines)
					  : take_tail(l, lines);
	}
	if (!l->have_header)
		l->res.needs_rewrite = true;
	l->res.good_len += lines->good_len;
	l->res.lines = lines->number;
	return err;
}

int load_text(const char *text, size_t len, int family, load_row_fn *row, void *ctx, struct load_result *ret,
	      const char **reterr_why)
{
	struct loader *l = loader_new(family, row, ctx);
	struct lines lines;
	int err;

	lines_begin_text(&lines, text, len);
	err = read_all(l, &lines);
	if (err < 0)
		*reterr_why = l->header_why;
	else
		*ret = l->res;
	free(l);
	return err;
}

static char *explain(const char *path, const char *why)
{
	char *text = NULL;

	if (asprintf(&text, "cannot use the lease file %s, which is left unchanged: %s", path, why) < 0)
		return NULL;
	return text;
}

/* --- setting aside --- */

/* True if the file contains these rows in sequence. */
static bool holds(int fd, const struct str *rows)
{
	struct stat st;
	char *old;
	bool same;

	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size < rows->len || st.st_size > 4 * (off_t)KEEP_MAX)
		return false;
	old = xmalloc((size_t)st.st_size + 1);
	same = pread(fd, old, (size_t)st.st_size, 0) == (ssize_t)st.st_size &&
	       memmem(old, (size_t)st.st_size, rows->text, rows->len);
	free(old);
	return same;
}

static bool append(int fd, const struct str *rows)
{
	size_t done = 0;

	while (done < rows->len) {
		ssize_t n = write(fd, rows->text + done, rows->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/*
 * Appends the rows, unless the file already has them from the last start. Synced, because the cleanup removes
 * the original.
 */
static bool keep_bad_rows(const char *bad_path, const struct str *rows)
{
	int fd = file_open(bad_path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool kept;

	if (fd < 0)
		return false;
	kept = (holds(fd, rows) || append(fd, rows)) && fsync(fd) == 0;
	(void)close(fd);
	return kept;
}

/* Links the whole file to a second name, unless it has one already. */
static bool keep_original(const char *path, const char *suffix)
{
	char *name = NULL;
	bool kept = asprintf(&name, "%s%s", path, suffix) >= 0 && (link(path, name) == 0 || errno == EEXIST);

	free(name);
	return kept;
}

static void report(struct loader *l, const struct load_source *source)
{
	const char *how = "kept in", *where = source->bad_path;

	if (l->layout.older)
		LOG(DHCPSRV_MEMFILE_NEEDS_UPGRADING, source->path);
	if (l->layout.newer)
		LOG(DHCPSRV_MEMFILE_NEEDS_DOWNGRADING, source->path);
	l->res.all_kept = true;
	if (!l->keep->len && !l->keep_full)
		return;
	l->res.all_kept = keep_bad_rows(source->bad_path, l->keep);
	if (l->keep_full) {
		l->res.all_kept = keep_original(source->path, ".damaged") && l->res.all_kept;
		l->res.needs_rewrite = true; /* do not truncate: it is the copy */
	}
	if (!l->res.all_kept)
		how = "they could not be kept in";
	if (l->res.bad)
		LOG(DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR, (unsigned long long)l->res.bad, source->path,
		    (unsigned long long)l->first_bad_line, l->first_why, how, where);
	if (l->tail_len)
		LOG(DHCPSRV_MEMFILE_TORN_TAIL, source->path, (unsigned long long)l->tail_len, where);
}

/* --- files --- */

static void begin(struct lines *lines, const struct load_source *source)
{
	if (source->read)
		lines_begin_from(lines, source->read, source->ctx);
	else
		lines_begin(lines, source->fd);
}

int load_family(const struct load_source *source)
{
	struct csv_layout layout;
	struct lines lines;
	const char *why;
	int family = -E_INVAL;

	begin(&lines, source);
	if (lines_next(&lines) == LINE_WHOLE)
		for (int i = 0; i < 2 && family < 0; i++)
			if (csv_read_header(i, lines.text, lines.len, &layout, &why) == 0)
				family = i;
	lines_end(&lines);
	return !source->read && lseek(source->fd, 0, SEEK_SET) < 0 ? -E_INVAL : family;
}

int load_open(const char *path, char **reterr)
{
	int fd = file_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	char why[FILE_WHY_MAX];
	struct stat st;

	if (fd < 0) {
		if (errno == ENOENT)
			return -E_NOENT;
		*reterr = explain(path, file_why(path, R_OK, why));
		return -E_SYS;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		*reterr = explain(path, "it is not a regular file");
		(void)close(fd);
		errno = EINVAL;
		return -E_SYS;
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return fd;
}

int load_source(const struct load_source *source, int family, load_row_fn *row, void *ctx, struct load_result *ret,
		char **reterr)
{
	struct loader *l = loader_new(family, row, ctx);
	struct str bad = { 0 };
	struct lines lines;
	int err;

	if (source->bad_path) {
		LOG(DHCPSRV_MEMFILE_LEASE_FILE_LOAD, source->path);
		l->keep = &bad;
	}
	l->max_bad = source->max_bad;
	begin(&lines, source);
	err = read_all(l, &lines);
	if (err < 0)
		*reterr = explain(source->path, err == -E_INVAL   ? l->header_why
						: err == -E_RANGE ? l->too_many
								  : strerror(errno));
	else if (source->bad_path)
		report(l, source);
	/* Unknown columns will be dropped: keep the original under another name. */
	if (err == 0 && source->bad_path && l->layout.newer && !keep_original(source->path, ".newer")) {
		*reterr = explain(source->path, "its original cannot be kept with the suffix .newer");
		err = -E_SYS;
	}
	if (err == 0)
		*ret = l->res;
	lines_end(&lines);
	str_free(&bad);
	free(l);
	return err;
}

int load_file(const char *path, int family, uint64_t max_bad, load_row_fn *row, void *ctx, struct load_result *ret,
	      char **reterr)
{
	struct load_source source = { .fd = load_open(path, reterr), .path = path, .max_bad = max_bad };
	char *bad_path = NULL;
	int err;

	if (source.fd == -E_NOENT) {
		*ret = (struct load_result){ .needs_rewrite = true };
		return 0;
	}
	if (source.fd < 0)
		return source.fd;
	if (asprintf(&bad_path, "%s.bad", path) < 0)
		abort();
	source.bad_path = bad_path;
	err = load_source(&source, family, row, ctx, ret, reterr);
	free(bad_path);
	(void)close(source.fd);
	return err;
}
