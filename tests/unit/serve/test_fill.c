/* SPDX-License-Identifier: MPL-2.0 */
/* Free addresses and statistics after many leases were found at the start, by all CPUs, and for another configuration.
 */
#include "util.h"

#include "base/thread.h"
#include "serve/leasedb.h"

#define N 20000u

static struct alloc_set *new_set(struct leasedb *db)
{
	const struct alloc_range range = {
		.first = ip_from4(0x0a000000), .last = ip_from4(0x0a00ffff), .size = 0x10000, .how = ALLOC_ITERATIVE
	};

	return alloc_set_new(db->alloc, &range, 1);
}

/* Two of three addresses have a lease; one in ten of those is declined, one in ten reclaimed. */
static void insert_all(struct store *store)
{
	for (uint32_t i = 0; i < N; i++) {
		uint32_t k = i * 7919 % N; /* in no order */
		struct lease lease = test_lease(k / 2 * 3 + k % 2, 1000 + k);

		lease.state = i % 10 == 1 ? LEASE_DECLINED : LEASE_DEFAULT;
		if (i % 10 == 2)
			lease_end(&lease, LEASE_RECLAIMED);
		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	}
}

struct sums {
	uint64_t n_used, n_assigned, n_declined;
};

static struct sums sums_of(struct store *store)
{
	struct store_scan scan = { .arena = arena_new(0) };
	struct sums sums = { 0 };
	int n;

	while ((n = store_scan(store, &scan)) > 0) {
		for (int i = 0; i < n; i++) {
			const struct lease *lease = &scan.v[i];

			sums.n_used += lease_is_in_use(lease);
			sums.n_assigned += lease->state == LEASE_DEFAULT || lease->state == LEASE_DECLINED;
			sums.n_declined += lease->state == LEASE_DECLINED;
		}
		arena_reset(scan.arena);
	}
	arena_free(scan.arena);
	return sums;
}

START_TEST(all_leases_are_seen)
{
	struct store_conf conf = { .type = "memfile" };
	struct store *store = open_store(&conf);
	struct leasedb *db;
	struct stat_place *place;
	struct sums sums;

	insert_all(store);
	sums = sums_of(store);
	ck_assert_uint_gt(sums.n_used, N / 3);
	db = leasedb_new(store);
	place = stat_place_use(db->places, &(struct stat_key){ PLACE_POOL, 1, 0 });
	for (unsigned round = 0; round < 2; round++) {
		struct alloc_set *set = new_set(db);

		ck_assert_int_eq(leasedb_fill(db, set), 0);
		ck_assert_uint_eq(alloc_n_free(db->alloc, set, 0), 0x10000 - sums.n_used);
		ck_assert_int_eq(place->n[STAT_ASSIGNED - STAT_ASSIGNED], (int64_t)sums.n_assigned);
		ck_assert_int_eq(place->n[STAT_DECLINED - STAT_ASSIGNED], (int64_t)sums.n_declined);
		alloc_set_free(db->alloc, set);
	}
	stat_place_unuse(db->places, place);
	leasedb_leave(db);
}
END_TEST

/* --- sharing work --- */

static unsigned n_runs[8];
static pthread_t thread_of[8];

static void note_run(void *ctx, unsigned i)
{
	ck_assert_ptr_eq(ctx, n_runs);
	n_runs[i]++;
	thread_of[i] = pthread_self();
}

START_TEST(each_share_runs_once)
{
	thread_each(0, note_run, n_runs);
	thread_each(8, note_run, n_runs);
	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(n_runs[i], 1);
	ck_assert(pthread_equal(thread_of[0], pthread_self()));
	ck_assert_uint_ge(thread_cpus(), 1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("fill");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, all_leases_are_seen);
	tcase_add_test(tc, each_share_runs_once);
	return suite_run(tc);
}
