/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A file is complete before it has its name, and its name depends only on the file of changes, so whatever interrupts a
 * cleanup, the next one replaces it by the same. Without zlib files are copied; those that another build has compressed
 * are then reported as damaged.
 */
#include "lease/archive.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "lease/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#define PIECE (256U << 10)
#define LEVEL 3 /* twice as fast as the default, for a tenth more bytes */
#define STAMP "dddddddd-dddddd.ddddddddd"
#define FILES_MAX 100000 /* in a history: more are not ours */

static int fail(char **reterr, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(char **reterr, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(reterr, fmt, ap) < 0)
		*reterr = NULL;
	va_end(ap);
	return -E_SYS;
}

/* --- names --- */

static bool has_stamp(const char *text)
{
	for (const char *p = STAMP; *p; p++, text++)
		if (*p == 'd' ? *text < '0' || *text > '9' : *text != *p)
			return false;
	return !*text || !strcmp(text, ".gz");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int archives_find(const char *path, struct archives *ret, char **reterr)
{
	char folder[PATH_MAX];
	const char *name = file_name(path);
	size_t len = strlen(name), suffix = strlen(ARCHIVE_SUFFIX);
	const struct dirent *entry;
	DIR *dir = opendir(file_folder(path, folder));

	*ret = (struct archives){ 0 };
	if (!dir)
		return fail(reterr, "%s: %s", folder, strerror(errno));
	while (ret->n < FILES_MAX && (entry = readdir(dir))) {
		const char *rest = entry->d_name + len;

		if (strncmp(entry->d_name, name, len) != 0 || strncmp(rest, ARCHIVE_SUFFIX, suffix) != 0 ||
		    !has_stamp(rest + suffix))
			continue;
		ret->paths = xrealloc(ret->paths, (ret->n + 1) * sizeof(*ret->paths));
		if (asprintf(&ret->paths[ret->n++], "%.*s%s", (int)(name - path), path, entry->d_name) < 0)
			die_of_memory();
	}
	(void)closedir(dir);
	if (ret->n)
		qsort(ret->paths, ret->n, sizeof(*ret->paths), by_name);
	return 0;
}

bool archives_equal(const struct archives *a, const struct archives *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = !strcmp(a->paths[i], b->paths[i]);
	return same;
}

void archives_free(struct archives *archives)
{
	for (size_t i = 0; i < archives->n; i++)
		free(archives->paths[i]);
	free(archives->paths);
	*archives = (struct archives){ 0 };
}

/* The lease file whose changes `copy` has. */
static char *lease_file_of(const char *copy)
{
	size_t len = strlen(copy), suffix = strlen(LEFTOVER_COPY);
	char *path;

	if (len > suffix && !strcmp(copy + len - suffix, LEFTOVER_COPY))
		len -= suffix;
	if (asprintf(&path, "%.*s", (int)len, copy) < 0)
		die_of_memory();
	return path;
}

/* --- writing --- */

struct writing {
	const struct lfc_sys *sys;
	const char *name; /* for messages */
	int in, out;
	uint8_t *from, *to; /* PIECE bytes each */
};

static bool write_piece(const struct writing *w, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = w->sys->write(w->out, w->to + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return false;
		}
		at += (size_t)n;
	}
	return true;
}

/* Returns the number of bytes, 0 at the end, -1 with errno. */
static ssize_t read_piece(const struct writing *w, uint8_t *to)
{
	ssize_t n;

	do
		n = read(w->in, to, PIECE);
	while (n < 0 && errno == EINTR);
	return n;
}

#ifdef HAVE_ZLIB
static const char ending[] = ".gz";

static bool squeeze(const struct writing *w, z_stream *z, int flush)
{
	int code;

	do {
		z->next_out = w->to;
		z->avail_out = PIECE;
		code = deflate(z, flush);
		if (code == Z_STREAM_ERROR || !write_piece(w, PIECE - z->avail_out))
			return false;
	} while (!z->avail_out || (flush == Z_FINISH && code != Z_STREAM_END));
	return true;
}

static bool write_all(const struct writing *w)
{
	z_stream z = { 0 };
	ssize_t n = 1;
	bool ok = true;

	/* 15: the largest window; 16: as gzip. */
	if (deflateInit2(&z, LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		errno = ENOMEM;
		return false;
	}
	while (ok && n > 0) {
		n = read_piece(w, w->from);
		z.next_in = w->from;
		z.avail_in = n > 0 ? (uInt)n : 0;
		ok = n >= 0 && squeeze(w, &z, n ? Z_NO_FLUSH : Z_FINISH);
	}
	(void)deflateEnd(&z);
	return ok;
}
#else
static const char ending[] = "";

static bool write_all(const struct writing *w)
{
	ssize_t n;

	while ((n = read_piece(w, w->to)) > 0)
		if (!write_piece(w, (size_t)n))
			return false;
	return n == 0;
}
#endif

/* Gives the new file the owner, group and mode of the other one. A group that cannot be set is not needed to read it.
 */
static bool make_like(int fd, const struct stat *like)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if ((like->st_uid != st.st_uid || like->st_gid != st.st_gid) && fchown(fd, like->st_uid, like->st_gid) < 0 &&
	    like->st_uid != st.st_uid)
		return false;
	return fchmod(fd, like->st_mode & 0660) == 0;
}

/* Writes all of `in` to a new file, and syncs it. */
static int write_file(const struct lfc_sys *sys, int in, const struct stat *st, const char *path, char **reterr)
{
	struct writing w = { .sys = sys, .in = in };
	int err = 0;

	(void)unlink(path);
	w.out = file_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (w.out < 0)
		return fail(reterr, "%s: %s", path, strerror(errno));
	w.from = xmalloc(PIECE);
	w.to = xmalloc(PIECE);
	if (!make_like(w.out, st) || !write_all(&w) || sys->fsync(w.out) < 0)
		err = fail(reterr, "%s: %s", path, strerror(errno));
	free(w.from);
	free(w.to);
	(void)close(w.out);
	return err;
}

/* Removes the oldest ones until the rest fits. */
static int prune(const char *path, uint64_t max_bytes, const struct lfc_sys *sys, char **reterr)
{
	struct archives archives;
	uint64_t sum = 0;
	int err = archives_find(path, &archives, reterr);

	for (size_t i = archives.n; err == 0 && i; i--) {
		const char *name = archives.paths[i - 1];
		struct stat st;

		if (lstat(name, &st) < 0)
			continue;
		sum += (uint64_t)st.st_size;
		if (sum > max_bytes && sys->unlink(name) < 0 && errno != ENOENT)
			err = fail(reterr, "%s cannot be removed: %s", name, strerror(errno));
	}
	archives_free(&archives);
	return err;
}

/* FILE.history.STAMP.gz for a file whose last change was then. */
static char *name_for(const char *path, const struct timespec *changed)
{
	char *name, text[32];
	struct tm tm;

	if (!gmtime_r(&changed->tv_sec, &tm) || !strftime(text, sizeof(text), "%Y%m%d-%H%M%S", &tm))
		(void)snprintf(text, sizeof(text), "00000000-000000");
	if (asprintf(&name, "%s" ARCHIVE_SUFFIX "%s.%09ld%s", path, text, changed->tv_nsec, ending) < 0)
		die_of_memory();
	return name;
}

static int add(const char *path, int in, const struct lfc_sys *sys, char **reterr)
{
	char *temporary, *name;
	struct stat st;
	int err;

	if (fstat(in, &st) < 0)
		return fail(reterr, "%s: %s", path, strerror(errno));
	if (asprintf(&temporary, "%s" ARCHIVE_SUFFIX "tmp", path) < 0)
		die_of_memory();
	name = name_for(path, &st.st_mtim);
	err = write_file(sys, in, &st, temporary, reterr);
	if (err == 0 && sys->rename(temporary, name) < 0)
		err = fail(reterr, "%s cannot be renamed to %s: %s", temporary, name, strerror(errno));
	if (err < 0)
		(void)unlink(temporary);
	free(temporary);
	free(name);
	return err;
}

int archive_add(const char *copy, uint64_t max_bytes, const struct lfc_sys *sys, char **reterr)
{
	char *path;
	int in = load_open(copy, reterr), err;

	if (in < 0)
		return in == -E_NOENT ? 0 : in;
	path = lease_file_of(copy);
	/* Before, too: perhaps because there was no room for more, the limit is lower now. */
	err = prune(path, max_bytes, sys, reterr);
	if (err == 0)
		err = add(path, in, sys, reterr);
	(void)close(in);
	if (err == 0)
		err = prune(path, max_bytes, sys, reterr);
	free(path);
	return err;
}

/* --- reading --- */

struct archive {
	int fd;
	bool is_damaged;
#ifdef HAVE_ZLIB
	gzFile file;
#endif
};

/* For load_source(): what cannot be read is the end. */
static ssize_t read_some(void *ctx, void *buf, size_t len)
{
	struct archive *a = ctx;
	ssize_t n;

	if (a->is_damaged)
		return 0;
#ifdef HAVE_ZLIB
	int code;

	n = gzread(a->file, buf, (unsigned)len);
	/* A file that is cut short has the rest of its bytes first. */
	(void)gzerror(a->file, &code);
	if (n <= 0 && code != Z_OK && code != Z_STREAM_END)
		n = -1;
#else
	do
		n = read(a->fd, buf, len);
	while (n < 0 && errno == EINTR);
#endif
	a->is_damaged = n < 0;
	return n < 0 ? 0 : n;
}

struct archive *archive_open(const char *path, struct load_source *ret, char **reterr)
{
	struct archive *a;
	int fd;

	*reterr = NULL;
	fd = load_open(path, reterr);
	if (fd < 0)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->fd = fd;
#ifdef HAVE_ZLIB
	a->file = gzdopen(fd, "rb");
	if (!a->file)
		die_of_memory();
	(void)gzbuffer(a->file, PIECE);
#endif
	*ret = (struct load_source){ .fd = -1, .path = path, .read = read_some, .ctx = a };
	return a;
}

bool archive_is_damaged(const struct archive *a)
{
	return a->is_damaged;
}

void archive_close(struct archive *a)
{
	if (!a)
		return;
#ifdef HAVE_ZLIB
	(void)gzclose_r(a->file);
#else
	(void)close(a->fd);
#endif
	free(a);
}
