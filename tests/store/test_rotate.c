/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The running store and the cleanup: the lease file is renamed under the journal, the cleanup runs, everything
 * is killed or fails in between, and each acknowledged change is there at the next start.
 */
#include "bad_disk.h"
#include "util.h"

#include "base/clock.h"
#include "base/err.h"
#include "lease/memfile.h"
#include "lease/lfc.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static struct tmp_dir tmp;
static struct store *store;

/* --- the parts --- */

static void setup(void)
{
	clock_set_virtual(1700000000, 5000);
	tmp_make(&tmp);
}

static void open_it(void)
{
	struct store_conf conf = {
		.type = "memfile", .path = tmp.path, .persist = true, .sync = true, .sys = &bad_disk
	};

	store = open_store(&conf);
}

static void close_it(void)
{
	store_close(store);
	store = NULL;
}

static void teardown(void)
{
	(void)disk_stop_at(0, 0);
	close_it();
	tmp_remove(&tmp);
	clock_set_real();
}

static int clean_up(void)
{
	struct lfc_files files = tmp_lfc_files(&tmp, 0);
	struct lfc_result res;
	char *why = NULL;
	int err = 0;

	if (lfc_state(&files) == LFC_COPY)
		err = lfc_process(&files, &bad_disk_lfc, &res, &why);
	if (lfc_state(&files) == LFC_FINISH)
		err = lfc_rotate(&files, &bad_disk_lfc, &why);
	free(why);
	return err;
}

static bool insert_one(uint32_t i)
{
	struct lease lease = test_lease(i, 100000);

	return insert(store, &lease) == CHANGE_OK;
}

static bool delete_one(uint32_t i)
{
	struct lease lease = test_lease(i, 100000);

	return delete_addr(store, &lease.addr, 0) == CHANGE_OK;
}

static bool has(uint32_t i)
{
	struct lease lease = test_lease(i, 100000), found;
	struct arena *arena = arena_new(0);
	bool there = get(store, arena, &lease.addr, &found) != 0;

	arena_free(arena);
	return there;
}

static void check_reload(void)
{
	char *before = dump_store(store);

	close_it();
	open_it();
	check_dump(before, store);
}

/* --- without failures --- */

START_TEST(a_fresh_file)
{
	struct store_stats stats;
	uint64_t full;

	setup();
	open_it();
	ck_assert_int_eq(rotate(store), -E_NOENT);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert(insert_one(i));
	store_get_stats(store, &stats);
	full = stats.file_bytes;
	ck_assert_uint_gt(full, 100 * 60);
	ck_assert_uint_gt(stats.need_bytes, 100 * 60);
	ck_assert_uint_le(stats.need_bytes, full);
	ck_assert_int_eq(rotate(store), 0);
	ck_assert(tmp_exists(&tmp, ".1"));
	ck_assert(!tmp_exists(&tmp, ".next"));
	store_get_stats(store, &stats);
	ck_assert_uint_lt(stats.file_bytes, 200);
	ck_assert(delete_one(5) && insert_one(100));
	/* .1 is still waiting: it is not overwritten. */
	ck_assert_int_eq(rotate(store), 0);
	store_get_stats(store, &stats);
	ck_assert_uint_gt(stats.file_bytes, 200);
	check_reload();
	ck_assert_int_eq(clean_up(), 0);
	check_reload();
	ck_assert_int_eq(rotate(store), 0);
	ck_assert_int_eq(clean_up(), 0);
	check_reload();
	ck_assert(!has(5) && has(100));
	ck_assert_int_eq(rotate(store), -E_NOENT);
	ck_assert_str_eq(memfile_path(store), tmp.path);
	teardown();
}
END_TEST

static atomic_bool stop;

static void *insert_all_the_time(void *arg)
{
	uint32_t first = *(uint32_t *)arg, i = first;

	/* Each lease exists for a while, so files contain deletions, too. */
	for (; !atomic_load(&stop); i++) {
		ck_assert(insert_one(i));
		if (i - first >= 50)
			ck_assert(delete_one(i - 50));
	}
	return NULL;
}

/* Two threads write while the file is rotated and cleaned up continuously. */
START_TEST(under_load)
{
	uint32_t first[2] = { 0, 1U << 20 };
	pthread_t threads[2];

	setup();
	open_it();
	atomic_store(&stop, false);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, insert_all_the_time, &first[i]), 0);
	for (unsigned i = 0; i < 40; i++) {
		int err = rotate(store);

		ck_assert_msg(err == 0 || err == -E_NOENT, "%d", err);
		if (i % 3)
			ck_assert_int_eq(clean_up(), 0);
	}
	atomic_store(&stop, true);
	for (unsigned i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	check_reload();
	teardown();
}
END_TEST

/* --- killed, or a call fails, anywhere --- */

/* The changes that could be lost; tell() is called for each acknowledged one. */
static void story(void (*tell)(int change))
{
	for (int i = 1; i <= 40; i++) {
		if (i % 20 == 10)
			(void)rotate(store);
		if (i % 20 == 15)
			(void)clean_up();
		if (insert_one((uint32_t)i))
			tell(i);
		if (i > 7 && i % 5 == 0 && delete_one((uint32_t)i - 7))
			tell(-(i - 7));
	}
}

static int pipe_fd;

static void tell_parent(int change)
{
	if (write(pipe_fd, &change, sizeof(change)) != sizeof(change))
		_exit(1);
}

static void tell_nobody(int change)
{
	(void)change;
}

static void child(unsigned call)
{
	open_it();
	(void)disk_stop_at(call, 0);
	story(tell_parent);
	_exit(0);
}

/* Deleted without acknowledgment may be either; acknowledged is exact. */
static void check_acknowledged(int fd)
{
	int change;

	open_it();
	while (read(fd, &change, sizeof(change)) == sizeof(change)) {
		if (change < 0)
			ck_assert_msg(!has((uint32_t)-change), "%d is back", -change);
		/* A change deleted later may be gone without an acknowledgment. */
		else if (change % 5 != 3)
			ck_assert_msg(has((uint32_t)change), "%d is lost", change);
	}
	close_it();
}

START_TEST(killed_anywhere)
{
	unsigned call = 0;
	int status;

	do {
		int fds[2];
		pid_t pid;

		setup();
		ck_assert_int_eq(pipe(fds), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			pipe_fd = fds[1];
			child(++call);
		}
		call++;
		(void)close(fds[1]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(WIFSIGNALED(status) ? WTERMSIG(status) : status, WIFSIGNALED(status) ? SIGKILL : 0);
		check_acknowledged(fds[0]);
		(void)close(fds[0]);
		/* And the next server, with whatever it found. */
		open_it();
		story(tell_nobody);
		check_reload();
		ck_assert_int_eq(clean_up(), 0);
		check_reload();
		teardown();
	} while (WIFSIGNALED(status));
	ck_assert_uint_gt(call, 100);
}
END_TEST

static bool alive[64];

static void note(int change)
{
	alive[change < 0 ? -change : change] = change > 0;
}

/* One call fails with this error: the store recovers, and contains exactly what it acknowledged. */
static void fails_anywhere(int error)
{
	unsigned call = 0, left;

	do {
		setup();
		open_it();
		memset(alive, 0, sizeof(alive));
		(void)disk_stop_at(++call, error);
		story(note);
		left = disk_stop_at(0, 0);
		for (unsigned i = 0; store_is_failing(store); i++) {
			ck_assert_msg(i < 3000, "call %u: the store does not come back", call);
			(void)usleep(1000);
		}
		check_reload();
		for (uint32_t i = 1; i <= 40; i++)
			ck_assert_msg(has(i) == alive[i], "call %u: lease %u is %s", call, i,
				      alive[i] ? "lost" : "back");
		teardown();
	} while (!left);
	ck_assert_uint_gt(call, 100);
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

int main(void)
{
	TCase *tc = tcase_create("rotate");

	tcase_set_timeout(tc, 180); /* hundreds of servers, each with its own syncs */
	tcase_add_test(tc, a_fresh_file);
	tcase_add_test(tc, under_load);
	tcase_add_test(tc, killed_anywhere);
	tcase_add_test(tc, fails_io);
	tcase_add_test(tc, fails_full);
	return suite_run(tc);
}
