/* SPDX-License-Identifier: MPL-2.0 */
/* memfile when the disk, the file or other processes misbehave. System calls fail through a table. */
#include "bad_disk.h"
#include "util.h"

#include "base/clock.h"
#include "base/err.h"
#include "lease/memfile.h"
#include "base/str.h"
#include "lease/csv.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tmp_dir tmp;
static struct store *store;
static struct arena *arena;

static struct store_conf conf_of(int family)
{
	return (struct store_conf){
		.type = "memfile",
		.family = family,
		.path = tmp.path,
		.persist = true,
		.sync = true,
		.sys = &bad_disk,
	};
}

static void reopen(void)
{
	struct store_conf conf = conf_of(0);

	store_close(store);
	store = open_store(&conf);
}

/* The clocks stand still, so what is read back equals what was written, to the second. */
static void setup(void)
{
	clock_set_virtual(1700000000, 5000);
	tmp_make(&tmp);
	arena = arena_new(0);
	reopen();
}

static void teardown(void)
{
	store_close(store);
	store = NULL;
	arena_free(arena);
	tmp_remove(&tmp);
	clock_set_real();
}

static void insert_ok(uint32_t i)
{
	struct lease lease = test_lease(i, 100000);

	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
}

/* A new start finds the same leases as the running store. */
static void check_reload(void)
{
	char *before = dump_store(store);

	reopen();
	check_dump(before, store);
}

START_TEST(reload_is_equal)
{
	struct lease lease;

	setup();
	for (uint32_t i = 1; i <= 100; i++)
		insert_ok(i);
	lease = test_lease(1, LEASE_FOREVER);
	lease.user_context = "{ \"a\": 1, \"b\": \"&#x2c & \\u0001\" }";
	lease.hostname = "we,ird&\x01\x7f";
	lease.state = LEASE_RECLAIMED;
	lease.fqdn_fwd = true;
	lease.pool_id = 77;
	ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
	lease = test_lease(2, 5);
	lease.client_id.len = 0;
	ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
	lease.state = LEASE_DECLINED;
	lease.addr = ip_from4(0x0a000003);
	lease.hwaddr.len = lease.hwtype = 0;
	ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
	ck_assert_int_eq(delete_addr(store, &(struct ip){ { [10] = 255, 255, 10, 0, 0, 4 } }, 0), CHANGE_OK);
	check_reload();
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 97);
	ck_assert_uint_eq(store_count(store, LEASE_DECLINED), 1);
	ck_assert_uint_eq(store_count(store, LEASE_RECLAIMED), 1);
	teardown();
}
END_TEST

START_TEST(reload_is_equal_v6)
{
	struct store_conf conf;
	char *before;

	clock_set_virtual(1700000000, 5000);
	tmp_make(&tmp);
	arena = arena_new(0);
	conf = conf_of(1);
	store = open_store(&conf);
	for (uint32_t i = 1; i <= 40; i++) {
		struct lease lease = test_lease6(i, 1000, i % 2);

		if (i % 10 == 0) {
			lease.state = LEASE_DECLINED;
			lease.client_id.len = 0;
		}
		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
	before = dump_store(store);
	store_close(store);
	store = open_store(&conf);
	check_dump(before, store);
	teardown();
}
END_TEST

/*
 * The file is cut at each byte of its last two rows: only the cut part is missing, and the next lease is not. A
 * row that lacks only its newline is complete.
 */
START_TEST(torn_tail)
{
	char *text;
	size_t len, last = 0, second = 0;

	setup();
	for (uint32_t i = 1; i <= 4; i++)
		insert_ok(i);
	store_close(store);
	store = NULL;
	text = tmp_read(&tmp, "", &len);
	for (size_t i = 0; i + 1 < len; i++)
		if (text[i] == '\n') {
			second = last;
			last = i + 1;
		}
	ck_assert_uint_gt(second, 100);
	for (size_t cut = second; cut <= len; cut++) {
		uint64_t want = cut >= len - 1 ? 4 : cut >= last - 1 ? 3 : 2;

		tmp_write(&tmp, "", text, cut);
		reopen();
		ck_assert_msg(store_count(store, LEASE_DEFAULT) == want, "cut at %zu of %zu: %llu leases", cut, len,
			      (unsigned long long)store_count(store, LEASE_DEFAULT));
		insert_ok(9);
		reopen();
		ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), want + 1);
	}
	free(text);
	ck_assert(tmp_exists(&tmp, ".bad"));
	teardown();
}
END_TEST

static void open_family(int family)
{
	struct store_conf conf = conf_of(family);

	store_close(store);
	store = open_store(&conf);
}

/* As an editor or a script may leave it: the last row ends with the file. How: 1 = it deletes, 2 = with CR. */
static void no_newline(int family, unsigned how)
{
	struct lease one = family ? test_lease6(1, 100000, false) : test_lease(1, 100000), two = one, three = one;
	char text[2048], *p = text + csv_write_header(family, text), *after;
	size_t len;

	clock_set_virtual(1700000000, 5000);
	tmp_make(&tmp);
	arena = arena_new(0);
	two.addr.b[15] = 2;
	three.addr.b[15] = 3;
	p = csv_write_row(family, &one, false, p);
	p = csv_write_row(family, &two, false, p);
	if (how == 1)
		p = csv_write_row(family, &one, true, p);
	p[-1] = '\r';
	p -= how != 2;
	tmp_write(&tmp, "", text, (size_t)(p - text));
	/* The start adds the newline; if writing fails, the whole file is rewritten later. */
	for (unsigned broken = 0; broken < 3; broken++) {
		tmp_write(&tmp, "", text, (size_t)(p - text));
		if (broken)
			disk_break(broken == 1 ? DISK_WRITE : DISK_FSYNC, 1, 1, broken == 1 ? ENOSPC : EIO);
		open_family(family);
		ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), how == 1 ? 1 : 2);
		wait_sound(store, 3000);
		ck_assert_int_eq(insert(store, &three), CHANGE_OK);
		store_close(store);
		store = NULL;
		after = tmp_read(&tmp, "", &len);
		ck_assert(broken || memcmp(after, text, (size_t)(p - text)) == 0);
		ck_assert(broken || after[p - text] == '\n');
		free(after);
		open_family(family);
		ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), how == 1 ? 2 : 3);
		ck_assert(!tmp_exists(&tmp, ".bad"));
		store_close(store);
		store = NULL;
	}
	arena_free(arena);
	tmp_remove(&tmp);
	clock_set_real();
}

START_TEST(last_row_without_newline)
{
	no_newline(_i % 2, (unsigned)_i / 2);
}
END_TEST

START_TEST(two_opens)
{
	struct store_conf conf;
	struct store *second = NULL;
	char *why = NULL;

	setup();
	conf = conf_of(0);
	ck_assert_int_eq(store_open(&conf, &second, &why), -E_AGAIN);
	ck_assert_ptr_nonnull(strstr(why, "in use by this server"));
	free(why);
	insert_ok(1);
	store_close(store);
	store = open_store(&conf);
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 1);
	teardown();
}
END_TEST

/* A sync fails once: no acknowledgment, a new file, and service continues; nothing acknowledged is missing. */
START_TEST(sync_fails_once)
{
	struct stat before, after;
	struct store_stats stats;
	struct lease lease, got;

	setup();
	insert_ok(1);
	ck_assert_int_eq(stat(tmp.path, &before), 0);
	disk_break(DISK_FDATASYNC, 1, 1, EIO);
	lease = test_lease(2, 1000);
	ck_assert_int_eq(insert(store, &lease), CHANGE_FAILED);
	ck_assert_int_eq(get(store, arena, &lease.addr, &got), 0);
	wait_sound(store, 3000);
	ck_assert_int_eq(stat(tmp.path, &after), 0);
	ck_assert_uint_ne(before.st_ino, after.st_ino);
	store_get_stats(store, &stats);
	ck_assert_uint_eq(stats.failures, 1);
	ck_assert_uint_eq(stats.rewrites, 2); /* the first created the file */
	insert_ok(2);
	check_reload();
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 2);
	teardown();
}
END_TEST

/* A full disk: fails at once, and recovers within a second after space is available. */
START_TEST(disk_full)
{
	struct lease lease;
	struct store_stats stats;
	struct stat before, after;

	setup();
	insert_ok(1);
	ck_assert_int_eq(stat(tmp.path, &before), 0);
	disk_break(DISK_WRITE, 1, 1000000, ENOSPC);
	disk_break(DISK_FTRUNCATE, 1, 3, ENOSPC);
	lease = test_lease(2, 1000);
	for (unsigned i = 0; i < 50; i++)
		if (!store_is_failing(store) || i == 0)
			ck_assert_int_eq(insert(store, &lease), CHANGE_FAILED);
	store_get_stats(store, &stats);
	ck_assert_uint_eq(stats.pending, 0);
	disk_mend(DISK_WRITE);
	wait_sound(store, 3000);
	insert_ok(2);
	ck_assert_int_eq(stat(tmp.path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino); /* cut back, not rewritten */
	check_reload();
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 2);
	teardown();
}
END_TEST

START_TEST(short_writes_are_finished)
{
	setup();
	atomic_store(&disk_max_write, 7);
	for (uint32_t i = 1; i <= 20; i++)
		insert_ok(i);
	atomic_store(&disk_max_write, 0);
	check_reload();
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 20);
	teardown();
}
END_TEST

static _Atomic unsigned n_ok, n_failed;

static void note(struct store_txn *txn, uint64_t ticket)
{
	(void)ticket;
	if (txn->result == CHANGE_OK)
		atomic_fetch_add(&n_ok, 1);
	else if (txn->result == CHANGE_FAILED)
		atomic_fetch_add(&n_failed, 1);
}

static void wait_answers(unsigned n)
{
	for (unsigned i = 0; atomic_load(&n_ok) + atomic_load(&n_failed) < n; i++) {
		ck_assert_msg(i < 3000, "answers are missing");
		(void)usleep(1000);
	}
}

/* A reload may switch syncing off and on: effective from the next change. */
START_TEST(sync_is_switched)
{
	static const bool switches[] = { true, false, false, true };
	uint64_t want = 0;
	struct store_stats stats;

	setup();
	for (uint32_t i = 0; i < 4; i++) {
		struct lease lease = test_lease(i + 1, 1000);

		memfile_set_sync(store, switches[i]);
		want += switches[i];
		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
		store_get_stats(store, &stats);
		ck_assert_uint_eq(stats.syncs, want);
	}
	check_reload();
	teardown();
}
END_TEST

/* During one sync a hundred transactions gather: one more write and sync for all of them. */
START_TEST(groups)
{
	struct store_change v[100];
	struct store_txn txn[100];
	struct store_stats stats;
	char hosts[100][8];

	setup();
	atomic_store(&n_ok, 0);
	atomic_store(&n_failed, 0);
	disk_hold_syncs();
	for (uint32_t i = 0; i < 100; i++) {
		(void)snprintf(hosts[i], sizeof(hosts[i]), "g%u", i);
		v[i] = (struct store_change){ .kind = CHANGE_INSERT, .new = test_lease(i + 1, 1000) };
		v[i].new.hostname = hosts[i];
		txn[i] = (struct store_txn){ .v = &v[i], .n = 1, .done = note };
		ck_assert_int_eq(store_apply(store, &txn[i]), 0);
		/* The first must be in progress before the others arrive. */
		if (i == 0)
			disk_wait_held();
	}
	ck_assert_uint_eq(atomic_load(&n_ok), 0);
	store_get_stats(store, &stats);
	ck_assert_uint_eq(stats.pending, 100);
	disk_release_syncs();
	wait_answers(100);
	store_get_stats(store, &stats);
	ck_assert_uint_eq(stats.groups, 2);
	ck_assert_uint_eq(stats.syncs, 2);
	ck_assert_uint_eq(stats.rows, 100);
	ck_assert_uint_eq(atomic_load(&n_ok), 100);
	check_reload();
	teardown();
}
END_TEST

static void watch(void *ctx, const struct store_notice *notice)
{
	const struct store_notice **last = ctx;
	static struct store_notice notices[4];
	unsigned i = notice->addr.b[15] & 3;

	notices[i] = *notice;
	last[i] = &notices[i];
}

/*
 * An address is released, assigned to a second client and renewed by it, none of it durable yet: when the sync
 * fails, it belongs to the first client again.
 */
START_TEST(taken_back_in_order)
{
	struct lease first, second, got;
	struct store_change v[4];
	struct store_txn txn[4];
	const struct store_notice *last[4] = { NULL };
	char *before;

	setup();
	first = test_lease(1, 1000);
	atomic_store(&n_ok, 0);
	atomic_store(&n_failed, 0);
	ck_assert_int_eq(insert(store, &first), CHANGE_OK);
	store_watch(store, watch, last);
	before = dump_store(store);
	disk_hold_syncs();
	disk_break(DISK_FDATASYNC, 1, 1, EIO);

	v[0] = (struct store_change){ .kind = CHANGE_DELETE, .addr = first.addr };
	second = test_lease(2, 1000);
	second.addr = first.addr;
	second.expires += 50;
	v[1] = (struct store_change){ .kind = CHANGE_INSERT, .new = second };
	v[2] = (struct store_change){ .kind = CHANGE_UPDATE, .new = second };
	v[3] = (struct store_change){ .kind = CHANGE_INSERT, .new = test_lease(3, 1000) };
	for (unsigned i = 0; i < 4; i++) {
		txn[i] = (struct store_txn){ .v = &v[i], .n = 1, .done = note };
		ck_assert_int_eq(store_apply(store, &txn[i]), 0);
		if (i == 0)
			disk_wait_held();
	}
	ck_assert_int_eq(get(store, arena, &first.addr, &got), 1);
	ck_assert_uint_eq(got.version, v[2].new.version);
	disk_release_syncs();
	wait_answers(4);
	ck_assert_uint_eq(atomic_load(&n_failed), 4);
	check_dump(before, store);
	ck_assert(last[first.addr.b[15] & 3]->new.in_use && !last[v[3].new.addr.b[15] & 3]->new.present);
	ck_assert_int_eq(last[first.addr.b[15] & 3]->new.expires, first.expires);
	ck_assert(last[first.addr.b[15] & 3]->is_undo && last[v[3].new.addr.b[15] & 3]->is_undo);
	/* The last change undone is the first one made: the release. */
	ck_assert(!last[first.addr.b[15] & 3]->old.present);
	/* Versions read in between are now invalid. */
	ck_assert_int_ne(update(store, &got, got.version), CHANGE_OK);
	wait_sound(store, 3000);
	ck_assert_int_eq(update(store, &got, got.version), CHANGE_CONFLICT);
	check_reload();
	teardown();
}
END_TEST

/* The n-th call of each type fails, for n = 1, 2, ...: everything acknowledged is there after a restart. */
START_TEST(any_call_fails)
{
	static const int errors[] = { EIO, ENOSPC };
	enum disk_call call = (enum disk_call)(_i / 2);
	int err = errors[_i % 2];

	for (unsigned n = 1; n <= 8; n++) {
		bool acked[20] = { false };

		setup();
		/* Causes a recovery, so that rename and other calls are made at all. */
		if (call != DISK_WRITE && call != DISK_FDATASYNC)
			disk_break(call == DISK_FTRUNCATE ? DISK_WRITE : DISK_FDATASYNC, 2, 2,
				   call == DISK_FTRUNCATE ? ENOSPC : EIO);
		disk_break(call, n, 2, err);
		for (uint32_t i = 0; i < 20; i++) {
			struct lease lease = test_lease(i + 1, 1000);
			enum store_result result = insert(store, &lease);

			ck_assert(result == CHANGE_OK || result == CHANGE_FAILED);
			acked[i] = result == CHANGE_OK;
			if (store_is_failing(store) && i % 3 == 0)
				wait_sound(store, 3000);
		}
		wait_sound(store, 3000);
		disk_mend_all();
		insert_ok(30);
		check_reload();
		for (uint32_t i = 0; i < 20; i++) {
			struct lease lease = test_lease(i + 1, 1000), got;

			ck_assert_msg(get(store, arena, &lease.addr, &got) == acked[i], "lease %u, call %u", i, n);
		}
		teardown();
	}
}
END_TEST

/* Files of other kinds are rejected and unchanged. */
START_TEST(refused_files)
{
	static const char *const texts[] = {
		"hello\n",
		("address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,"
		 "fqdn_rev,hostname\n"),
		"address,hwaddr,client_id,valid_lifetime\n",
		"no newline at all",
		"\n",
	};
	struct store_conf conf;

	tmp_make(&tmp);
	conf = conf_of(0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *why = NULL, *text;

		tmp_write(&tmp, "", texts[i], strlen(texts[i]));
		ck_assert_int_lt(store_open(&conf, &store, &why), 0);
		ck_assert_msg(why && strstr(why, tmp.path), "%s", why);
		free(why);
		text = tmp_read(&tmp, "", NULL);
		ck_assert_str_eq(text, texts[i]);
		free(text);
	}
	(void)unlink(tmp.path);
	ck_assert_int_eq(mkdir(tmp.path, 0700), 0);
	ck_assert_int_lt(store_open(&conf, &store, NULL), 0);
	ck_assert_int_eq(rmdir(tmp.path), 0);
	conf.path = "/nowhere/at/all.csv";
	ck_assert_int_lt(store_open(&conf, &store, NULL), 0);
	store = NULL;
	tmp_remove(&tmp);
}
END_TEST

#define HEAD "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname"

static char *first_line(void)
{
	char *text = tmp_read(&tmp, "", NULL);

	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Headers of other versions, and none: read, and updated to the current version. */
START_TEST(other_versions)
{
	static const struct {
		const char *text;
		unsigned leases;
		bool newer;
	} files[] = {
		{ "", 0, false },
		{ "address,hwad", 0, false },
		{ HEAD "\n192.0.2.1,02:00:00:00:00:01,,4000,2000000000,1,0,0,old\n", 1, false },
		{ HEAD ",state\n192.0.2.1,02:00:00:00:00:01,,4000,2000000000,1,0,0,old,2\n", 1, false },
		{ HEAD ",state,user_context\r\n192.0.2.1,02:00:00:00:00:01,,4000,2000000000,1,0,0,old,0,\r\n", 1,
		  false },
		{ HEAD ",state,user_context,pool_id,colour\n192.0.2.1,02:00:00:00:00:01,,4000,2000000000,1,0,0,old,0,,"
		       "3,red\n",
		  1, true },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct store_conf conf;
		char header[CSV_HEADER_MAX], *first, *kept;
		struct store_stats stats;

		clock_set_virtual(1700000000, 5000);
		tmp_make(&tmp);
		arena = arena_new(0);
		tmp_write(&tmp, "", files[i].text, strlen(files[i].text));
		conf = conf_of(0);
		store = open_store(&conf);
		store_get_stats(store, &stats);
		ck_assert_uint_eq(stats.leases, files[i].leases);
		ck_assert_uint_eq(stats.bad_rows, 0);
		first = first_line();
		header[csv_write_header(0, header) - 1] = '\0';
		ck_assert_str_eq(first, header);
		free(first);
		ck_assert_int_eq(tmp_exists(&tmp, ".newer"), files[i].newer);
		if (files[i].newer) {
			kept = tmp_read(&tmp, ".newer", NULL);
			ck_assert_str_eq(kept, files[i].text);
			free(kept);
		}
		insert_ok(1);
		check_reload();
		teardown();
	}
}
END_TEST

/* Damage in the middle: all other rows are loaded, the damaged ones kept, once. */
START_TEST(damaged_rows)
{
	struct str text = { 0 };
	struct store_stats stats;
	struct stat st;
	off_t size;

	tmp_make(&tmp);
	arena = arena_new(0);
	str_add(&text, HEAD ",state,user_context,pool_id\n");
	for (unsigned i = 0; i < 100; i++) {
		str_addf(&text, "192.0.2.%u,02:00:00:00:00:%02x,,4000,2000000000,1,0,0,h,0,,0\n", i, i);
		if (i == 20)
			str_add(&text, "192.0.2.200,nonsense,,4000,2000000000,1,0,0,h,0,,0\n");
		if (i == 30)
			for (unsigned k = 0; k < 4096; k++)
				str_addc(&text, '\0');
		if (i == 40) /* has no client */
			str_add(&text, "192.0.2.201,,,4000,2000000000,1,0,0,h,0,,0\n");
		if (i == 50) {
			for (unsigned k = 0; k < 3000000; k++)
				str_addc(&text, 'a');
			str_addc(&text, '\n');
		}
	}
	tmp_write(&tmp, "", text.text, text.len);
	str_free(&text);
	store = NULL;
	clock_set_virtual(1700000000, 5000);
	reopen();
	store_get_stats(store, &stats);
	/* the row after the zeros has lost its beginning */
	ck_assert_uint_eq(stats.leases, 99);
	ck_assert_uint_eq(stats.bad_rows, 4);
	ck_assert_int_eq(stat(tmp.path, &st), 0);
	{
		char bad[128];

		(void)snprintf(bad, sizeof(bad), "%s.bad", tmp.path);
		ck_assert_int_eq(stat(bad, &st), 0);
		ck_assert_int_gt(st.st_size, 3004000);
		size = st.st_size;
		insert_ok(1);
		check_reload();
		ck_assert_int_eq(stat(bad, &st), 0);
		ck_assert_int_eq(st.st_size, size);
		ck_assert_int_eq(st.st_mode & 0777, 0640);
	}
	teardown();
}
END_TEST

#define ROW(addr, host) "192.0.2." addr ",02:00:00:00:00:01,,4000,2000000000,1,0,0," host ",0,,0\n"
#define FULL_HEAD HEAD ",state,user_context,pool_id\n"
#define GONE(addr) "192.0.2." addr ",02:00:00:00:00:01,,0,2000000000,1,0,0,h,0,,0\n"

static void put_file(const char *suffix, const char *rows)
{
	char text[2000];

	(void)snprintf(text, sizeof(text), "%s%s", FULL_HEAD, rows);
	tmp_write(&tmp, suffix, text, strlen(text));
}

static const char *host_of(const char *addr_text)
{
	struct ip addr;
	struct lease lease;

	ck_assert_int_eq(ip_parse(addr_text, &addr), 0);
	return get(store, arena, &addr, &lease) ? lease.hostname : "-";
}

/* The files of an interrupted cleanup are read in the right order. */
START_TEST(clean_up_files)
{
	char *text;
	size_t len;

	tmp_make(&tmp);
	arena = arena_new(0);
	store = NULL;
	clock_set_virtual(1700000000, 5000);
	put_file(".2", ROW("1", "two") ROW("2", "two") ROW("3", "two"));
	put_file(".1", ROW("2", "one") ROW("3", "one") ROW("4", "one"));
	put_file("", ROW("3", "main") GONE("4"));
	reopen();
	ck_assert_str_eq(host_of("192.0.2.1"), "two");
	ck_assert_str_eq(host_of("192.0.2.2"), "one");
	ck_assert_str_eq(host_of("192.0.2.3"), "main");
	ck_assert_str_eq(host_of("192.0.2.4"), "-");
	store_close(store);
	store = NULL;
	put_file(".completed", ROW("5", "completed") ROW("3", "completed"));
	reopen();
	ck_assert_str_eq(host_of("192.0.2.1"), "-");
	ck_assert_str_eq(host_of("192.0.2.5"), "completed");
	ck_assert_str_eq(host_of("192.0.2.3"), "main");
	/* A rewritten file deletes leases that are only in the other files. */
	ck_assert_int_eq(delete_addr(store, &(struct ip){ { [10] = 255, 255, 192, 0, 2, 3 } }, 0), CHANGE_OK);
	disk_break(DISK_FDATASYNC, 1, 1, EIO);
	ck_assert_int_eq(delete_addr(store, &(struct ip){ { [10] = 255, 255, 192, 0, 2, 5 } }, 0), CHANGE_FAILED);
	wait_sound(store, 3000);
	ck_assert(tmp_exists(&tmp, ".completed"));
	text = tmp_read(&tmp, "", &len);
	ck_assert_msg(strstr(text, "\n192.0.2.3,") != NULL, "%s", text);
	free(text);
	check_reload();
	ck_assert_str_eq(host_of("192.0.2.5"), "completed");
	ck_assert_str_eq(host_of("192.0.2.3"), "-");
	teardown();
}
END_TEST

/* Alternating good and bad rows, then a truncated row. */
static void put_damaged(int family, const char *suffix, unsigned n_bad)
{
	struct lease lease = family ? test_lease6(1, 100000, false) : test_lease(1, 100000);
	char text[4096], *p = text + csv_write_header(family, text);

	for (unsigned i = 0; i < n_bad; i++) {
		lease.addr.b[15] = (uint8_t)(i + 1);
		p = csv_write_row(family, &lease, false, p);
		p += snprintf(p, 64, "nonsense,%u,,,\n", i);
	}
	p += snprintf(p, 64, "192.0.2.2");
	tmp_write(&tmp, suffix, text, (size_t)(p - text));
}

/* max-row-errors is the limit for each file; beyond it the store does not open, and the file is unchanged. */
START_TEST(bad_rows_have_a_limit)
{
	struct store_conf conf = conf_of(_i);
	char *before, *after, *why = NULL;
	size_t before_len, after_len;

	tmp_make(&tmp);
	arena = arena_new(0);
	store = NULL;
	clock_set_virtual(1700000000, 5000);
	put_damaged(_i, "", 3);
	before = tmp_read(&tmp, "", &before_len);
	conf.max_row_errors = 2;
	ck_assert_int_lt(store_open(&conf, &store, &why), 0);
	ck_assert_msg(strstr(why, "more than 2 rows (max-row-errors) are not understood, the first at line 3: ") !=
			      NULL,
		      "%s", why);
	ck_assert_msg(strstr(why, tmp.path) != NULL, "%s", why);
	free(why);
	after = tmp_read(&tmp, "", &after_len);
	ck_assert(after_len == before_len && memcmp(before, after, before_len) == 0);
	free(before);
	free(after);
	/* The files of a cleanup are counted separately, with the same limit. */
	conf.max_row_errors = 3;
	put_damaged(_i, ".2", 4);
	put_damaged(_i, ".1", 1);
	store = NULL;
	ck_assert_int_lt(store_open(&conf, &store, NULL), 0);
	put_damaged(_i, ".2", 3);
	store = open_store(&conf);
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 3);
	store_close(store);
	/* 0: no limit. */
	put_damaged(_i, "", 30);
	conf.max_row_errors = 0;
	store = open_store(&conf);
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 30);
	teardown();
}
END_TEST

/* Removed, replaced or truncated under the running server: restored from memory. */
START_TEST(file_lost)
{
	struct store_conf conf;

	tmp_make(&tmp);
	arena = arena_new(0);
	conf = conf_of(0);
	clock_set_virtual(1700000000, 5000);
	conf.check_ms = 20;
	store = open_store(&conf);
	for (uint32_t i = 1; i <= 3; i++)
		insert_ok(i);
	for (int how = 0; how < 3; how++) {
		struct store_stats stats = { 0 };

		if (how == 0)
			ck_assert_int_eq(unlink(tmp.path), 0);
		else if (how == 1)
			ck_assert_int_eq(truncate(tmp.path, 0), 0);
		else
			tmp_write(&tmp, ".x", "foreign\n", 8);
		if (how == 2) {
			char other[128];

			(void)snprintf(other, sizeof(other), "%s.x", tmp.path);
			ck_assert_int_eq(rename(other, tmp.path), 0);
		}
		/* with traffic or without */
		if (how == 1)
			insert_ok(10);
		for (unsigned i = 0; stats.rewrites < 2 + (unsigned)how; i++) {
			ck_assert_msg(i < 3000, "not restored (%d)", how);
			(void)usleep(1000);
			store_get_stats(store, &stats);
		}
	}
	insert_ok(11);
	check_reload();
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 5);
	ck_assert(tmp_exists(&tmp, ".replaced"));
	teardown();
}
END_TEST

/*
 * The file is replaced under load: the new one is written from memory, which includes changes not written yet.
 * If those fail they are rolled back, and the file must not keep them.
 */
START_TEST(taken_back_after_rewrite)
{
	struct store_change v[3];
	struct store_txn txn[3];
	struct store_conf conf;
	struct lease lease;

	for (unsigned failing_write = 2; failing_write <= 3; failing_write++) {
		tmp_make(&tmp);
		arena = arena_new(0);
		conf = conf_of(0);
		conf.check_ms = 100;
		clock_set_virtual(1700000000, 5000);
		store = open_store(&conf);
		insert_ok(1);
		insert_ok(2);
		atomic_store(&n_ok, 0);
		atomic_store(&n_failed, 0);
		/* One is being written until the next file check is due, two are queued after it. */
		disk_hold_syncs();
		for (unsigned i = 0; i < 3; i++) {
			lease = test_lease(i == 1 ? 1 : 3 + i, 1000);
			v[i] = (struct store_change){ .kind = i == 1 ? CHANGE_DELETE : CHANGE_INSERT,
						      .new = lease,
						      .addr = lease.addr };
			txn[i] = (struct store_txn){ .v = &v[i], .n = 1, .done = note };
			ck_assert_int_eq(store_apply(store, &txn[i]), 0);
			if (i == 0)
				disk_wait_held();
		}
		ck_assert_int_eq(unlink(tmp.path), 0);
		(void)usleep(100000);
		/* The first write creates the new file, the second is for the group. */
		disk_break(DISK_WRITE, failing_write, 1, ENOSPC);
		disk_release_syncs();
		wait_answers(3);
		ck_assert_uint_eq(atomic_load(&n_failed), failing_write == 2 ? 2 : 0);
		wait_sound(store, 3000);
		disk_mend(DISK_WRITE);
		check_reload();
		ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 3);
		teardown();
	}
}
END_TEST

/* The whole directory is moved away and back: the file and the lock exist again. */
START_TEST(folder_lost)
{
	struct store_conf conf;
	struct store *second = NULL;
	struct lease lease;
	char path[128];

	clock_set_virtual(1700000000, 5000);
	tmp_make(&tmp);
	arena = arena_new(0);
	conf = conf_of(0);
	conf.check_ms = 20;
	store = open_store(&conf);
	insert_ok(1);
	ck_assert_int_eq(unlink(tmp.path), 0);
	(void)snprintf(path, sizeof(path), "%s.lock", tmp.path);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(tmp.dir), 0);
	for (unsigned i = 0; !store_is_failing(store); i++) {
		ck_assert_msg(i < 3000, "not noticed");
		(void)usleep(1000);
	}
	lease = test_lease(2, 1000);
	ck_assert_int_eq(insert(store, &lease), CHANGE_FAILED);
	ck_assert_int_eq(mkdir(tmp.dir, 0700), 0);
	wait_sound(store, 3000);
	insert_ok(2);
	ck_assert_int_eq(store_open(&conf, &second, NULL), -E_AGAIN);
	check_reload();
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 2);
	teardown();
}
END_TEST

/* Time spent down counts by the wall clock, limited to the lifetime of the lease. */
START_TEST(time_across_restart)
{
	struct lease got;
	struct ip addr = ip_from4(0x0a000001);

	setup();
	insert_ok(1);
	store_close(store);
	store = NULL;
	clock_set_virtual(1700000600, 100); /* ten minutes later, after a reboot */
	reopen();
	ck_assert_int_eq(get(store, arena, &addr, &got), 1);
	ck_assert_int_eq(got.expires, 100 + 100000 - 600);
	ck_assert_int_eq(got.cltt, 1700000000);
	/* the host has lost its date */
	store_close(store);
	store = NULL;
	clock_set_virtual(1000, 100);
	reopen();
	ck_assert_int_eq(get(store, arena, &addr, &got), 1);
	ck_assert_int_eq(got.expires, 100 + 100000);
	ck_assert_int_eq(got.cltt, 1000);
	teardown();
}
END_TEST

/* The file has whole seconds; whatever the fraction was, no restart ends a lease early. */
START_TEST(no_lease_ends_early)
{
	for (unsigned i = 0; i < 64; i++) {
		struct lease lease, got;
		int64_t end_ms;

		setup();
		clock_step_wall(i % 4 * 333);
		clock_advance(i / 4 % 4 * 333);
		lease = test_lease(1, 100);
		lease_start(&lease, 100);
		end_ms = clock_boot_ms() + 100000;
		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
		clock_advance(i < 4 ? 0 : 5000 + i / 16 * 333);
		reopen();
		ck_assert_int_eq(get(store, arena, &lease.addr, &got), 1);
		ck_assert_int_ge(got.expires * 1000, end_ms);
		ck_assert_int_lt(got.expires * 1000, end_ms + 2000);
		ck_assert_uint_le(lease_left(&got), 100);
		teardown();
	}
}
END_TEST

START_TEST(file_modes)
{
	struct stat st;

	(void)umask(0);
	setup();
	ck_assert_int_eq(stat(tmp.path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
	teardown();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("faults");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, reload_is_equal);
	tcase_add_test(tc, reload_is_equal_v6);
	tcase_add_test(tc, torn_tail);
	tcase_add_loop_test(tc, last_row_without_newline, 0, 6);
	tcase_add_test(tc, two_opens);
	tcase_add_test(tc, sync_fails_once);
	tcase_add_test(tc, disk_full);
	tcase_add_test(tc, short_writes_are_finished);
	tcase_add_test(tc, sync_is_switched);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, taken_back_in_order);
	tcase_add_loop_test(tc, any_call_fails, 0, 2 * DISK_CALLS);
	tcase_add_test(tc, refused_files);
	tcase_add_test(tc, other_versions);
	tcase_add_test(tc, damaged_rows);
	tcase_add_test(tc, clean_up_files);
	tcase_add_loop_test(tc, bad_rows_have_a_limit, 0, 2);
	tcase_add_test(tc, file_lost);
	tcase_add_test(tc, taken_back_after_rewrite);
	tcase_add_test(tc, folder_lost);
	tcase_add_test(tc, time_across_restart);
	tcase_add_test(tc, no_lease_ends_early);
	tcase_add_test(tc, file_modes);
	return suite_run(tc);
}
