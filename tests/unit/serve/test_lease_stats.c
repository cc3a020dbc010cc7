/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lease statistics during random changes and reloads that add, remove and move subnets and pools: gauges equal a
 * recount of the store, counters a tally of the actions, totals the configuration. Also if groups of changes
 * cannot be made durable, and with several threads.
 */
#include "bad_disk.h"
#include "recount.h"
#include "util.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "json/diag.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/server.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

enum { SUBNETS = 5, POOLS = 3, THINGS = 48, BURST = 6, N_ROWS = STAT_TOTAL - STAT_ASSIGNED };

static int family; /* index */
static struct server srv;
static struct store *store;
static struct leasedb *db;

static unsigned dice(unsigned n)
{
	return (unsigned)rand_below(n);
}

/* --- configurations --- */

/* Counters and the configuration, by subnet, kind of pool, and pool id. */
struct tally {
	int64_t n[N_ROWS];
	unsigned total[2];
	bool in_service;
};
static struct tally server_tally, sub_tally[SUBNETS], pool_tally[SUBNETS][2][POOLS];

static void enter_service(struct tally *tally, bool was)
{
	if (!was)
		memset(tally->n, 0, sizeof(tally->n));
	tally->in_service = true;
}

/* One address or prefix pool; its position in the subnet does not matter for its place. */
static void put_pool(struct str *text, unsigned sub, unsigned base, bool prefixes, unsigned nth, bool was[2][POOLS])
{
	unsigned size = 1 + dice(8), id = dice(POOLS);
	struct tally *tally = &pool_tally[sub][prefixes][id];

	str_add(text, nth ? ", " : "");
	if (prefixes)
		size = 16;
	if (prefixes)
		str_addf(text, "{ \"prefix\": \"2001:db8:%x:%x00::\", \"prefix-len\": 56, \"delegated-len\": 60",
			 0x8000 + base, nth);
	else if (family)
		str_addf(text, "{ \"pool\": \"2001:db8:%x::%x0 - 2001:db8:%x::%x%x\"", base, nth + 1, base, nth + 1,
			 size - 1);
	else
		str_addf(text, "{ \"pool\": \"10.0.%u.%u - 10.0.%u.%u\"", base, 16 * nth + 16, base,
			 16 * nth + 15 + size);
	str_addf(text, ", \"pool-id\": %u }", id);
	if (!tally->in_service)
		enter_service(tally, was[prefixes][id]);
	tally->total[prefixes] += size;
	sub_tally[sub].total[prefixes] += size;
}

static void put_subnet(struct str *text, unsigned sub, bool was_sub, bool was[2][POOLS])
{
	unsigned base = 8 * (sub + 1) + dice(8), n, i;

	enter_service(&sub_tally[sub], was_sub);
	str_addf(text,
		 family ? "{ \"id\": %u, \"subnet\": \"2001:db8:%x::/64\""
			: "{ \"id\": %u, \"subnet\": \"10.0.%u.0/24\"",
		 sub + 1, base);
	str_add(text, ", \"pools\": [ ");
	for (i = 0, n = dice(4); i < n; i++)
		put_pool(text, sub, base, false, i, was);
	str_add(text, " ]");
	if (family) {
		str_add(text, ", \"pd-pools\": [ ");
		for (i = 0, n = dice(3); i < n; i++)
			put_pool(text, sub, base, true, i, was);
		str_add(text, " ]");
	}
	str_add(text, " }");
}

static struct config *load(const struct str *text)
{
	struct diag *diag = NULL;
	struct config *cfg = NULL;

	if (config_load_text("test", text->text, text->len, family ? 6 : 4, 0, &diag, &cfg) < 0) {
		diag_print(diag, stdout, DIAG_TEXT);
		ck_abort_msg("the configuration is wrong: %s", text->text);
	}
	diag_free(diag);
	return cfg;
}

static void configure(unsigned percent)
{
	bool was_sub[SUBNETS], was[SUBNETS][2][POOLS], any = false;
	struct str text = { 0 };
	struct live *live;
	unsigned sub, kind, id;

	for (sub = 0; sub < SUBNETS; sub++) {
		was_sub[sub] = sub_tally[sub].in_service;
		sub_tally[sub].in_service = false;
		memset(sub_tally[sub].total, 0, sizeof(sub_tally[sub].total));
		for (kind = 0; kind < 2; kind++)
			for (id = 0; id < POOLS; id++) {
				struct tally *tally = &pool_tally[sub][kind][id];

				was[sub][kind][id] = tally->in_service;
				tally->in_service = false;
				memset(tally->total, 0, sizeof(tally->total));
			}
	}
	str_addf(&text, "{ \"Dhcp%u\": { \"lease-database\": { \"type\": \"memfile\", \"persist\": false }, ",
		 family ? 6 : 4);
	str_addf(&text, "\"subnet%u\": [ ", family ? 6 : 4);
	for (sub = 0; sub < SUBNETS; sub++) {
		if (dice(100) >= percent)
			continue;
		str_add(&text, any ? ", " : "");
		put_subnet(&text, sub, was_sub[sub], was[sub]);
		any = true;
	}
	str_add(&text, " ] } }");
	live = live_new(&srv, db, load(&text));
	live->unused = live_free;
	server_enter(&srv, live);
	serve_worker_switch(&srv.workers[0], live);
	str_free(&text);
}

static void start(int fam, struct store *with)
{
	static const struct family *const families[] = { &family4, &family6 };

	family = fam;
	store = with;
	memset(&server_tally, 0, sizeof(server_tally));
	server_tally.in_service = true;
	memset(sub_tally, 0, sizeof(sub_tally));
	memset(pool_tally, 0, sizeof(pool_tally));
	server_init(&srv, families[fam], 1, 4);
	db = leasedb_new(store);
}

static void stop(void)
{
	serve_worker_switch(&srv.workers[0], NULL);
	leasedb_leave(db);
	server_done(&srv);
}

/* --- what is expected --- */

static void expect(const struct lease *lease, enum stat_id id, bool in_pools)
{
	unsigned sub = lease->subnet_id - 1, kind = lease->type == LEASE_PD;

	server_tally.n[id - STAT_ASSIGNED]++;
	sub_tally[sub].n[id - STAT_ASSIGNED]++;
	if (in_pools)
		pool_tally[sub][kind][lease->pool_id].n[id - STAT_ASSIGNED]++;
}

static bool is_used(const struct lease *lease)
{
	return lease->state == LEASE_DEFAULT || lease->state == LEASE_DECLINED || lease->state == LEASE_REGISTERED;
}

/* Either may be NULL. */
static void expect_change(const struct lease *old, const struct lease *new, bool has_ended)
{
	bool is_same = old && new && !has_ended && old->state == new->state &&
		       old->iaid == new->iaid &&bytes_equal(old->client_id, new->client_id) &&
		       bytes_equal(old->hwaddr, new->hwaddr);

	if (new && !is_same &&new->state == LEASE_DEFAULT)
		expect(new, new->type == LEASE_PD ? STAT_CUMULATIVE_ASSIGNED_PD : STAT_CUMULATIVE_ASSIGNED, true);
	if (new && !is_same &&new->state == LEASE_REGISTERED)
		expect(new, STAT_CUMULATIVE_REGISTERED, false);
	if (old && has_ended && is_used(old))
		expect(old, STAT_RECLAIMED, true);
	if (old && has_ended && old->state == LEASE_DECLINED)
		expect(old, STAT_RECLAIMED_DECLINED, old->type != LEASE_PD);
}

static void check_row(struct stat_ref ref, const struct tally *tally)
{
	char name[STAT_PLACE_NAME_MAX], text[WIDE_TEXT_MAX];
	struct stat_ref again;

	ck_assert_ptr_nonnull(stat_ref_name(ref, family, name));
	ck_assert(stat_find(srv.places, family, name, &again));
	ck_assert(again.place == ref.place && again.id == ref.id);
	ck_assert_msg(tally->in_service, "%s is there", name);
	if (stat_kind(ref.id) == STAT_IS_TOTAL)
		ck_assert_msg(stat_value(ref) == tally->total[ref.id - STAT_TOTAL], "%s is %s, %u are configured", name,
			      stat_value_text(ref, text), tally->total[ref.id - STAT_TOTAL]);
	else if (stat_kind(ref.id) == STAT_IS_COUNTER && ref.id >= STAT_ASSIGNED)
		ck_assert_msg(stat_value(ref) == tally->n[ref.id - STAT_ASSIGNED], "%s is %s, %lld were counted", name,
			      stat_value_text(ref, text), (long long)tally->n[ref.id - STAT_ASSIGNED]);
}

static bool check_ref(void *ctx, struct stat_ref ref)
{
	const struct stat_key *key = &ref.place->key;
	const struct tally *tally = &server_tally;
	unsigned *n = ctx;

	if (key->kind == PLACE_SUBNET)
		tally = &sub_tally[key->subnet_id - 1];
	else if (key->kind != PLACE_GLOBAL)
		tally = &pool_tally[key->subnet_id - 1][key->kind == PLACE_PD_POOL][key->pool_id];
	check_row(ref, tally);
	/* One row represents its place. */
	*n += ref.id == STAT_RECLAIMED && key->kind != PLACE_GLOBAL;
	return true;
}

static unsigned n_in_service(void)
{
	unsigned n = 0, sub, kind, id;

	for (sub = 0; sub < SUBNETS; sub++) {
		n += sub_tally[sub].in_service;
		for (kind = 0; kind < 2; kind++)
			for (id = 0; id < POOLS; id++)
				n += pool_tally[sub][kind][id].in_service;
	}
	return n;
}

static void check_gauges(void)
{
	char why[200];

	ck_assert_msg(recount_agrees(srv.places, store, family, why, sizeof(why)), "%s", why);
}

static void check_all(void)
{
	unsigned n = 0;

	check_gauges();
	stat_each(srv.places, family, check_ref, &n);
	ck_assert_uint_eq(n, n_in_service());
}

/* --- random changes --- */

/* An address or prefix, and its lease. */
struct thing {
	bool present;
	struct lease lease;
};
static struct thing things[THINGS];
static uint8_t ids[4][10];

struct job {
	struct store_txn txn;
	struct store_change change;
	struct thing *thing;
	bool has_ended;
	sem_t *done;
};

static struct lease any_lease(unsigned i)
{
	bool pd = family && i >= THINGS / 2;
	struct lease lease = family ? test_lease6(i, 1000, pd) : test_lease(i, 1000);
	unsigned client = dice(4);

	lease.subnet_id = 1 + dice(SUBNETS);
	lease.pool_id = dice(POOLS);
	lease.client_id = bytes_of(ids[client], sizeof(ids[0]));
	lease.hwaddr = bytes_of(ids[client], 6);
	lease.iaid = family ? 1 + dice(2) : 0;
	lease.hostname = "";
	if (!dice(4))
		lease.expires = clock_boot_sec() - 5;
	if (!dice(5))
		lease.state = LEASE_DECLINED;
	if (family && !pd && !dice(5))
		lease.state = LEASE_REGISTERED;
	return lease;
}

static bool has_ended(const struct lease *lease)
{
	return !is_used(lease) || lease_is_expired(lease, clock_boot_sec());
}

static void choose_change(struct job *job, unsigned i)
{
	static const enum lease_state ends[] = { LEASE_RECLAIMED, LEASE_RELEASED };
	struct thing *thing = &things[i];
	struct lease lease = any_lease(i);

	job->thing = thing;
	job->has_ended = false;
	job->change = (struct store_change){ .kind = CHANGE_INSERT, .new = lease, .addr = lease.addr };
	if (!thing->present || (has_ended(&thing->lease) && dice(2))) {
		job->change.kind = dice(2) || thing->present ? CHANGE_TAKE : CHANGE_INSERT;
		job->has_ended = thing->present;
		return;
	}
	job->has_ended = is_used(&thing->lease) && !dice(3);
	job->change.ended = job->has_ended ? &thing->lease : NULL;
	job->change.kind = dice(5) ? CHANGE_UPDATE : CHANGE_DELETE;
	switch (dice(4)) {
	case 0: /* extended, perhaps in another pool */
		job->change.new = thing->lease;
		job->change.new.pool_id = dice(POOLS);
		break;
	case 1:
		job->change.new = thing->lease;
		job->change.new.state = ends[dice(2)];
		break;
	}
}

static void job_done(struct store_txn *txn, uint64_t ticket)
{
	struct job *job = txn->owner;

	(void)ticket;
	(void)sem_post(job->done);
}

static void take_result(struct job *job)
{
	const struct lease *old = job->thing->present ? &job->thing->lease : NULL;
	const struct lease *new = job->change.kind == CHANGE_DELETE ? NULL : &job->change.new;

	if (job->txn.result != CHANGE_OK)
		return;
	expect_change(old, new, job->has_ended);
	job->thing->present = new != NULL;
	if (new)
		job->thing->lease = *new;
}

/* Several at once, for different addresses. Returns the number of changes made. */
static unsigned change_some(void)
{
	struct job jobs[BURST] = { 0 };
	unsigned i, n_ok = 0;
	sem_t done;

	(void)sem_init(&done, 0, 0);
	for (i = 0; i < BURST; i++) {
		struct job *job = &jobs[i];

		choose_change(job, i * (THINGS / BURST) + dice(THINGS / BURST));
		job->done = &done;
		job->txn = (struct store_txn){ .v = &job->change, .n = 1, .done = job_done, .owner = job };
		ck_assert_int_eq(store_apply(store, &job->txn), 0);
	}
	for (i = 0; i < BURST; i++)
		while (sem_wait(&done) < 0)
			;
	(void)sem_destroy(&done);
	for (i = 0; i < BURST; i++) {
		n_ok += jobs[i].txn.result == CHANGE_OK;
		take_result(&jobs[i]);
	}
	return n_ok;
}

static void delete_all(void)
{
	for (unsigned i = 0; i < THINGS; i++)
		if (things[i].present)
			ck_assert_int_eq(delete_addr(store, &things[i].lease.addr, 0), CHANGE_OK);
	memset(things, 0, sizeof(things));
}

static void setup(void)
{
	clock_set_virtual(1700000000, 5000);
	rand_seed(7);
	memset(things, 0, sizeof(things));
	for (unsigned i = 0; i < 4; i++)
		memset(ids[i], (int)i + 1, sizeof(ids[i]));
}

/* --- tests --- */

START_TEST(random_changes_and_reloads)
{
	struct store_conf conf = { .type = "memfile", .family = _i };
	unsigned n_before = 20;

	setup();
	start(_i, open_store(&conf));
	/* The first configuration counts the leases it finds. */
	while (n_before--)
		change_some();
	memset(&server_tally.n, 0, sizeof(server_tally.n));
	memset(pool_tally, 0, sizeof(pool_tally));
	memset(sub_tally, 0, sizeof(sub_tally));
	for (unsigned round = 0; round < 150; round++) {
		configure(dice(2) ? 70 : 30);
		check_all();
		for (unsigned n = dice(6); n; n--)
			ck_assert_uint_eq(change_some(), BURST);
		check_all();
	}
	/* Places exist for configurations and leases, and for nothing else. */
	delete_all();
	configure(0);
	configure(50);
	check_gauges();
	ck_assert_uint_eq(stat_places_n(srv.places), n_in_service());
	stop();
}
END_TEST

/* A reload brings another lease database: its leases count, and earlier counts continue. */
START_TEST(another_database)
{
	struct store_conf conf = { .type = "memfile", .family = _i };

	setup();
	start(_i, open_store(&conf));
	for (unsigned round = 0; round < 20; round++) {
		struct leasedb *old = db;

		configure(80);
		for (unsigned n = dice(6); n; n--)
			ck_assert_uint_eq(change_some(), BURST);
		check_all();
		store = open_store(&conf);
		memset(things, 0, sizeof(things));
		for (unsigned i = 0; i < THINGS; i += 1 + dice(8)) {
			things[i] = (struct thing){ .present = true, .lease = any_lease(i) };
			ck_assert_int_eq(insert(store, &things[i].lease), CHANGE_OK);
		}
		db = leasedb_new(store);
		configure(80);
		leasedb_leave(old);
		check_all();
	}
	stop();
}
END_TEST

/* Changes that could not be made durable are undone. */
START_TEST(failed_changes)
{
	struct tmp_dir tmp;
	struct store_conf conf = { .type = "memfile", .family = _i, .persist = true, .sync = true, .sys = &bad_disk };
	unsigned n_failed = 0;

	setup();
	tmp_make(&tmp);
	conf.path = tmp.path;
	start(_i, open_store(&conf));
	configure(100);
	for (unsigned round = 0; round < 30; round++) {
		if (round % 3 == 0)
			disk_break(DISK_FDATASYNC, 1, 1000000, EIO);
		n_failed += change_some() < BURST;
		check_all();
		disk_mend(DISK_FDATASYNC);
		wait_sound(store, 5000);
	}
	ck_assert_uint_gt(n_failed, 0);
	ck_assert_uint_lt(n_failed, 30);
	stop();
	tmp_remove(&tmp);
}
END_TEST

/* --- threads --- */

static void nothing(struct store_txn *txn, uint64_t ticket)
{
	(void)txn;
	(void)ticket;
}

static void *change_always(void *arg)
{
	unsigned number = *(unsigned *)arg;

	rand_seed(number);
	for (unsigned n = 0; n < 20000; n++) {
		struct store_change change = { .kind = (enum store_change_kind)dice(3) };
		struct store_txn txn = { .v = &change, .n = 1, .done = nothing };

		change.new = any_lease(dice(THINGS));
		change.new.state = (enum lease_state)dice(family ? LEASE_STATE_N : LEASE_REGISTERED);
		/* Including subnets that no configuration has. */
		change.new.subnet_id += dice(10) ? 0 : dice(1000);
		change.addr = change.new.addr;
		ck_assert_int_eq(store_apply(store, &txn), 0);
	}
	return NULL;
}

START_TEST(threads_and_reloads)
{
	struct store_conf conf = { .type = "memfile", .family = _i };
	unsigned numbers[2] = { 1, 2 };
	pthread_t threads[2];

	setup();
	start(_i, open_store(&conf));
	configure(50);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, change_always, &numbers[i]), 0);
	for (unsigned i = 0; i < 100; i++)
		configure(50);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	configure(100);
	check_gauges();
	/* At most one pool and subnet per lease, in addition to those of two configurations. */
	ck_assert_uint_le(stat_places_n(srv.places), 2 * THINGS + 2 * n_in_service());
	stop();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lease_stats");

	for (unsigned i = 0; i < log_all_n; i++)
		log_all[i]->enabled = 0;
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, random_changes_and_reloads, 0, 2);
	tcase_add_loop_test(tc, another_database, 0, 2);
	tcase_add_loop_test(tc, failed_changes, 0, 2);
	tcase_add_loop_test(tc, threads_and_reloads, 0, 2);
	return suite_run(tc);
}
