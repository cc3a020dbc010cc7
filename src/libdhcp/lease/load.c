/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reading lease files at start. Plain read() in large pieces: as fast as a mapping (the parsing costs
 * more than the copy), and a disk error is a result here instead of a signal.
 */
#include "lease/load.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (1U << 20)       /* also the longest line */
#define KEEP_MAX (64U << 20)   /* bytes of bad rows that are kept */

struct loader {
	int family;
	void (*row)(void *ctx, const struct lease_row *row);
	void *ctx;
	struct csv_layout layout;
	bool have_header;
	bool too_long; /* in the middle of a line longer than the buffer */
	int64_t wall_now, boot_now;
	uint64_t line;
	uint64_t first_bad_line;
	const char *first_why;
	const char *header_why;
	struct str *keep; /* bad rows; NULL = not wanted */
	struct load_result res;
	struct lease_row parsed;
};

static void loader_init(struct loader *l, int family, void (*row)(void *, const struct lease_row *), void *ctx)
{
	l->family = family;
	l->row = row;
	l->ctx = ctx;
	l->wall_now = clock_wall_sec();
	l->boot_now = clock_boot_sec();
}

/*
 * How long the lease still runs, as far as the wall clock can be believed: never longer than its
 * lifetime, so a clock that starts in the past does not make leases live for decades.
 */
static void set_expires(const struct loader *l, struct lease_row *row)
{
	struct lease *lease = &row->lease;
	int64_t left = row->expire_wall - l->wall_now;

	if (lease->valid == LEASE_FOREVER) {
		lease->expires = INT64_MAX;
		return;
	}
	if (left > (int64_t)lease->valid) {
		left = lease->valid;
		lease->cltt = l->wall_now;
	}
	lease->expires = l->boot_now + left;
}

static void keep(struct loader *l, const char *text, size_t len)
{
	if (l->keep && l->keep->len + len < KEEP_MAX)
		str_add_n(l->keep, text, len);
}

static void bad_row(struct loader *l, const char *why)
{
	if (!l->res.bad++) {
		l->first_bad_line = l->line;
		l->first_why = why;
	}
}

/* A whole line, without its newline; -E_INVAL for a header that is not ours. */
static int take_line(struct loader *l, const char *line, size_t len)
{
	l->line++;
	if (!l->have_header) {
		int err = csv_read_header(l->family, line, len, &l->layout, &l->header_why);

		if (err < 0)
			return err;
		l->have_header = true;
		l->res.needs_rewrite = l->layout.older || l->layout.newer;
		return 0;
	}
	if (!len || (len == 1 && *line == '\r'))
		return 0;
	if (csv_read_row(&l->layout, line, len, &l->parsed) < 0) {
		bad_row(l, l->parsed.why);
		keep(l, line, len);
		keep(l, "\n", 1);
		return 0;
	}
	if (!l->parsed.deleted)
		set_expires(l, &l->parsed);
	l->res.rows++;
	l->row(l->ctx, &l->parsed);
	return 0;
}

/* All whole lines of the buffer; *ret_used is what they take. */
static int take_lines(struct loader *l, const char *buf, size_t len, size_t *ret_used)
{
	const char *p = buf, *end = buf + len, *newline;

	while (p < end && (newline = memchr(p, '\n', (size_t)(end - p)))) {
		if (l->too_long) {
			l->too_long = false;
			keep(l, p, (size_t)(newline + 1 - p));
		} else if (take_line(l, p, (size_t)(newline - p)) < 0) {
			return -E_INVAL;
		}
		p = newline + 1;
	}
	l->res.good_len += p - buf;
	*ret_used = (size_t)(p - buf);
	return 0;
}

/* What is left when the file ends without a newline. */
static int take_tail(struct loader *l, const char *tail, size_t len)
{
	if (l->have_header) {
		keep(l, tail, len);
		keep(l, "\n", 1);
		return 0;
	}
	if (!csv_is_torn_header(l->family, tail, len)) {
		l->header_why = "its first line is not the header of a lease file";
		return -E_INVAL;
	}
	l->res.needs_rewrite = true;
	return 0;
}

int load_text(const char *text, size_t len, int family, void (*row)(void *, const struct lease_row *),
	      void *ctx, struct load_result *ret, const char **reterr_why)
{
	struct loader *l = xcalloc(1, sizeof(*l));
	size_t used = 0;
	int err;

	loader_init(l, family, row, ctx);
	l->res.exists = true;
	err = take_lines(l, text, len, &used);
	if (err == 0)
		err = take_tail(l, text + used, len - used);
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

	if (asprintf(&text, "cannot use the lease file %s: %s; it is left as it is", path, why) < 0)
		return NULL;
	return text;
}

/* Append to FILE.bad, unless the same rows end it already: they were kept at the last start. */
static bool keep_bad_rows(const char *bad_path, const struct str *rows)
{
	int fd = open(bad_path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	struct stat st;
	size_t done = 0;
	bool same = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size >= rows->len) {
		char *old = xmalloc(rows->len + 1);

		same = pread(fd, old, rows->len, st.st_size - (off_t)rows->len) == (ssize_t)rows->len &&
		       memcmp(old, rows->text, rows->len) == 0;
		free(old);
	}
	while (!same && done < rows->len) {
		ssize_t n = write(fd, rows->text + done, rows->len - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	(void)close(fd);
	return same || done == rows->len;
}

static void report(const struct loader *l, const char *path, size_t tail_len)
{
	char *bad_path = NULL;
	bool kept;

	if (l->layout.older)
		LOG(DHCPSRV_MEMFILE_NEEDS_UPGRADING, path);
	if (l->layout.newer)
		LOG(DHCPSRV_MEMFILE_NEEDS_DOWNGRADING, path);
	if (!l->keep->len || asprintf(&bad_path, "%s.bad", path) < 0)
		return;
	kept = keep_bad_rows(bad_path, l->keep);
	if (l->res.bad)
		LOG(DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR, (unsigned long long)l->res.bad, path,
		    (unsigned long long)l->first_bad_line, l->first_why,
		    kept ? "kept in" : "they could not be kept in", bad_path);
	if (tail_len)
		LOG(DHCPSRV_MEMFILE_TORN_TAIL, path, (unsigned long long)tail_len, bad_path);
	free(bad_path);
}

static int open_regular(const char *path, char **reterr)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0) {
		if (errno == ENOENT)
			return -E_NOENT;
		*reterr = explain(path, strerror(errno));
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

static int read_all(struct loader *l, int fd, char *buf, size_t *ret_tail)
{
	size_t len = 0, used;
	int err;

	for (;;) {
		ssize_t n = read(fd, buf + len, PIECE - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -E_SYS;
		if (n == 0)
			break;
		len += (size_t)n;
		err = take_lines(l, buf, len, &used);
		if (err < 0)
			return err;
		len -= used;
		memmove(buf, buf + used, len);
		if (len == PIECE) {
			/* No lease has such a row: skip to its end. */
			if (!l->have_header) {
				l->header_why = "its first line is not the header of a lease file";
				return -E_INVAL;
			}
			if (!l->too_long) {
				l->line++;
				bad_row(l, "it is longer than any row can be");
			}
			l->too_long = true;
			keep(l, buf, len);
			l->res.good_len += (off_t)len;
			len = 0;
		}
	}
	if (l->too_long) {
		/* The end of an overlong line is missing, but it is no row: append behind a newline. */
		l->res.needs_rewrite = true;
	}
	*ret_tail = l->have_header ? len : 0;
	if (!len && !l->have_header)
		l->res.needs_rewrite = true;
	return len ? take_tail(l, buf, len) : 0;
}

int load_file(const char *path, int family, void (*row)(void *, const struct lease_row *), void *ctx,
	      struct load_result *ret, char **reterr)
{
	struct loader *l;
	struct str bad = { 0 };
	size_t tail_len = 0;
	char *buf;
	int fd = open_regular(path, reterr), err;

	if (fd == -E_NOENT) {
		*ret = (struct load_result){ .needs_rewrite = true };
		return 0;
	}
	if (fd < 0)
		return fd;
	LOG(DHCPSRV_MEMFILE_LEASE_FILE_LOAD, path);
	l = xcalloc(1, sizeof(*l));
	buf = xmalloc(PIECE);
	loader_init(l, family, row, ctx);
	l->keep = &bad;
	l->res.exists = true;
	err = read_all(l, fd, buf, &tail_len);
	if (err < 0) {
		*reterr = explain(path, err == -E_INVAL ? l->header_why : strerror(errno));
	} else {
		report(l, path, tail_len);
		if (l->layout.newer) {
			char *newer = NULL;

			/* The rewrite will drop columns: the original stays under another name. */
			if (asprintf(&newer, "%s.newer", path) >= 0 && link(path, newer) < 0 &&
			    errno != EEXIST) {
				*reterr = explain(path, "its original cannot be kept with the suffix .newer");
				err = -E_SYS;
			}
			free(newer);
		}
		*ret = l->res;
	}
	str_free(&bad);
	free(buf);
	free(l);
	(void)close(fd);
	return err;
}
