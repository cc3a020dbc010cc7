/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Threads that change leases, a disk that fails again and again, and threads that stall at the worst moments: an
 * acknowledged change is there after a restart, a failed one is not.
 */
#include "bad_disk.h"
#include "util.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "lease/memtable.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITERS 4
#define ADDRS 80 /* each belongs to one writer */

static struct tmp_dir tmp;
static struct store *store;

/* --- stalling threads --- */

/* The linker substitutes this for journal_queue(), where a change is in memory but not yet queued. */
int __real_journal_queue(struct journal *journal, struct store_txn *txn);
int __wrap_journal_queue(struct journal *journal, struct store_txn *txn);

enum stall { NO_STALL, BEFORE, REFUSED, AT_RANDOM };

static _Atomic enum stall stall;
static sem_t stalled, go_on;

static void stand_still(void)
{
	(void)sem_post(&stalled);
	while (sem_wait(&go_on) < 0)
		;
}

static void nap(void)
{
	if (rand_below(20) == 0)
		(void)usleep((useconds_t)rand_below(4000));
}

int __wrap_journal_queue(struct journal *journal, struct store_txn *txn)
{
	enum stall how = atomic_load(&stall);
	int err;

	if (how == BEFORE && atomic_compare_exchange_strong(&stall, &how, NO_STALL))
		stand_still();
	else if (how == AT_RANDOM)
		nap();
	err = __real_journal_queue(journal, txn);
	how = atomic_load(&stall);
	if (err < 0 && how == REFUSED && atomic_compare_exchange_strong(&stall, &how, NO_STALL))
		stand_still();
	else if (err < 0 && how == AT_RANDOM)
		nap();
	return err;
}

static void open_sick(unsigned check_ms)
{
	struct store_conf conf = {
		.type = "memfile",
		.path = tmp.path,
		.persist = true,
		.sync = true,
		.check_ms = check_ms,
		.sys = &bad_disk,
	};

	store = open_store(&conf);
}

static void setup(unsigned check_ms)
{
	clock_set_virtual(1700000000, 5000);
	tmp_make(&tmp);
	(void)sem_init(&stalled, 0, 0);
	(void)sem_init(&go_on, 0, 0);
	atomic_store(&disk_tears_all_writes, true);
	open_sick(check_ms);
}

static void teardown(void)
{
	store_close(store);
	tmp_remove(&tmp);
	clock_set_real();
}

static void check_reload(void)
{
	char *before = dump_store(store);

	store_close(store);
	open_sick(0);
	check_dump(before, store);
}

/* --- one thread, step by step --- */

struct lonely {
	pthread_t thread;
	struct lease lease;
	uint8_t hw[6];
	enum store_change_kind kind;
	enum store_result result;
};

static void *change_one(void *arg)
{
	struct lonely *l = arg;
	struct store_change change = { .kind = l->kind, .new = l->lease, .addr = l->lease.addr };

	l->result = apply(store, &change, 1);
	return NULL;
}

static uint64_t stripes(const struct lease *lease)
{
	return memtable_bit(memtable_hash_addr(&lease->addr)) | memtable_key_bit(KEY_HWADDR, lease->hwaddr) |
	       memtable_key_bit(KEY_ID, lease->client_id);
}

/* Returns a lease that can be changed while a writer holds the locks of this one. */
static struct lease apart_from(const struct lease *lease)
{
	struct lease other;
	uint32_t i = 2;

	do
		other = test_lease(i++, 1000);
	while (stripes(&other) & stripes(lease));
	return other;
}

/* A writer stalls with a change in memory, through an outage that only a new file can end. */
static void stand_through_outage(enum stall how, enum store_change_kind kind)
{
	struct lonely l = { .kind = kind };
	struct lease other;
	struct stat before, after;

	setup(0);
	l.lease = test_lease(1, 1000);
	memcpy(l.hw, l.lease.hwaddr.data, 6);
	l.lease.hwaddr = bytes_of(l.hw, 6);
	l.lease.client_id.len = 0;
	l.lease.hostname = "stalled";
	if (kind != CHANGE_INSERT) {
		struct lease first = l.lease;

		first.hostname = "first";
		ck_assert_int_eq(insert(store, &first), CHANGE_OK);
	}
	ck_assert_int_eq(stat(tmp.path, &before), 0);
	if (how == REFUSED) {
		/* It has passed the first state check when the disk fails: the queue rejects the change. */
		atomic_store(&stall, BEFORE);
	} else {
		atomic_store(&stall, how);
	}
	ck_assert_int_eq(pthread_create(&l.thread, NULL, change_one, &l), 0);
	while (sem_wait(&stalled) < 0)
		;
	other = apart_from(&l.lease);
	disk_break(DISK_FDATASYNC, 1, 1, EIO);
	ck_assert_int_eq(insert(store, &other), CHANGE_FAILED);
	if (how == REFUSED) {
		/* The disk keeps failing until the writer was rejected; then it stalls once more. */
		disk_break(DISK_WRITE, 1, 1000000, EIO);
		atomic_store(&stall, REFUSED);
		(void)sem_post(&go_on);
		while (sem_wait(&stalled) < 0)
			;
		disk_mend(DISK_WRITE);
	}
	/* Time for a new file to be written, including what must not be in it. */
	(void)usleep(300000);
	(void)sem_post(&go_on);
	ck_assert_int_eq(pthread_join(l.thread, NULL), 0);
	wait_sound(store, 5000);
	ck_assert_int_eq(stat(tmp.path, &after), 0);
	ck_assert_uint_ne(before.st_ino, after.st_ino);
	ck_assert(l.result == CHANGE_FAILED || l.result == CHANGE_OK);
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT),
			  l.result == CHANGE_OK ? kind != CHANGE_DELETE : kind != CHANGE_INSERT);
	check_reload();
	teardown();
}

START_TEST(a_writer_stalls_through_an_outage)
{
	static const enum store_change_kind kinds[] = { CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE };

	stand_through_outage(_i % 2 ? REFUSED : BEFORE, kinds[_i / 2]);
}
END_TEST

/* --- stopping during an outage --- */

/* The server stops while its disk fails: the next start does not find changes that were never acknowledged. */
static void end_in_outage(enum disk_call call, int err, bool file_lost)
{
	struct lease first = test_lease(1, 1000), got;
	struct store_change v[2] = { { .kind = CHANGE_INSERT }, { .kind = CHANGE_DELETE } };
	struct arena *arena = arena_new(0);

	setup(file_lost ? 1 : 0);
	ck_assert_int_eq(insert(store, &first), CHANGE_OK);
	v[0].new = test_lease(2, 1000);
	v[1].addr = first.addr;
	disk_break(call, 1, 1000000, err);
	if (file_lost) {
		ck_assert_int_eq(unlink(tmp.path), 0);
		(void)usleep(20000);
	}
	ck_assert_int_eq(apply(store, v, 2), CHANGE_FAILED);
	if (file_lost)
		disk_mend_all();
	store_close(store);
	disk_mend_all();
	open_sick(0);
	ck_assert_int_eq(get(store, arena, &first.addr, &got), 1);
	ck_assert_int_eq(get(store, arena, &v[0].new.addr, &got), 0);
	arena_free(arena);
	teardown();
}

START_TEST(the_server_stops_in_an_outage)
{
	static const int errors[] = { EIO, ENOSPC };

	end_in_outage(_i / 2 % 2 ? DISK_WRITE : DISK_FDATASYNC, errors[_i % 2], _i / 4);
}
END_TEST

/* --- many threads, at random -------------------------------------------------- */

struct changer {
	pthread_t thread;
	unsigned number, n_ok, n_failed;
};

static atomic_bool stop;
static char expected[ADDRS][16]; /* last acknowledged hostname; "" if there is no lease; each belongs to its writer */

/* For client i / 8, so that lists and stripes are shared. */
static struct lease random_lease(uint32_t i)
{
	static const uint8_t hw[ADDRS / 8 + 1][6] = { { 2, 1 }, { 2, 2 }, { 2, 3 }, { 2, 4 }, { 2, 5 } };
	struct lease lease = test_lease(i, 1000);

	lease.hwaddr = bytes_of(hw[i / 8], 6);
	lease.client_id.len = 0;
	lease.subnet_id = 1 + i % 3;
	return lease;
}

static void write_one(struct changer *w)
{
	uint32_t i = (uint32_t)rand_below(ADDRS / WRITERS) * WRITERS + w->number;
	struct lease lease = random_lease(i);
	struct store_change change = { .kind = CHANGE_INSERT, .addr = lease.addr };
	char host[16] = "";
	enum store_result result;

	if (expected[i][0])
		change.kind = rand_below(3) ? CHANGE_UPDATE : CHANGE_DELETE;
	if (change.kind != CHANGE_DELETE)
		(void)snprintf(host, sizeof(host), "n%u", (unsigned)rand_below(1000000));
	lease.hostname = host;
	change.new = lease;
	result = apply(store, &change, 1);
	ck_assert_msg(result == CHANGE_OK || result == CHANGE_FAILED, "result %d", (int)result);
	if (result == CHANGE_OK)
		memcpy(expected[i], host, sizeof(host));
	w->n_ok += result == CHANGE_OK;
	w->n_failed += result == CHANGE_FAILED;
}

static void *write_on(void *arg)
{
	struct changer *w = arg;

	rand_seed(w->number + 100);
	while (!atomic_load(&stop))
		write_one(w);
	return NULL;
}

/* Breaks the disk or the file, perhaps while something else is still broken. */
static void break_something(void)
{
	static const int errors[] = { EIO, ENOSPC };
	enum disk_call call;
	int err;

	switch (rand_below(12)) {
	case 0:
		(void)unlink(tmp.path);
		break;
	case 1:
		if (truncate(tmp.path, 200) < 0)
			errno = 0; /* already removed */
		break;
	case 2:
	case 3:
		(void)rotate(store);
		break;
	default:
		err = errors[rand_below(2)];
		call = (enum disk_call)rand_below(DISK_CALLS);
		disk_break(call, 1, 1 + (unsigned)rand_below(3), err);
		break;
	}
}

static void check_expected(void)
{
	struct arena *arena = arena_new(0);

	for (uint32_t i = 0; i < ADDRS; i++) {
		struct ip addr = ip_from4(0x0a000000 + i);
		struct lease got;
		int n = get(store, arena, &addr, &got);

		ck_assert_msg(n == (expected[i][0] != '\0') && (!n || strcmp(got.hostname, expected[i]) == 0),
			      "lease %u is \"%s\", acknowledged was \"%s\"", i, n ? got.hostname : "", expected[i]);
	}
	arena_free(arena);
}

START_TEST(many_outages)
{
	struct changer writers[WRITERS];
	unsigned n_ok = 0, n_failed = 0;

	setup(3);
	rand_seed((uint64_t)_i + 1);
	memset(expected, 0, sizeof(expected));
	for (unsigned round = 0; round < 8; round++) {
		atomic_store(&stop, false);
		atomic_store(&stall, AT_RANDOM);
		for (unsigned i = 0; i < WRITERS; i++) {
			writers[i] = (struct changer){ .number = i };
			ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
		}
		for (unsigned i = 0; i < 20; i++) {
			(void)usleep((useconds_t)rand_below(8000));
			break_something();
		}
		disk_mend_all();
		atomic_store(&stop, true);
		for (unsigned i = 0; i < WRITERS; i++) {
			ck_assert_int_eq(pthread_join(writers[i].thread, NULL), 0);
			n_ok += writers[i].n_ok;
			n_failed += writers[i].n_failed;
		}
		/* A file removed or truncated a moment ago is noticed. */
		(void)usleep(20000);
		wait_sound(store, 5000);
		check_expected();
		check_reload();
		check_expected();
		store_close(store);
		open_sick(3);
	}
	ck_assert_uint_gt(n_ok, 20);
	ck_assert_uint_gt(n_failed, 5);
	teardown();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("outage");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, a_writer_stalls_through_an_outage, 0, 6);
	tcase_add_loop_test(tc, the_server_stops_in_an_outage, 0, 8);
	tcase_add_loop_test(tc, many_outages, 0, 3);
	return suite_run(tc);
}
