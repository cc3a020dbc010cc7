/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lease file cleanup of any two files: the text before a line "=" is the previous file, the rest is the copy.
 * Either the leases are the same before and after, or it fails and changes nothing; the expected result comes
 * from reading the files one by one.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"
#include "lease/lfc.h"
#include "lease/load.h"
#include "log/config.h"

#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PREVIOUS, COPY, OUTPUT, FINISH, BAD, COMPANIONS = BAD + 5 };
static const char *const suffixes[COMPANIONS] = { ".2",       ".1",       ".output",    ".completed", ".bad",
						  ".1.newer", ".2.newer", ".1.damaged", ".2.damaged" };
static char folder[32];
static char names[COMPANIONS][48];

/* --- the result of all rows --- */

struct held {
	struct ip addr;
	char *row; /* NULL: deleted */
};

struct table {
	int family;
	VEC(struct held) v;
};

static void take(void *ctx, const struct lease_row *row)
{
	struct table *t = ctx;
	struct held *held = NULL;
	size_t i;

	for (i = 0; i < t->v.n && !ip_equal(&t->v.v[i].addr, &row->lease.addr); i++)
		;
	held = i < t->v.n ? &t->v.v[i] : vec_push(&t->v);
	free(held->row);
	*held = (struct held){ .addr = row->lease.addr };
	if (row->deleted)
		return;
	held->row = xmalloc(csv_row_bound(&row->lease) + 1);
	*csv_write_row(t->family, &row->lease, false, held->row) = '\0';
}

static const char *row_at(const struct table *t, const struct ip *addr)
{
	for (size_t i = 0; i < t->v.n; i++)
		if (ip_equal(&t->v.v[i].addr, addr))
			return t->v.v[i].row;
	return NULL;
}

static void check_within(const struct table *a, const struct table *b)
{
	for (size_t i = 0; i < a->v.n; i++) {
		const char *other = row_at(b, &a->v.v[i].addr);

		assert(!a->v.v[i].row == !other);
		assert(!other || strcmp(a->v.v[i].row, other) == 0);
	}
}

static void table_done(struct table *t)
{
	for (size_t i = 0; i < t->v.n; i++)
		free(t->v.v[i].row);
	vec_free(&t->v);
}

/* --- files --- */

static void clear(void)
{
	for (unsigned i = 0; i < COMPANIONS; i++)
		(void)unlink(names[i]);
}

static void end(void)
{
	clear();
	(void)rmdir(folder);
}

static void begin(void)
{
	static const struct log_logger off = { .name = "fuzz", .severity = LOG_NONE };
	static const struct log_conf conf = { .loggers = &off, .n_loggers = 1 };
	const char *why;

	if (folder[0])
		return;
	(void)snprintf(folder, sizeof(folder),
		       "%s/kea-fuzz-XXXXX"
		       "X",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (log_start("fuzz") < 0 || log_configure(&conf, &why) < 0 || !mkdtemp(folder))
		abort();
	for (unsigned i = 0; i < COMPANIONS; i++)
		(void)snprintf(names[i], sizeof(names[i]), "%s/l%s", folder, suffixes[i]);
	clock_set_virtual(1700000000, 5000);
	(void)atexit(end);
}

static void put(const char *name, const char *text, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		abort();
	(void)close(fd);
}

static int no_fsync(int fd)
{
	(void)fd;
	return 0;
}

/* --- the check --- */

static void check(int family, const char *previous, size_t previous_len, const char *copy, size_t copy_len)
{
	struct lfc_sys sys = { write, no_fsync, rename, unlink };
	struct lfc_files files = { family, names[PREVIOUS], names[COPY], names[OUTPUT], names[FINISH] };
	struct table before = { .family = family }, after = { .family = family };
	struct load_result res;
	struct lfc_result made;
	const char *why;
	char *reason = NULL;
	bool sound;

	clear();
	sound = !previous || load_text(previous, previous_len, family, take, &before, &res, &why) == 0;
	sound = sound && load_text(copy, copy_len, family, take, &before, &res, &why) == 0;
	if (previous)
		put(names[PREVIOUS], previous, previous_len);
	put(names[COPY], copy, copy_len);
	if (lfc_process(&files, &sys, &made, &reason) < 0) {
		assert(!sound && reason);
		assert(access(names[COPY], F_OK) == 0 && access(names[OUTPUT], F_OK) < 0 &&
		       access(names[FINISH], F_OK) < 0);
	} else {
		assert(sound && lfc_rotate(&files, &sys, &reason) == 0);
		assert(access(names[COPY], F_OK) < 0 && access(names[FINISH], F_OK) < 0);
		assert(load_file(names[PREVIOUS], family, 0, take, &after, &res, &reason) == 0);
		assert(res.bad == 0 && res.rows == made.leases && !res.needs_rewrite);
		check_within(&before, &after);
		check_within(&after, &before);
	}
	free(reason);
	table_done(&before);
	table_done(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *cut = memmem(text, size, "\n=\n", 3);

	begin();
	for (int family = 0; family < 2; family++) {
		if (cut)
			check(family, text, (size_t)(cut + 1 - text), cut + 3, size - (size_t)(cut + 3 - text));
		else
			check(family, NULL, 0, text, size);
	}
	return 0;
}
