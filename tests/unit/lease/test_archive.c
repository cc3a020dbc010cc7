/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The history of a lease file: what is added is what is read, in the order of the changes; its size is bounded; a
 * cleanup that is interrupted, or a disk that fails, neither loses nor doubles anything; and damaged files end where
 * the damage is.
 */
#include "../suite.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "lease/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER                                                                                                         \
	"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_" \
	"id\n"

static char dir[64], file[96], copy[112];

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/kea-test-archive-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/leases4.csv", dir);
	(void)snprintf(copy, sizeof(copy), "%s.1", file);
}

static void teardown(void)
{
	const struct dirent *entry;
	DIR *open_dir = opendir(dir);
	char path[512];

	ck_assert_ptr_nonnull(open_dir);
	while ((entry = readdir(open_dir))) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		(void)unlink(path);
	}
	(void)closedir(open_dir);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* A file of changes with the rows from .. from + n - 1, whose last change was in this second. */
static void write_copy(unsigned from, unsigned n, time_t sec)
{
	struct timespec times[2] = { { .tv_sec = sec, .tv_nsec = 5 }, { .tv_sec = sec, .tv_nsec = 5 } };
	FILE *out = fopen(copy, "w");

	ck_assert_ptr_nonnull(out);
	fputs(HEADER, out);
	for (unsigned i = from; i < from + n; i++)
		fprintf(out, "10.%u.%u.%u,02:00:00:00:%02x:%02x,,3600,%u,1,0,0,host-%u,0,,0\n", i >> 16, i >> 8 & 255,
			i & 255, i >> 8 & 255, i & 255, 1000000 + i * 7919 % 65536, i);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, copy, times, 0), 0);
}

static void keep(uint64_t max_bytes)
{
	char *why = NULL;

	ck_assert_msg(archive_add(copy, max_bytes, &lfc_sys_real, &why) == 0, "%s", why);
}

struct rows {
	unsigned n, next;
	bool in_order;
};

static void note_row(void *ctx, const struct lease_row *row)
{
	struct rows *rows = ctx;
	unsigned i = ip_to4(&row->lease.addr) - 0x0a000000;

	rows->in_order = rows->in_order && (!rows->n || i == rows->next);
	rows->next = i + 1;
	rows->n++;
}

/* Reads the whole history. */
static struct rows read_all(unsigned *ret_files, bool *ret_damaged)
{
	struct rows rows = { .in_order = true };
	struct archives archives;
	char *why = NULL;

	*ret_damaged = false;
	ck_assert_int_eq(archives_find(file, &archives, &why), 0);
	for (size_t i = 0; i < archives.n; i++) {
		struct load_source source;
		struct load_result res;
		struct archive *archive = archive_open(archives.paths[i], &source, &why);

		ck_assert_msg(archive != NULL, "%s: %s", archives.paths[i], why);
		if (load_source(&source, 0, note_row, &rows, &res, &why) < 0) {
			free(why);
			why = NULL;
		}
		*ret_damaged |= archive_is_damaged(archive);
		archive_close(archive);
	}
	*ret_files = (unsigned)archives.n;
	archives_free(&archives);
	return rows;
}

static void expect(unsigned n_files, unsigned n_rows)
{
	bool is_damaged;
	unsigned n;
	struct rows rows = read_all(&n, &is_damaged);

	ck_assert_uint_eq(n, n_files);
	ck_assert_uint_eq(rows.n, n_rows);
	ck_assert(rows.in_order && !is_damaged);
}

START_TEST(what_is_added_is_read)
{
	char name[160];
	struct stat st;
	FILE *out;

	/* Not added in this order; the second of the year 2000, and one before 1970 that a broken clock left. */
	write_copy(10, 20000, 946684801);
	ck_assert_int_eq(chmod(copy, 0640), 0);
	keep(1 << 30);
	write_copy(0, 10, 5);
	keep(1 << 30);
	expect(2, 20010);
	/* Once more, as after an interruption. */
	keep(1 << 30);
	expect(2, 20010);
	(void)snprintf(name, sizeof(name), "%s.history.20000101-000001.000000005.gz", file);
#ifndef HAVE_ZLIB
	name[strlen(name) - 3] = '\0';
#endif
	ck_assert_int_eq(stat(name, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
#ifdef HAVE_ZLIB
	ck_assert_int_lt(st.st_size, 20000 * 20);
#endif
	/* Names that are not ours; no copy. */
	(void)snprintf(name, sizeof(name), "%s.history.2000", file);
	out = fopen(name, "w");
	ck_assert_ptr_nonnull(out);
	fclose(out);
	ck_assert_int_eq(unlink(copy), 0);
	keep(1);
	expect(2, 20010);
}
END_TEST

START_TEST(its_size_is_bounded)
{
	struct archives archives;
	uint64_t sum = 0;
	char *why = NULL;

	for (unsigned i = 0; i < 30; i++) {
		write_copy(i * 2000, 2000, 1000 + i);
		keep(100000);
	}
	ck_assert_int_eq(archives_find(file, &archives, &why), 0);
	for (size_t i = 0; i < archives.n; i++) {
		struct stat st;

		ck_assert_int_eq(stat(archives.paths[i], &st), 0);
		sum += (uint64_t)st.st_size;
	}
	ck_assert_uint_le(sum, 100000);
	/* The last ones are there. */
	ck_assert_ptr_nonnull(archives.n ? strstr(archives.paths[archives.n - 1], "-001709.") : file);
	archives_free(&archives);
}
END_TEST

/* --- a disk that fails, a cleanup that is interrupted --- */

static unsigned n_calls, fails_at; /* from this call on nothing works */

static bool fails(void)
{
	if (++n_calls < fails_at)
		return false;
	errno = ENOSPC;
	return true;
}

static ssize_t bad_write(int fd, const void *data, size_t len)
{
	return fails() ? -1 : write(fd, data, len > 3000 ? 3000 : len);
}

static int bad_fsync(int fd)
{
	return fails() ? -1 : fsync(fd);
}

static int bad_rename(const char *from, const char *to)
{
	return fails() ? -1 : rename(from, to);
}

static int bad_unlink(const char *path)
{
	return fails() ? -1 : unlink(path);
}

START_TEST(a_failure_loses_nothing)
{
	const struct lfc_sys sys = { bad_write, bad_fsync, bad_rename, bad_unlink };
	unsigned n_failed = 0;
	int err = -1;

	write_copy(0, 1000, 1000);
	keep(1 << 30);
	write_copy(1000, 3000, 2000);
	for (fails_at = 1; err < 0; fails_at++) {
		char *why = NULL;
		bool is_damaged;
		unsigned n;

		n_calls = 0;
		err = archive_add(copy, 1 << 30, &sys, &why);
		ck_assert(err == 0 || (why && strstr(why, strerror(ENOSPC))));
		free(why);
		n_failed += err < 0;
		(void)read_all(&n, &is_damaged);
		ck_assert(!is_damaged);
		ck_assert_uint_eq(n, err < 0 ? 1 : 2);
	}
	ck_assert_uint_gt(n_failed, 3);
	expect(2, 4000);
}
END_TEST

START_TEST(damaged_files_end_there)
{
	struct archives archives;
	bool is_damaged;
	struct stat st;
	char *why = NULL;
	unsigned n;

	write_copy(0, 20000, 1000);
	keep(1 << 30);
	ck_assert_int_eq(archives_find(file, &archives, &why), 0);
	ck_assert_uint_eq(archives.n, 1);
	ck_assert_int_eq(stat(archives.paths[0], &st), 0);
	for (unsigned i = 0; i < 12; i++) {
		off_t len = st.st_size * i / 12;
		struct rows rows;

		write_copy(0, 20000, 1000);
		keep(1 << 30);
		ck_assert_int_eq(truncate(archives.paths[0], len), 0);
		rows = read_all(&n, &is_damaged);
		ck_assert(rows.in_order && rows.n < 20000);
#ifdef HAVE_ZLIB
		ck_assert(is_damaged || len < 20);
		ck_assert(i < 6 || rows.n > 5000);
#endif
	}
	/* Other bytes in the middle: no crash, and no row that was not there. */
	for (unsigned i = 0; i < 12; i++) {
		int fd;

		keep(1 << 30);
		fd = open(archives.paths[0], O_WRONLY);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(pwrite(fd, "\xff\x00\xa5", 3, st.st_size * i / 12), 3);
		(void)close(fd);
		ck_assert_uint_le(read_all(&n, &is_damaged).n, 20001);
	}
	/* What is no file. */
	ck_assert_int_eq(unlink(archives.paths[0]), 0);
	ck_assert_ptr_null(archive_open(archives.paths[0], &(struct load_source){ 0 }, &why));
	ck_assert_ptr_null(why);
	ck_assert_int_eq(mkfifo(archives.paths[0], 0600), 0);
	ck_assert_ptr_null(archive_open(archives.paths[0], &(struct load_source){ 0 }, &why));
	ck_assert_ptr_nonnull(why);
	free(why);
	archives_free(&archives);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("archive");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, what_is_added_is_read);
	tcase_add_test(tc, its_size_is_bounded);
	tcase_add_test(tc, a_failure_loses_nothing);
	tcase_add_test(tc, damaged_files_end_there);
	return suite_run(tc);
}
