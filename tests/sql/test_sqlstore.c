/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What only stores in databases must do, with both databases: several servers, lost connections, rows that other
 * programs wrote, clocks. tests/sql/run starts the servers.
 */
#include "../store/util.h"
#include "cutter.h"

#include "alloc/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "daemon/reclaim.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static struct arena *arena;
static enum store_kind kind;

static void setup(int i)
{
	kind = (enum store_kind)i;
	arena = arena_new(0);
	database_run(kind, "DELETE FROM lease4");
	database_run(kind, "DELETE FROM lease6");
}

static void teardown(void)
{
	arena_free(arena);
	clock_set_real();
}

#define SQL_TEST(name)   \
	START_TEST(name) \
	{                \
		setup(_i);
#define SQL_END     \
	teardown(); \
	}           \
	END_TEST

static enum store_result take(struct store *store, const struct lease *lease)
{
	struct store_change change = { .kind = CHANGE_TAKE, .new = *lease };

	return apply(store, &change, 1);
}

/* Waits for something that happens at some time, up to a minute. */
#define WAIT_FOR(condition)                                                      \
	for (unsigned waited_ = 0; !(condition); waited_++) {                    \
		ck_assert_msg(waited_ < 6000, "waited in vain for " #condition); \
		(void)usleep(10000);                                             \
	}

/* --- several servers --------------------------------------------------------------- */

#define RACE_ADDRS 40u
#define RACERS 4u

struct racer {
	pthread_t thread;
	struct store *store;
	unsigned number;
	bool has_won[RACE_ADDRS];
	unsigned n_won;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	for (uint32_t i = 0; i < RACE_ADDRS; i += 2) {
		struct store_change v[2] = { { .kind = CHANGE_TAKE }, { .kind = CHANGE_TAKE } };
		struct lease a = test_lease(1000 * (r->number + 1) + i, 1000), b = a;
		/* One change at a time, or both together, in either order. */
		unsigned n = 1 + (i / 2 + r->number) % 2;

		a.addr = ip_from4(0x0a000000 + i);
		b.addr = ip_from4(0x0a000001 + i);
		v[0].new = r->number % 3 ? a : b;
		v[1].new = r->number % 3 ? b : a;
		if (apply(r->store, v, n) == CHANGE_OK)
			for (unsigned k = 0; k < n; k++) {
				r->has_won[ip_to4(&v[k].new.addr) & 0xff] = true;
				r->n_won++;
			}
	}
	return NULL;
}

/* Each address has at most one winner, and its lease is the winner's. */
SQL_TEST(an_address_is_taken_once)
struct racer racers[RACERS] = { 0 };
struct lease got;

for (unsigned i = 0; i < RACERS; i++) {
	racers[i].number = i;
	racers[i].store = open_database_store(kind, 0);
}
for (unsigned i = 0; i < RACERS; i++)
	ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
for (unsigned i = 0; i < RACERS; i++)
	(void)pthread_join(racers[i].thread, NULL);
for (uint32_t a = 0; a < RACE_ADDRS; a++) {
	struct ip addr = ip_from4(0x0a000000 + a);
	unsigned n = 0, winner = 0;
	char name[16];

	for (unsigned i = 0; i < RACERS; i++) {
		n += racers[i].has_won[a];
		winner = racers[i].has_won[a] ? i : winner;
	}
	ck_assert_msg(n <= 1, "address %u has %u winners", a, n);
	ck_assert_int_eq(get(racers[0].store, arena, &addr, &got), (int)n);
	if (!n)
		continue;
	(void)snprintf(name, sizeof(name), "h%u", 1000 * (winner + 1) + (a & ~1u));
	ck_assert_str_eq(got.hostname, name);
}
for (unsigned i = 0; i < RACERS; i++)
	store_close(racers[i].store);
SQL_END

struct seen {
	atomic_uint taken, freed;
};

static void see(void *ctx, const struct store_notice *notice)
{
	struct seen *seen = ctx;

	atomic_fetch_add(&seen->taken, notice->new.in_use && !notice->old.in_use);
	atomic_fetch_add(&seen->freed, !notice->new.in_use && notice->old.in_use);
}

/* Leases that another server grants, releases and deletes become known without a lookup. */
SQL_TEST(changes_of_others_become_known)
struct store *a = open_database_store(kind, 0), *b;
struct lease lease = test_lease(1, 1000), got;
struct seen seen = { 0 };

ck_assert_int_eq(insert(a, &lease), CHANGE_OK);
b = open_database_store(kind, 0);
store_watch(b, see, &seen);
ck_assert_uint_eq(store_count(b, LEASE_DEFAULT), 1);
/* the same lifetime: the search for news finds them */
for (uint32_t i = 2; i <= 50; i++) {
	lease = test_lease(i, 1000);
	ck_assert_int_eq(insert(a, &lease), CHANGE_OK);
}
WAIT_FOR(atomic_load(&seen.taken) == 49);
ck_assert_uint_eq(store_count(b, LEASE_DEFAULT), 50);
for (uint32_t i = 2; i <= 20; i++) {
	struct ip addr = ip_from4(0x0a000000 + i);

	ck_assert_int_eq(get(a, arena, &addr, &got), 1);
	lease_end(&got, LEASE_RELEASED);
	ck_assert_int_eq(update(a, &got, got.version), CHANGE_OK);
}
WAIT_FOR(atomic_load(&seen.freed) == 19);
/* another lifetime, and deletions: the slow reading finds them */
lease = test_lease(99, 77);
ck_assert_int_eq(insert(a, &lease), CHANGE_OK);
database_run(kind, "DELETE FROM lease4 WHERE address = 167772191");
WAIT_FOR(atomic_load(&seen.taken) == 50 && atomic_load(&seen.freed) == 20);
ck_assert_uint_eq(store_count(b, LEASE_DEFAULT), 31);
ck_assert_uint_eq(store_count(b, LEASE_RELEASED), 19);
store_close(a);
store_close(b);
SQL_END

/* --- four servers fill a pool ------------------------------------------------------ */

#define POOL 2048u

struct server {
	pthread_t thread;
	struct store *store;
	struct alloc *alloc;
	struct alloc_set *set;
	unsigned number;
	atomic_uint n_servers;
	unsigned n_ok, n_conflicts, n_early, n_early_conflicts, n_conflicts_of_part;
};

static atomic_uint n_assigned;
static atomic_bool is_part_full; /* of any server */

static void follow_store(void *ctx, const struct store_notice *notice)
{
	struct server *server = ctx;

	if (notice->new.in_use || notice->old.in_use)
		alloc_note(server->alloc, &(struct prefix){ notice->addr, 32 }, notice->new.in_use,
			   notice->new.in_use ? notice->new.expires : notice->old.expires);
}

static void share_pool(void *ctx, unsigned number, unsigned n)
{
	struct server *server = ctx;

	alloc_share(server->alloc, number, n);
	atomic_store(&server->n_servers, n);
}

static void *fill_pool(void *arg)
{
	struct server *server = arg;
	uint32_t client = server->number * 100000;

	for (;;) {
		struct lease lease = test_lease(++client, 3600);
		struct alloc_client who = { .id = client_key_of(lease.client_id, 0), .commits = true };
		bool is_early = atomic_load(&n_assigned) < POOL * 9 / 10;
		enum store_result result;

		if (!alloc_pick(server->alloc, server->set, 0, &who, &lease.addr))
			return NULL;
		result = take(server->store, &lease);
		ck_assert_msg(result == CHANGE_OK || result == CHANGE_CONFLICT, "%d", (int)result);
		if (result == CHANGE_OK) {
			server->n_ok++;
			atomic_fetch_add(&n_assigned, 1);
		} else {
			alloc_missed(server->alloc, server->set, 0, &who, &lease.addr);
			server->n_conflicts++;
		}
		if (server->n_ok == POOL / 4)
			atomic_store(&is_part_full, true);
		server->n_conflicts_of_part += result != CHANGE_OK && !atomic_load(&is_part_full);
		server->n_early += is_early;
		server->n_early_conflicts += is_early && result != CHANGE_OK;
	}
}

/*
 * Each assigns whatever it believes to be free, as fast as it can. Under 90 % they hardly ever pick the same address,
 * and not at all before one has finished its part; in the end all are assigned.
 */
SQL_TEST(four_servers_fill_a_pool)
const struct alloc_range range = {
	.first = ip_from4(0x0a000000), .last = ip_from4(0x0a000000 + POOL - 1), .size = POOL, .how = ALLOC_ITERATIVE
};
unsigned ok = 0, early = 0, conflicts = 0;
struct server servers[4] = { 0 };

atomic_store(&n_assigned, 0);
atomic_store(&is_part_full, false);
for (unsigned i = 0; i < 4; i++) {
	struct server *server = &servers[i];

	server->number = i + 1;
	server->store = open_database_store(kind, 0);
	server->alloc = alloc_new(15000);
	alloc_scatter(server->alloc);
	server->set = alloc_set_new(server->alloc, &range, 1);
	store_watch(server->store, follow_store, server);
	store_watch_share(server->store, share_pool, server);
}
for (unsigned i = 0; i < 4; i++)
	WAIT_FOR(atomic_load(&servers[i].n_servers) == 4);
for (unsigned i = 0; i < 4; i++)
	ck_assert_int_eq(pthread_create(&servers[i].thread, NULL, fill_pool, &servers[i]), 0);
for (unsigned i = 0; i < 4; i++) {
	(void)pthread_join(servers[i].thread, NULL);
	ok += servers[i].n_ok;
	ck_assert_uint_eq(servers[i].n_conflicts_of_part, 0);
	early += servers[i].n_early;
	conflicts += servers[i].n_early_conflicts;
}
ck_assert_uint_eq(ok, POOL);
ck_assert_msg(conflicts * 100 < early, "%u conflicts in %u commits", conflicts, early);
for (unsigned i = 0; i < 4; i++) {
	store_close(servers[i].store);
	alloc_set_free(servers[i].alloc, servers[i].set);
	alloc_free(servers[i].alloc);
}
SQL_END

/* --- reclaiming -------------------------------------------------------------------- */

static void count_ended(void *ctx, const struct store_notice *notice)
{
	atomic_fetch_add((atomic_uint *)ctx, notice->was_ended && notice->new.state == LEASE_RECLAIMED);
}

static void found_leases(void *ctx)
{
	atomic_store((atomic_bool *)ctx, true);
}

/* Two servers reclaim at once: each lease is reclaimed by one of them. */
SQL_TEST(a_lease_is_reclaimed_once)
const struct expired_leases_processing_conf conf = { .hold_reclaimed_time = 3600 };
struct store *stores[2];
struct reclaim *reclaims[2];
atomic_bool found[2] = { false, false };
atomic_uint n_ended = 0;

for (unsigned i = 0; i < 2; i++) {
	stores[i] = open_database_store(kind, 0);
	store_watch(stores[i], count_ended, &n_ended);
	reclaims[i] = reclaim_new(0, found_leases, &found[i]);
}
for (uint32_t i = 1; i <= 100; i++) {
	struct lease lease = test_lease(i, 10);

	lease.expires -= 20;
	lease.cltt -= 20;
	ck_assert_int_eq(insert(stores[i % 2], &lease), CHANGE_OK);
}
for (unsigned i = 0; i < 2; i++)
	ck_assert_uint_eq(reclaim_slice(reclaims[i], stores[i], NULL, &conf), 0);
for (unsigned i = 0; i < 2; i++) {
	bool is_flush;

	WAIT_FOR(atomic_load(&found[i]));
	(void)reclaim_resume(reclaims[i], stores[i], NULL, &is_flush);
	ck_assert(!is_flush);
}
for (unsigned i = 0; i < 2; i++)
	WAIT_FOR(reclaim_is_idle(reclaims[i]));
/* A server whose search for news finds its own change before the response to it counts that one as another's. */
ck_assert_uint_le(atomic_load(&n_ended), 100);
ck_assert_uint_ge(atomic_load(&n_ended), 90);
for (unsigned i = 0; i < 2; i++) {
	struct lease_query query = { .by = BY_EXPIRY, .ended_by = clock_boot_sec() };
	struct lease out;

	ck_assert_int_eq(store_find_wait(stores[i], &query, arena, &out, 1), 0);
	query.by = BY_RETIRED;
	ck_assert_int_eq(store_find_wait(stores[i], &query, arena, &out, 1), 1);
	ck_assert(!reclaim_is_failing(reclaims[i]));
	reclaim_free_wait(reclaims[i]);
	store_close(stores[i]);
}
SQL_END

/* --- connections that are lost ----------------------------------------------------- */

static struct cutter *cutter;

static struct store *open_through_cutter(void)
{
	struct db_conf db = database_conf(kind);
	const char *host = "127.0.0.1";
	struct store_conf conf = { .type = kind == PGSQL ? "postgresql" : "mysql", .db = &db };

	cutter = cutter_new(db.port);
	db.hosts = &host;
	db.port = cutter_port(cutter);
	db.statement_timeout_ms = 10000;
	return open_store(&conf);
}

/* The text of a request that inserts, after the statement was prepared. */
static const char *insert_text(void)
{
	return kind == PGSQL ? "insert_if_free" : "INSERT INTO lease4";
}

/* The lease is committed, but the response is lost: it is read back before anybody is told. */
SQL_TEST(a_lost_response_is_read_back)
struct store *store = open_through_cutter(), *other = open_database_store(kind, 0);
struct lease lease, got;

for (uint32_t i = 1; i <= 30; i++) {
	lease = test_lease(i, 1000);
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
}
for (uint32_t i = 31; i <= 33; i++) {
	lease = test_lease(i, 1000);
	WAIT_FOR(!store_is_failing(store));
	cutter_cut(cutter, CUT_RESPONSE, insert_text());
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	ck_assert(cutter_has_cut(cutter));
	ck_assert_int_eq(get(other, arena, &lease.addr, &got), 1);
	ck_assert(same_lease(&lease, &got));
	ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), i);
}
store_close(store);
store_close(other);
cutter_free(cutter);
SQL_END

/* The request is lost: the change failed, and can be made again. */
SQL_TEST(a_lost_request_fails)
struct store *store = open_through_cutter();
struct lease lease, got;

for (uint32_t i = 1; i <= 30; i++) {
	lease = test_lease(i, 1000);
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
}
lease = test_lease(40, 1000);
cutter_cut(cutter, CUT_REQUEST, insert_text());
ck_assert_int_eq(insert(store, &lease), CHANGE_FAILED);
ck_assert(cutter_has_cut(cutter));
ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 30);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 0);
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
store_close(store);
cutter_free(cutter);
SQL_END

/* Without a database nothing is found and nothing can be changed, but nothing is claimed either; later it works. */
SQL_TEST(a_database_that_is_down)
struct store *store = open_through_cutter();
struct lease lease = test_lease(1, 1000), got;
struct lease_query query = { .by = BY_ADDR, .addr = lease.addr };

ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
cutter_cut(cutter, CUT_ALL, NULL);
WAIT_FOR(store_is_failing(store));
ck_assert_int_eq(store_find_wait(store, &query, arena, &got, 1), -E_SYS);
lease = test_lease(2, 1000);
ck_assert_int_eq(insert(store, &lease), CHANGE_FAILED);
ck_assert_int_eq(take(store, &lease), CHANGE_FAILED);
ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 1);
cutter_cut(cutter, CUT_NOTHING, NULL);
WAIT_FOR(insert(store, &lease) == CHANGE_OK);
ck_assert_int_eq(store_find_wait(store, &query, arena, &got, 1), 1);
ck_assert(!store_is_failing(store));
store_close(store);
cutter_free(cutter);
SQL_END

/* A database that accepts no writes: changes fail, leases are found. */
SQL_TEST(a_database_that_rejects_writes)
struct store *store = open_database_store(kind, 0);
struct lease lease = test_lease(1, 1000), got;

ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
database_run(kind, kind == PGSQL ? "ALTER TABLE lease4 ADD CONSTRAINT closed CHECK (address < 0) NOT VALID"
				 : "ALTER TABLE lease4 ADD CONSTRAINT closed CHECK (address <> 167772162)");
lease = test_lease(2, 1000);
ck_assert_int_eq(insert(store, &lease), CHANGE_FAILED);
lease = test_lease(1, 1000);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 1);
database_run(kind, "ALTER TABLE lease4 DROP CONSTRAINT closed");
lease = test_lease(2, 1000);
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
store_close(store);
SQL_END

/* --- rows of other programs -------------------------------------------------------- */

/* An invalid lease is not served, and who looks at its address finds that it is not free. */
SQL_TEST(invalid_rows_are_skipped)
static const struct {
	const char *values;
	bool has_ended; /* as far as the database can tell */
} rows[] = {
	{ "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0", false },
	{ "NULL, NULL, 1000, NULL, 1, true, true, '', 0", false },
	{ "NULL, NULL, NULL, CURRENT_TIMESTAMP, 1, true, true, '', 0", false },
	{ "NULL, NULL, 1000, CURRENT_TIMESTAMP, NULL, true, true, '', 0", true },
	{ "NULL, NULL, 1000, CURRENT_TIMESTAMP, 1, true, true, 'a\nb', 0", true },
	{ "NULL, NULL, 1000, CURRENT_TIMESTAMP, 1, NULL, NULL, '', 0", true },
};
const unsigned n = sizeof(rows) / sizeof(rows[0]);
struct store *store = open_database_store(kind, 0);
struct store_scan scan = { .arena = arena };
struct lease_query page = { .by = BY_PAGE, .type = LEASE_V4 };
struct store_stats stats;
struct lease lease, out[10];

for (uint32_t i = 0; i < n; i++) {
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "INSERT INTO lease4 (address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, "
		       "fqdn_rev, hostname, state) VALUES (%u, %s)",
		       0x0a000000 + i + 1, rows[i].values);
	database_run(kind, text);
}
lease = test_lease(100, 1000);
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
ck_assert_int_eq(store_find_wait(store, &page, arena, out, 2), 1);
ck_assert(ip_equal(&out[0].addr, &lease.addr));
ck_assert_int_eq(store_scan(store, &scan), 1);
for (uint32_t i = 0; i < n; i++) {
	struct ip addr = ip_from4(0x0a000000 + i + 1);

	ck_assert_int_eq(get(store, arena, &addr, &out[0]), 1);
	ck_assert(out[0].state == LEASE_DECLINED && out[0].expires == INT64_MAX && !out[0].client_id.len);
	lease = test_lease(i + 1, 1000);
	ck_assert_msg(take(store, &lease) == (rows[i].has_ended ? CHANGE_OK : CHANGE_CONFLICT), "row %u", i);
}
store_get_stats(store, &stats);
ck_assert_uint_ge(stats.bad_rows, n);
store_close(store);
/* One that does not know yet, and one that finds them when it starts. */
store = open_database_store(kind, 0);
lease = test_lease(100, 1000);
ck_assert_int_eq(get(store, arena, &lease.addr, &out[0]), 1);
ck_assert_uint_eq(store_count(store, LEASE_DECLINED), 3);
database_run(kind, "DELETE FROM lease4 WHERE address = 167772161");
WAIT_FOR(store_count(store, LEASE_DECLINED) == 2);
store_close(store);
SQL_END

/* --- times ------------------------------------------------------------------------- */

SQL_TEST(leases_without_an_end_and_with_a_late_one)
struct store *store = open_database_store(kind, 0);
struct lease lease = test_lease(1, LEASE_FOREVER), got;

ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 1);
ck_assert(same_lease(&lease, &got));
ck_assert_int_eq(take(store, &lease), CHANGE_CONFLICT);
lease = test_lease(2, 2000000000);
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 1);
ck_assert_uint_eq(got.valid, 2000000000);
/* MySQL's column ends in 2038. */
ck_assert_int_gt(got.expires, clock_boot_sec() + 300000000);
if (kind == PGSQL)
	ck_assert(same_lease(&lease, &got));
ck_assert_int_eq(update(store, &got, got.version), CHANGE_OK);
ck_assert_int_eq(take(store, &lease), CHANGE_CONFLICT);
store_close(store);
SQL_END

/* Leases expire by the database's clock, whatever this host's shows. */
SQL_TEST(a_wall_clock_that_is_wrong)
static const int hours[] = { 1, -1 };
struct lease lease, got, out[4];

for (unsigned i = 0; i < 2; i++) {
	struct lease_query query = { .by = BY_EXPIRY };
	struct store *right, *wrong;

	teardown();
	setup(_i);
	right = open_database_store(kind, 0);
	lease = test_lease(1, 600);
	ck_assert_int_eq(insert(right, &lease), CHANGE_OK);
	lease = test_lease(2, 600);
	lease.expires -= 700;
	lease.cltt -= 700;
	ck_assert_int_eq(insert(right, &lease), CHANGE_OK);
	store_close(right);

	clock_set_virtual(clock_wall_sec() + 3600 * hours[i], clock_boot_sec());
	wrong = open_database_store(kind, 0);
	query.ended_by = clock_boot_sec();
	ck_assert_int_eq(store_find_wait(wrong, &query, arena, out, 4), 1);
	ck_assert(ip_equal(&out[0].addr, &lease.addr));
	lease = test_lease(1, 600);
	ck_assert_int_eq(take(wrong, &lease), CHANGE_CONFLICT);
	lease = test_lease(2, 600);
	ck_assert_int_eq(take(wrong, &lease), CHANGE_OK);
	store_close(wrong);

	clock_set_real();
	right = open_database_store(kind, 0);
	ck_assert_int_eq(get(right, arena, &lease.addr, &got), 1);
	ck_assert_int_gt(got.expires, clock_boot_sec() + 500);
	ck_assert_int_lt(got.expires, clock_boot_sec() + 700);
	store_close(right);
}
SQL_END

int main(void)
{
	TCase *tc = tcase_create("sqlstore");

	tcase_set_timeout(tc, 300);
	EACH_KIND(tc, an_address_is_taken_once);
	EACH_KIND(tc, changes_of_others_become_known);
	EACH_KIND(tc, four_servers_fill_a_pool);
	EACH_KIND(tc, a_lease_is_reclaimed_once);
	EACH_KIND(tc, a_lost_response_is_read_back);
	EACH_KIND(tc, a_lost_request_fails);
	EACH_KIND(tc, a_database_that_is_down);
	EACH_KIND(tc, a_database_that_rejects_writes);
	EACH_KIND(tc, invalid_rows_are_skipped);
	EACH_KIND(tc, leases_without_an_end_and_with_a_late_one);
	EACH_KIND(tc, a_wall_clock_that_is_wrong);
	return suite_run(tc);
}
