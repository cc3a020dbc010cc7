/* SPDX-License-Identifier: MPL-2.0 */
/* Rows that replace and delete each other make the same table with and without threads, and the one that is expected.
 */
#include "util.h"

#include "base/err.h"
#include "base/hash.h"
#include "lease/clientlist.h"
#include "lease/loadline.h"

#define ADDRESSES 3000u
#define ROWS 60000u
#define CLIENTS 400u /* some of them have most of the leases: long lists */

static struct planned {
	uint32_t addr, client;
	bool deleted, has_context;
} plan[ROWS];
static uint32_t last[ADDRESSES]; /* the row of an address that counts, + 1; 0: none */
static int family;
static bool reader_fails;

static void make_plan(int fam)
{
	family = fam;
	memset(last, 0, sizeof(last));
	for (uint32_t i = 0; i < ROWS; i++) {
		uint32_t addr = (uint32_t)rand_below(ADDRESSES), client = (uint32_t)rand_below(CLIENTS);

		plan[i] = (struct planned){ .addr = addr,
					    .client = client % 4 ? client % 3 : client,
					    .deleted = rand_below(4) == 0,
					    .has_context = rand_below(500) == 0 };
		last[addr] = plan[i].deleted ? 0 : i + 1;
	}
}

static struct ip addr_of(uint32_t addr)
{
	return family ? test_lease6(addr, 1, false).addr : test_lease(addr, 1).addr;
}

/* The pool id is the number of the row. */
static const struct lease_row *row_of(uint32_t i)
{
	static struct lease_row row;
	uint32_t client = plan[i].client;

	row.lease = family ? test_lease6(plan[i].addr, 1000, false) : test_lease(plan[i].addr, 1000);
	row.deleted = plan[i].deleted;
	memcpy(row.hwaddr, (uint8_t[6]){ 2, 0, 0, 0, (uint8_t)(client >> 8), (uint8_t)client }, 6);
	memcpy(row.client_id, (uint8_t[4]){ 1, 9, (uint8_t)(client >> 4), (uint8_t)(client >> 1) }, 4);
	row.lease.hwaddr = bytes_of(row.hwaddr, client % 7 == 3 ? 0 : 6);
	row.lease.client_id = bytes_of(row.client_id, 4);
	row.lease.subnet_id = 1 + client % 2;
	row.lease.pool_id = i;
	row.lease.hostname = "";
	memset(row.context, 'x', LEASE_CONTEXT_MAX);
	row.lease.user_context = plan[i].has_context ? row.context : NULL;
	return &row;
}

static int read_rows(void *ctx, struct loadline *line)
{
	(void)ctx;
	for (uint32_t i = 0; i < (reader_fails ? ROWS / 2 : ROWS); i++)
		loadline_row(line, row_of(i));
	return reader_fails ? -E_SYS : 0;
}

static uint64_t reported;

static void report(void *ctx, uint64_t n)
{
	ck_assert_ptr_eq(ctx, &reported);
	ck_assert_uint_ge(n, reported);
	reported = n;
}

static struct memtable *load(bool has_threads, uint64_t expected)
{
	struct memtable *t = aligned_alloc(64, (sizeof(*t) + 63) / 64 * 64);
	struct loadline_sum sum;

	ck_assert_ptr_nonnull(t);
	memtable_init(t, 0);
	memtable_load_begin(t, expected);
	reported = 0;
	ck_assert_int_eq(loadline_run(t, has_threads, read_rows, report, &reported, &sum), reader_fails ? -E_SYS : 0);
	if (!reader_fails) {
		ck_assert_uint_eq(sum.rows, ROWS);
		ck_assert_uint_eq(reported, ROWS);
	}
	ck_assert_uint_eq(sum.n_full, 0);
	memtable_load_end(t);
	return t;
}

static void unload(struct memtable *t)
{
	memtable_done(t);
	free(t);
}

static void check_addresses(struct memtable *t)
{
	uint64_t n = 0;

	for (uint32_t a = 0; a < ADDRESSES; a++) {
		struct ip addr = addr_of(a);
		uint32_t ref = memtable_by_addr(t, &addr, memtable_hash_addr(&addr));

		ck_assert_int_eq(ref != 0, last[a] != 0);
		if (!ref)
			continue;
		ck_assert_uint_eq(memtable_record(t, ref)->pool_id, last[a] - 1);
		ck_assert_uint_ne(memtable_record(t, ref)->heap_pos, 0);
		n++;
	}
	ck_assert_uint_eq(memtable_count(t, LEASE_DEFAULT), n);
	for (unsigned i = 0; i < STRIPES; i++)
		n -= t->stripes[i].expiry.n;
	ck_assert_uint_eq(n, 0);
}

/* The lists of a key, each in the same sequence; returns the number of records in them. */
static uint64_t compare_lists(struct memtable *a, struct memtable *b, enum record_key key)
{
	uint64_t n_all = 0;

	for (uint32_t i = 0; i < ROWS / 10; i++) {
		const struct lease *lease = &row_of(i)->lease;
		struct bytes id = key == KEY_ID ? lease->client_id : lease->hwaddr;
		uint64_t hash = id.len ? memtable_hash_key(key, id) : 0;
		uint32_t n[2], ref[2];

		if (!id.len)
			continue;
		ref[0] = clientlist_first(a, key, id, hash, &n[0]);
		ref[1] = clientlist_first(b, key, id, hash, &n[1]);
		ck_assert_uint_eq(n[0], n[1]);
		for (uint32_t k = 0; i % 97 == 0 && k < n[0]; k++) {
			const struct record *rec[2] = { memtable_record(a, ref[0]), memtable_record(b, ref[1]) };

			ck_assert_uint_eq(rec[0]->pool_id, rec[1]->pool_id);
			ck_assert(bytes_equal(record_key(rec[0], key), id));
			ref[0] = rec[0]->link[key].next;
			ref[1] = rec[1]->link[key].next;
		}
		n_all += n[0];
	}
	return n_all;
}

START_TEST(threads_make_the_same_table)
{
	struct memtable *alone, *shared;

	make_plan(_i);
	alone = load(false, 0);
	shared = load(true, ROWS);
	check_addresses(alone);
	check_addresses(shared);
	for (enum record_key key = 0; key < RECORD_KEYS; key++)
		ck_assert_uint_gt(compare_lists(alone, shared, key), 0);
	ck_assert_uint_eq(slabs_used(alone->slabs), slabs_used(shared->slabs));
	unload(alone);
	unload(shared);
}
END_TEST

/* However many records were expected, the indexes are as large as those that grew. */
START_TEST(room_that_is_not_needed_is_returned)
{
	static const uint64_t expected[] = { 1, ROWS, 100ULL * ROWS };
	struct memtable *grown, *t;

	make_plan(0);
	grown = load(true, 0);
	t = load(true, expected[_i]);
	check_addresses(t);
	for (unsigned i = 0; i < STRIPES; i++) {
		ck_assert_uint_eq(t->stripes[i].by_addr.cap, grown->stripes[i].by_addr.cap);
		for (enum record_key key = 0; key < RECORD_KEYS; key++)
			ck_assert_uint_eq(t->stripes[i].key[key].lists.cap, grown->stripes[i].key[key].lists.cap);
	}
	unload(grown);
	unload(t);
}
END_TEST

START_TEST(a_reader_may_fail)
{
	make_plan(0);
	reader_fails = true;
	unload(load(_i, 0));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("loadline");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, threads_make_the_same_table, 0, 2);
	tcase_add_loop_test(tc, room_that_is_not_needed_is_returned, 0, 3);
	tcase_add_loop_test(tc, a_reader_may_fail, 0, 2);
	return suite_run(tc);
}
