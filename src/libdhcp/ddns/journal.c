/* SPDX-License-Identifier: MPL-2.0 */
#include "ddns/journal.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/lockfile.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LONG_BYTES (1 << 20) /* a file that is shorter is not worth being written anew */
#define LINE_USUAL 512       /* more than most requests have */
#define RETRY_MS 1000        /* of a file that lacks something */
#define LINE_MAX_BYTES (NCR_DATAGRAM_MAX + 16)
#define HEAD "journal "

struct ncr_journal {
	char *path;
	int fd, lock_fd;
	uint64_t id, serial;
	uint64_t bytes;       /* of the file */
	uint64_t n_live;      /* requests that are not confirmed */
	struct str text;      /* not written yet */
	bool is_torn;         /* the last write was incomplete: the next one begins a new line */
	struct file_new anew; /* while it is written anew */
	struct str kept;      /* meanwhile: text for the old file */
	int lacks;            /* 0, or the errno for which text was dropped: the file must be written anew */
	int64_t retry_ms;     /* then: not before this time */
};

/* --- loading ----------------------------------------------------------------------- */

struct entry {
	struct ncr ncr;
	bool is_done;
};

struct load {
	VEC(struct entry) v; /* by serial */
	uint64_t n_bad;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->ncr.serial < y->ncr.serial ? -1 : x->ncr.serial > y->ncr.serial;
}

static bool load_request(struct ncr_journal *journal, struct load *load, const char *text, size_t len)
{
	uint8_t buf[NCR_DATAGRAM_MAX];
	struct writer w = writer_init(buf, sizeof(buf));
	char why[NCR_WHY_MAX];
	struct ncr ncr;

	write_u16(&w, (uint16_t)len);
	write_bytes(&w, text, len);
	if (len > UINT16_MAX || w.err || ncr_parse(bytes_of(buf, writer_len(&w)), &ncr, why) < 0 || !ncr.serial ||
	    (load->v.n && load->v.v[load->v.n - 1].ncr.serial >= ncr.serial))
		return false;
	*vec_push(&load->v) = (struct entry){ .ncr = ncr };
	journal->serial = ncr.serial;
	return true;
}

static bool read_number(const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && end != text && !*end && *ret && *ret <= INT64_MAX;
}

static bool load_line(struct ncr_journal *journal, struct load *load, char *line, size_t len)
{
	struct entry key = { 0 }, *found;

	if (!strncmp(line, HEAD, sizeof(HEAD) - 1))
		return read_number(line + sizeof(HEAD) - 1, &journal->id);
	if (!strncmp(line, "+ ", 2))
		return load_request(journal, load, line + 2, len - 2);
	if (strncmp(line, "- ", 2) != 0 || !read_number(line + 2, &key.ncr.serial))
		return false;
	found = load->v.n ? bsearch(&key, load->v.v, load->v.n, sizeof(key), compare_entries) : NULL;
	if (found)
		found->is_done = true;
	return true;
}

static int load_file(struct ncr_journal *journal, struct load *load)
{
	char line[LINE_MAX_BYTES];
	bool is_skipped = false;
	int fd = dup(journal->fd);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f)
		return -E_SYS;
	while (fgets(line, sizeof(line), f)) {
		size_t len = strlen(line);
		bool is_whole = len && line[len - 1] == '\n';

		if (is_whole)
			line[--len] = '\0';
		if (len && (is_skipped || !is_whole || !load_line(journal, load, line, len)))
			load->n_bad += !is_skipped;
		is_skipped = !is_whole;
	}
	journal->is_torn = is_skipped;
	(void)fclose(f);
	journal->bytes = (uint64_t)lseek(journal->fd, 0, SEEK_END);
	return 0;
}

/* The lock is of a file of its own, as the journal is replaced. */
static int lock(struct ncr_journal *journal, struct str *why)
{
	char *reason = NULL;
	int fd = lockfile_take("journal", journal->path, &reason);

	if (fd < 0)
		str_add(why, reason ? reason : "out of memory");
	journal->lock_fd = fd;
	free(reason);
	/* Whoever has it: it cannot be used. */
	return fd == -E_AGAIN ? -E_BUSY : fd;
}

int ncr_journal_open(const char *path, void (*fn)(void *ctx, const struct ncr *ncr), void *ctx,
		     struct ncr_journal **ret, uint64_t *ret_n_bad, struct str *why)
{
	struct ncr_journal *journal = xcalloc(1, sizeof(*journal));
	struct load load = { 0 };
	int err;

	journal->path = xstrdup(path);
	journal->fd = journal->lock_fd = -1;
	journal->anew.fd = -1;
	err = lock(journal, why);
	if (err < 0)
		goto out;
	journal->fd = file_open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0640);
	err = journal->fd < 0 ? -E_SYS : load_file(journal, &load);
	if (err < 0) {
		str_addf(why, "%s: %s", path, strerror(errno));
		goto out;
	}
	if (!journal->id) {
		journal->id = (rand_u64() >> 1) | 1;
		str_addf(&journal->text, HEAD "%" PRIu64 "\n", journal->id);
	}
	for (size_t i = 0; i < load.v.n; i++)
		if (!load.v.v[i].is_done) {
			journal->n_live++;
			fn(ctx, &load.v.v[i].ncr);
		}
	*ret_n_bad = load.n_bad;
	*ret = journal;
	journal = NULL;
out:
	vec_free(&load.v);
	ncr_journal_close(journal);
	return err;
}

void ncr_journal_close(struct ncr_journal *journal)
{
	if (!journal)
		return;
	file_new_drop(&journal->anew);
	if (journal->fd >= 0)
		(void)close(journal->fd);
	if (journal->lock_fd >= 0)
		(void)close(journal->lock_fd);
	str_free(&journal->text);
	str_free(&journal->kept);
	free(journal->path);
	free(journal);
}

uint64_t ncr_journal_id(const struct ncr_journal *journal)
{
	return journal->id;
}

uint64_t ncr_journal_next_serial(struct ncr_journal *journal)
{
	return ++journal->serial;
}

/* --- writing ------------------------------------------------------------------------- */

/* The file cannot be written. What it lacks by then is in the queue, from which it is written anew later. */
static int keep_bounded(struct ncr_journal *journal)
{
	int saved = errno;

	if (journal->text.len > LONG_BYTES) {
		str_free(&journal->text);
		journal->lacks = saved;
	}
	errno = saved;
	return -E_SYS;
}

void ncr_journal_add(struct ncr_journal *journal, struct bytes datagram)
{
	/* The text of a request has no newline: it is JSON that we have written. */
	str_add(&journal->text, "+ ");
	str_add_n(&journal->text, (const char *)datagram.data + 2, datagram.len - 2);
	str_addc(&journal->text, '\n');
	journal->n_live++;
}

void ncr_journal_done(struct ncr_journal *journal, uint64_t serial)
{
	str_addf(&journal->text, "- %" PRIu64 "\n", serial);
	journal->n_live -= journal->n_live > 0;
}

int ncr_journal_write(struct ncr_journal *journal, bool sync)
{
	struct str *text = &journal->text;

	if (journal->lacks) {
		str_free(text);
		errno = journal->lacks;
		return -E_SYS;
	}
	if (text->len) {
		if (journal->is_torn && !file_write(journal->fd, "\n", 1))
			return keep_bounded(journal);
		/* If it fails, all of it is written again: a request that is there twice is left out when it is loaded.
		 */
		journal->is_torn = true;
		if (!file_write(journal->fd, text->text, text->len))
			return keep_bounded(journal);
		journal->is_torn = false;
		journal->bytes += text->len;
		str_reset(text);
	}
	return sync && fdatasync(journal->fd) < 0 ? -E_SYS : 0;
}

bool ncr_journal_is_long(const struct ncr_journal *journal)
{
	if (journal->lacks)
		return clock_boot_ms() >= journal->retry_ms;
	return journal->bytes > LONG_BYTES && journal->bytes > 2 * LINE_USUAL * journal->n_live;
}

int ncr_journal_begin(struct ncr_journal *journal)
{
	journal->retry_ms = clock_boot_ms() + RETRY_MS;
	if (!file_new_open(&journal->anew, journal->path, false))
		return -E_SYS;
	journal->kept = journal->text;
	journal->text = (struct str){ 0 };
	journal->n_live = 0;
	str_addf(&journal->text, HEAD "%" PRIu64 "\n", journal->id);
	return 0;
}

int ncr_journal_end(struct ncr_journal *journal)
{
	int fd = -1, saved;
	bool ok;

	ok = file_write(journal->anew.fd, journal->text.text, journal->text.len);
	if (ok) {
		fd = fcntl(journal->anew.fd, F_DUPFD_CLOEXEC, 0);
		ok = fd >= 0 && file_new_finish(&journal->anew);
	}
	if (!ok) {
		saved = errno;
		if (fd >= 0)
			(void)close(fd);
		file_new_drop(&journal->anew);
		str_free(&journal->text);
		journal->text = journal->kept;
		journal->kept = (struct str){ 0 };
		journal->bytes = 0; /* tried again when it has grown as much again */
		errno = saved;
		return -E_SYS;
	}
	(void)file_sync_folder(journal->path);
	(void)close(journal->fd);
	journal->fd = fd;
	(void)fcntl(fd, F_SETFL, O_APPEND);
	journal->is_torn = false;
	journal->lacks = 0;
	journal->bytes = journal->text.len;
	str_free(&journal->text);
	str_free(&journal->kept);
	return 0;
}
