/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lease file cleanup: whatever happens to it, a server would find the same leases before, during and after.
 */
#include "bad_disk.h"
#include "util.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "lease/discard.h"
#include "lease/leftover.h"
#include "lease/lfc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRS 200

static struct tmp_dir tmp;
static struct lfc_files files;
static char *why;

static void setup(int family)
{
	clock_set_virtual(1700000000, 5000);
	rand_seed(7);
	atomic_store(&disk_max_write, 3000);
	tmp_make(&tmp);
	files = tmp_lfc_files(&tmp, family);
	why = NULL;
}

static void teardown(void)
{
	free(why);
	tmp_remove(&tmp);
	clock_set_real();
}

/* --- files --- */

static void add_row(struct str *text, uint32_t i, bool deleted)
{
	struct lease lease = files.family ? test_lease6(i, 3600, i % 3 == 0) : test_lease(i, 3600);
	char host[16], buf[1024], *end;

	(void)snprintf(host, sizeof(host), "n%u", (unsigned)rand_below(100000));
	lease.hostname = host;
	lease.state = (enum lease_state)rand_below(4);
	end = csv_write_row(files.family, &lease, deleted, buf);
	str_add_n(text, buf, (size_t)(end - buf));
}

static void begin_text(struct str *text)
{
	char header[CSV_HEADER_MAX];

	str_reset(text);
	str_add_n(text, header, csv_write_header(files.family, header));
}

static void put_rows(const char *suffix, unsigned n, unsigned deleted_in_10)
{
	struct str text = { 0 };

	begin_text(&text);
	while (n--)
		add_row(&text, (uint32_t)rand_below(ADDRS), rand_below(10) < deleted_in_10);
	tmp_write(&tmp, suffix, text.text, text.len);
	str_free(&text);
}

static void put_all(void)
{
	put_rows(".2", ADDRS / 2, 0);
	put_rows(".1", ADDRS, 3);
	put_rows("", ADDRS / 4, 5);
}

/* What a server would load. */
static char *seen(void)
{
	struct store_conf conf = { .type = "memfile", .family = files.family, .path = tmp.path, .persist = true };
	struct store *store = open_store(&conf);
	char *dump = dump_store(store);

	store_close(store);
	return dump;
}

static void check_seen(const char *before, const char *when)
{
	char *now = seen();

	ck_assert_msg(strcmp(before, now) == 0, "%s\nbefore:\n%.2000snow:\n%.2000s", when, before, now);
	free(now);
}

static unsigned count(const char *text, char c)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

static int run(const struct lfc_sys *sys, struct lfc_result *res)
{
	free(why);
	why = NULL;
	if (lfc_state(&files) == LFC_COPY && lfc_process(&files, sys, res, &why) < 0)
		return -1;
	return lfc_state(&files) == LFC_FINISH ? lfc_rotate(&files, sys, &why) : 0;
}

static void run_ok(struct lfc_result *res)
{
	ck_assert_msg(run(&lfc_sys_real, res) == 0, "%s", why);
	ck_assert(tmp_exists(&tmp, ".2"));
	ck_assert(!tmp_exists(&tmp, ".1"));
	ck_assert(!tmp_exists(&tmp, ".output"));
	ck_assert(!tmp_exists(&tmp, ".completed"));
}

/* --- its result --- */

static void merge(int family)
{
	struct lfc_result res = { 0 };
	char *before, *merged;

	setup(family);
	put_all();
	tmp_write(&tmp, "", "", 0);
	before = seen();
	run_ok(&res);
	check_seen(before, "cleaned up");
	merged = tmp_read(&tmp, ".2", NULL);
	/* One row for each lease, and nothing else. */
	ck_assert_uint_eq(count(merged, '\n'), count(before, '\n') + 1);
	ck_assert_uint_eq(res.leases, count(before, '\n'));
	ck_assert_uint_eq(res.rows, ADDRS / 2 + ADDRS);
	ck_assert_uint_eq(res.bad, 0);
	free(merged);
	free(before);
	teardown();
}

START_TEST(merge_4)
{
	merge(0);
}
END_TEST

START_TEST(merge_6)
{
	merge(1);
}
END_TEST

START_TEST(nothing_to_do)
{
	setup(0);
	put_rows(".2", 10, 0);
	ck_assert_int_eq(lfc_state(&files), LFC_NOTHING);
	put_rows(".1", 10, 0);
	ck_assert_int_eq(lfc_state(&files), LFC_COPY);
	put_rows(".completed", 10, 0);
	ck_assert_int_eq(lfc_state(&files), LFC_FINISH);
	teardown();
}
END_TEST

/* --- what it removes --- */

#define LARGE (9 << 20)

static off_t size_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_size;
}

/* Duplicates the descriptor, to look at the file after it is removed. */
static int hold_large(int *ret_look)
{
	int fd;

	tmp_write(&tmp, ".2", "x", 1);
	ck_assert_int_eq(truncate(files.previous, LARGE), 0);
	fd = discard_hold(files.previous);
	ck_assert_int_ge(fd, 0);
	*ret_look = dup(fd);
	return fd;
}

START_TEST(discard_bit_by_bit)
{
	int look, fd;

	setup(0);
	fd = hold_large(&look);
	ck_assert_int_eq(unlink(files.previous), 0);
	discard(fd);
	ck_assert_int_lt(size_of(look), LARGE / 4);
	(void)close(look);
	ck_assert_int_eq(discard_hold(files.previous), -1);
	discard(-1);
	teardown();
}
END_TEST

/* A server that opened the file before reads all of it. */
START_TEST(discard_while_read)
{
	int look, fd, reader;

	setup(0);
	fd = hold_large(&look);
	reader = open(files.previous, O_RDONLY);
	ck_assert_int_eq(unlink(files.previous), 0);
	discard(fd);
	ck_assert_int_eq(size_of(reader), LARGE);
	(void)close(reader);
	(void)close(look);
	teardown();
}
END_TEST

START_TEST(discard_with_a_name)
{
	int look, fd;

	setup(0);
	fd = hold_large(&look);
	ck_assert_int_eq(link(files.previous, files.copy), 0);
	ck_assert_int_eq(unlink(files.previous), 0);
	discard(fd);
	ck_assert_int_eq(size_of(look), LARGE);
	(void)close(look);
	teardown();
}
END_TEST

#define HEAD9 "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname"
#define HEAD12 HEAD9 ",state,user_context,pool_id"

/* Files with fewer columns and other line endings are converted. */
START_TEST(other_forms)
{
	static const char old[] =
		HEAD9 "\n192.0.2.1,01,,10,1700000100,1,0,0,one\n192.0.2.2,02,,10,1700000100,1,0,0,two\n";
	static const char dos[] = HEAD12 "\r\n192.0.2.2,02,,10,1700000100,1,0,0,new,0,,5\r\n";
	struct lfc_result res = { 0 };
	char *text;

	setup(0);
	tmp_write(&tmp, ".2", old, sizeof(old) - 1);
	tmp_write(&tmp, ".1", dos, sizeof(dos) - 1);
	run_ok(&res);
	text = tmp_read(&tmp, ".2", NULL);
	ck_assert_str_eq(text, HEAD12 "\n192.0.2.1,01,,10,1700000100,1,0,0,one,0,,0\n"
				      "192.0.2.2,02,,10,1700000100,1,0,0,new,0,,5\n");
	free(text);
	teardown();
}
END_TEST

/* The last row of a file may lack its newline: it counts, in both passes. */
static void no_newline(int family)
{
	static const char *const suffixes[] = { ".2", ".1", "" };
	struct lfc_result res = { 0 };
	char *before, *text;
	size_t len;

	setup(family);
	put_all();
	for (unsigned i = 0; i < 3; i++) {
		struct str last = { 0 };

		text = tmp_read(&tmp, suffixes[i], &len);
		str_add_n(&last, text, len);
		add_row(&last, ADDRS + i, false);
		tmp_write(&tmp, suffixes[i], last.text, last.len - 1);
		free(text);
		str_free(&last);
	}
	before = seen();
	run_ok(&res);
	ck_assert_uint_eq(res.rows, ADDRS / 2 + ADDRS + 2);
	check_seen(before, "cleaned up");
	ck_assert(!tmp_exists(&tmp, ".bad"));
	text = tmp_read(&tmp, ".2", &len);
	ck_assert_int_eq(text[len - 1], '\n');
	free(text);
	free(before);
	teardown();
}

START_TEST(last_rows_without_newline)
{
	no_newline(_i);
}
END_TEST

/* Only damaged rows: none is lost, all others count, and a second run does not keep them twice. */
START_TEST(damaged_rows)
{
	static const char text[] = HEAD12 "\nrubbish\n192.0.2.1,01,,10,1700000100,1,0,0,one,0,,0\n1,2,3\n"
					  "192.0.2.2,02,,10,17000001";
	struct lfc_result res = { 0 };
	char *kept, *merged;

	setup(0);
	tmp_write(&tmp, ".1", text, sizeof(text) - 1);
	run_ok(&res);
	ck_assert_uint_eq(res.bad, 2);
	ck_assert_uint_eq(res.leases, 1);
	merged = tmp_read(&tmp, ".2", NULL);
	ck_assert_str_eq(merged, HEAD12 "\n192.0.2.1,01,,10,1700000100,1,0,0,one,0,,0\n");
	free(merged);
	for (unsigned i = 0; i < 2; i++) {
		kept = tmp_read(&tmp, ".bad", NULL);
		ck_assert_str_eq(kept, "rubbish\n1,2,3\n192.0.2.2,02,,10,17000001\n");
		free(kept);
		tmp_write(&tmp, ".1", text, sizeof(text) - 1);
		run_ok(&res);
	}
	teardown();
}
END_TEST

/* The files are unchanged, byte for byte. */
static void check_refused(const char *what)
{
	struct lfc_result res = { 0 };
	size_t len[2], len_after;
	char *text[2], *after;

	for (unsigned i = 0; i < 2; i++)
		text[i] = tmp_read(&tmp, i ? ".1" : ".2", &len[i]);
	ck_assert_msg(run(&lfc_sys_real, &res) < 0, "accepted: %s", what);
	ck_assert_ptr_nonnull(why);
	ck_assert(!tmp_exists(&tmp, ".output"));
	ck_assert(!tmp_exists(&tmp, ".completed"));
	for (unsigned i = 0; i < 2; i++) {
		after = tmp_read(&tmp, i ? ".1" : ".2", &len_after);
		ck_assert_uint_eq(len[i], len_after);
		ck_assert_int_eq(memcmp(text[i], after, len_after), 0);
		free(after);
		free(text[i]);
	}
}

START_TEST(refused_files)
{
	static const char *const texts[] = { "not a lease file\n",
					     ("\x7f"
					      "ELF\n"),
					     "address,duid,valid_lifetime\n", "x" };
	struct lfc_result res = { 0 };

	setup(0);
	put_rows(".2", 10, 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		tmp_write(&tmp, ".1", texts[i], strlen(texts[i]));
		check_refused(texts[i]);
	}
	put_rows(".1", 10, 0);
	tmp_write(&tmp, ".2", texts[0], strlen(texts[0]));
	check_refused("previous file");
	/* Damaged rows that cannot be kept. */
	put_rows(".2", 10, 0);
	tmp_write(&tmp, ".1", HEAD12 "\nrubbish\n", strlen(HEAD12) + 9);
	tmp_write(&tmp, ".x", "", 0);
	{
		char bad[128], to[128];

		(void)snprintf(bad, sizeof(bad), "%s.bad", tmp.path);
		(void)snprintf(to, sizeof(to), "%s.x", tmp.path);
		ck_assert_int_eq(symlink(to, bad), 0);
	}
	check_refused("no place for damaged rows");
	/* Not a file. */
	ck_assert_int_eq(unlink(files.copy), 0);
	ck_assert_int_eq(mkdir(files.copy, 0700), 0);
	ck_assert_int_lt(run(&lfc_sys_real, &res), 0);
	ck_assert_int_eq(rmdir(files.copy), 0);
	teardown();
}
END_TEST

START_TEST(mode_and_owner)
{
	struct lfc_result res = { 0 };
	struct stat st;

	setup(0);
	put_rows(".1", 10, 0);
	ck_assert_int_eq(chmod(files.copy, 0600), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(files.copy, 65534, 65534), 0);
	run_ok(&res);
	ck_assert_int_eq(stat(files.previous, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_uid, geteuid() == 0 ? 65534 : geteuid());
	teardown();
}
END_TEST

/* --- stopped or failing at each system call --- */

/* True if a run in a separate process was killed at this call; otherwise it made fewer calls. */
static bool run_killed_at(unsigned call)
{
	struct lfc_result res;
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)disk_stop_at(call, 0);
		_exit(run(&bad_disk_lfc, &res) < 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status))
		ck_assert_int_eq(status, 0);
	return WIFSIGNALED(status);
}

static void killed_anywhere(int family)
{
	struct lfc_result res;
	unsigned call = 0;
	bool killed;

	setup(family);
	do {
		char *before, when[32];

		put_all();
		before = seen();
		killed = run_killed_at(++call);
		(void)snprintf(when, sizeof(when), "killed at call %u", call);
		check_seen(before, when);
		/* Again, killed at the same call of the second run. */
		if (killed)
			(void)run_killed_at(call / 2 + 1);
		check_seen(before, when);
		if (lfc_state(&files) != LFC_NOTHING)
			run_ok(&res);
		check_seen(before, when);
		free(before);
		(void)unlink(files.output);
	} while (killed);
	/* Several writes, sync, rename, sync, unlink, rename, sync. */
	ck_assert_uint_ge(call, 9);
	teardown();
}

START_TEST(killed_4)
{
	killed_anywhere(0);
}
END_TEST

START_TEST(killed_6)
{
	killed_anywhere(1);
}
END_TEST

static void fails_anywhere(int error)
{
	struct lfc_result res;
	unsigned call = 0;
	int err;

	setup(0);
	do {
		char *before;

		put_all();
		before = seen();
		(void)disk_stop_at(++call, error);
		err = run(&bad_disk_lfc, &res);
		ck_assert_int_eq(disk_stop_at(0, 0) == 0, err < 0);
		ck_assert_int_eq(why != NULL, err < 0);
		ck_assert(!tmp_exists(&tmp, ".output"));
		check_seen(before, why ? why : "no error");
		if (lfc_state(&files) != LFC_NOTHING)
			run_ok(&res);
		check_seen(before, "in the end");
		free(before);
	} while (err < 0);
	ck_assert_uint_ge(call, 9);
	teardown();
}

START_TEST(fails_io)
{
	fails_anywhere(EIO);
}
END_TEST

START_TEST(fails_full)
{
	fails_anywhere(ENOSPC);
}
END_TEST

/* --- a server that starts meanwhile --- */

static void take_row(void *ctx, const struct lease_row *row)
{
	uint32_t *host = ctx;
	uint32_t i = ip_to4(&row->lease.addr) - 0x0a000000;

	ck_assert_uint_lt(i, ADDRS);
	host[i] = row->deleted ? 0 : (uint32_t)strtoul(row->lease.hostname + 1, NULL, 10) + 1;
}

static void read_leftover(uint32_t *host)
{
	struct leftover old;
	struct load_result res;

	memset(host, 0, ADDRS * sizeof(*host));
	ck_assert_msg(leftover_open(tmp.path, &old, &why) == 0, "%s", why);
	for (unsigned i = 0; i < old.n; i++)
		ck_assert_int_eq(load_source(&old.v[i], 0, take_row, host, &res, &why), 0);
	leftover_close(&old);
}

/* However often a cleanup renames and removes files, the opened ones belong together. */
START_TEST(read_meanwhile)
{
	static uint32_t before[ADDRS], now[ADDRS];
	unsigned n_reads = 0;

	setup(0);
	for (unsigned round = 0; round < 100; round++) {
		struct lfc_result res;
		int status;
		pid_t pid;

		put_rows(".1", ADDRS, 3);
		read_leftover(before);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			_exit(run(&lfc_sys_real, &res) < 0);
		do {
			read_leftover(now);
			n_reads++;
			ck_assert_int_eq(memcmp(before, now, sizeof(now)), 0);
		} while (waitpid(pid, &status, WNOHANG) == 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_uint_ge(n_reads, 100);
	teardown();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lfc");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, merge_4);
	tcase_add_test(tc, merge_6);
	tcase_add_test(tc, nothing_to_do);
	tcase_add_test(tc, other_forms);
	tcase_add_test(tc, discard_bit_by_bit);
	tcase_add_test(tc, discard_while_read);
	tcase_add_test(tc, discard_with_a_name);
	tcase_add_loop_test(tc, last_rows_without_newline, 0, 2);
	tcase_add_test(tc, damaged_rows);
	tcase_add_test(tc, refused_files);
	tcase_add_test(tc, mode_and_owner);
	tcase_add_test(tc, killed_4);
	tcase_add_test(tc, killed_6);
	tcase_add_test(tc, fails_io);
	tcase_add_test(tc, fails_full);
	tcase_add_test(tc, read_meanwhile);
	return suite_run(tc);
}
